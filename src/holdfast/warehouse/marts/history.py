"""history: one row per customer who has bought."""

from __future__ import annotations

import ibis


def history(purchase: ibis.Table) -> ibis.Table:
    """First, second and last occasion, how many there were, and where the customer came from."""
    p = purchase
    first = p.prev_on.isnull()
    return p.group_by("shop_id", "customer_id").agg(
        first_on=p.day.min(),
        first_at=p.first_at.min(),
        second_on=p.day.min(where=p.seq == 1),
        last_on=p.day.max(),
        occasions=p.count(),
        country=p.country.max(where=first),
        channel=p.channel.max(where=first),
    )
