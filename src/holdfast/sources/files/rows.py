"""Raw files as typed rows, one table a grain, with every cell that cannot be used marked and reported."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from dataclasses import field as made

import duckdb

from holdfast.sources.files.cells import Span, as_it_stands, cell, is_read_as_it_stands
from holdfast.sources.files.field import Field
from holdfast.sources.files.fields import FIELDS, NEEDS, ORDER_LINES
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.personal import MASK
from holdfast.sources.files.read import RawFile, quoted, text_literal
from holdfast.sources.files.rewritten import written
from holdfast.sources.files.tablefields import READ_AS, field_name, why_wrong_number, wrong_number, wrong_word
from holdfast.sources.files.workbook import LINE

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
        "refunded_at",
    ]
)
FILE = "holdfast file"
_FEW = 60  # values of a column that are worth a code
_RUNS = 8  # relations that the rows of a grain are read from, at most, for the sake of files without faults
_WHY = {
    "number": "not a number, or too large; write it like 1234.50, or set `decimal` in the mapping",
    "moment": "not a date that exists between 1970 and 2199; write it like 2025-12-31 or set `dates` in the mapping",
    "day": "not a day that exists between 1970 and 2199; write it like 2025-12-31 or set `dates` in the mapping",
    "currency": "not a currency we know; write an ISO 4217 code such as EUR",
    "flag": "neither yes nor no; write true or false",
    "zone": "not a time zone we know; write an IANA name such as Europe/Amsterdam",
}


Values = dict[str, tuple[str | None, ...]]


@dataclass(frozen=True, slots=True)
class Check:
    """One way a row can be unusable. `condition` is SQL over a row's values and their `<field> given`."""

    field: str
    condition: str
    why: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Typed rows of one grain: file_no, line, wrong (a bit for each check that failed) and the mapped fields.

    `table` may be a view of the files, when reading them again costs less than keeping their rows.
    """

    grain: str
    table: str
    present: frozenset[str]
    everywhere: frozenset[str]  # mapped in each file of the grain
    checks: tuple[Check, ...]
    whole: frozenset[str] = frozenset()  # ids that are BIGINT here; order_id among them
    lean: bool = False  # `table` is a view of Parquet files
    faulty: bool = False  # there are rows with something wrong
    # field → all its values in order, null first, where they are few and lie in Parquet: then a row has
    # `"<field> code"` as well, the place of its value among those that are not null, from 1
    values: Dict[str, tuple[str | None, ...]] = made(default_factory=dict)

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
    stood = {file.file_no: _fed(grain, file, mapping) for file in files}
    made = [written(con, grain, file, stood[file.file_no], mapping) for file in files]
    as_written, fed = [file for file, _ in made], {file.file_no: columns for file, columns in made}
    present = {name for columns in fed.values() for name in columns}
    everywhere = frozenset(present).intersection(*fed.values())
    whole = frozenset(_whole(as_written, fed, mapping)) if whole_orders else frozenset()
    fields = [field for name, field in FIELDS[grain].items() if name in present]
    fields = [replace(field, kind="whole") if field.name in whole else field for field in fields]
    lean = (
        as_written == files
        and whole_orders
        and all(
            is_read_as_it_stands(field.kind, file.columns[header])
            for file in files
            for field in fields
            for header in fed[file.file_no].get(field.name, ())[:1]
        )
    )
    checks = _checks(grain, fields, everywhere)
    rows = Rows(grain, f"rows_{grain}", frozenset(present), everywhere, checks, whole, lean)
    con.execute(f"CREATE TEMP TABLE wrong_{grain} (file_no INTEGER, line BIGINT, wrong UBIGINT)")
    values = (_look_at if lean else _keep)(con, rows, as_written, fields, fed, mapping, zone)
    for file in files:
        _report(con, rows, file, stood[file.file_no])
    faulty = con.execute(f"SELECT 1 FROM wrong_{grain} LIMIT 1").fetchone() is not None
    return replace(rows, values=values, faulty=faulty)


def _keep(
    con: duckdb.DuckDBPyConnection, rows: Rows, files: list[RawFile], fields: list[Field],
    fed: dict[int, dict[str, list[str]]], mapping: Mapping, zone: str,
) -> Values:  # fmt: skip
    """Make `rows_<grain>` a table: what it took to read the cells is not done twice."""
    declared = ", ".join(
        ["file_no INTEGER", "line BIGINT", "wrong UBIGINT", *(f"{f.name} {f.sql_type}" for f in fields)]
    )
    con.execute(f"CREATE TEMP TABLE {rows.table} ({declared})")
    for file in files:
        typed = _typed(rows, file, str(file.file_no), file.table, fields, fed[file.file_no], mapping, zone)
        con.execute(f"INSERT INTO {rows.table} {typed}")
    con.execute(f"INSERT INTO wrong_{rows.grain} SELECT file_no, line, wrong FROM {rows.table} WHERE wrong <> 0")
    return {}


def _look_at(
    con: duckdb.DuckDBPyConnection, rows: Rows, files: list[RawFile], fields: list[Field],
    fed: dict[int, dict[str, list[str]]], mapping: Mapping, zone: str,
) -> Values:  # fmt: skip
    """Make `rows_<grain>` a view of the files; which rows have something wrong is found once and looked up.

    Returns `Rows.values`.
    """
    batches = _alike(files, fed, frozenset())
    spans = [_spans(con, batch[0], _scan(batch)[0], fields, fed[batch[0].file_no]) for batch in batches]
    stand = [
        _as_they_stand(con, batch[0], _scan(batch)[0], fields, fed[batch[0].file_no], mapping, zone)
        for batch in batches
    ]
    values = _few(stand)

    def judged(number: int, batch: list[RawFile], place: int) -> str:
        source, file_no = _scan(batch)
        view, own = f"judged_{rows.grain}_{number}", fed[batch[0].file_no]
        typed = _typed(rows, batch[0], file_no, source, fields, own, mapping, zone, stand[place], values, spans[place])
        con.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {typed}")
        return view

    wrong, parts = f"wrong_{rows.grain}", []
    for number, batch in enumerate(batches):
        view = judged(number, batch, number)
        con.execute(f"INSERT INTO {wrong} SELECT file_no, line, wrong FROM {view} WHERE wrong <> 0")
    faulty = frozenset(number for (number,) in con.execute(f"SELECT DISTINCT file_no FROM {wrong}").fetchall())
    for number, batch in enumerate(_alike(files, fed, faulty), len(batches)):
        view = judged(number, batch, next(place for place, within in enumerate(batches) if batch[0] in within))
        if batch[0].file_no in faulty:
            parts.append(
                f"SELECT j.* REPLACE (coalesce(w.wrong, 0) AS wrong) FROM {view} j"
                f" LEFT JOIN {wrong} w ON w.file_no = j.file_no AND w.line = j.line"
            )
        else:
            parts.append(f"SELECT * REPLACE (CAST(0 AS UBIGINT) AS wrong) FROM {view}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW {rows.table} AS {' UNION ALL '.join(parts)}")
    return values


def _scan(batch: list[RawFile]) -> tuple[str, str]:
    """A relation of the files' cells with their lines, and the SQL of a row's file number in it."""
    listed = ", ".join(text_literal(file.parquet) for file in batch)
    more, file_no = "", str(batch[0].file_no)
    if len(batch) > 1:
        more, file_no = f", {file_no} + file_index AS {quoted(FILE)}", quoted(FILE)
    scanned = f"read_parquet([{listed}], file_row_number = true)"
    return f"(SELECT *, file_row_number + 1 AS {quoted(LINE)}{more} FROM {scanned})", file_no


def _as_they_stand(
    con: duckdb.DuckDBPyConnection, file: RawFile, source: str, fields: list[Field], fed: dict[str, list[str]],
    mapping: Mapping, zone: str,
) -> dict[str, tuple[str | None, ...]]:  # fmt: skip
    """Text fields whose cells read as they stand in the file, each one, with their values where these are few.

    A column of Parquet has few values as a rule, and the engine finds them at no cost; to read each cell costs much.
    """
    plain: dict[str, tuple[str | None, ...]] = {}
    for field in fields:
        headers = [(header, file.columns[header]) for header in fed.get(field.name, ())]
        if field.kind in ("number", "moment", "flag", "whole") or len(headers) != 1 or headers[0][1] != "VARCHAR":
            continue
        header = quoted(headers[0][0])
        sql = cell(field, headers, mapping.format, zone, file)
        read = f"(SELECT DISTINCT {header} FROM {source})"
        read = f'(SELECT {header} AS stood, {sql.bare[0]} AS "{field.name} bare 0" FROM {read})'
        read = f'(SELECT stood, {sql.text} AS "{field.name} text" FROM {read})'
        read = f"SELECT {sql.read} AS value, stood IS DISTINCT FROM value AS odd FROM {read}"
        found = con.execute(f"SELECT value, bool_or(odd) OVER () FROM ({read}) LIMIT {_FEW + 1}").fetchall()
        if found and not found[0][1]:
            plain[field.name] = tuple(value for value, _ in found) if len(found) <= _FEW else ()
    return plain


def _spans(
    con: duckdb.DuckDBPyConnection, file: RawFile, source: str, fields: list[Field], fed: dict[str, list[str]]
) -> dict[str, Span]:
    """The first and last moment of each field of moments without an offset."""
    spans = {}
    for field in fields:
        header = fed.get(field.name, [""])[0]
        if field.kind == "moment" and header and file.columns[header].startswith(("TIMESTAMP", "DATE")):
            moment = f"CAST({quoted(header)} AS TIMESTAMP)"
            ends = "TIMESTAMP '1000-01-01' AND TIMESTAMP '3000-01-01'"
            least, most, odd = con.execute(
                f"SELECT min({moment}), max({moment}), bool_or({moment} NOT BETWEEN {ends}) FROM {source}"
            ).fetchone() or (None, None, True)
            if least is not None and not odd and not file.columns[header].endswith("TIME ZONE"):
                spans[field.name] = (least, most)
    return spans


def _few(stand: list[dict[str, tuple[str | None, ...]]]) -> Values:
    """Fields with few values in all files together, and these values, sorted."""
    values = {}
    for name in stand[0]:
        listed = [part.get(name, ()) for part in stand]
        together = set().union(*listed)
        if all(listed) and len(together) <= _FEW:
            values[name] = (*((None,) if None in together else ()), *sorted(together - {None}))  # type: ignore[type-var]
    return values


def _alike(files: list[RawFile], fed: dict[int, dict[str, list[str]]], faulty: frozenset[int]) -> list[list[RawFile]]:
    """Runs of Parquet files with the same columns and following numbers, which the engine reads as one.

    faulty: numbers of files that stand in runs of their own, unless that makes too many of them.
    """
    runs = list(_runs(files, fed, faulty))
    return runs if len(runs) <= _RUNS or not faulty else list(_runs(files, fed, frozenset(f.file_no for f in files)))


def _runs(
    files: list[RawFile], fed: dict[int, dict[str, list[str]]], faulty: frozenset[int]
) -> Iterator[list[RawFile]]:
    run: list[RawFile] = []
    for file in files:
        last = run[-1] if run else None
        same = last and list(last.columns.items()) == list(file.columns.items()) and last.file_no + 1 == file.file_no
        same = same and last and (last.file_no in faulty) == (file.file_no in faulty)
        if not same or fed[run[-1].file_no] != fed[file.file_no] or "file_index" in map(str.lower, file.columns):
            if run:
                yield run
            run = []
        run.append(file)
    if run:
        yield run


_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")


def people_of(rows: dict[str, Rows]) -> list[Rows]:
    """The rows of plain tables that name people."""
    return [part for grain, part in rows.items() if grain in READ_AS and part.present & {"customer_id", "email"}]


def holds_whole_orders(grain: str, file: RawFile, mapping: Mapping) -> bool:
    """Whether the order number of each row is a number in the file itself (Parquet), so that no text is needed."""
    return "order_id" in _whole([file], {file.file_no: _fed(grain, file, mapping)}, mapping)


def _whole(files: list[RawFile], fed: dict[int, dict[str, list[str]]], mapping: Mapping) -> Iterator[str]:
    """The ids that each file which has them holds as numbers."""
    if any(word.isdigit() for word in mapping.format.empty_words):
        return
    for name in ("order_id", "customer_id", "line_id"):
        kinds = {file.columns[fed[file.file_no][name][0]] for file in files if name in fed[file.file_no]}
        if kinds and kinds <= set(_WHOLE):
            yield name


def _fed(grain: str, file: RawFile, mapping: Mapping) -> dict[str, list[str]]:
    """Canonical field → the headers of this file that feed it."""
    fed = {}
    for name, names in mapping.columns[grain].items():
        found = dict.fromkeys(header for n in names if (header := file.header_for((n,))))
        if found:
            fed[name] = list(found)
    return fed


def _typed(
    rows: Rows, file: RawFile, file_no: str, source: str, fields: list[Field], fed: dict[str, list[str]],
    mapping: Mapping, zone: str, plain: Collection[str] = (), coded: Values = {}, spans: Dict[str, Span] = {},  # noqa: B006
) -> str:  # fmt: skip
    """SELECT of rows: cells as text, then read, then judged, each step on top of the one before.

    file_no: SQL over `source`, which has the columns of `file`. plain: fields whose cells are taken as they stand.
    coded: see `Rows.values`. spans: field → the first and last moment of its column.
    """
    places = ["file_no", "line"]
    bare, texts, values = [f"{file_no} AS file_no", f"{quoted(LINE)} AS line"], [*places], [*places]
    marks, reads, utc = ["*"], ["*"], ["*"]
    for field in fields:
        name = field.name
        if name in fed:
            headers = [(header, file.columns[header]) for header in fed[name]]
            sql = (
                as_it_stands(field, headers[0][0])
                if name in plain
                else cell(field, headers, mapping.format, zone, file, spans.get(name))
            )
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
    for name, listed in coded.items():
        told = ", ".join(text_literal(value) for value in listed if value is not None)
        values.append(f'list_position([{told}], "{name} text") AS "{name} code"')
    failed = [f"CASE WHEN {check.condition} THEN {1 << bit} ELSE 0 END" for bit, check in enumerate(rows.checks)]
    wrong = " + ".join(failed) or "0"
    for step in (bare, texts, marks, reads, utc, values):
        if step != ["*"]:
            source = f"(SELECT {', '.join(step)} FROM {source})"
    names = ", ".join([*(field.name for field in fields), *(f'"{name} code"' for name in coded)])
    return f"SELECT CAST(file_no AS INTEGER) AS file_no, line, CAST({wrong} AS UBIGINT) AS wrong, {names} FROM {source}"


def _checks(grain: str, fields: list[Field], everywhere: frozenset[str]) -> tuple[Check, ...]:
    unreadable = [
        Check(f.name, f'("{f.name} given" AND {f.name} IS NULL)', _WHY[f.kind]) for f in fields if f.kind in _WHY
    ]
    present = {field.name for field in fields}
    if any(field.name == "customer_id" and field.kind != "whole" for field in fields):
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
                if group[0] in READ_AS[grain].may_lack:
                    continue
                need(group, f"no {' and no '.join(name.replace('_', ' ') for name in group)} in this row")
            checks += _plain(grain, present)
    return checks


def _plain(grain: str, present: set[str]) -> list[Check]:
    """What a plain table's own declaration says of its cells."""
    checks = []
    for column in READ_AS[grain].columns:
        name = field_name(column)
        if name in present and (condition := wrong_word(column)):
            words = ", ".join(column.one_of)
            checks.append(Check(name, condition, f"not a word we know here; write one of {words}"))
        if name in present and (condition := wrong_number(column)):
            checks.append(Check(name, condition, why_wrong_number(column)))
    for low, high in READ_AS[grain].rising:
        if {low, high} <= present:
            why = f"not after {low.replace('_', ' ')}; write an opening over midnight as two rows"
            checks.append(Check(high, f"coalesce({high} <= {low}, false)", why))
    return checks


def _report(con: duckdb.DuckDBPyConnection, rows: Rows, file: RawFile, fed: dict[str, list[str]]) -> None:
    mine = f"FROM wrong_{rows.grain} WHERE file_no = {file.file_no}"
    found = con.execute(f"SELECT bit_or(wrong) {mine}").fetchone()
    marked = int(found[0] or 0) if found else 0
    for bit, check in enumerate(rows.checks):
        if marked >> bit & 1:
            header = next(iter(fed.get(check.field, ())), None)
            reject(con, file, header, check.why, f"SELECT line {mine} AND wrong & {1 << bit} <> 0")


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
