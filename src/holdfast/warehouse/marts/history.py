"""history: one row per customer who has bought."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.warehouse.marts.month_bucket import KEPT, bucket


def history(purchase: ibis.Table, as_of: date) -> ibis.Table:
    """First, second and last occasion, how many there were, and where the customer came from.

    months holds a bit per rolling month before as_of in which they bought (bit 0: the month ending on
    as_of; KEPT bits); cohort is the quarter of the first purchase ("2011 Q2").
    """
    p = purchase.mutate(bucket=bucket(purchase.day, as_of))
    first = p.prev_on.isnull()
    kept = (p.bucket >= 0) & (p.bucket < KEPT)
    # The shift is worked out for every row, kept or not, so an older bucket must not reach it.
    bit = ibis.literal(1).cast("int64") << ibis.cases((kept, p.bucket), else_=0)
    told = p.group_by("shop_id", "customer_id").agg(
        first_on=p.day.min(),
        first_at=p.first_at.min(),
        second_on=p.day.min(where=p.seq == 1),
        last_on=p.day.max(),
        occasions=p.count(),
        country=p.country.max(where=first),
        channel=p.channel.max(where=first),
        months=bit.bit_or(where=kept),
    )
    quarter = told.first_on.year().cast("string") + " Q" + told.first_on.quarter().cast("string")
    return told.mutate(months=told.months.fill_null(0), cohort=quarter)
