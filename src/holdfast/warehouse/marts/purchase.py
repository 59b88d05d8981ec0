"""purchase: one row per customer and day on which they bought (a purchase occasion)."""

from __future__ import annotations

from datetime import date

import ibis


def purchase(order_value: ibis.Table, as_of: date) -> ibis.Table:
    """Occasions up to as_of, each with the one before and after it.

    Several orders of one customer on one shop day are one occasion; an order that is known to be fully
    refunded is none, on any day (decision 0013); buyers nobody knows are not here. seq counts 0, 1, … by day.
    """
    o = order_value
    kept = o.filter(o.counts, o.customer_id.notnull(), o.placed_on <= as_of, o.void_on.isnull())
    days = kept.group_by("shop_id", "customer_id", day=kept.placed_on).agg(
        orders=kept.count(),
        first_at=kept.placed_at.min(),
        country=kept.country.min(),
        channel=kept.channel.min(),
    )
    by_day = ibis.window(group_by="customer_id", order_by="day")
    return days.mutate(
        prev_on=days.day.lag().over(by_day), next_on=days.day.lead().over(by_day), seq=ibis.row_number().over(by_day)
    )
