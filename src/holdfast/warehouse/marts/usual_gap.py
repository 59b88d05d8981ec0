"""usual_gap: one row per shop, what a long gap between purchases is there, so that nobody sorts them again."""

from __future__ import annotations

import ibis

QUANTILE_OF_GAPS = 0.9  # decision 0010


def usual_gap(purchase: ibis.Table) -> ibis.Table:
    """Columns shop_id, long_gap: the days that nine in ten gaps between occasions do not exceed."""
    gap = purchase.next_on.delta(purchase.day, unit="day")
    followed = purchase.filter(purchase.next_on.notnull())
    # Gaps are whole days and there are few of them: counting how often each occurs is cheaper than sorting all.
    gaps = followed.group_by("shop_id", gap=gap).agg(times=followed.count())
    by_gap = ibis.cumulative_window(group_by="shop_id", order_by="gap")
    gaps = gaps.mutate(upto=gaps.times.sum().over(by_gap), of=gaps.times.sum().over(ibis.window(group_by="shop_id")))
    at = (gaps["of"] - 1).cast("float64") * QUANTILE_OF_GAPS  # between two places of the sorted gaps, counted from 0
    gaps = gaps.mutate(below=gaps.upto > at.floor(), above=gaps.upto > at.ceil(), part=at - at.floor())
    told = gaps.group_by("shop_id").agg(
        low=gaps.gap.min(where=gaps.below), high=gaps.gap.min(where=gaps.above), part=gaps.part.max()
    )
    return told.select("shop_id", long_gap=(told.low + (told.high - told.low) * told.part).cast("float64"))
