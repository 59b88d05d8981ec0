"""Rows that could not be read when a file came, and that tell of somebody who was erased: their cells go, and the file,
line, column and reason stay, so that receipts still add up.

Such a row is known by the shop's number of a customer in a column that holds it, by an e-mail as it was typed, or by a
telephone number. Cells that are called after people are masked when a row is put down; these are what else may tell.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from holdfast.warehouse.engine import parquet_rows, text
from holdfast.warehouse.home import Home
from holdfast.warehouse.receipts import Receipt, folder, receipts
from holdfast.warehouse.staging import MASK

REJECTS = "reject.parquet"
LEAST_DIGITS = 7  # of a telephone number; fewer are no number of one person
_LIKE_A_NUMBER = re.compile(r"customer|client|buyer|user|shopper|member|kunde")  # headers, where a receipt names none
GONE = text(json.dumps(MASK, ensure_ascii=False))  # in place of a whole row
_DIGITS_ALONE = "regexp_replace({cell}, '[ ()./+-]', '', 'g')"


@dataclass(frozen=True, slots=True)
class Known:
    """By what somebody is known: the number that a shop gives them, as (shop, number); e-mails, lower case; the last
    digits of telephone numbers."""

    numbers: frozenset[tuple[int, str]]
    emails: frozenset[str]
    phones: frozenset[str]


def known_of(connection: duckdb.DuckDBPyConnection, home: Home, keys: Collection[int]) -> Known:
    """What the loads say of these profiles; before they are emptied."""
    numbers: set[tuple[int, str]] = set()
    emails: set[str] = set()
    phones: set[str] = set()
    for receipt in receipts(home):
        place = folder(home, receipt.load_id)
        numbers |= {
            (receipt.shop_id, one) for one in _cells(connection, place / "key_customer.parquet", "source", keys)
        }
        for path in (place / "customer.parquet", place / "customer_contact.parquet"):
            numbers |= {(receipt.shop_id, one) for one in _cells(connection, path, "customer_number", keys)}
            emails |= {one.strip().lower() for one in _cells(connection, path, "email", keys)}
            digits = {re.sub(r"\D", "", one) for one in _cells(connection, path, "phone", keys)}
            phones |= {one[-LEAST_DIGITS - 1 :] for one in digits if len(one) >= LEAST_DIGITS}
    return Known(frozenset(numbers), frozenset(emails), frozenset(phones))


def mask_rejects(connection: duckdb.DuckDBPyConnection, home: Home, known: Known) -> Iterator[int]:
    """Mask their rows in every load; how many there were, file by file, each replaced in one step."""
    for receipt in receipts(home):
        path = folder(home, receipt.load_id) / REJECTS
        if not path.is_file():
            continue
        rows = parquet_rows([path])
        theirs = _theirs(_headers(connection, rows, receipt), receipt, known)
        told = f"raw IS DISTINCT FROM {GONE} AND {theirs}"
        (found,) = connection.execute(f"SELECT count(*) FROM ({rows}) WHERE {told}").fetchone() or (0,)
        if found:
            _replace(connection, f"SELECT * REPLACE ({_masked(told)}) FROM ({rows})", path)
        yield int(found)


def mask_staged(connection: duckdb.DuckDBPyConnection, headers: Sequence[str], sources: str) -> None:
    """Before a load is written. headers: of cells with the shop's number of a customer; sources: SQL, the numbers of
    who was erased."""
    if headers:
        mine = " OR ".join(f"{_cell(header)} IN ({sources})" for header in headers)
        connection.execute(f"UPDATE stage_reject SET value = {text(MASK)}, raw = {GONE} WHERE coalesce({mine}, false)")


def _cells(connection: duckdb.DuckDBPyConnection, path: Path, column: str, keys: Collection[int]) -> list[str]:
    """What stands in a column beside these keys; nothing where the file or the column is not there."""
    if not path.is_file():
        return []
    rows = parquet_rows([path])
    there = {row[0] for row in connection.execute(f"DESCRIBE {rows}").fetchall()}
    if column not in there:
        return []
    key = "key" if "key" in there else "customer_id"
    found = connection.execute(
        f"SELECT DISTINCT {column} FROM ({rows}) WHERE list_contains($keys::BIGINT[], {key}) AND {column} <> ''",
        {"keys": list(keys)},
    ).fetchall()
    return [str(cell) for (cell,) in found]


def _headers(connection: duckdb.DuckDBPyConnection, rows: str, receipt: Receipt) -> Sequence[str]:
    """Under which a number of a customer may stand; of a load that does not say, those that are called so."""
    if receipt.customer_headers:
        return receipt.customer_headers
    found = connection.execute(
        f"SELECT DISTINCT unnest(json_keys(raw)) FROM ({rows}) WHERE json_type(raw) = 'OBJECT'"
    ).fetchall()
    return [header for (header,) in found if _LIKE_A_NUMBER.search(header.lower())]


def _theirs(headers: Sequence[str], receipt: Receipt, known: Known) -> str:
    """Whether a row is of one of them, in SQL. A file of which nothing could be read may be of any shop."""
    mine = sorted(number for shop, number in known.numbers if receipt.shop_id in (0, shop))
    tests = [f"{_cell(header)} IN ({_listed(mine)})" for header in headers if mine]
    tests += [f"contains(lower(concat_ws(' ', value, raw)), {text(one)})" for one in sorted(known.emails)]
    digits = _DIGITS_ALONE.format(cell="concat_ws(' | ', value, raw)")
    tests += [f"contains({digits}, {text(one)})" for one in sorted(known.phones)]
    return f"coalesce({' OR '.join(tests)}, false)" if tests else "false"


def _cell(header: str) -> str:
    """A cell of the row as it stood, by its header."""
    return f"trim(json_extract_string(raw, {text(_path(header))}))"


def _path(header: str) -> str:
    escaped = header.replace("\\", "\\\\").replace('"', '\\"')
    return f'$."{escaped}"'


def _masked(theirs: str) -> str:
    return (
        f"CASE WHEN {theirs} THEN {text(MASK)} ELSE value END AS value,"
        f" CASE WHEN {theirs} THEN {GONE} ELSE raw END AS raw"
    )


def _listed(words: Sequence[str]) -> str:
    return ", ".join(map(text, words))


def _replace(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    beside = path.with_suffix(".new")
    connection.execute(f"COPY ({select}) TO {text(str(beside))} (FORMAT parquet, PARQUET_VERSION v2)")
    os.replace(beside, path)
