"""Which staged rows are new, which change what we knew, and which say nothing new.

Old versions stay in the load that brought them; a row of a later load replaces the earlier one with
the same key. A cell left empty says nothing, so it never takes away what an earlier file told.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from holdfast.warehouse.engine import parquet, quoted
from holdfast.warehouse.receipts import Landed
from holdfast.warehouse.tables import RECORDED, Table


def current(table: Table, files: Sequence[Path]) -> str:
    """A SELECT of the newest version of every row, over the load files of one table, oldest first."""
    if not files:
        return none(table)
    columns = ", ".join(quoted(c.name) for c in (*table.columns, *RECORDED))
    if len(files) < 2:
        return _told(table, files, columns)
    rows = _told(table, files, f"{columns}, supersedes")
    keys = ", ".join(map(quoted, table.key))
    replacing = f"({_told(table, files[1:], f'{keys}, load_id')} WHERE supersedes)"
    newest = (
        f"NOT EXISTS (SELECT 1 FROM {replacing} AS later"
        f" WHERE {same(table, 'later', 'earlier')} AND later.load_id > earlier.load_id)"
    )
    first = quoted(table.key[0])
    if not table.column(table.key[0]).required:
        return f"SELECT {columns} FROM ({rows}) AS earlier WHERE {newest}"
    # Few rows are ever replaced. Asking for all of them by the whole key costs ten times what it costs to let through
    # those whose first part of the key no replacement has, and to ask for the rest, which a semi join reads by itself.
    again = f"(SELECT {first} FROM {replacing})"
    return (
        f"SELECT {columns} FROM ({rows}) WHERE {first} NOT IN {again} UNION ALL"
        f" SELECT {columns} FROM (SELECT * FROM ({rows}) SEMI JOIN {again} AS again USING ({first})) AS earlier"
        f" WHERE {newest}"
    )


def _told(table: Table, files: Sequence[Path], columns: str) -> str:
    # Loads are never rewritten: a column that was declared after a load is empty in its rows.
    return f"SELECT {columns} FROM ({none(table)} UNION ALL BY NAME {parquet(files)})"


def same(table: Table, one: str, other: str) -> str:
    """SQL: two rows have the same key. A part of a key that may be empty is the same when both are."""
    parts = [(quoted(name), "=" if table.column(name).required else "IS NOT DISTINCT FROM") for name in table.key]
    return " AND ".join(f"{one}.{name} {equals} {other}.{name}" for name, equals in parts)


def none(table: Table) -> str:
    """A SELECT of no row, with every declared column."""
    columns = ", ".join(f"NULL::{c.sql_type} AS {quoted(c.name)}" for c in (*table.columns, *RECORDED))
    return f"SELECT {columns} WHERE false"


def compare(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[Path], rows: int) -> Landed:
    """Turn the `rows` of `keyed_<table>` into `landing_<table>`: new and changed ones only, with `supersedes`."""
    keyed, landing = f"keyed_{table.name}", f"landing_{table.name}"
    if not files:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {landing} AS SELECT *, false AS supersedes FROM {keyed}")
        return Landed(rows, 0, 0)
    rest = [quoted(c.name) for c in table.columns if c.name not in table.key]
    key = [quoted(k) for k in table.key]
    cells = (
        f"{c.of_versions(f'n.{quoted(c.name)}', f'k.{quoted(c.name)}')} AS {quoted(c.name)}"
        for c in table.columns
        if c.name not in table.key
    )
    merged = ", ".join([*cells, "n.file_no", "n.line"])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {landing} AS SELECT * EXCLUDE (was) FROM ("
        f" SELECT {', '.join('n.' + c for c in key)}, {merged}, k.{key[0]} IS NOT NULL AS supersedes,"
        f" row({', '.join('k.' + c for c in rest)}) AS was FROM {keyed} AS n"
        f" LEFT JOIN ({current(table, files)}) AS k ON {same(table, 'n', 'k')}"
        f") WHERE NOT supersedes OR row({', '.join(rest)}) IS DISTINCT FROM was"
    )
    new, changed = connection.execute(
        f"SELECT count(*) FILTER (NOT supersedes), count(*) FILTER (supersedes) FROM {landing}"
    ).fetchone() or (0, 0)
    return Landed(new, changed, rows - new - changed)
