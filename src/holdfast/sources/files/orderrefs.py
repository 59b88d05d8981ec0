"""One row for each order number of a batch: what its rows say together, and what it is.

`order_refs` holds orders, credit notes and adjustments alike (`what`), because all three stand in one
file with one date, one buyer and one currency. It is a view that adds to the table `order_told` what no
file says; `key` is the order number as the rows have it (`ref` in `keyed_<grain>`), `ref` the same as text.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from holdfast.sources.files.cells import utc_to_local
from holdfast.sources.files.fields import FIELDS, ORDER_LINES, ORDERS
from holdfast.sources.files.leave import spot, spotted
from holdfast.sources.files.mapping import Mapping, Rules
from holdfast.sources.files.named import product_source
from holdfast.sources.files.people import customer_source, email_hash, guest_flag, number_of
from holdfast.sources.files.problem import FileProblem
from holdfast.sources.files.read import RawFile, text_literal
from holdfast.sources.files.rows import Rows, reject
from holdfast.sources.files.sameperson import SamePerson, gather
from holdfast.warehouse.cut import labels_near, stretch
from holdfast.warehouse.keys import LARGEST
from holdfast.warehouse.staging import REPEATS, WHOLE_ORDER

Span = tuple[int, int]  # the first and last of some order numbers
LINES_AT_ONCE = 1 << 20
ORDER_LEVEL = tuple(name for name in FIELDS[ORDERS] if name != "order_id")
_BIT = "1::UBIGINT << (hash({}) % 64)::UBIGINT"


@dataclass(frozen=True, slots=True)
class Orders:
    """What is known of a batch's `order_refs`: told is its cells, currency the only one there is, if there is one.

    alike: all are orders, every usable row belongs to one of them, and its order number is the order's key, so
    that lines need not be joined to their orders.
    """

    told: frozenset[str]
    currency: str | None
    alike: bool
    whole: bool  # the order's key is a whole number, which the rows hold as such
    whole_customers: bool  # a buyer's key is their number, which the rows hold as a whole number
    straight: bool  # alike, whole, and lines are read from files again: they can be written in one pass
    same: SamePerson
    unsaid_lines: frozenset[str]  # columns of stage_order_line that no file has anything for


def gather_orders(
    con: duckdb.DuckDBPyConnection,
    rows: dict[str, Rows],
    files: list[RawFile],
    mapping: Mapping,
    zone: str,
    known: str = "",
) -> Orders:
    """Make `order_refs`; rows of orders that have no date or currency go to stage_reject.

    known: see `sameperson.gather`.
    """
    parts = [rows[grain] for grain in (ORDER_LINES, ORDERS) if grain in rows]
    for part in parts:
        _key(con, part, mapping, zone)
    present = {name for part in parts for name in ORDER_LEVEL if name in part.present}
    names = [name for name in ORDER_LEVEL if name in present]
    lean = all(part.lean for part in parts)
    spans = spans_of_numbers(con, parts, files, mapping)
    if _tell(con, parts, names, mapping, False, spans):
        _tell(con, parts, names, mapping, True, spans)
    same = gather(con, rows, frozenset(names), mapping.rules.guest_ids, known)
    con.execute(f"CREATE OR REPLACE TEMP VIEW order_refs AS {_completed(names, mapping, parts, same)}")
    unusable = "placed_at IS NULL OR currency IS NULL"
    lost = _any(con, f"order_refs WHERE good > 0 AND ({unusable})")
    if lost or any(_any(con, f"{keyed(part)} WHERE wrong = 0 AND ref IS NULL") for part in parts):
        for part in parts:
            _report_unusable(con, part, files, mapping)
    con.execute(f"DELETE FROM order_told WHERE good = 0 OR key IN (SELECT key FROM order_refs WHERE {unusable})")
    others = _any(con, "order_refs WHERE what <> 'order'")
    codes = [code for (code,) in con.execute("SELECT DISTINCT currency FROM order_refs").fetchall()]
    whole = "order_key" not in present and all("order_id" in part.whole for part in parts)
    only = codes[0] if len(codes) == 1 else None
    alike = bool(only) and not (lost or others or "order_key" in present)
    straight = alike and whole and lean
    if straight and ORDER_LINES in rows:
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW {REPEATS} AS SELECT key AS {WHOLE_ORDER} FROM order_told"
            " WHERE bit_count(products) < lines"
        )
    numbered = _numbered(names, parts, mapping, same)
    return Orders(frozenset(names), only, alike, whole, numbered, straight, same, _unsaid(parts))


_LINE_CELLS = {
    "line_id": "line_number", "line_discount": "discount_minor", "line_tax": "tax_minor",
    "unit_cost": "unit_cost_minor",
}  # fmt: skip


def _unsaid(parts: list[Rows]) -> frozenset[str]:
    said = {name for part in parts if part.grain == ORDER_LINES for name in part.present}
    return frozenset(column for name, column in _LINE_CELLS.items() if name not in said)


def _numbered(names: list[str], parts: list[Rows], mapping: Mapping, same: SamePerson) -> bool:
    plain = not (mapping.rules.guest_ids or same.numbers or "email" in names)
    return (
        plain
        and "customer_id" in names
        and all("customer_id" in p.whole or "customer_id" not in p.present for p in parts)
    )


def spans_of_numbers(
    con: duckdb.DuckDBPyConnection, parts: list[Rows], files: list[RawFile], mapping: Mapping
) -> list[Span]:
    """Spans of order numbers to gather one after the other, all numbers in one of them; none where files of lines do
    not lie in about that order (footers tell), or are few.

    It leaves the orders in the order of their numbers, which everything that reads them later is the cheaper for, and
    a million lines at a time need less memory than all.
    """
    if len(parts) > 1 or not parts[0].lean or "order_id" not in parts[0].whole:
        return []
    names = mapping.columns[parts[0].grain]["order_id"]
    own = [file for file in files if file.parquet and file.header_for(names)]
    headers = {header for file in own for name in names if (header := file.header_for((name,)))}
    count = sum(file.rows for file in own) // LINES_AT_ONCE
    if len(headers) != 1 or count < 2:
        return []
    (header,), paths = headers, [Path(file.parquet) for file in own]
    low, high = stretch(con, paths, header, "BIGINT")
    if low is None or high is None:
        return []
    wide = (high - low) // count + 1
    near = labels_near(con, paths, header, "BIGINT", lambda number: f"({number} - ({low})) // {wide}")
    begins = [low + n * wide for n in sorted({n for some in near.values() for n in some})]
    return list(zip([-LARGEST, *begins[1:]], [*(n - 1 for n in begins[1:]), LARGEST], strict=True)) if begins else []


def _any(con: duckdb.DuckDBPyConnection, source: str) -> bool:
    return con.execute(f"SELECT 1 FROM {source} LIMIT 1").fetchone() is not None


def keyed(rows: Rows) -> str:
    """The table of a grain's rows with their order reference as `ref`."""
    return f"keyed_{rows.grain}"


def _key(con: duckdb.DuckDBPyConnection, rows: Rows, mapping: Mapping, zone: str) -> None:
    """Give each row its order reference: the order number, else `customer@day#k`.

    k is the place among the equal (customer, moment) of one file, sorted by content, so that importing
    the same purchases again gives the same references.
    """
    if "order_id" in rows.everywhere:
        con.execute(f"CREATE OR REPLACE TEMP VIEW {keyed(rows)} AS SELECT *, order_id AS ref FROM {rows.table}")
        return
    if "placed_at" not in rows.present:
        raise FileProblem(
            f"{rows.grain.replace('_', ' ')} without an order number are known by their day: map order_id or placed_at"
            f" under [{rows.grain}] in the mapping to a header that the files have"
        )
    who = customer_source(rows.col("customer_id"), rows.col("email"), mapping.rules.guest_ids)
    local = utc_to_local("placed_at", zone)
    day, second = (f"strftime({local}, '{pattern}')" for pattern in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"))
    when = f"CASE WHEN {local} = date_trunc('day', {local}) THEN {day} ELSE {second} END"
    content = ", ".join(sorted(rows.present - {"placed_at", "customer_id", "email"})) or "1"
    place = f"row_number() OVER (PARTITION BY file_no, {who}, placed_at, wrong = 0 ORDER BY {content})"
    made = f"coalesce({who}, 'guest') || '@' || {when} || '#' || {place}"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {keyed(rows)} AS SELECT *, coalesce({rows.col('order_id')}, {made}) AS"
        f" ref FROM {rows.table}"
    )
    con.execute(f"DROP {'VIEW' if rows.lean else 'TABLE'} {rows.table}")
    con.execute(f"CREATE TEMP VIEW {rows.table} AS SELECT * EXCLUDE (ref) FROM {keyed(rows)}")


def _seen(rows: Rows, present: set[str], coded: Collection[str], span: Span | None) -> str:
    """Order-level cells of the rows whose order-level cells can be used, whatever is wrong with the line.

    coded: those told by their codes (`Rows.values`). span: of which order numbers; None: of all.
    """
    said = [
        f'"{name} code" AS {name}' if name in coded else f"{rows.col(name)} AS {name}"
        for name in ORDER_LEVEL
        if name in present
    ]
    if rows.lean:
        product = f"CASE WHEN wrong = 0 THEN {_BIT.format(product_source(rows))} END"
        said.append(f"CAST({product if rows.grain == ORDER_LINES else 'NULL'} AS UBIGINT) AS product")
    lines = "wrong = 0" if rows.grain == ORDER_LINES else "false"
    mask = rows.order_mask
    usable = f" AND wrong & {mask} = 0" if rows.faulty else ""
    usable += f" AND ref BETWEEN {span[0]} AND {span[1]}" if span else ""
    return (
        f"SELECT ref, file_no, line, {spot('file_no', 'line')} AS spot, wrong = 0 AS good, {lines} AS is_line,"
        f" {', '.join(said)} FROM {keyed(rows)} WHERE ref IS NOT NULL{usable}"
    )


def _tell(
    con: duckdb.DuckDBPyConnection, parts: list[Rows], names: list[str], mapping: Mapping, several: bool,
    spans: Sequence[Span],
) -> bool:  # fmt: skip
    """Make `order_told`, one row an order number; whether a number stands in two files, which asks for `several`.

    Within a file the first filled cell (or the least, where each row repeats it); the last file decides. file_no and
    line are those of its first row there. products (if all is lean): a bit of 64 for each of its products, by a hash;
    fewer bits than lines mean that one product may stand on two of them. spans: see `spans_of_numbers`.
    """
    first, lean = mapping.rules.order_level_cells == "first row", all(part.lean for part in parts)
    listed = dict(parts[0].values) if len(parts) == 1 else {}
    known = {name: text_literal(values[0]) for name, values in listed.items() if len(values) == 1 and values[0]}
    asked = [name for name in names if name not in known]
    coded = {name: listed[name] for name in asked if name in listed and any(listed[name])}
    inner = "".join(f", arg_min({n}, line) AS {n}" if first else f", min({n}) AS {n}" for n in asked)
    inner += ", bit_or(product) AS products" if lean else ""
    good = "count(*) FILTER (good)" if any(part.faulty for part in parts) else "count(*)"
    lines = good if all(part.grain == ORDER_LINES for part in parts) else "count(*) FILTER (is_line)"
    counted = f"{good} AS good{'' if lines == good else f', {lines} AS lines'}"
    if several:
        outer = "".join(
            ", min(placed_at) AS placed_at" if n == "placed_at" else f", arg_max({n}, file_no) AS {n}" for n in asked
        )
        outer += ", bit_or(products) AS products" if lean else ""
        outer += "" if lines == good else ", sum(lines) AS lines"
        grouped = (
            f"SELECT key, max(file_no) AS file_no, sum(good) AS good, arg_max(line, file_no) AS line{outer} FROM"
            f" (SELECT ref AS key, file_no, {counted}, min(line) AS line{inner} FROM ({{seen}}) GROUP BY ref, file_no)"
            " GROUP BY key"
        )
    else:
        grouped = (
            f"SELECT * EXCLUDE (first, last), {spotted('first')['file_no']} AS first_file, {spotted('last')['file_no']}"
            f" AS file_no, {spotted('first')['line']} AS line FROM (SELECT ref AS key, min(spot) AS first,"
            f" max(spot) AS last, {counted}{inner} FROM ({{seen}}) GROUP BY ref)"
        )
    more = "".join(f", {known[name]} AS {name}" for name in names if name in known)
    more += ", good AS lines" if lines == good else ""
    more += f", {email_hash('email')} AS email_hash" if "email" in names else ""
    spelled = ", ".join(
        f"[{', '.join(text_literal(value) for value in values if value is not None)}][{name}] AS {name}"
        for name, values in coded.items()
    )
    make = "CREATE OR REPLACE TEMP TABLE order_told AS"
    for span in spans or (None,):
        seen = " UNION ALL BY NAME ".join(_seen(part, set(asked), coded, span) for part in parts)
        told = f"SELECT *{f' REPLACE ({spelled})' if spelled else ''} FROM ({grouped.format(seen=seen)})"
        con.execute(f"{make} SELECT *{more} FROM ({told})")
        make = "INSERT INTO order_told"
    return not several and _any(con, "order_told WHERE first_file <> file_no")


def _completed(names: list[str], mapping: Mapping, parts: list[Rows], same: SamePerson) -> str:
    """Every cell an order can have: what no file says is not kept a million times over, only named."""
    have = {*names, *(["email_hash"] if "email" in names else [])}
    kinds = {name: FIELDS[ORDER_LINES][name].sql_type for name in ORDER_LEVEL}
    kinds |= {"email_hash": "VARCHAR"}
    nulls = "".join(f", CAST(NULL AS {kind}) AS {name}" for name, kind in kinds.items() if name not in have)
    number = " REPLACE (CAST(customer_id AS VARCHAR) AS customer_id)" if "customer_id" in names else ""
    number += f", {'customer_id' if _numbered(names, parts, mapping, same) else 'NULL::BIGINT'} AS customer_whole"
    constant, guests = mapping.constants, mapping.rules.guest_ids
    replaced = {
        "currency": f"coalesce(currency, {_or_null(constant.currency)})",
        "channel": f"coalesce(channel, {_or_null(constant.channel)})",
        "country": f"coalesce(country, {_or_null(constant.country)})",
        "is_guest": guest_flag("customer_id", "is_guest", guests),
    }
    changes = ", ".join(f"{sql} AS {name}" for name, sql in replaced.items())
    return (
        f"SELECT * REPLACE ({changes}), {_what(mapping.rules)} AS what, coalesce(order_key, ref) AS order_source,"
        f" {same.source('own_number', 'own_hash')} AS customer_source"
        f" FROM (SELECT *, {number_of('customer_id', guests)} AS own_number, email_hash AS own_hash"
        f" FROM (SELECT *{number}, CAST(key AS VARCHAR) AS ref{nulls} FROM order_told))"
    )


def _what(rules: Rules) -> str:
    whens = [
        f"WHEN starts_with(upper(ref), {text_literal(prefix.upper())}) THEN '{what}'"
        for prefix, what in ((rules.cancellation_prefix, "refund"), (rules.adjustment_prefix, "adjustment"))
        if prefix
    ]
    return f"CASE {' '.join(whens)} ELSE 'order' END" if whens else "'order'"


def _report_unusable(con: duckdb.DuckDBPyConnection, rows: Rows, files: list[RawFile], mapping: Mapping) -> None:
    """Rows that are well in themselves, of orders that nowhere say when, or in what money."""
    for name, why in (
        ("placed_at", "no usable date in any row of this order; write when it was placed"),
        ("currency", "no currency in any row of this order; set `currency` under [constants] in the mapping"),
    ):
        query = (
            f"SELECT DISTINCT k.file_no FROM {keyed(rows)} k LEFT JOIN order_refs o ON o.key = k.ref"
            f" WHERE k.wrong = 0 AND o.{name} IS NULL" + (" AND o.placed_at IS NOT NULL" if name == "currency" else "")
        )
        for (file_no,) in con.execute(query).fetchall():
            file = next(f for f in files if f.file_no == file_no)
            header = file.header_for(mapping.columns[rows.grain].get(name, ()))
            reject(
                con, file, header, why, query.replace("DISTINCT k.file_no", "k.line") + f" AND k.file_no = {file_no}"
            )


def _or_null(value: str) -> str:
    return text_literal(value) if value else "NULL"
