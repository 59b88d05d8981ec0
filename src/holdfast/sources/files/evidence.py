"""What the cells say of how they are written: day or month first, decimal comma or point."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from holdfast.sources.files.read import RawFile, quoted
from holdfast.sources.files.workbook import LINE

_SLASHED = r"^\s*(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d{2})(\D|$)"
_COMMA = r"^[^\d]*(\d{1,3}([. ]\d{3})+,\d+|\d+,\d{1,2}|\d+,\d{4,}|\d{1,3}(\.\d{3}){2,}|(0|\d{4,}),\d{3})\D*$"
_POINT = r"^[^\d]*(\d{1,3}(,\d{3})+\.\d+|\d+\.\d{1,2}|\d+\.\d{4,}|\d{1,3}(,\d{3}){2,}|(0|\d{4,})\.\d{3})\D*$"
# 1.250 is twelve hundred and fifty, or one and a quarter.
_EITHER = r"^[^\d]*[1-9]\d{0,2}[.,]\d{3}\D*$"
_FEWER = 20  # times as many cells of one decimal sign as of the other: the other's are mistakes


def date_order(con: duckdb.DuckDBPyConnection, columns: Iterable[tuple[RawFile, str]]) -> str:
    """ "iso", "day first", "month first", "ask" when no cell decides, "mixed" when cells contradict each other."""
    slashed = dotted = first = second = 0
    for file, header in columns:
        if file.columns[header] != "VARCHAR" or file.plain_numbers:
            continue
        parts = (
            f"regexp_extract_all({quoted(header)}, '{_SLASHED}', 1)[1]",
            f"regexp_extract_all({quoted(header)}, '{_SLASHED}', 3)[1]",
        )
        row = con.execute(
            f"SELECT count(*), count(*) FILTER (contains({quoted(header)}[:6], '.')), max(TRY_CAST({parts[0]}"
            " AS INTEGER)),"
            f" max(TRY_CAST({parts[1]} AS INTEGER)) FROM {_telling(con, file, header, _SLASHED)}"
            f" WHERE regexp_matches({quoted(header)}, '{_SLASHED}')"
        ).fetchone()
        if row and row[0]:
            slashed, dotted = slashed + row[0], dotted + row[1]
            first, second = max(first, row[2] or 0), max(second, row[3] or 0)
    if not slashed:
        return "iso"
    if first > 12 and second > 12:
        return "mixed"
    if first > 12 or (second <= 12 and dotted == slashed):
        return "day first"
    return "month first" if second > 12 else "ask"


def _telling(con: duckdb.DuckDBPyConnection, file: RawFile, header: str, pattern: str) -> str:
    """All rows of the file where the first ones hold cells of this pattern: a late cell may decide. Else the first."""
    found = f"SELECT 1 FROM {file.table} WHERE regexp_matches({quoted(header)}, '{pattern}') LIMIT 1"
    return file.whole if file.whole and con.execute(found).fetchone() else file.table


def decimal_sign(con: duckdb.DuckDBPyConnection, columns: Iterable[tuple[RawFile, str]]) -> str:
    """The decimal sign that cells show; "" when none shows one, "ask" when 1.250 alone does, else "mixed".

    An odd cell among many of the other sign is a mistake and decides nothing: it is put aside when it is read.
    """
    listed = _texts(columns)
    found = [_signs(con, file.table, header) for file, header in listed]
    if not any(commas or points for commas, points, _ in found):
        found = [_signs(con, file.whole or file.table, header) for file, header in listed]
    commas, points, either = (sum(counts) for counts in zip(*found, strict=True)) if found else (0, 0, 0)
    if commas and points:
        return _by_most(found, commas, points)
    if commas or points:
        return "," if commas else "."
    return "ask" if either else ""


def odd_cell(con: duckdb.DuckDBPyConnection, columns: Iterable[tuple[RawFile, str]]) -> str:
    """Where the first cell of the rarer decimal sign stands and what it says, in words; "" when all are alike."""
    listed = _texts(columns)
    found = [_signs(con, file.table, header) for file, header in listed]
    commas, points = sum(counts[0] for counts in found), sum(counts[1] for counts in found)
    sign, pattern = (0, _COMMA) if commas <= points else (1, _POINT)
    for (file, header), counts in zip(listed, found, strict=True):
        if counts[sign]:
            cell, line = quoted(header), quoted(LINE)
            shown = f"{file.table} WHERE regexp_matches({cell}, '{pattern}')"
            first = con.execute(f"SELECT min({line}), arg_min({cell}, {line}) FROM {shown}").fetchone()
            (at, said) = first or ("", "")
            return f"{file.name} line {at}, {header} = {said!r}"
    return ""


def _texts(columns: Iterable[tuple[RawFile, str]]) -> list[tuple[RawFile, str]]:
    return [(file, header) for file, header in columns if file.columns[header] == "VARCHAR" and not file.plain_numbers]


def _by_most(found: list[tuple[int, int, int]], commas: int, points: int) -> str:
    """The sign of nearly all cells, when it is also that of most cells of each column; else "mixed"."""
    most = 1 if points > commas else 0
    if max(commas, points) < _FEWER * min(commas, points):
        return "mixed"
    agreed = all(counts[most] > counts[1 - most] or not counts[1 - most] for counts in found)
    return ",."[most] if agreed else "mixed"


def _signs(con: duckdb.DuckDBPyConnection, source: str, header: str) -> tuple[int, int, int]:
    """How many cells of a column have a decimal comma, how many a point, and how many could be either."""
    counted = ", ".join(
        f"count(*) FILTER (regexp_matches({quoted(header)}, '{pattern}'))" for pattern in (_COMMA, _POINT, _EITHER)
    )
    commas, points, either = con.execute(f"SELECT {counted} FROM {source}").fetchone() or (0, 0, 0)
    return commas, points, either


def cells_only_on_first_row(con: duckdb.DuckDBPyConnection, file: RawFile, order: str, cells: Iterable[str]) -> bool:
    """Whether an order's own cells are empty on some of its rows and filled on another."""
    for header in cells:
        filled = f"count(*) FILTER (nullif(trim(CAST({quoted(header)} AS VARCHAR)), '') IS NOT NULL)"
        query = f"SELECT 1 FROM {file.table} GROUP BY {quoted(order)} HAVING {filled} = 1 AND count(*) > 1 LIMIT 1"
        if con.execute(query).fetchone():
            return True
    return False
