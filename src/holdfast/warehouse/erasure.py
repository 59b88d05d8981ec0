"""Who was erased from the facts: their rows stay, under a key that leads to nobody; what names them goes.

Loads are never rewritten but for this. A row keeps its place, so that counts, money and receipts hold; its cells that
name somebody are emptied, in every load; so are rows of theirs that could not be read. A later file that tells of
them again lands nothing of those cells.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from holdfast.warehouse.engine import quoted, text
from holdfast.warehouse.erased_rejects import known_of, mask_rejects
from holdfast.warehouse.home import Home, write_whole
from holdfast.warehouse.lock import writing
from holdfast.warehouse.receipts import folder, receipts
from holdfast.warehouse.tables import LANDED, Table

ERASED = "erased.json"
ALSO = {"customer": ("customer_number", "email_hash", "phone_hash", "tags")}  # which no column says of itself
DEVICE = "anonymous"  # of an event or a visit: leads to whoever uses it
IDENTIFIERS = "customer_identifier"


@dataclass(frozen=True, slots=True)
class Blanked:
    """How many files were written anew, and rows emptied in them."""

    files: int
    rows: int


def erased(home: Home) -> frozenset[int]:
    """Keys of profiles, of all that were ever erased."""
    try:
        return frozenset(json.loads((home.path / ERASED).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return frozenset()


def erase_facts(home: Home, keys: Collection[int]) -> Blanked:
    """Keep that they are erased, then empty what names them in every load. Doing it twice is doing it once.

    Killed in between, the rest is done by the next, or by `replay`. Raises AnotherWriter.
    """
    with writing(home, "erase"):
        write_whole(home.path / ERASED, json.dumps(sorted(erased(home) | set(keys))))
        return _blank(home, sorted(keys))


def replay(home: Home) -> Blanked:
    """Once more for all that were erased: after a backup was put back whose loads know them still."""
    with writing(home, "erase"):
        return _blank(home, sorted(erased(home)))


def names_somebody(table: Table) -> tuple[str, ...]:
    """Columns of a table of customers' rows that lead to a person."""
    if not any(column.names == "customer" for column in table.columns):
        return ()
    own = [column.name for column in table.columns if column.pii or column.name == DEVICE]
    return (*own, *ALSO.get(table.name, ()))


def _blank(home: Home, keys: list[int]) -> Blanked:
    if not keys:
        return Blanked(0, 0)
    connection, files, rows = duckdb.connect(), 0, 0
    token = f"erased:{secrets.token_hex(16)}"  # one for all their profiles, so that they stay one person
    try:
        known = known_of(connection, home, keys)  # before the rows are emptied that tell it
        for masked in mask_rejects(connection, home, known):
            files, rows = files + bool(masked), rows + masked
        for path, table in _files(home):
            emptied = _in_file(connection, path, table, keys, token)
            files, rows = files + bool(emptied), rows + emptied
    finally:
        connection.close()
    return Blanked(files, rows)


def _files(home: Home) -> Iterable[tuple[Path, Table]]:
    for receipt in receipts(home):
        for table in LANDED:
            path = folder(home, receipt.load_id) / f"{table.name}.parquet"
            if (names_somebody(table) or table.name == IDENTIFIERS) and path.is_file():
                yield path, table


def _in_file(
    connection: duckdb.DuckDBPyConnection, path: Path, table: Table, keys: list[int], token: str
) -> int:  # fmt: skip
    there = {row[0] for row in connection.execute(f"DESCRIBE FROM read_parquet({text(str(path))})").fetchall()}
    mine = f"list_contains({keys}::BIGINT[], customer_id)"
    told = {name: "NULL" for name in names_somebody(table) if name in there}
    if table.name == IDENTIFIERS:
        told = {"identifier_hash": text(token), "local_hash": "NULL", "domain_hash": "NULL"}
        theirs = f"{mine} AND NOT starts_with(identifier_hash, 'erased:')"
    else:
        theirs = f"{mine} AND ({' OR '.join(f'{quoted(name)} IS NOT NULL' for name in told) or 'false'})"
    (found,) = connection.execute(
        f"SELECT count(*) FROM read_parquet({text(str(path))}) WHERE {theirs}"
    ).fetchone() or (0,)  # fmt: skip
    if not found:
        return 0
    cells = ", ".join(
        f"CASE WHEN {mine} THEN {value} ELSE {quoted(name)} END AS {quoted(name)}" for name, value in told.items()
    )
    beside = path.with_suffix(".new")
    connection.execute(
        f"COPY (SELECT * REPLACE ({cells}) FROM read_parquet({text(str(path))})) TO {text(str(beside))}"
        " (FORMAT parquet, PARQUET_VERSION v2)"
    )
    os.replace(beside, path)
    return int(found)
