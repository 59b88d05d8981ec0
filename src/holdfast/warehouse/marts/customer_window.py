"""What each customer ordered in the days after a day of their own, and in those up to it. Never built: few ask."""

from __future__ import annotations

from datetime import date

import ibis

AFTER, BEFORE = 0, -1
SUMS = ("orders", "placed_minor", "returned_minor", "back_minor")


def customer_window(
    order_value: ibis.Table, refund_value: ibis.Table, assigned: ibis.Table, as_of: date, *, after: int, before: int
) -> ibis.Table:
    """One row per shop, customer and window, with the sums of customer_month; the window is in `since`.

    assigned: customer_id, assigned_on. AFTER holds `after` days from the day after assigned_on on, BEFORE the `before`
    days that end on it: a purchase of the day itself may have come before the lot was drawn.
    """
    told = _moves(order_value, refund_value).join(assigned, "customer_id")
    days = (told.day.cast("timestamp").epoch_seconds() - told.assigned_on.cast("timestamp").epoch_seconds()) // 86_400
    told = told.mutate(days=days, since=ibis.cases((days > 0, AFTER), else_=BEFORE).cast("int8"))
    told = told.filter(told.day <= as_of, told.days > -before, told.days <= after)
    sums = {name: told[name].sum().cast("int64") for name in SUMS}
    found = told.group_by("shop_id", "customer_id", "since").agg(anchor=told.day.max(), **sums)
    net = found.placed_minor - found.returned_minor - found.back_minor
    return found.mutate(unit_id=found.customer_id, net_minor=net).drop("back_minor")


def _moves(order_value: ibis.Table, refund_value: ibis.Table) -> ibis.Table:
    """Orders that count, and refunds that fit none, by day: shop_id, customer_id, day, SUMS."""
    nothing = ibis.literal(0, "int64")
    o = order_value.filter(order_value.counts, order_value.shop_money)
    r = refund_value.filter(refund_value.order_id.isnull(), refund_value.shop_money, refund_value.merch_minor != 0)
    sales = o.select(
        "shop_id", "customer_id", "placed_minor", "returned_minor", day=o.placed_on, orders=ibis.literal(1, "int64"),
        back_minor=nothing,
    )  # fmt: skip
    back = r.select(
        "shop_id", "customer_id", placed_minor=nothing, returned_minor=nothing, day=r.refunded_on, orders=nothing,
        back_minor=r.merch_minor,
    )  # fmt: skip
    return sales.union(back.select(sales.columns))
