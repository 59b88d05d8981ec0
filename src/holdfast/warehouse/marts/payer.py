"""payer: who pays for subscriptions, and what they began with."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.agreement import agreement
from holdfast.warehouse.marts.declare import Given, mart


@mart
def payer(given: Given) -> ibis.Table:
    """One row per payer: plan and channel of the first subscription."""
    a = given.mart(agreement)
    first = a.started_at.epoch_seconds() * 1.0
    return a.group_by("payer_id").agg(plan=a.plan.argmin(first), channel=a.channel.argmin(first))
