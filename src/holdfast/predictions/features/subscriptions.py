"""What subscriptions and invoices say."""

from __future__ import annotations

import ibis

from holdfast.predictions.features.declare import QUARTER, Feature, Group, Source, days_since, upto
from holdfast.warehouse.marts.month_bucket import as_day
from holdfast.warehouse.marts.registry import unbound as mart
from holdfast.warehouse.tables import TABLES

GRACE = 3  # days after an invoice is due until it counts as not paid in time


def subscriptions() -> ibis.Table:
    """Where each subscriber stood at the end of the day: 2 paying, 1 paused, 0 gone."""
    led = mart("mrr_ledger")
    led = led.filter(led.account_id.isnull(), led.customer_id.notnull())
    led = led.select("customer_id", "day", "after_minor", "before_minor", "standing", place=led.day.epoch_seconds())
    t = upto(led, "day")
    fell = (t.after_minor < t.before_minor) & (t.day > t.as_of - ibis.interval(days=QUARTER))
    told = t.group_by("as_of", "customer_id").agg(
        stands=t.standing.argmax(t.place), monthly=t.after_minor.argmax(t.place), first=t.day.min(), last=t.day.max(),
        fell_90=fell.sum(),
    )  # fmt: skip
    standing = ibis.cases((told.stands == "paying", 2.0), (told.stands == "paused", 1.0), else_=0.0)
    return told.select(
        "as_of", "customer_id", "monthly", "fell_90", standing=standing,
        subscribed=days_since(told, told.first), since_change=days_since(told, told.last),
    )  # fmt: skip


def late_invoices() -> ibis.Table:
    """Invoices of 90 days that were not paid in time, as far as the day could see."""
    i = TABLES["invoice"].unbound()
    i = i.filter(~i.status.fill_null("open").isin(("draft", "void")), i.total_minor > 0, i.customer_id.notnull())
    due = as_day(ibis.coalesce(i.due_at, i.issued_at).date() + ibis.interval(days=GRACE))
    t = upto(i.select("customer_id", day=due, paid_on=i.paid_at.date()), "day", QUARTER)
    late = t.paid_on.isnull() | (t.paid_on > t.day)
    unpaid = t.paid_on.isnull() | (t.paid_on > t.as_of)
    return t.group_by("as_of", "customer_id").agg(late_invoices=late.sum(), unpaid_invoices=unpaid.sum())


SUBSCRIPTIONS = Source(
    "subscriptions", subscriptions, "mrr_ledger",
    (
        Group("subscription", "the subscription", (
            Feature("monthly", "paid a month", "money", 0.0),
            Feature("standing", "the subscription: 2 paid for, 1 paused, 0 none", "standing", 0.0),
            Feature("subscribed", "days since the first subscription began", "days"),
            Feature("since_change", "days since the subscription last changed", "days"),
            Feature("fell_90", "times the monthly money fell in 90 days", "count", 0.0),
        )),
    ),
)  # fmt: skip
INVOICES = Source(
    "invoices", late_invoices, "invoice",
    (
        Group("payments", "payments", (
            Feature("late_invoices", "invoices of 90 days not paid in time", "count", 0.0),
            Feature("unpaid_invoices", "invoices of 90 days not paid yet", "count", 0.0),
        )),
    ),
)  # fmt: skip
