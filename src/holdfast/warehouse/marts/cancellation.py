"""cancellation: when it was said that a subscription will end."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.agreement import agreement
from holdfast.warehouse.marts.declare import Given, mart


@mart
def cancellation(given: Given) -> ibis.Table:
    """One row per subscription and day on which somebody cancelled, or on which a fixed end became known."""
    a, event = given.mart(agreement), given.table("subscription_event")
    ends = a.filter(a.ends_at.notnull(), a.begins_at.notnull())
    said = ibis.greatest(ibis.coalesce(ends.canceled_at, ends.started_at), ends.begins_at)
    known = ends.select("shop_id", "subscription_id", said_on=given.day(said, ends.shop_id))
    told = event.filter(event.type == "cancel_scheduled")
    told = told.select("shop_id", "subscription_id", said_on=given.day(told.effective_at, told.shop_id))
    return known.union(told).distinct()
