"""Rolling windows of calendar months that end on a day, for a headline and for its past in one pass.

Month point k of as_of is the day as_of − k months; a day belongs to the bucket k whose window
(point k+1, point k] holds it.
"""

from __future__ import annotations

from datetime import date

import ibis

POINTS = 37  # today and the 36 months before


def as_day(moment: ibis.Value) -> ibis.Value:
    """A day moved by an interval, as a day again: Ibis takes it for one already, DuckDB makes it a moment."""
    return moment.cast("timestamp").cast("date")


def bucket(day: ibis.Value, as_of: date) -> ibis.Value:
    """k ≥ 0 with as_of − (k+1) months < day ≤ as_of − k months; negative after as_of."""
    months = (as_of.year - day.year()) * 12 + (as_of.month - day.month())
    return (months - (day.day() > as_of.day).cast("int64")).cast("int64")


def points(month_point: ibis.Table, as_of: date, n: int) -> ibis.Table:
    """The first n month points: k, the day it stands on, and the days one and two years before it.

    Worked out once per point and joined, since calendar arithmetic per row costs more than everything else.
    """
    p = month_point.filter(month_point.k < n)
    return p.select(
        "k", stands_on=_back(p.k, as_of), year_ago=_back(p.k + 12, as_of), two_years_ago=_back(p.k + 24, as_of)
    )


def _back(k: ibis.Value, as_of: date) -> ibis.Value:
    """The day as_of − k months."""
    return as_day(ibis.date(as_of) - k.cast("int32").as_interval("M"))


def standing(purchase: ibis.Table, month_point: ibis.Table, as_of: date, n: int) -> ibis.Table:
    """Each customer's latest occasion as of each of n month points: one row per customer and point.

    Columns of `purchase` and of `points`.
    """
    p = purchase if n > 1 else purchase.filter(purchase.next_on.isnull())
    first = ibis.cases((p.next_on.isnull(), 0), else_=bucket(p.next_on, as_of) + 1).cast("int64")
    last = ibis.least(bucket(p.day, as_of) + 1, n).cast("int64")
    rows = p.select("shop_id", "customer_id", "day", "seq", first=first, last=last)
    rows = rows.filter(rows.first < rows.last)
    rows = rows.mutate(k=ibis.range(rows.first, rows.last).unnest()).drop("first", "last")
    return rows.join(points(month_point, as_of, n), "k")


def bought_in(purchase: ibis.Table, as_of: date) -> ibis.Table:
    """One row per customer with a bit per bucket in which they bought (buckets 0…62)."""
    told = purchase.mutate(bucket=bucket(purchase.day, as_of))
    told = told.filter(told.bucket >= 0, told.bucket <= 62)
    one = ibis.literal(1).cast("int64")
    return told.group_by("shop_id", "customer_id").agg(months=(one << told.bucket).bit_or())
