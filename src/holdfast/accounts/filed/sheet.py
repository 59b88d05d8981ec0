"""A file of rows with their lines: CSV, or a sheet of a workbook."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from holdfast.sources.files.dialect import dialect
from holdfast.sources.files.plain import plain
from holdfast.sources.files.problem import FileProblem
from holdfast.sources.files.workbook import LINE, sheets

READ = (".csv", ".tsv", ".txt", ".xlsx")
MOST_ROWS = 20_000  # taken in as one deed, in one transaction (decision 0096)
UNEVEN = "the line has {} cells and the header {}: put quotes around cells that hold the separator"
_QUOTED = re.compile(r"'(?=[=+\-@\t\r])")  # how an exported CSV keeps spreadsheets from running a cell


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line of the file it began on, and its cells as text, empty where nothing stands."""

    number: int
    cells: tuple[str, ...]
    wrong: str = ""  # why its cells cannot be told apart


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file. names: of every sheet of the workbook that holds one."""

    file: str
    header: tuple[str, ...]
    lines: tuple[Line, ...]
    names: tuple[str, ...] = ()


def read_sheet(path: Path, scratch: Path, *, sheet: str = "") -> Sheet:
    """The file's table, of a workbook the sheet of that name, else the first. Raises FileProblem."""
    kind = path.suffix.lower()
    if kind not in READ:
        raise FileProblem(f"{path.name}: this kind of file is not read here; save it as CSV or XLSX")
    found = _workbook(path, sheet) if kind == ".xlsx" else _text(path, scratch)
    if not found.lines:
        raise FileProblem(f"{path.name}: there is no row under the header")
    if len(found.lines) > MOST_ROWS:
        raise FileProblem(f"{path.name}: more than {MOST_ROWS:,} rows; split the file, each part is taken in as one")
    return found


def _workbook(path: Path, wanted: str) -> Sheet:
    found = list(sheets(path))
    names = tuple(one.name for one in found)
    chosen = next((one for one in found if one.name == wanted), found[0] if found else None)
    if chosen is None:
        raise FileProblem(f"{path.name}: no sheet has a header line and rows under it")
    columns = [column.to_pylist() for column in chosen.table.columns]
    at = chosen.table.schema.get_field_index(LINE)
    cells = [column for place, column in enumerate(columns) if place != at]
    rows = zip(columns[at], zip(*cells, strict=True), strict=True)
    lines = tuple(Line(number, tuple(_bare(cell) for cell in row)) for number, row in rows)
    return Sheet(f"{path.name}:{chosen.name}" if len(names) > 1 else path.name, chosen.header, lines, names)


def _bare(cell: str | None) -> str:
    return (cell or "").strip()


def _text(path: Path, scratch: Path) -> Sheet:
    at = plain(path, scratch)
    form = dialect(at, path.name)
    try:
        with at.open(encoding="utf-8-sig", newline="") as file:
            read = _numbered(csv.reader(file, delimiter=form.delimiter, strict=True))
            rows = islice(read, 1, MOST_ROWS + 2)
            return Sheet(path.name, form.header, tuple(_line(n, row, len(form.header)) for n, row in rows))
    except csv.Error as problem:
        raise FileProblem(f"{path.name}: the quotes of a cell do not close ({problem}); save the file again") from None


def _numbered(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, with the line it began on; the header too."""
    ended = 0
    for row in rows:
        began, ended = ended + 1, rows.line_num  # type: ignore[attr-defined]
        if any(cell.strip() for cell in row):
            yield began, row


def _line(number: int, row: Sequence[str], width: int) -> Line:
    wrong = "" if len(row) == width else UNEVEN.format(len(row), width)
    cells = tuple(_QUOTED.sub("", cell.strip(), count=1) if cell[:1] == "'" else cell.strip() for cell in row)
    return Line(number, (*cells, *[""] * (width - len(cells)))[:width] if wrong else cells, wrong)
