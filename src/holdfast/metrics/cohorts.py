"""Who of a first-purchase month is still buying, month by month."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts
from holdfast.warehouse.marts.month_bucket import as_day

MONTHS = 60  # a customer's later months kept in one 64-bit word


def cohort_months(facts: Facts, as_of: date) -> ibis.Table:
    """One row per shop, cohort (calendar month of first purchase) and month since: customers active in it."""
    p, h = facts.purchase(as_of), facts.history(as_of)
    told = p.select("customer_id", "day").join(h.select("shop_id", "customer_id", "first_on"), "customer_id")
    since = ((told.day.year() - told.first_on.year()) * 12 + told.day.month() - told.first_on.month()).cast("int64")
    told = told.mutate(since=since).filter(lambda t: t.since < MONTHS)
    # A filter does not keep the engine from shifting first: the month is cut as well.
    bit = ibis.literal(1).cast("int64") << ibis.least(told.since, MONTHS)
    masks = told.group_by("shop_id", "customer_id", cohort=as_day(told.first_on.truncate("M"))).agg(
        months=bit.bit_or(), last=told.since.max()
    )
    unfolded = masks.mutate(month=ibis.range(0, masks.last + 1).unnest())
    active = unfolded.filter(((unfolded.months >> unfolded.month) & 1) == 1)
    return active.group_by("shop_id", "cohort", "month").agg(active=active.count())
