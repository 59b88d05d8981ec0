"""Who of a first-purchase month is still buying, month by month."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts
from holdfast.warehouse.marts.month_bucket import as_day

MONTHS = 60  # months after the first that a cohort is followed


def cohort_months(facts: Facts, as_of: date) -> ibis.Table:
    """One row per shop, cohort (calendar month of first purchase) and month since: customers active in it."""
    p, h = facts.purchase(as_of), facts.history(as_of)
    # Who buys again in the same month is counted by their last day in it: one row per customer and month.
    last = p.filter(p.next_on.isnull() | (_month(p.next_on) != _month(p.day))).select("customer_id", "day")
    told = last.join(h.select("shop_id", "customer_id", "first_on"), "customer_id")
    told = told.mutate(month=_month(told.day) - _month(told.first_on), cohort=as_day(told.first_on.truncate("M")))
    told = told.filter(told.month < MONTHS)
    return told.group_by("shop_id", "cohort", "month").agg(active=told.count())


def _month(day: ibis.Value) -> ibis.Value:
    """Calendar months, counted on from one year to the next."""
    return (day.year() * 12 + day.month()).cast("int64")
