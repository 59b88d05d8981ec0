"""What payments say: failed, disputed, and what is paid month by month."""

from __future__ import annotations

import ibis

from holdfast.health.rows.declare import COLUMNS, QUARTER, YEAR, of_party, per_party, rows, upto
from holdfast.health.subject import Kind
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.marts.month_bucket import as_day
from holdfast.warehouse.marts.registry import unbound as mart
from holdfast.warehouse.tables import TABLES

GRACE = 3  # days after an invoice is due until it counts as not paid in time


def _bills() -> ibis.Table:
    """Invoices with the day on which it is seen whether they were paid in time, and the day they were (UTC)."""
    i = TABLES["invoice"].unbound()
    i = i.filter(~i.status.fill_null("open").isin(("draft", "void")), i.total_minor > 0)
    due = as_day(ibis.coalesce(i.due_at, i.issued_at).date() + ibis.interval(days=GRACE))
    return i.select("shop_id", "customer_id", "account_id", day=due, paid_on=i.paid_at.date())


def bill_days() -> ibis.Table:
    return _bills().select("shop_id", "day").distinct()


@rows(
    says="{counted:.0f} of {out_of:.0f} invoices due since {since} were not paid in time",
    days=QUARTER,
    needs=("invoice",),
    alive=bill_days,
)
def payment_failures(kind: Kind) -> ibis.Table:
    told = upto(of_party(_bills(), kind), "day", QUARTER)
    return per_party(told, told.paid_on.isnull() | (told.paid_on > told.day))


def payment_days() -> ibis.Table:
    p = mart("payment")
    return p.select("shop_id", day="paid_on").distinct()


@rows(
    says="{counted:.0f} of {out_of:,.0f} payments since {since} were disputed",
    days=YEAR,
    needs=("transaction", "dispute"),
    alive=payment_days,
)
def disputes(kind: Kind) -> ibis.Table:
    p, d = mart("payment"), mart("dispute_case")
    p = p.select("shop_id", "order_id", "customer_id", day="paid_on", disputed=ibis.literal(0.0))
    d = d.select("shop_id", "order_id", "customer_id", day="opened_on", disputed=ibis.literal(1.0))
    companies = unbound("order_value").select("order_id", "account_id")
    both = p.union(d).left_join(companies, "order_id").drop("order_id_right")
    told = upto(of_party(both, kind), "day", YEAR)
    return per_party(told, told.disputed, 1.0 - told.disputed)


@rows(
    says="recurring revenue {value:+.0%} against 90 days before",
    days=QUARTER,
    needs=("subscription",),
)
def mrr_trend(kind: Kind) -> ibis.Table:
    """Of what was paid a month ninety days before; who did not pay then has no trend."""
    led = mart("mrr_ledger")
    led = led if kind == "company" else led.filter(led.account_id.isnull())
    led = of_party(led.mutate(place=led.day.epoch_seconds()), kind)
    told = upto(led, "day")
    then = told.day <= told.as_of - ibis.interval(days=QUARTER)
    by_payer = told.group_by("as_of", "shop_id", "party", "payer_id").agg(
        now=told.after_minor.argmax(told.place), before=told.after_minor.argmax(told.place, where=then),
    )  # fmt: skip
    summed = by_payer.group_by("as_of", "shop_id", "party").agg(
        now=by_payer.now.sum(), out_of=by_payer.before.fill_null(0).sum(), n=by_payer.count()
    )
    summed = summed.mutate(counted=summed.now - summed.out_of, told_on=ibis.null("date"))
    had = summed if kind == "account" else summed.filter(summed.out_of > 0)
    return had.select(*COLUMNS).cast(COLUMNS)
