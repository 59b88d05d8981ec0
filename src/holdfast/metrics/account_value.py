"""How long an account waits for what it came for: M45."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric


def _waits(facts: Facts, as_of: date, milestone: str) -> ibis.Table:
    """Days from the start to a milestone, or so far: to the day, or to the end of the account's last contract."""
    a = facts.mart("account_milestone")
    a = a.filter(a.starts_on <= as_of)
    followed = ibis.least(ibis.literal(as_of), a.ends_on.fill_null(ibis.literal(as_of)))
    come = (a[milestone] <= followed).fill_null(False)
    until = ibis.cases((come, a[milestone]), else_=followed)
    return a.select(
        "shop_id",
        "segment",
        customer_id=ibis.null("int64"),
        unit_id=a.account_id,
        anchor=a.starts_on,
        matures_on=a.starts_on,
        counted=come.cast("float64"),
        out_of=ibis.greatest(until.delta(a.starts_on, unit="day"), 0).cast("float64"),
    )


_WAIT = {
    "unit": "accounts",
    "kind": "median",
    "scale": "days",
    "span": "state",
    "version": 1,
    "decision": "0045",
    "better": "down",
    "window": "open-ended from the start of the first contract; without one, from becoming a customer",
    "own": ("segment",),
    "opens": "account_value",
}
TESTS = "test accounts"
STARTLESS = "accounts of which no start is known"


@metric(
    number="M45",
    name="Account time to value",
    question="How long after its contract starts does an account get its first value?",
    counted="had a first event that is declared to be of value",
    out_of="days from the start to the first event of value, or followed so far",
    needs=("account", "value_event"),
    left_out=(TESTS, STARTLESS, "signing in, whatever it is declared to be"),
    differs="Tools show the mean of accounts that got there; who is still waiting is in this median.",
    **_WAIT,
)
def account_time_to_value(facts: Facts, as_of: date) -> ibis.Table:
    return _waits(facts, as_of, "value_on")


@metric(
    number="M45b",
    name="Account time to first engagement",
    question="How long after its contract starts does somebody first talk with an account?",
    counted="had a first touchpoint that was held",
    out_of="days from the start to the first touchpoint held, or followed so far",
    needs=("account", "touchpoint.held_at"),
    left_out=(TESTS, STARTLESS, "touchpoints from before the start"),
    differs="A meeting is no value: it is the first of four milestones, and M45 is the one that counts.",
    **_WAIT,
)
def account_time_to_engagement(facts: Facts, as_of: date) -> ibis.Table:
    return _waits(facts, as_of, "engaged_on")


@metric(
    number="M45c",
    name="Account time to onboarding done",
    question="How long after its contract starts is an account's onboarding done?",
    counted="had every required onboarding step done",
    out_of="days from the start to the last required step, or followed so far",
    needs=("account", "onboarding_step.account_id"),
    left_out=(TESTS, STARTLESS),
    differs="Tasks closed, not value. An account whose onboarding nobody wrote down counts as still waiting.",
    **_WAIT,
)
def account_time_to_onboarding(facts: Facts, as_of: date) -> ibis.Table:
    return _waits(facts, as_of, "onboarded_on")


@metric(
    number="M45d",
    name="Account time to verified outcome",
    question="How long after its contract starts does an account confirm a first outcome?",
    counted="confirmed a first objective with evidence",
    out_of="days from the start to the first objective that the customer confirmed, or followed so far",
    needs=("account", "objective"),
    left_out=(TESTS, STARTLESS, "objectives that only the vendor calls delivered"),
    differs="Delivered is what the vendor says; verified is what the customer says and points to.",
    **_WAIT,
)
def account_time_to_outcome(facts: Facts, as_of: date) -> ibis.Table:
    return _waits(facts, as_of, "verified_on")
