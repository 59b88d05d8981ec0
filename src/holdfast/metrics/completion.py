"""Accounts filled in and onboardings finished: M05 and M06."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.account_completion import DAYS
from holdfast.warehouse.marts.onboarding import ACCOUNT_DAYS
from holdfast.warehouse.marts.onboarding import DAYS as CUSTOMER_DAYS


@metric(
    number="M05",
    name="Account completion within 7 days",
    question="Of the accounts opened, how many had every required field filled in within 7 days?",
    unit="accounts",
    counted="had every field filled in that the shop required on the day the account was opened",
    out_of="accounts opened 7 days ago or earlier, since changes of profile fields are told",
    window=f"{DAYS} × 24 hours from opening the account",
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0042",
    needs=("profile_field_event", "required_field", "customer.account_created_at"),
    left_out=(
        "guests, tests, staff and profiles brought over from an older shop",
        "accounts opened before the first change of a profile field that is told",
        "consents to marketing, which are never required, whatever the list says",
    ),
    differs=(
        "Shops keep only what a field says now. Asked today, an account that was completed in its third month looks as"
        " if it had been complete within 7 days."
    ),
    opens="profile",
)
def account_completion(facts: Facts, as_of: date) -> ibis.Table:
    a = facts.mart("account_completion")
    a = a.filter(a.opened_on <= as_of)
    return a.select(
        "shop_id",
        "customer_id",
        unit_id=a.customer_id,
        anchor=a.opened_on,
        matures_on=a.closes_on,
        counted=(a.filled == a.required).cast("float64"),
        out_of=ibis.literal(1.0),
    )


@metric(
    number="M06",
    name="Onboarding completion",
    question="Of the onboardings begun, how many had every required step done in time?",
    unit="onboardings",
    counted="had every required step done, none of them skipped",
    out_of="onboardings whose days are over",
    window=f"{CUSTOMER_DAYS} days for a customer, {ACCOUNT_DAYS} for an account, from the start of its first step",
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0042",
    needs=("onboarding_step",),
    left_out=("steps that are not required", "tests and staff"),
    differs=(
        "It counts tasks closed, which is not value: read it beside the time to the first purchase (M03) and an"
        " account's time to value (M45). Tools that let a step be skipped count it as done."
    ),
    own=("kind",),
    opens="onboarding",
)
def onboarding_completion(facts: Facts, as_of: date) -> ibis.Table:
    o = facts.mart("onboarding")
    o = o.filter(o.started_on <= as_of)
    return o.select(
        "shop_id",
        "customer_id",
        "kind",
        unit_id=o.party_id,
        anchor=o.started_on,
        matures_on=o.closes_on,
        counted=(o.done_on < o.closes_on).fill_null(False).cast("float64"),
        out_of=ibis.literal(1.0),
    )
