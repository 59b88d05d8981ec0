"""activation: when a new subscription was first paid for, delivered or of use."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.subscription_ledger import subscription_ledger


@mart
def activation(given: Given) -> ibis.Table:
    """One row per subscription: the shop's day it began and the day it was activated, null if it was not.

    Activated: the first paid invoice of more than nothing (a trial's is of nothing), or the first event that the
    merchant declares to be value; a trial, by payment alone, however much it is used; a prepaid one, when its first
    delivery is confirmed. In a shop without invoices of
    subscriptions, the day from which it counts as paid for.
    """
    sub, bill = given.table("subscription"), given.table("invoice")
    billed = bill.filter(bill.subscription_id.notnull())
    paid = billed.filter(billed.status == "paid", billed.total_minor > 0, billed.paid_at.notnull())
    first = paid.group_by("subscription_id").agg(paid_at=paid.paid_at.min())
    led = given.mart(subscription_ledger)
    begun = led.filter(led.after_minor > 0).group_by("subscription_id").agg(counts_at=led["at"].min())
    s = sub.left_join(first, "subscription_id").drop("subscription_id_right")
    s = s.left_join(begun, "subscription_id").drop("subscription_id_right")
    money_at = ibis.cases((s.shop_id.isin(billed.shop_id), s.paid_at), else_=s.counts_at)
    prepaid = s.prepaid.fill_null(False)
    trial = s.trial_end_at.notnull()
    told = ibis.least(money_at, s.first_value_at)
    at = ibis.cases((prepaid, s.first_delivery_at), (trial, money_at), else_=told)
    kind = ibis.cases((prepaid, "prepaid"), (trial, "trial"), else_="paid at once")
    return s.select(
        "shop_id", "subscription_id", "customer_id", "plan", "channel",
        kind=kind,
        started_on=given.day(s.started_at, s.shop_id),
        activated_on=given.day(at, s.shop_id),
    )  # fmt: skip
