"""Leaving rows in `stage_<table>`: the declared columns and types, what is not said being null."""

from __future__ import annotations

from collections.abc import Mapping as Dict

import duckdb

from holdfast.warehouse.staging import WHOLE, staged_columns

_LINES = 40  # bits of a spot that count the line


def spot(file_no: str, line: str) -> str:
    """SQL: a place in the files as one whole number, so that the greatest is the last line of the last file."""
    return f"(CAST({file_no} AS BIGINT) << {_LINES}) + {line}"


def spotted(name: str) -> dict[str, str]:
    """The columns `file_no` and `line` of a spot."""
    return {"file_no": f"{name} >> {_LINES}", "line": f"{name} & {(1 << _LINES) - 1}"}


def leave(con: duckdb.DuckDBPyConnection, table: str, values: Dict[str, str], source: str) -> None:
    """Add rows to `stage_<table>`: column → SQL, over `source` (what follows FROM)."""
    _make(con, table)
    con.execute(f"INSERT INTO stage_{table} {_chosen(table, values, source)}")


def show(con: duckdb.DuckDBPyConnection, table: str, *parts: tuple[Dict[str, str], str]) -> None:
    """Make `stage_<table>` a view of such (values, source) parts, for tables too long to be kept twice."""
    if not parts:
        return _make(con, table)
    chosen = " UNION ALL ".join(_chosen(table, values, source) for values, source in parts)
    con.execute(f"CREATE OR REPLACE TEMP VIEW stage_{table} AS {chosen}")


def _make(con: duckdb.DuckDBPyConnection, table: str) -> None:
    declared = ", ".join(f'"{name}" {kind}' for name, kind in staged_columns(table).items())
    con.execute(f"CREATE TEMP TABLE IF NOT EXISTS stage_{table} ({declared})")


def _chosen(table: str, values: Dict[str, str], source: str) -> str:
    columns = staged_columns(table) | {name: "BIGINT" for name in WHOLE.values() if name in values}
    if unknown := values.keys() - columns.keys():
        raise KeyError(f"stage_{table} has no column {', '.join(sorted(unknown))}")
    chosen = ", ".join(f'CAST({values.get(name, "NULL")} AS {kind}) AS "{name}"' for name, kind in columns.items())
    return f"SELECT {chosen} FROM {source}"
