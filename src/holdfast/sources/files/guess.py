"""What files are and what their columns mean, guessed from headers and, where headers cannot say, from cells."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from holdfast.sources.files.dialect import folded
from holdfast.sources.files.evidence import cells_only_on_first_row, date_order, decimal_sign
from holdfast.sources.files.fields import CUSTOMERS, FIELDS, ORDER_LINES, ORDERS, PRODUCTS, REFUNDS, TRANSACTIONS
from holdfast.sources.files.found import FoundFile, find
from holdfast.sources.files.mapping import Format, Mapping, Rules, preset
from holdfast.sources.files.read import RawFile, quoted, read
from holdfast.sources.files.stage import clear
from holdfast.sources.files.synonyms import matched

# Headers that only this export has: any one group is enough, all of its headers are needed.
MARKS: dict[str, tuple[tuple[str, ...], ...]] = {
    "shopify": (
        ("Name", "Lineitem name", "Financial Status"),
        ("Email", "Accepts Email Marketing", "Total Orders"),
        ("Email", "Accepts Marketing", "Total Orders"),
        ("Handle", "Variant SKU", "Title"),
    ),
    "woocommerce": (
        ("Order #", "N. Revenue", "Customer type"),
        ("Order #", "N. Revenue (formatted)", "Customer type"),
        ("Order Number", "Email (Billing)"),
        ("Order ID", "Email (Billing)"),
        ("Order Number", "Order Total Amount"),
        ("Username", "Sign Up", "Total Spend"),
    ),
    "uci-online-retail": (("StockCode", "InvoiceDate", "Quantity"),),
    "cdnow": (("customer_id", "date", "number_of_cds", "dollar_value"),),
}


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

    @property
    def unused(self) -> tuple[ColumnGuess, ...]:
        return tuple(column for column in self.columns if column.became is None)

    @property
    def usable(self) -> bool:
        return bool(self.mapping.columns) and not self.questions and not any(m.required for m in self.missing)


def guess(paths: Iterable[Path]) -> Guess:
    """Say what the files are. Raises FileProblem when a file cannot be read at all."""
    found = find(paths)
    con = duckdb.connect()
    clear(con)
    with tempfile.TemporaryDirectory(prefix="files-") as folder:
        files = _read(con, found, Path(folder))
        name = next((p for p in MARKS if _is(p, files)), None)
        mapping = preset(name) if name else _generic(files)
        rows = {file.name: mapping.grain_of(file.columns) or "" for file in files}
        mapping, questions = _from_cells(con, mapping, files, rows)
        missing = _missing(mapping, files, rows)
        columns = tuple(_columns(con, mapping, files, rows))
    con.close()
    sure = "certain" if name else "unsure" if questions or any(m.required for m in missing) else "likely"
    return Guess(mapping, sure, {file: grain for file, grain in rows.items() if grain}, columns, missing, questions)


def _read(con: duckdb.DuckDBPyConnection, found: tuple[FoundFile, ...], folder: Path) -> list[RawFile]:
    files: list[RawFile] = []
    for file in found:
        files += read(con, file, len(files), folder)
    return files


def _is(name: str, files: list[RawFile]) -> bool:
    """All files fit the preset and at least one carries its marks."""
    mapping = preset(name)
    heads = [{folded(header) for header in file.columns} for file in files]
    marked = any({folded(h) for h in mark} <= head for head in heads for mark in MARKS[name])
    return marked and all(mapping.grain_of(file.columns) for file in files)


def _generic(files: list[RawFile]) -> Mapping:
    columns: dict[str, dict[str, tuple[str, ...]]] = {}
    for file in files:
        if grain := _grain(file):
            part = columns.setdefault(grain, {})
            for name, header in matched(grain, list(file.columns)).items():
                part[name] = tuple(dict.fromkeys((*part.get(name, ()), header)))
    stem = files[0].name.split(".")[0].lower()
    slug = "".join(c if c.isascii() and c.isalnum() else "-" for c in stem).strip("-") or "files"
    return Mapping(name=slug, columns=columns)


def _grain(file: RawFile) -> str | None:
    """What one row of an unknown file is, by what its columns can be."""
    headers = list(file.columns)
    lines, refunds, payments = (set(matched(g, headers)) for g in (ORDER_LINES, REFUNDS, TRANSACTIONS))
    whole = set(matched(ORDERS, headers))
    words = folded(file.name)
    if (
        "refund_id" in refunds
        and {"amount", "price", "line_total"} & refunds
        and ("refund" in words or _says(headers, "refund", "credit"))
    ):
        return REFUNDS
    if {"order_id", "amount"} <= refunds and any(word in words for word in ("refund", "return", "credit")):
        return REFUNDS
    if "amount" in payments and (
        {"transaction_id", "gateway"} <= payments or any(w in words for w in ("transaction", "payment"))
    ):
        return TRANSACTIONS
    money = {"price", "line_total"} & lines
    if money and {"sku", "title", "product_id", "quantity"} & lines and {"order_id", "customer_id", "email"} & lines:
        return ORDER_LINES
    if (
        "placed_at" in whole
        and {"order_id", "customer_id", "email"} & whole
        and {"order_id", "total", "subtotal"} & whole
    ):
        return ORDERS
    if {"customer_id", "email"} & set(matched(CUSTOMERS, headers)):
        return CUSTOMERS
    return PRODUCTS if {"sku", "product_id", "title"} & set(matched(PRODUCTS, headers)) else None


def _says(headers: list[str], *words: str) -> bool:
    return any(word in folded(header) for header in headers for word in words)


def _fed(mapping: Mapping, files: list[RawFile], rows: dict[str, str], *kinds: str) -> list[tuple[RawFile, str]]:
    """(file, header) of the columns that feed fields of these kinds."""
    return [
        (file, header)
        for file in files
        if (grain := rows[file.name])
        for name, names in mapping.columns[grain].items()
        if FIELDS[grain][name].kind in kinds and (header := file.header_for(names))
    ]


def _from_cells(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, files: list[RawFile], rows: dict[str, str]
) -> tuple[Mapping, tuple[str, ...]]:
    """The mapping with what only cells can say, and the questions they leave open."""
    questions = []
    dates = date_order(con, _fed(mapping, files, rows, "moment"))
    if dates == "ask":
        questions.append(
            "Dates such as 03/04/2025 can be read two ways and no row decides. "
            'Set dates = "day first" or dates = "month first" under [format].'
        )
    if dates == "mixed":
        questions.append("Some dates have the day first and others the month. Export again with dates like 2025-12-31.")
        dates = "ask"
    decimal, agree = decimal_sign(con, _fed(mapping, files, rows, "number"))
    if not agree:
        questions.append(
            'Some numbers have a decimal comma and others a point. Set decimal = "," or "." under [format].'
        )
    form = Format(
        mapping.format.delimiter,
        mapping.format.encoding,
        decimal,
        dates,
        mapping.format.zone,
        mapping.format.empty_words,
    )
    rules = mapping.rules if mapping.preset else _rules(con, mapping, files, rows)
    return replace(mapping, format=form, rules=rules), tuple(questions)


def _rules(con: duckdb.DuckDBPyConnection, mapping: Mapping, files: list[RawFile], rows: dict[str, str]) -> Rules:
    for file in files:
        columns = mapping.columns.get(ORDER_LINES, {})
        if rows[file.name] != ORDER_LINES or not (order := file.header_for(columns.get("order_id", ()))):
            continue
        own = [header for name in ("placed_at", "total") if (header := file.header_for(columns.get(name, ())))]
        if cells_only_on_first_row(con, file, order, own):
            return Rules(order_level_cells="first row")
    return Rules()


def _missing(mapping: Mapping, files: list[RawFile], rows: dict[str, str]) -> tuple[Missing, ...]:
    missing = []
    for file in files:
        if not rows[file.name]:
            heads = ", ".join(file.columns)[:200]
            missing.append(
                Missing(
                    f"{file.name}: what its rows are ({heads})",
                    "write a mapping by hand: see the how-to on importing files",
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
        missing.append(Missing("the currency", "set currency under [constants]; the shop's is used until then", False))
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
