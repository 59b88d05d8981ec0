"""From opening an account to the first purchase: M03 and M04."""

from __future__ import annotations

from datetime import date, timedelta

import ibis

from holdfast.metrics.declare import Facts, metric

SECONDS_A_DAY = 86_400.0
FIRST_HOURS = 72


def _accounts(facts: Facts, as_of: date) -> ibis.Table:
    """Accounts opened by as_of with their first purchase by then (first_at), if any.

    An account that bought before it was opened is left out: its opening says nothing about the purchase.
    """
    a, h = facts.account_opening(), facts.history(as_of)
    told = a.filter(a.opened_on <= as_of).left_join(h.select("customer_id", "first_at"), "customer_id")
    return told.filter(told.first_at.isnull() | (told.first_at >= told.opened_at)).drop("customer_id_right")


@metric(
    number="M03",
    name="Time to first purchase",
    question="How long after opening an account does a customer first buy?",
    aliases=("time_to_first_purchase",),
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
)
def first_purchase_time(facts: Facts, as_of: date) -> ibis.Table:
    opened = _accounts(facts, as_of)
    # Waiting ends with the purchase, or with the shop's day as_of for those still waiting.
    end = ibis.timestamp((as_of + timedelta(days=1)).isoformat())
    seconds = ibis.cases(
        (opened.first_at.notnull(), opened.first_at.epoch_seconds() - opened.opened_at.epoch_seconds()),
        else_=end.epoch_seconds() - opened.opened_local.epoch_seconds(),
    )
    return opened.select(
        "shop_id",
        "customer_id",
        unit_id=opened.customer_id,
        anchor=opened.opened_on,
        matures_on=opened.opened_on,
        counted=opened.first_at.notnull().cast("float64"),
        out_of=seconds.cast("float64") / SECONDS_A_DAY,
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
)
def first_purchase_within_72h(facts: Facts, as_of: date) -> ibis.Table:
    opened = _accounts(facts, as_of)
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
