"""Losses and returns of subscribers, one row each on the day it happened: what an experiment can count."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.subscribers import NEEDS, TIMING

YEAR = "the twelve months that end on the day; an experiment counts in the days after each customer was assigned"


def _moves(facts: Facts, as_of: date, moved: tuple[str, ...]) -> ibis.Table:
    """One row per payer and day on which one of these movements took place."""
    led = facts.mart("mrr_ledger")
    change = led[f"{moved[0]}_minor"]
    for one in moved[1:]:
        change = change + led[f"{one}_minor"]
    rows = led.filter(change != 0, led.day <= as_of)
    return rows.select(
        "shop_id", "customer_id", unit_id=rows.payer_id, anchor=rows.day, matures_on=rows.day,
        counted=ibis.literal(1.0), out_of=ibis.literal(1.0),
    )  # fmt: skip


@metric(
    number="M21k",
    name="Subscribers lost",
    question="How often did a subscriber go from paying to paying nothing?",
    unit="losses",
    counted="subscription lost",
    out_of="one for each of them",
    window=YEAR,
    kind="total",
    scale="count",
    span="trailing",
    version=1,
    decision="0147",
    needs=NEEDS,
    better="down",
    left_out=("pauses, until they count as leaving", "smaller plans: they still pay"),
    differs=f"{TIMING} Who comes back and leaves again is lost twice; a churn counts them once. No base: see M21.",
    opens="payer",
)
def subscribers_lost(facts: Facts, as_of: date) -> ibis.Table:
    return _moves(facts, as_of, ("churn_voluntary", "churn_involuntary"))


@metric(
    number="M21l",
    name="Subscribers who came back",
    question="How often did somebody who had left pay for a subscription again?",
    unit="returns",
    counted="subscription begun again",
    out_of="one for each of them",
    window=YEAR,
    kind="total",
    scale="count",
    span="trailing",
    version=1,
    decision="0147",
    needs=NEEDS,
    left_out=("who came for the first time", "a pause that ended"),
    differs="Tools that call every payment after a gap a return have pauses in it.",
    opens="payer",
)
def subscribers_back(facts: Facts, as_of: date) -> ibis.Table:
    return _moves(facts, as_of, ("reactivation",))
