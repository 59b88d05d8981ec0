"""From a new subscription to its first paid cycle: M16."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric

DAYS = 30


@metric(
    number="M16",
    name="Subscription activation within 30 days",
    question="Of the subscriptions that began, how many were paid for, or of declared value, within 30 days?",
    unit="subscriptions",
    counted="had a first paid cycle or a declared value event within 30 days; prepaid ones, a confirmed delivery",
    out_of="subscriptions begun at least 30 days ago, trials from the trial's start",
    window="30 days of the shop from the day it began",
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0033",
    needs=("subscription",),
    left_out=("subscriptions that are only scheduled to begin",),
    differs=(
        "A trial that never turns into a payment is not activated, however much it was used; its first invoice, of"
        " nothing, is no payment. Where no invoices are connected, counting as paid for stands in for a payment."
    ),
    own=("kind", "plan", "channel"),
    opens="subscription",
)
def subscription_activation(facts: Facts, as_of: date) -> ibis.Table:
    rows = facts.mart("activation")
    rows = rows.filter(rows.started_on <= as_of)
    window = (rows.started_on + ibis.interval(days=DAYS)).cast("timestamp").cast("date")
    return rows.select(
        "shop_id",
        "customer_id",
        "kind",
        "plan",
        "channel",
        unit_id=rows.subscription_id,
        anchor=rows.started_on,
        matures_on=window,
        counted=(rows.activated_on < window).fill_null(False).cast("float64"),
        out_of=ibis.literal(1.0),
    )
