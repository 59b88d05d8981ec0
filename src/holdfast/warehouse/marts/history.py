"""history: one row per customer who has bought."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.warehouse.marts.month_bucket import KEPT, bucket
from holdfast.warehouse.marts.purchase import purchases


def history(order_value: ibis.Table, purchase: ibis.Table, as_of: date) -> ibis.Table:
    """First, second and last occasion, how many there were, and where the customer came from.

    months holds a bit per rolling month before as_of in which they bought (bit 0: the month ending on
    as_of; KEPT bits); cohort is the quarter of the first purchase ("2011 Q2"); first_at, country and channel
    are of the first day's orders, and first_minor is what they are worth in shop money, less what came back.
    """
    p = purchase.mutate(bucket=bucket(purchase.day, as_of))
    kept = (p.bucket >= 0) & (p.bucket < KEPT)
    # The shift is worked out for every row, kept or not, so an older bucket must not reach it.
    bit = ibis.literal(1).cast("int64") << ibis.cases((kept, p.bucket), else_=0)
    told = p.group_by("shop_id", "customer_id").agg(
        first_on=p.day.min(),
        second_on=p.next_on.min(),
        last_on=p.day.max(),
        occasions=p.count(),
        months=bit.bit_or(where=kept),
    )
    quarter = told.first_on.year().cast("string") + " Q" + told.first_on.quarter().cast("string")
    told = told.mutate(months=told.months.fill_null(0), cohort=quarter)
    return told.join(_first_days(order_value, told, as_of), "customer_id")


def _first_days(order_value: ibis.Table, told: ibis.Table, as_of: date) -> ibis.Table:
    """What the orders of each customer's first day say; columns that only this day needs are read for it alone."""
    orders = purchases(order_value, as_of)
    days = told.select("customer_id", placed_on="first_on")
    first = orders.semi_join(days, ["customer_id", "placed_on"])
    return first.group_by("customer_id").agg(
        first_at=first.placed_at.min(),
        country=first.country.min(),
        channel=first.channel.min(),
        first_minor=(first.placed_minor - first.returned_minor).sum(where=first.shop_money).fill_null(0).cast("int64"),
    )
