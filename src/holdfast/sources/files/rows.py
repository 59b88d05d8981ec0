"""Raw files as typed rows, one table a grain, with every cell that cannot be used marked and reported."""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from holdfast.sources.files.cells import cell
from holdfast.sources.files.field import Field
from holdfast.sources.files.fields import FIELDS, NEEDS, ORDER_LINES
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.personal import MASK
from holdfast.sources.files.read import RawFile, quoted, text_literal
from holdfast.sources.files.rewritten import written
from holdfast.sources.files.tablefields import field_name, why_wrong_number, wrong_number, wrong_word
from holdfast.sources.files.workbook import LINE
from holdfast.warehouse.tables import TABLES

LINE_LEVEL = frozenset(
    [
        "quantity",
        "price",
        "line_total",
        "line_discount",
        "line_tax",
        "unit_cost",
        "kind",
        "sku",
        "product_id",
        "title",
        "type",
        "vendor",
        "line_id",
    ]
)
_WHY = {
    "number": "not a number, or too large; write it like 1234.50, or set `decimal` in the mapping",
    "moment": "not a date that exists between 1970 and 2199; write it like 2025-12-31 or set `dates` in the mapping",
    "day": "not a day that exists between 1970 and 2199; write it like 2025-12-31 or set `dates` in the mapping",
    "currency": "not a currency we know; write an ISO 4217 code such as EUR",
    "flag": "neither yes nor no; write true or false",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One way a row can be unusable. `condition` is SQL over a row's values and their `<field> given`."""

    field: str
    condition: str
    why: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Typed rows of one grain: file_no, line, wrong (a bit for each check that failed) and the mapped fields."""

    grain: str
    table: str
    present: frozenset[str]
    everywhere: frozenset[str]  # mapped in each file of the grain
    checks: tuple[Check, ...]
    whole_orders: bool = False  # order_id is a BIGINT

    def col(self, name: str, alias: str = "") -> str:
        """The column of a field, or a typed null when no file feeds it."""
        if name in self.present:
            return f"{alias}.{name}" if alias else name
        return f"CAST(NULL AS {FIELDS[self.grain][name].sql_type})" if name in FIELDS[self.grain] else "NULL"

    @property
    def order_mask(self) -> int:
        """The bits that spoil a whole order, not only one line of it."""
        return sum(1 << bit for bit, check in enumerate(self.checks) if check.field not in LINE_LEVEL)


def type_rows(
    con: duckdb.DuckDBPyConnection,
    grain: str,
    files: list[RawFile],
    mapping: Mapping,
    zone: str,
    whole_orders: bool = False,
) -> Rows:
    """Fill `rows_<grain>` from the files of a grain and put each unusable cell into stage_reject.

    whole_orders: keep order numbers as BIGINT; each file of the grain has to hold them as whole numbers.
    """
    fed = {file.file_no: _fed(grain, file, mapping) for file in files}
    made = {file.file_no: written(con, grain, file, fed[file.file_no], mapping) for file in files}
    present = {name for _, columns in made.values() for name in columns}
    everywhere = frozenset(present).intersection(*(columns for _, columns in made.values()))
    fields = [field for name, field in FIELDS[grain].items() if name in present]
    if whole_orders:
        fields = [replace(field, kind="whole") if field.name == "order_id" else field for field in fields]
    rows = Rows(
        grain, f"rows_{grain}", frozenset(present), everywhere, _checks(grain, fields, everywhere), whole_orders
    )
    declared = ", ".join(
        ["file_no INTEGER", "line BIGINT", "wrong UBIGINT", *(f"{f.name} {f.sql_type}" for f in fields)]
    )
    con.execute(f"CREATE TEMP TABLE {rows.table} ({declared})")
    for file in files:
        as_written, columns = made[file.file_no]
        con.execute(_insert(rows, as_written, fields, columns, mapping, zone))
        _report(con, rows, file, fed[file.file_no])
    return rows


def people_of(rows: dict[str, Rows]) -> list[Rows]:
    """The rows of plain tables that name people."""
    return [part for grain, part in rows.items() if grain in TABLES and part.present & {"customer_id", "email"}]


def holds_whole_orders(grain: str, file: RawFile, mapping: Mapping) -> bool:
    """Whether the order number of each row is a number in the file itself (Parquet), so that no text is needed."""
    fed = _fed(grain, file, mapping).get("order_id", [])
    wordless = not any(word.isdigit() for word in mapping.format.empty_words)
    return bool(fed) and file.columns[fed[0]] in ("SMALLINT", "INTEGER", "UINTEGER", "BIGINT") and wordless


def _fed(grain: str, file: RawFile, mapping: Mapping) -> dict[str, list[str]]:
    """Canonical field → the headers of this file that feed it."""
    fed = {}
    for name, names in mapping.columns[grain].items():
        found = dict.fromkeys(header for n in names if (header := file.header_for((n,))))
        if found:
            fed[name] = list(found)
    return fed


def _insert(
    rows: Rows, file: RawFile, fields: list[Field], fed: dict[str, list[str]], mapping: Mapping, zone: str
) -> str:
    """INSERT of a file's rows: cells as text, then read, then judged, each step on top of the one before."""
    bare, texts, values = [f"{quoted(LINE)} AS line"], ["line"], ["line"]
    marks, reads, utc = ["*"], ["*"], ["*"]
    for field in fields:
        name = field.name
        if name in fed:
            headers = [(header, file.columns[header]) for header in fed[name]]
            sql = cell(field, headers, mapping.format, zone, file)
            bare += [f'{column} AS "{name} bare {n}"' for n, column in enumerate(sql.bare)]
            texts.append(f'{sql.text} AS "{name} text"')
            reads.append(f'{sql.read} AS "{name} read"')
            if sql.mark not in ("true", "false"):
                marks.append(f'{sql.mark} AS "{name} mark"')
            if sql.utc:
                utc.append(f'{sql.utc} AS "{name} utc"')
            value = sql.value or f'"{name} read"'
            values.append(f'{value} AS {name}, "{name} text" IS NOT NULL AS "{name} given"')
        else:
            values.append(f'CAST(NULL AS {field.sql_type}) AS {name}, false AS "{name} given"')
    failed = [f"CASE WHEN {check.condition} THEN {1 << bit} ELSE 0 END" for bit, check in enumerate(rows.checks)]
    wrong = " + ".join(failed) or "0"
    source = file.table
    for step in (bare, texts, marks, reads, utc, values):
        if step != ["*"]:
            source = f"(SELECT {', '.join(step)} FROM {source})"
    names = ", ".join(field.name for field in fields)
    return f"INSERT INTO {rows.table} SELECT {file.file_no}, line, CAST({wrong} AS UBIGINT), {names} FROM {source}"


def _checks(grain: str, fields: list[Field], everywhere: frozenset[str]) -> tuple[Check, ...]:
    unreadable = [
        Check(f.name, f'("{f.name} given" AND {f.name} IS NULL)', _WHY[f.kind]) for f in fields if f.kind in _WHY
    ]
    present = {field.name for field in fields}
    if "customer_id" in present:
        why = "an e-mail where a customer number should be; map this column to email instead"
        unreadable.append(Check("customer_id", "coalesce(contains(customer_id, '@'), false)", why))
    return (*unreadable, *(check for check in _missing(grain, present, everywhere)))


def _missing(grain: str, present: set[str], everywhere: frozenset[str]) -> list[Check]:
    checks = []

    def need(names: tuple[str, ...], why: str) -> None:
        here = [name for name in names if name in present]
        if here:
            condition = " AND ".join(f'({name} IS NULL AND NOT "{name} given")' for name in here)
            checks.append(Check(here[0], condition, why))

    match grain:
        case "order_lines" | "orders":
            if "order_id" in everywhere:
                need(("order_id",), "no order number in this row; fill it in, or take the row out if it is a total")
            else:
                need(("placed_at",), "no date in this row; a purchase without an order number needs one")
            if grain == ORDER_LINES:
                need(("price", "line_total"), "no price in this row; write 0 when it was free")
                need(
                    ("quantity",) if "quantity" in everywhere else (), "no quantity in this row; write how many pieces"
                )
                if {"price", "quantity"} <= present:
                    large = "abs(price) * abs(CAST(quantity AS DECIMAL(19,3))) >= 1e15"
                    maybe = "abs(price) >= 1000000 OR abs(quantity) >= 1000000"
                    checks.append(Check("price", f"(CASE WHEN {maybe} THEN {large} ELSE false END)", _WHY["number"]))
        case "customers":
            need(
                ("customer_id", "email"), "neither a customer number nor an e-mail; nobody could be matched to this row"
            )
        case "refunds":
            need(("refund_id", "order_id"), "neither a refund number nor an order number in this row")
            need(("amount", "price", "line_total"), "no amount in this row")
        case "products":
            need(("sku", "product_id", "title"), "neither a code nor a name of the product in this row")
        case "transactions":
            need(("transaction_id", "order_id"), "neither a payment number nor an order number in this row")
            need(("amount",), "no amount in this row")
        case _:
            for group in NEEDS[grain]:
                if group[0] in TABLES[grain].may_lack:
                    continue
                need(group, f"no {' and no '.join(name.replace('_', ' ') for name in group)} in this row")
            checks += _plain(grain, present)
    return checks


def _plain(grain: str, present: set[str]) -> list[Check]:
    """What a plain table's own declaration says of its cells."""
    checks = []
    for column in TABLES[grain].columns:
        name = field_name(column)
        if name in present and (condition := wrong_word(column)):
            words = ", ".join(column.one_of)
            checks.append(Check(name, condition, f"not a word we know here; write one of {words}"))
        if name in present and (condition := wrong_number(column)):
            checks.append(Check(name, condition, why_wrong_number(column)))
    return checks


def _report(con: duckdb.DuckDBPyConnection, rows: Rows, file: RawFile, fed: dict[str, list[str]]) -> None:
    found = con.execute(f"SELECT bit_or(wrong) FROM {rows.table} WHERE file_no = {file.file_no}").fetchone()
    marked = int(found[0] or 0) if found else 0
    for bit, check in enumerate(rows.checks):
        if marked >> bit & 1:
            header = next(iter(fed.get(check.field, ())), None)
            reject(
                con,
                file,
                header,
                check.why,
                f"SELECT line FROM {rows.table} WHERE file_no = {file.file_no} AND wrong & {1 << bit} <> 0",
            )


def reject(con: duckdb.DuckDBPyConnection, file: RawFile, header: str | None, why: str, lines: str) -> None:
    """Add rows of a file to stage_reject; `lines` is a query of their line numbers."""
    value = _shown(file, header) if header else "NULL"
    con.execute(
        f"INSERT INTO stage_reject SELECT {text_literal(file.name)}, r.{quoted(LINE)},"
        f" {text_literal(header) if header else 'NULL'}, "
        f"{value}, {text_literal(why)}, to_json(struct_pack({_packed(file)})) FROM {file.table} r WHERE"
        f" r.{quoted(LINE)} IN ({lines})"
    )


def _packed(file: RawFile) -> str:
    return ", ".join(f"{quoted(header)} := {_shown(file, header)}" for header in file.columns)


def _shown(file: RawFile, header: str) -> str:
    """SQL: a cell as it stood; one that tells who somebody is or where they live is masked."""
    cell = f"CAST(r.{quoted(header)} AS VARCHAR)"
    masked = f"contains({cell}, '@')" if header not in file.personal else f"{cell} <> ''"
    return f"CASE WHEN {masked} THEN '{MASK}' ELSE {cell} END"
