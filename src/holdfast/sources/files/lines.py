"""Lines of orders and credit notes: product, kind, pieces, price, money."""

from __future__ import annotations

import duckdb

from holdfast.sources.files.currency import minor_sql, product_sql
from holdfast.sources.files.fields import KINDS, ORDER_LINES
from holdfast.sources.files.leave import leave, show
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.named import product_source
from holdfast.sources.files.orderrefs import Orders, keyed
from holdfast.sources.files.read import text_literal
from holdfast.sources.files.rows import Rows


def gross(price: str, quantity: str, total: str, currency: str) -> str:
    """SQL: minor units of quantity × price, or of the line's total where there is no price."""
    product = product_sql(quantity, price, currency)
    if _absent(total):
        return product
    return f"CASE WHEN {price} IS NOT NULL THEN {product} ELSE {minor_sql(total, currency)} END"


def price_of_one(price: str, quantity: str, total: str) -> str:
    """SQL: the price of one piece, DECIMAL(18,6); from the line's total by whole-number division when absent."""
    if _absent(total):
        return price
    micro = f"(CAST({total} * 1000000 AS HUGEINT) * 1000)"
    pieces = f"CAST({quantity} * 1000 AS HUGEINT)"
    size = f"((2 * abs({micro}) + abs({pieces})) // (2 * abs({pieces})))"
    sign = f"(CASE WHEN ({total} < 0) <> ({quantity} < 0) THEN -1 ELSE 1 END)"
    one = f"CAST(CAST({sign} * {size} AS DECIMAL(18,0)) * CAST(0.000001 AS DECIMAL(6,6)) AS DECIMAL(18,6))"
    return f"coalesce({price}, CASE WHEN {quantity} = 0 THEN {total} ELSE {one} END)"


def _absent(column: str) -> bool:
    return column.startswith("CAST(NULL")


def leave_lines(con: duckdb.DuckDBPyConnection, rows: dict[str, Rows], mapping: Mapping, orders: Orders) -> None:
    """stage_order_line, and stage_refund_line for credit notes and for pieces below zero."""
    parts = []
    if part := rows.get(ORDER_LINES):
        _make_lines(con, part, mapping, orders)
        parts.append(_order_lines(mapping, part, orders.whole))
        _leave_refund_lines(con, mapping)
    show(con, "order_line", *parts)


def _make_lines(con: duckdb.DuckDBPyConnection, rows: Rows, mapping: Mapping, orders: Orders) -> None:
    """The view `lines`: the usable rows, priced. They stand beside their orders only where orders differ."""
    con.execute("CREATE OR REPLACE TEMP TABLE kinds (code VARCHAR, kind VARCHAR)")
    if mapping.kinds:
        con.executemany("INSERT INTO kinds VALUES (?, ?)", list(mapping.kinds.items()))
    quantity, price, total = "l.pieces", rows.col("price", "l"), rows.col("line_total", "l")
    currency = text_literal(orders.currency) if orders.currency else "o.currency"
    discount, tax, cost = (_money(rows, name, currency) for name in ("line_discount", "line_tax", "unit_cost"))
    order = "'order' AS what, CAST(l.ref AS VARCHAR) AS order_source" if orders.alike else "o.what, o.order_source"
    beside = " JOIN order_refs o ON o.key = l.ref"
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW lines AS SELECT l.file_no, l.line, l.ref, {order},"
        f" {rows.col('line_id', 'l')} AS line_number, {_own_moment(rows)} AS own_moment,"
        f" l.product_source, {_kind(rows, mapping)} AS kind, CAST({quantity} AS DECIMAL(18,3)) AS quantity,"
        f" {price_of_one(price, quantity, total)} AS price, {gross(price, quantity, total, currency)} AS"
        " gross_minor,"
        f" {discount} AS discount_minor, {tax} AS tax_minor, {cost} AS unit_cost_minor"
        f" FROM (SELECT *, {product_source(rows)} AS product_source, coalesce({rows.col('quantity')}, 1) AS pieces"
        f" FROM {keyed(rows)} WHERE wrong = 0) l"
        f"{'' if orders.alike else beside}"
        f"{' LEFT JOIN kinds k ON k.code = lower(l.product_source)' if mapping.kinds else ''}"
    )


def _own_moment(rows: Rows) -> str:
    """SQL: when this row says that it happened."""
    return f"coalesce({rows.col('refunded_at', 'l')}, {rows.col('placed_at', 'l')})"


def _kind(rows: Rows, mapping: Mapping) -> str:
    column = rows.col("kind", "l")
    said = f"CASE WHEN {column} IN ({', '.join(map(text_literal, KINDS))}) THEN {column} END"
    told = [*([said] if "kind" in rows.present else []), *(["k.kind"] if mapping.kinds else []), "'merchandise'"]
    return f"coalesce({', '.join(told)})"


def _money(rows: Rows, name: str, currency: str) -> str:
    """SQL: minor units of an amount of a line; only tax may be below zero (on pieces given back)."""
    column = rows.col(name, "l")
    return minor_sql(column if name == "line_tax" else f"abs({column})", currency) if name in rows.present else "NULL"


def _order_lines(mapping: Mapping, rows: Rows, whole: bool) -> tuple[dict[str, str], str]:
    same = (
        "order_source", "product_source", "line_number", "quantity", "price", "gross_minor",
        "discount_minor", "tax_minor", "unit_cost_minor", "file_no", "line",
    )  # fmt: skip
    stock = mapping.rules.negative_quantity == "stock"
    kind = "CASE WHEN quantity < 0 THEN 'stock' ELSE kind END" if stock else "kind"
    kept = "lines WHERE what = 'order'" + ("" if stock else " AND quantity >= 0")
    number = {"order_whole": "ref"} if whole else {}
    number |= {"line_whole": "line_number"} if "line_id" in rows.whole else {}
    return {name: name for name in same} | {"kind": kind} | number, kept


def _leave_refund_lines(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> None:
    """Pieces come back with a positive quantity; a credit note that charges has a negative subtotal."""
    same = ("product_source", "kind", "price", "file_no", "line")
    values = {name: name for name in same} | {
        "refund_source": "order_source", "quantity": "abs(quantity)", "subtotal_minor": "-gross_minor",
        "tax_minor": "-tax_minor",
    }  # fmt: skip
    leave(con, "refund_line", values, "lines WHERE what = 'refund'")
    if mapping.rules.negative_quantity == "refund":
        _keep_returned(con)
        leave(con, "refund_line", values | {"refund_source": "refund_source"}, "returned")


def _keep_returned(con: duckdb.DuckDBPyConnection) -> None:
    """Make `returned`: lines of orders with pieces below zero. Those of one moment are one refund.

    A row that says another moment than its order came back then; else all came back with the order.
    """
    elsewhere = "'@' || strftime(l.own_moment, '%Y-%m-%dT%H:%M:%S')"
    below = "lines WHERE what = 'order' AND quantity < 0"
    some = con.execute(f"SELECT 1 FROM {below} LIMIT 1").fetchone() is not None  # to look first reads one column
    con.execute(f"CREATE OR REPLACE TEMP TABLE below AS SELECT * FROM {below if some else 'lines LIMIT 0'}")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE returned AS SELECT l.*, coalesce(l.own_moment, o.placed_at) AS returned_at,"
        " o.order_source || ':returned' || coalesce(CASE WHEN l.own_moment <> o.placed_at THEN"
        f" {elsewhere} END, '') AS refund_source, o.customer_source, o.currency"
        " FROM below l JOIN order_refs o ON o.key = l.ref"
    )
