"""stage_<table> for the plain tables: each column from its field, keys as the source's own text."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from holdfast.sources.files.currency import minor_sql
from holdfast.sources.files.leave import leave
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.people import email_hash, number_of
from holdfast.sources.files.problem import FileProblem
from holdfast.sources.files.read import text_literal
from holdfast.sources.files.rows import Rows
from holdfast.sources.files.sameperson import SamePerson
from holdfast.sources.files.statuschanges import leave_status_changes
from holdfast.sources.files.tablefields import TICKET_UPDATES, field_name, our_word
from holdfast.warehouse.tables import PLAIN, Column, Table
from holdfast.warehouse.tables.support import TICKET


def leave_plain_tables(
    con: duckdb.DuckDBPyConnection, rows: dict[str, Rows], mapping: Mapping, same: SamePerson
) -> None:
    """Every plain table that the files have rows of. Raises FileProblem for two grains that cannot come together."""
    if updates := rows.get(TICKET_UPDATES.name):
        if TICKET.name in rows:
            raise FileProblem(
                "a file of tickets and a log of their updates tell the same twice: import one of them first"
            )
        _leave(con, TICKET, updates, mapping, same)
        leave_status_changes(con, updates)
    for table in PLAIN:
        if part := rows.get(table.name):
            _leave(con, table, part, mapping, same)


def _leave(con: duckdb.DuckDBPyConnection, table: Table, part: Rows, mapping: Mapping, same: SamePerson) -> None:
    numbered = f"numbered_{table.name}"
    con.execute(f"CREATE OR REPLACE TEMP VIEW {numbered} AS {_numbered(table, part, mapping)}")
    values, where = dict(_values(table, part, same)), {"file_no": "file_no", "line": "line"}
    if table.owner is None:
        return leave(con, table.name, values | where, numbered)
    own = f"{table.owner}_source"
    chosen = ", ".join(f"{sql} AS {name}" for name, sql in values.items())
    # Told twice in these files: the later row is believed, cell by cell; an empty cell says nothing.
    told = [name for name in (*values, *where) if name != own]
    newest = ", ".join(f"arg_max({name}, (file_no, line)) AS {name}" for name in told)
    once = f"(SELECT {own}, {newest} FROM (SELECT {chosen}, file_no, line FROM {numbered}) GROUP BY {own})"
    return leave(con, table.name, {name: name for name in (*values, *where)}, once)


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
