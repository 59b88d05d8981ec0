"""stage_<table> for the plain tables: each column from its field, keys as the source's own text."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass

import duckdb

from holdfast.sources.files.currency import minor_sql
from holdfast.sources.files.leave import leave
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.people import email_hash, number_of
from holdfast.sources.files.problem import FileProblem
from holdfast.sources.files.read import RawFile, text_literal
from holdfast.sources.files.rows import Rows, reject
from holdfast.sources.files.sameperson import SamePerson
from holdfast.sources.files.statuschanges import leave_status_changes
from holdfast.sources.files.tablefields import TICKET_UPDATES, field_name, our_word
from holdfast.warehouse.tables import PLAIN, Column, Table
from holdfast.warehouse.tables.support import TICKET


@dataclass(frozen=True, slots=True)
class Repeats:
    """Rows that no staged row stands for alone: told again by a later row, or added to another of the same key."""

    told_twice: int = 0
    added_up: int = 0

    def __add__(self, other: Repeats) -> Repeats:
        return Repeats(self.told_twice + other.told_twice, self.added_up + other.added_up)


def leave_plain_tables(
    con: duckdb.DuckDBPyConnection,
    rows: dict[str, Rows],
    files: Dict[str, list[RawFile]],
    mapping: Mapping,
    same: SamePerson,
) -> Repeats:
    """Every plain table that the files have rows of. Raises FileProblem for two grains that cannot come together.

    files: grain → its files. A log of updates repeats its tickets by nature: that is not counted.
    """
    if updates := rows.get(TICKET_UPDATES.name):
        if TICKET.name in rows:
            raise FileProblem(
                "a file of tickets and a log of their updates tell the same twice: import one of them first"
            )
        _leave(con, TICKET, updates, [], mapping, same)
        leave_status_changes(con, updates)
    repeats = Repeats()
    for table in PLAIN:
        if part := rows.get(table.name):
            repeats += _leave(con, table, part, files.get(table.name, []), mapping, same)
    return repeats


def _leave(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    part: Rows,
    files: list[RawFile],
    mapping: Mapping,
    same: SamePerson,
) -> Repeats:
    numbered = f"numbered_{table.name}"
    con.execute(f"CREATE OR REPLACE TEMP VIEW {numbered} AS {_numbered(table, part, mapping)}")
    values, where = dict(_values(table, part, same)), {"file_no": "file_no", "line": "line"}
    if table.owner is None and not table.adds:
        leave(con, table.name, values | where, numbered)
        return Repeats()
    chosen = f"(SELECT {', '.join(f'{sql} AS {name}' for name, sql in values.items())}, file_no, line FROM {numbered})"
    if table.adds:
        return _add_up(con, table, chosen, files)
    own = f"{table.owner}_source"
    # Told twice in these files: the later row is believed, cell by cell; an empty cell says nothing.
    told = [name for name in (*values, *where) if name != own]
    newest = ", ".join(f"arg_max({name}, (file_no, line)) AS {name}" for name in told)
    once = f"(SELECT {own}, {newest} FROM {chosen} GROUP BY {own})"
    leave(con, table.name, {name: name for name in (*values, *where)}, once)
    return Repeats(told_twice=_rows(con, numbered) - _rows(con, f"stage_{table.name}"))


def _add_up(con: duckdb.DuckDBPyConnection, table: Table, chosen: str, files: list[RawFile]) -> Repeats:
    """Rows of one key within a file are parts of one figure; a key in two files is left to landing, as told twice.

    A part that cannot be added to the first of its key, being of another currency or purpose, is put aside.
    """
    key, rest = table.key, [c.name for c in table.columns if c.name not in (*table.key, *table.adds, "shop_id")]
    alike = [name for name in rest if table.column(name).kind in ("currency", "word", "text")]
    first = f"OVER (PARTITION BY file_no, {', '.join(key)} ORDER BY line)"
    odd = " OR ".join(f"{name} IS DISTINCT FROM first_value({name}) {first}" for name in alike)
    parts = f"parts_{table.name}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE {parts} AS SELECT *, {odd} AS odd FROM {chosen}")
    why = (
        f"another row before it has the same {', '.join(key[:-1])} and {key[-1]} but another {' or '.join(alike)}, so"
        f" they cannot be added up; write another {key[-1]}"
    ).replace("_", " ")
    for file in files:
        reject(con, file, None, why, f"SELECT line FROM {parts} WHERE odd AND file_no = {file.file_no}")
    sums = ", ".join(f"sum({name}) AS {name}" for name in table.adds)
    newest = ", ".join(f"arg_max({name}, line) AS {name}" for name in rest)
    told = f"file_no, {', '.join(key)}, {sums}, {newest}, max(line) AS line"
    once = f"(SELECT {told} FROM {parts} WHERE NOT odd GROUP BY ALL)"
    names = (*key, *table.adds, *rest, "file_no", "line")
    leave(con, table.name, {name: name for name in names}, once)
    return Repeats(added_up=_rows(con, f"{parts} WHERE NOT odd") - _rows(con, f"stage_{table.name}"))


def _rows(con: duckdb.DuckDBPyConnection, source: str) -> int:
    (rows,) = con.execute(f"SELECT count(*) FROM {source}").fetchone() or (0,)
    return int(rows)


def _numbered(table: Table, part: Rows, mapping: Mapping) -> str:
    """The good rows with `money`, the person's number and hash, and `ref`, the row's own number or one made of it."""
    extra = [f"coalesce({part.col('currency')}, {text_literal(mapping.constants.currency)}) AS money"]
    if any(column.names == "customer" for column in table.columns):
        number = number_of(part.col("customer_id"), mapping.rules.guest_ids)
        extra += [f"{number} AS own_number", f"{email_hash(part.col('email'))} AS own_hash"]
    good = f"SELECT *, {', '.join(extra)} FROM {part.table} WHERE wrong = 0"
    if table.owner is None:
        return good
    own = part.col(f"{table.owner}_id")
    if f"{table.owner}_id" in {name for group in table.needs if len(group) == 1 for name in group}:
        return f"SELECT *, {own} AS ref FROM ({good})"
    # A row without a number is known by what it says; equal rows of one file stay apart by their place.
    content = ", ".join(sorted(part.present)) or "1"
    place = f"row_number() OVER (PARTITION BY file_no, {content} ORDER BY line)"
    made = f"'made:' || md5(CAST(row({content}) AS VARCHAR)) || '#' || {place}"
    return f"SELECT *, coalesce({own}, {made}) AS ref FROM ({good})"


def _values(table: Table, part: Rows, same: SamePerson) -> Iterator[tuple[str, str]]:
    for column in table.columns:
        if column.name != "shop_id":
            yield column.staged_name, _value(table, column, part, same)


def _value(table: Table, column: Column, part: Rows, same: SamePerson) -> str:
    said = part.col(field_name(column))
    if column.names and column.names == table.owner:
        return "ref"
    if column.names == "customer":
        return same.source("own_number", "own_hash")
    if column.names == "product":
        return f"coalesce({part.col('sku')}, {said})"
    if column.kind == "money":
        return minor_sql(said, "money")
    if column.kind == "currency":
        return "money"
    if column.kind == "int":
        return f"CAST({said} AS BIGINT)"
    if column.also:
        return our_word(column, said)
    return f"coalesce({said}, {text_literal(column.default)})" if column.default else said
