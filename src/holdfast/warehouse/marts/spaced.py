"""Of what a person did again and again, one act in so many days: the first, and the next that is far enough from it."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given

WHO = ("shop_id", "customer_id", "sort")


def spaced(days: ibis.Table, gap: int, given: Given) -> ibis.Table:
    """The days kept, at least `gap` days apart for each of WHO. days: WHO and day, a date, each combination once.

    The first day is kept, then the first that lies `gap` days or more after the last one kept. What is kept never
    depends on a later day.
    """
    told = days.select(*WHO, at=days.day.epoch_seconds() // 86_400)
    own = ibis.window(group_by=[told[name] for name in WHO], order_by=told.at)
    begins = (told.at - told.at.lag().over(own) >= gap).fill_null(True)
    told = told.mutate(begins=begins)
    own = ibis.window(group_by=[told[name] for name in WHO], order_by=told.at, preceding=None, following=0)
    # Within a run no two neighbours are `gap` apart; a run begins with a day that is kept whatever came before.
    told = told.mutate(run=told.begins.cast("int64").sum().over(own))
    kept = told.filter(told.begins).select(*WHO, "run", "at")
    hops = _hops(told, gap)
    for _ in range(_doublings(given, gap)):
        landed = kept.join(hops, (*WHO, "run", "at")).select(*WHO, "run", at="following")
        kept = kept.union(landed, distinct=True)
        hops = _twice(hops)
    return kept.select(*WHO, day=(kept.at * 86_400).as_timestamp("s").date())


def _hops(told: ibis.Table, gap: int) -> ibis.Table:
    """From each day of a run to the first day of the run that is far enough behind it."""
    later = told.select(*WHO, "run", later="at")
    pairs = told.join(later, (*WHO, "run")).filter(lambda t: t.later - t.at >= gap)
    return pairs.group_by(*WHO, "run", "at").agg(following=pairs.later.min())


def _twice(hops: ibis.Table) -> ibis.Table:
    """Two hops in one."""
    behind = hops.select(*WHO, "run", following="at", further="following")
    return hops.join(behind, (*WHO, "run", "following")).select(*WHO, "run", "at", following="further")


def _doublings(given: Given, gap: int) -> int:
    """Enough to hop from the first moment of the data to the last: each doubles how far one gets."""
    return max(1, ((given.until - given.since).days // gap + 1).bit_length())
