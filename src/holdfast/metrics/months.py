"""Rolling windows of calendar months that end on a day, for a headline and for its past in one pass."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.warehouse.marts.month_bucket import as_day, bucket

POINTS = 37  # today and the 36 months before


def points(month_point: ibis.Table, as_of: date, n: int) -> ibis.Table:
    """The first n month points: k and the day it stands on.

    Worked out once per point and joined, since calendar arithmetic per row costs more than everything else.
    """
    p = month_point.filter(month_point.k < n)
    return p.select("k", stands_on=_back(p.k, as_of))


def _back(k: ibis.Value, as_of: date) -> ibis.Value:
    """The day as_of − k months."""
    return as_day(ibis.date(as_of) - k.cast("int32").as_interval("M"))


def standing(purchase: ibis.Table, month_point: ibis.Table, as_of: date, n: int) -> ibis.Table:
    """Each customer's latest occasion as of each of n month points: one row per customer and point.

    Columns shop_id, customer_id, day (the occasion's) and those of `points`.
    """
    if n == 1:  # as of today everybody's latest is their last
        latest = purchase.filter(purchase.next_on.isnull()).select("shop_id", "customer_id", "day")
        return latest.cross_join(points(month_point, as_of, n))
    first = ibis.cases((purchase.next_on.isnull(), 0), else_=bucket(purchase.next_on, as_of) + 1).cast("int64")
    last = ibis.least(bucket(purchase.day, as_of) + 1, n).cast("int64")
    rows = purchase.select("shop_id", "customer_id", "day", first=first, last=last)
    rows = rows.filter(rows.first < rows.last)
    rows = rows.mutate(k=ibis.range(rows.first, rows.last).unnest()).drop("first", "last")
    return rows.join(points(month_point, as_of, n), "k")


def standing_on(purchase: ibis.Table, point: date) -> ibis.Table:
    """What `standing` gives for one point alone, without working out the others."""
    p = purchase.filter(purchase.day <= point, purchase.next_on.isnull() | (purchase.next_on > point))
    return p.select("shop_id", "customer_id", "day", stands_on=ibis.literal(point))


def each_month(history: ibis.Table, month_point: ibis.Table, as_of: date, n: int) -> ibis.Table:
    """Every customer at each of n month points: columns of `history` and of `points`, and the bucket of second_on."""
    told = history.mutate(second_bucket=bucket(history.second_on, as_of))  # once per customer, not at every point
    return told.cross_join(points(month_point, as_of, n))


def bought_within(rows: ibis.Table, since: int, months: int) -> ibis.Value:
    """Did the customer buy in the `months` months that end `since` months before the row's point?"""
    return ((rows.months >> (rows.k + since)) & ((1 << months) - 1)) != 0
