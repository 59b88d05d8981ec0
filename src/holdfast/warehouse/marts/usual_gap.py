"""usual_gap: one row per shop, what a long gap between purchases is there, so that nobody sorts them again."""

from __future__ import annotations

import ibis

QUANTILE_OF_GAPS = 0.9  # decision 0010


def usual_gap(purchase: ibis.Table) -> ibis.Table:
    """Columns shop_id, long_gap: the days that nine in ten gaps between occasions do not exceed."""
    gap = purchase.next_on.delta(purchase.day, unit="day")
    followed = purchase.filter(purchase.next_on.notnull())
    return followed.group_by("shop_id").agg(long_gap=gap.cast("float64").quantile(QUANTILE_OF_GAPS))
