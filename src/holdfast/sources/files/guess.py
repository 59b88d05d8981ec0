"""What files are and what their columns mean, guessed from headers and, where headers cannot say, from cells."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from holdfast.sources.files.buyercells import without_false_numbers
from holdfast.sources.files.evidence import cells_only_on_first_row, date_order, decimal_sign, odd_cell
from holdfast.sources.files.fields import FIELDS, ORDER_LINES, ORDERS, REFUNDS, TRANSACTIONS
from holdfast.sources.files.found import FoundFile, find
from holdfast.sources.files.mapping import Format, Mapping, Rules, preset
from holdfast.sources.files.read import RawFile, quoted, read
from holdfast.sources.files.recognise import MARKS, generic, is_preset
from holdfast.sources.files.separately import DATE_WORDS, DECIMAL_WORDS, by_file, separately
from holdfast.sources.files.stage import clear
from holdfast.warehouse.engine import open_writer

MIXED_DATES = "Some dates have the day first and others the month. Export again with dates like 2025-12-31."
CURRENCY = "the currency"
FIRST_ROWS = 20_000  # enough to see what columns are; where a late cell may decide, the whole column is read


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """One header: what it became ("order_lines.placed_at"), or None when unused, and a cell of it."""

    file: str
    header: str
    became: str | None
    sample: str | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Something the files do not say, and what a person can do."""

    what: str
    to_do: str
    required: bool


@dataclass(frozen=True, slots=True)
class Guess:
    """A mapping for the files, and how sure it is: certain (a known export), likely, or unsure.

    rows: file → what one row of it is. questions: what only a person can decide; staging waits for it.
    """

    mapping: Mapping
    confidence: str
    rows: dict[str, str]
    columns: tuple[ColumnGuess, ...]
    missing: tuple[Missing, ...]
    questions: tuple[str, ...]
    decimal: str = ""  # the decimal sign that cells show; empty when none does
    apart: bool = False  # files that no one mapping can read: they have to be imported one by one

    @property
    def unused(self) -> tuple[ColumnGuess, ...]:
        return tuple(column for column in self.columns if column.became is None)

    @property
    def usable(self) -> bool:
        return bool(self.mapping.columns) and not self.questions and not any(m.required for m in self.missing)


def guess(paths: Iterable[Path], *, scratch: Path | None = None) -> Guess:
    """Say what the files are. Raises FileProblem when a file cannot be read at all.

    scratch: an existing folder for unpacked and transcoded copies; without one, the system's for such things.
    """
    found = find(paths)
    with (
        tempfile.TemporaryDirectory(prefix="files-", dir=scratch) as folder,
        closing(open_writer(Path(folder))) as con,
    ):
        clear(con)
        files = _read(con, found, Path(folder))
        name = next((p for p in MARKS if is_preset(p, files)), None)
        mapping = preset(name) if name else generic(files)
        rows = {file.name: mapping.grain_of(file.columns) or "" for file in files}
        mapping, names = (mapping, ()) if name else without_false_numbers(con, mapping, files, rows)
        seen = _from_cells(con, mapping, files, rows)
        mapping, questions = seen.mapping, seen.questions
        missing = (*_missing(mapping, files, rows), *map(_no_number, names))
        columns = tuple(_columns(con, mapping, files, rows))
    sure = "certain" if name else "unsure" if questions or any(m.required for m in missing) else "likely"
    grains = {file: grain for file, grain in rows.items() if grain}
    return Guess(mapping, sure, grains, columns, missing, questions, seen.decimal, seen.apart)


def headers(paths: Iterable[Path], *, scratch: Path | None = None) -> dict[str, tuple[str, ...]]:
    """File or sheet → its headers. Raises FileProblem when a file cannot be read at all."""
    with (
        tempfile.TemporaryDirectory(prefix="files-", dir=scratch) as folder,
        closing(open_writer(Path(folder))) as con,
    ):
        clear(con)
        return {file.name: tuple(file.columns) for file in _read(con, find(paths), Path(folder), first_rows=1)}


@dataclass(frozen=True, slots=True)
class Seen:
    """What cells say of a mapping: how it is then, what they leave open, the decimal sign they show."""

    mapping: Mapping
    questions: tuple[str, ...]
    decimal: str
    apart: bool


def _no_number(header: str) -> Missing:
    return Missing(
        f"a customer number ({header!r} holds names, and two people may share one)",
        "export a number or an e-mail too; the column is not used",
        False,
    )


def _read(
    con: duckdb.DuckDBPyConnection, found: tuple[FoundFile, ...], folder: Path, first_rows: int = FIRST_ROWS
) -> list[RawFile]:
    files: list[RawFile] = []
    for file in found:
        files += read(con, file, len(files), folder, first_rows=first_rows)
    return files


def _fed(mapping: Mapping, files: list[RawFile], rows: dict[str, str], *kinds: str) -> list[tuple[RawFile, str]]:
    """(file, header) of the columns that feed fields of these kinds."""
    return [
        (file, header)
        for file in files
        if (grain := rows[file.name])
        for name, names in mapping.columns[grain].items()
        if name not in mapping.written.get(grain, {})
        and FIELDS[grain][name].kind in kinds
        and (header := file.header_for(names))
    ]


def _from_cells(con: duckdb.DuckDBPyConnection, mapping: Mapping, files: list[RawFile], rows: dict[str, str]) -> Seen:
    questions, apart = [], False
    moments, numbers = (_fed(mapping, files, rows, *kinds) for kinds in (("moment", "day"), ("number",)))
    dates = date_order(con, moments)
    if dates == "ask":
        questions.append(
            "Dates such as 03/04/2025 can be read two ways and no row decides. "
            'Set dates = "day first" or dates = "month first" under [format].'
        )
    if dates == "mixed":
        apart_why = separately({name: date_order(con, own) for name, own in by_file(moments)}, DATE_WORDS)
        questions.append(apart_why or MIXED_DATES)
        apart, dates = apart or bool(apart_why), "ask"
    decimal = decimal_sign(con, numbers)
    if decimal == "mixed":
        apart_why = separately({name: decimal_sign(con, own) for name, own in by_file(numbers)}, DECIMAL_WORDS)
        apart = apart or bool(apart_why)
        questions.append(
            apart_why
            or f"Some numbers have a decimal comma and others a point: see {odd_cell(con, numbers)}. "
            'Mend it there, or tell which sign it is: Set decimal = "," or "." under [format]. Cells of the other sign '
            "are then put aside."
        )
    if decimal == "ask":
        questions.append(
            "Numbers such as 1.250 or 1,250 can be read two ways and no cell decides. "
            'Set decimal = "." or decimal = "," under [format]: whichever stands before the cents.'
        )
    form = Format(
        mapping.format.delimiter,
        mapping.format.encoding,
        "ask" if decimal in ("ask", "mixed") else decimal or mapping.format.decimal,
        dates,
        mapping.format.zone,
        mapping.format.empty_words,
    )
    rules = mapping.rules if mapping.preset else _rules(con, mapping, files, rows)
    shown = decimal if decimal in (".", ",") else ""
    return Seen(replace(mapping, format=form, rules=rules), tuple(questions), shown, apart)


def _rules(con: duckdb.DuckDBPyConnection, mapping: Mapping, files: list[RawFile], rows: dict[str, str]) -> Rules:
    for file in files:
        columns = mapping.columns.get(ORDER_LINES, {})
        if rows[file.name] != ORDER_LINES or not (order := file.header_for(columns.get("order_id", ()))):
            continue
        own = [header for name in ("placed_at", "total") if (header := file.header_for(columns.get(name, ())))]
        if cells_only_on_first_row(con, file, order, own):
            return Rules(order_level_cells="first row")
    return Rules()


_ONE_AT_A_TIME = "files of different columns are imported one at a time, each with a mapping of its own: "


def _missing(mapping: Mapping, files: list[RawFile], rows: dict[str, str]) -> tuple[Missing, ...]:
    missing = []
    for file in files:
        if not rows[file.name]:
            heads = ", ".join(file.columns)[:200]
            missing.append(
                Missing(
                    f"{file.name}: what its rows are ({heads})",
                    f"{_ONE_AT_A_TIME if len(files) > 1 else ''}write a mapping by hand, see"
                    " docs/how-to/import-your-files.md, and pass it with --mapping",
                    True,
                )
            )
    grains = {grain for grain in rows.values() if grain}
    fed = {
        name
        for file in files
        if (g := rows[file.name])
        for name, names in mapping.columns[g].items()
        if file.header_for(names)
    }
    if grains & {ORDER_LINES, ORDERS} and "placed_at" not in fed:
        missing.append(
            Missing(
                "when orders were placed",
                "add a date column, or import the file of orders together with their lines",
                True,
            )
        )
    if grains & {ORDER_LINES, ORDERS} and not fed & {"customer_id", "email"}:
        missing.append(
            Missing("who bought", "add a customer number or e-mail; without it every buyer is an unknown guest", False)
        )
    if (
        grains & {ORDER_LINES, ORDERS, REFUNDS, TRANSACTIONS}
        and "currency" not in fed
        and not mapping.constants.currency
    ):
        missing.append(Missing(CURRENCY, "set currency under [constants]; the shop's is used until then", False))
    return tuple(missing)


def _columns(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, files: list[RawFile], rows: dict[str, str]
) -> Iterable[ColumnGuess]:
    for file in files:
        grain = rows[file.name]
        became: dict[str, str] = {}
        for name, names in mapping.columns.get(grain, {}).items():
            for header in (h for n in names if (h := file.header_for((n,)))):
                became.setdefault(header, f"{grain}.{name}")
        for header in file.columns:
            text = f"CAST({quoted(header)} AS VARCHAR)"
            cell = con.execute(
                f"SELECT {text} FROM {file.table} WHERE nullif({text}, '') IS NOT NULL LIMIT 1"
            ).fetchone()
            yield ColumnGuess(file.name, header, became.get(header), cell[0] if cell else None)
