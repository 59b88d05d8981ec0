"""usual_gap: one row per shop, what a long gap between purchases is there, so that nobody sorts them again."""

from __future__ import annotations

from collections.abc import Mapping

import ibis

QUANTILE_OF_GAPS = 0.9  # decision 0010


def usual_gap(purchase: ibis.Table) -> ibis.Table:
    """Columns shop_id, long_gap: the days that nine in ten gaps between occasions do not exceed."""
    return quantiles_of_gaps(purchase, {"long_gap": QUANTILE_OF_GAPS})


def quantiles_of_gaps(purchase: ibis.Table, shares: Mapping[str, float]) -> ibis.Table:
    """One row per shop in which a purchase was followed by another; per name, the days that such a share of the gaps
    do not exceed, between two of them straight."""
    gap = purchase.next_on.delta(purchase.day, unit="day")
    followed = purchase.filter(purchase.next_on.notnull())
    # Gaps are whole days and there are few of them: counting how often each occurs is cheaper than sorting all.
    gaps = followed.group_by("shop_id", gap=gap).agg(times=followed.count())
    by_gap = ibis.cumulative_window(group_by="shop_id", order_by="gap")
    gaps = gaps.mutate(upto=gaps.times.sum().over(by_gap), of=gaps.times.sum().over(ibis.window(group_by="shop_id")))
    ends: dict[str, ibis.Value] = {}
    for name, share in shares.items():
        at = (gaps["of"] - 1).cast("float64") * share  # between two places of the sorted gaps, counted from 0
        ends[f"{name}_low"] = gaps.gap.min(where=gaps.upto > at.floor())
        ends[f"{name}_high"] = gaps.gap.min(where=gaps.upto > at.ceil())
        ends[f"{name}_part"] = (at - at.floor()).max()
    told = gaps.group_by("shop_id").agg(**ends)
    found = {
        name: (told[f"{name}_low"] + (told[f"{name}_high"] - told[f"{name}_low"]) * told[f"{name}_part"]).cast(
            "float64"
        )
        for name in shares
    }
    return told.select("shop_id", **found)
