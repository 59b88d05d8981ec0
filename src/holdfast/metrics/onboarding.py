"""From opening an account to the first purchase: M03 and M04."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric

SECONDS_A_DAY = 86_400.0
FIRST_HOURS = 72


@metric(
    number="M03",
    name="Time to first purchase",
    question="How long after opening an account does a customer first buy?",
    unit="accounts",
    counted="have bought",
    out_of="days from opening to the first purchase, or to the day the data end",
    window="open-ended; accounts that have not bought are counted as still waiting",
    kind="median",
    scale="days",
    span="state",
    version=1,
    decision="0011",
    needs=("order", "customer.account_created_at"),
    better="down",
    left_out=("guests", "profiles brought over from an older shop", "accounts opened after the first purchase"),
    differs="A mean over buyers only would look faster: it forgets those who are still waiting.",
    source="metrics.md M03",
)
def first_purchase_time(facts: Facts, as_of: date) -> ibis.Table:
    a = facts.account_opening()
    opened = a.filter(a.opened_on <= as_of)
    # Waiting ends with the purchase, or at the end of as_of for those still waiting.
    end = ibis.timestamp(f"{as_of.isoformat()} 00:00:00") + ibis.interval(days=1)
    happened = opened.first_at.notnull() & (opened.first_at < end)
    until = ibis.cases((happened, opened.first_at), else_=end)
    waited = (until.epoch_seconds() - opened.opened_at.epoch_seconds()).cast("float64") / SECONDS_A_DAY
    return opened.select(
        "shop_id",
        "customer_id",
        unit_id=opened.customer_id,
        anchor=opened.opened_on,
        matures_on=opened.opened_on,
        counted=happened.cast("float64"),
        out_of=ibis.greatest(waited, 0.0),
    )


@metric(
    number="M04",
    name="First purchase within 72 hours",
    question="Of the accounts opened, how many bought within 72 hours?",
    unit="accounts",
    counted="bought within 72 × 3,600 seconds of opening",
    out_of="accounts whose 72 hours are over",
    window="72 hours from opening the account",
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0011",
    needs=("order", "customer.account_created_at"),
    left_out=("guests", "profiles brought over from an older shop", "accounts opened after the first purchase"),
    differs="Where checkout opens the account, the platform's own date makes this 100 % by definition.",
    source="metrics.md M04",
)
def first_purchase_within_72h(facts: Facts, as_of: date) -> ibis.Table:
    a = facts.account_opening()
    opened = a.filter(a.opened_on <= as_of)
    in_time = opened.first_at < opened.opened_at + ibis.interval(hours=FIRST_HOURS)
    return opened.select(
        "shop_id",
        "customer_id",
        unit_id=opened.customer_id,
        anchor=opened.opened_on,
        matures_on=opened.hours_on,
        counted=in_time.fill_null(False).cast("float64"),
        out_of=ibis.literal(1.0),
    )
