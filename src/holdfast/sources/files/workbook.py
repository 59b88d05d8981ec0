"""Sheets of an XLSX workbook as Arrow tables of text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, XmlError, ZipError

from holdfast.sources.files.dialect import header
from holdfast.sources.files.problem import FileProblem

LINE = "holdfast line"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: cells as text (numbers with a point, moments as ISO 8601), and the sheet row of each."""

    name: str
    header: tuple[str, ...]
    table: pa.Table  # the header's columns, then LINE


def sheets(path: Path) -> Iterator[Sheet]:
    """The sheets that have a header and are not empty, in the workbook's order. Raises FileProblem."""
    try:
        with CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                if sheet := _sheet(name, rows, f"{path.name}:{name}"):
                    yield sheet
    except PasswordError as problem:
        raise FileProblem(f"{path.name}: the workbook has a password; save it without one") from problem
    except (CalamineError, XmlError, ZipError, OSError) as problem:
        raise FileProblem(
            f"{path.name}: this is not an XLSX workbook, or it is broken; save it again as .xlsx"
        ) from problem


def _sheet(name: str, rows: Sequence[Sequence[object]], file: str) -> Sheet | None:
    numbered = [(line, row) for line, row in enumerate(rows, 1) if any(cell != "" for cell in row)]
    if len(numbered) < 2:
        return None
    (_, first), body = numbered[0], numbered[1:]
    width = max(place for place, cell in enumerate(first, 1) if cell != "")
    try:
        names = header([as_text(cell) or "" for cell in first[:width]], file)
    except FileProblem:
        return None
    columns = [pa.array([as_text(row[place]) for _, row in body], pa.string()) for place in range(width)]
    lines = pa.array([line for line, _ in body], pa.int64())
    return Sheet(name, names, pa.table([*columns, lines], [*names, LINE]))


def as_text(cell: object) -> str | None:
    """A cell as text. 489434.0 is "489434"; a moment is ISO 8601; an empty cell is None."""
    match cell:
        case "" | None:
            return None
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case dt.datetime():
            return cell.isoformat(" ", "seconds")
        case dt.date():
            return cell.isoformat()
        case _:
            return str(cell)
