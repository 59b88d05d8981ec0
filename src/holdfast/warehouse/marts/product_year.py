"""product_year: one row per product and year of the two that ended with the last closed month, with what was sold."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.commerce.calendar import last_closed_month, months_before

YEAR = 12
PARTS = 1000  # pieces and minor units are told in thousandths, which are whole: sums of them have no order
SUMS = ("lines", "pieces", "minor")


def product_year(order_value: ibis.Table, order_line: ibis.Table, as_of: date) -> ibis.Table:
    """Columns product_id, year_back (0: the newer year), lines, and pieces and minor units in thousandths.

    Of orders that count, in shop money. The years end with a closed month, so that what they hold stays as it is
    through the month that runs (decision 0095).
    """
    o = order_value
    after = first_open_day(as_of)
    begins, middle = months_before(after, 2 * YEAR), months_before(after, YEAR)
    o = o.filter(o.placed_on >= begins, o.placed_on < after)
    rows = sold(o.mutate(year_back=(o.placed_on < middle).cast("int64")), order_line, "year_back")
    return rows.group_by("product_id", "year_back").agg(
        lines=rows.count(), pieces=rows.pieces.sum().cast("int64"), minor=rows.minor.sum().cast("int64")
    )


def sold(orders: ibis.Table, order_line: ibis.Table, *more: str) -> ibis.Table:
    """Lines of merchandise of some orders: product_id, pieces and minor (in thousandths), and more of the order.

    What an order brought is spread over its lines by their list value, so that discounts on the whole order and tax
    inside prices are in no price.
    """
    o, lines = orders, order_line
    o = o.filter(o.counts, o.shop_money, o.gross_minor > 0)
    o = o.select("order_id", *more, kept=o.placed_minor.cast("float64") * PARTS / o.gross_minor)
    lines = lines.filter(lines.kind == "merchandise", lines.quantity > 0)
    rows = lines.select("order_id", "product_id", "quantity", "gross_minor").join(o, "order_id")
    return rows.select(
        "product_id", *more, pieces=(rows.quantity * PARTS).cast("int64"),
        minor=(rows.gross_minor * rows.kept).round().cast("int64"),
    )  # fmt: skip


def first_open_day(as_of: date) -> date:
    """The day after the last closed month."""
    return months_before(last_closed_month(as_of), -1)
