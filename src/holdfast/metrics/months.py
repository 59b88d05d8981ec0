"""Rolling windows of calendar months that end on a day, for a headline and for its past in one pass.

Month point k of as_of is the day as_of − k months; a day belongs to the bucket k whose window
(point k+1, point k] holds it.
"""

from __future__ import annotations

from datetime import date

import ibis

POINTS = 37  # today and the 36 months before


def as_day(moment: ibis.Value) -> ibis.Value:
    """A day moved or truncated, as a day again: Ibis takes it for one already, DuckDB makes it a moment."""
    return moment.cast("timestamp").cast("date")


def bucket(day: ibis.Value, as_of: date) -> ibis.Value:
    """k ≥ 0 with as_of − (k+1) months < day ≤ as_of − k months; negative after as_of."""
    months = (as_of.year - day.year()) * 12 + (as_of.month - day.month())
    return (months - (day.day() > as_of.day).cast("int64")).cast("int64")


def point(k: ibis.Value, as_of: date) -> ibis.Value:
    """The day as_of − k months."""
    return as_day(ibis.date(as_of) - k.cast("int32").as_interval("M"))


def standing(purchase: ibis.Table, as_of: date, points: int) -> ibis.Table:
    """Each customer's latest occasion as of each month point: one row per customer and point.

    Columns of `purchase`, `k` and `stands_on` (the point's day).
    """
    p = purchase if points > 1 else purchase.filter(purchase.next_on.isnull())
    first = ibis.cases((p.next_on.isnull(), 0), else_=bucket(p.next_on, as_of) + 1).cast("int64")
    last = ibis.least(bucket(p.day, as_of) + 1, points).cast("int64")
    rows = p.filter(first < last).mutate(k=ibis.range(first, last).unnest()).mutate()
    return rows.mutate(stands_on=point(rows.k, as_of))


def bought_in(purchase: ibis.Table, as_of: date) -> ibis.Table:
    """One row per customer with a bit per bucket in which they bought (buckets 0…62)."""
    told = purchase.mutate(bucket=bucket(purchase.day, as_of))
    told = told.filter(told.bucket >= 0, told.bucket <= 62)
    one = ibis.literal(1).cast("int64")
    return told.group_by("shop_id", "customer_id").agg(months=(one << told.bucket).bit_or())
