"""Orders, their codes, their refunds and corrections, from `order_refs`, `lines` and `returned`."""

from __future__ import annotations

import duckdb

from holdfast.sources.files.currency import minor_sql
from holdfast.sources.files.fields import ORDER_LINES, ORDERS
from holdfast.sources.files.leave import leave, show
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.orderrefs import Orders
from holdfast.sources.files.read import text_literal
from holdfast.sources.files.rows import Rows
from holdfast.warehouse.staging import WHOLE

_SAME = (
    "order_source", "customer_source", "created_at", "cancelled_at", "fulfillment_status", "test", "channel", "country",
    "currency", "taxes_included", "tags", "integrated", "po_number", "is_exchange", "file_no", "line",
)  # fmt: skip
_SELDOM = {"taxes_included", "tags", "account_id", "integrated", "po_number", "is_exchange"}
_PLACE = {"file_no": "file_no", "line": "line"}
# An order whose lines are in no file of the batch is worth its subtotal: stated, or what its total leaves for
# merchandise. Prices that include tax leave it in the subtotal too, as in the lines of such an order.
_MERCHANDISE = (
    "coalesce(subtotal, CASE WHEN lines = 0 THEN CAST(total - coalesce(shipping, 0) - coalesce(tip, 0)"
    " - CASE WHEN taxes_included THEN 0 ELSE coalesce(tax, 0) END AS DECIMAL(18,6)) END)"
)


def leave_orders(con: duckdb.DuckDBPyConnection, rows: dict[str, Rows], mapping: Mapping, orders: Orders) -> None:
    """stage_order, stage_discount, stage_refund and stage_order_adjustment."""
    money = text_literal(orders.currency) if orders.currency else "currency"
    counts = "true" if mapping.rules.zero_value_orders == "purchase" else "false"
    values = {name: name for name in _SAME} | {
        "order_number": "coalesce(order_number, ref)",
        "processed_at": "placed_at",
        "financial_status": "CASE WHEN starts_with(financial_status, 'wc-') THEN financial_status[4:]"
        " ELSE financial_status END",
        "free_counts": counts,
        "account_source": "account_id",
        "discount_minor": minor_sql("abs(discount)", money),
    }
    for name in ("subtotal", "tax", "shipping", "tip", "total"):
        values[f"{name}_minor"] = minor_sql(name, money)
    if ORDERS in rows and mapping.rules.value_without_lines != "nothing" and "total" in orders.told:
        values["subtotal_minor"] = minor_sql(_MERCHANDISE, money)
    if orders.whole:
        values["order_whole"] = "key"
        values |= {"number_whole": "key"} if "order_number" not in orders.told else {}
    if orders.whole_customers:
        values[WHOLE["customer_source"]] = "customer_whole"
    show(con, "order", (values, "order_refs WHERE what = 'order'"))
    if "discount_code" in orders.told:
        _leave_discounts(con)
    _leave_refunds(con, ORDER_LINES in rows, mapping)
    if ORDER_LINES in rows:
        _leave_adjustments(con, mapping)


def unsaid_of_orders(mapping: Mapping, orders: Orders) -> frozenset[str]:
    """Columns of stage_order that no file of the batch has anything for."""
    constant = {name for name in ("channel", "country") if getattr(mapping.constants, name)}
    plain = {"created_at", "cancelled_at", "financial_status", "fulfillment_status", "test", "channel", "country"}
    money = {f"{name}_minor" for name in ("discount", "tax", "shipping", "tip", "total") if name not in orders.told}
    unsaid = (plain | _SELDOM) - orders.told - constant
    worth = {"subtotal", "total"} & orders.told
    return frozenset(unsaid | money | (set() if worth else {"subtotal_minor"}))


def _leave_discounts(con: duckdb.DuckDBPyConnection) -> None:
    """A row for each code; the amount only where one code took it all."""
    codes = "list_distinct([trim(c) FOR c IN string_split(discount_code, ',') IF trim(c) <> ''])"
    values = {
        "order_source": "order_source", "code": "code", "source": "'code'", **_PLACE,
        "amount_minor": f"CASE WHEN several = 1 THEN {minor_sql('abs(discount)', 'currency')} END",
    }  # fmt: skip
    source = (
        f"(SELECT *, unnest({codes}) AS code, len({codes}) AS several FROM order_refs"
        " WHERE what = 'order' AND discount_code IS NOT NULL)"
    )
    leave(con, "discount", values, source)


def _leave_refunds(con: duckdb.DuckDBPyConnection, lines: bool, mapping: Mapping) -> None:
    """Credit notes with a date of their own; money given back that only the order tells of has none."""
    note = {"customer_source": "customer_source", "currency": "currency", **_PLACE}
    leave(
        con,
        "refund",
        note
        | {
            "refund_source": "order_source",
            "refund_number": "coalesce(order_number, ref)",
            "processed_at": "placed_at",
        },
        "order_refs WHERE what = 'refund'",
    )
    leave(
        con, "refund",
        note | {
            "refund_source": "order_source || ':refunded'", "order_source": "order_source",
            "amount_minor": minor_sql("abs(refunded)", "currency"),
        },
        "order_refs WHERE what = 'order' AND refunded <> 0",
    )  # fmt: skip
    if lines and mapping.rules.negative_quantity == "refund":
        who = ("refund_source", "order_source", "customer_source", "currency")
        leave(
            con,
            "refund",
            {name: name for name in (*who, "file_no", "line")} | {"processed_at": "returned_at"},
            f"(SELECT {', '.join(who)}, max(returned_at) AS returned_at, max(file_no) AS file_no,"
            " arg_max(first_line, file_no) AS line"
            f" FROM (SELECT *, min(line) OVER (PARTITION BY refund_source, file_no) AS first_line FROM returned)"
            " GROUP BY ALL)",
        )


def _leave_adjustments(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> None:
    """One correction a number: the sum of its lines, as its last file has them."""
    values = {
        "adjustment_source": "ref", "kind": text_literal(mapping.rules.adjustment_kind), "processed_at": "placed_at",
        "currency": "currency", "amount_minor": "amount", **_PLACE,
    }  # fmt: skip
    summed = "SELECT ref, file_no, sum(gross_minor) AS amount FROM lines WHERE what = 'adjustment' GROUP BY ALL"
    leave(
        con,
        "order_adjustment",
        values,
        f"(SELECT ref AS ref_of_lines, arg_max(amount, file_no) AS amount FROM ({summed}) GROUP BY ref)"
        " JOIN order_refs ON key = ref_of_lines",
    )
