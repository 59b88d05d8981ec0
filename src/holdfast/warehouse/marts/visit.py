"""visit: whose a visit was, by the day where the shop is."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart


@mart
def visit(given: Given) -> ibis.Table:
    """One row per visit that is no robot's; customer_id: who was signed in, or signed in soon after on the device."""
    s = given.table("session")
    seen = s.filter(~s.is_bot.fill_null(False))
    return seen.select("session_id", "shop_id", "customer_id", visited_on=given.day(seen.started_at, seen.shop_id))
