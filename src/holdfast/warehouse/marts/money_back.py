"""money_back: everything that was given back, tax and shipping too, on the day it was."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.refund_value import is_order_total


@mart
def money_back(given: Given) -> ibis.Table:
    """One row per refund: its own amount, else what its lines say; on its own day, else on its order's.

    An order's own "refunded" total repeats its other refunds and counts for what exceeds them.
    """
    r, lines, o = given.table("refund"), given.table("refund_line"), given.table("order")
    paid = lines.group_by("refund_id").agg(
        by_line=(lines.subtotal_minor + lines.tax_minor.fill_null(0)).sum().cast("int64")
    )
    told = r.left_join(paid, "refund_id").drop("refund_id_right")
    told = told.mutate(is_total=is_order_total(told), minor=ibis.coalesce(told.amount_minor, told.by_line, 0))
    others = told.filter(~told.is_total, told.order_id.notnull())
    others = others.group_by(of_order=others.order_id).agg(others=others.minor.sum().cast("int64"))
    orders = o.select(its_order="order_id", buyer="customer_id", placed_at="processed_at")
    told = told.left_join(others, told.order_id == others.of_order)
    told = told.left_join(orders, told.order_id == orders.its_order)
    own = given.table("shop").select("shop_id", home="currency")
    told = told.join(own, "shop_id")
    excess = ibis.greatest(told.minor - told.others.fill_null(0), 0)
    return told.select(
        "refund_id", "shop_id", "order_id",
        customer_id=ibis.coalesce(told.customer_id, told.buyer),
        back_minor=ibis.cases((told.is_total, excess), else_=told.minor).cast("int64"),
        back_on=given.day(ibis.coalesce(told.processed_at, told.placed_at), told.shop_id),
        shop_money=told.currency == told.home,
    )  # fmt: skip
