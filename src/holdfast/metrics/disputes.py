"""Payments that card holders dispute: M51, by when the dispute came, by when was paid, and as the networks read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import ibis

from holdfast.metrics.closedmonths import closed_months
from holdfast.metrics.declare import Facts, Metric, metric
from holdfast.metrics.months import POINTS
from holdfast.warehouse.marts.month_bucket import as_day

DAYS_TO_DISPUTE = 120  # a card holder has so long, so a payment's fate is open until then: decision 0050
NETWORK = ("network",)
MONTH = "the last calendar month that is over"
THRESHOLDS = "Networks change their thresholds: those that hold are in networks.toml, each with its source and date."
Declare = Callable[[Callable[[Facts, date], ibis.Table]], Metric]


def _month_of(rows: ibis.Table, facts: Facts, as_of: date, n: int, day: ibis.Value, later: int = 0) -> ibis.Table:
    """Rows in one of the n newest closed months, with its first_day; later: they are told under a month after."""
    number = (day.year() * 12 + day.month() - 1 + later).cast("int64")
    return rows.mutate(month=number).join(closed_months(facts, as_of, n).select("month", "first_day"), "month")


def _both(facts: Facts, as_of: date, n: int, *, of: str = "", fraud: bool = False, later: int = 0) -> ibis.Table:
    """Payments (out of 1) and disputes (counted 1) by month; a payment is an even unit, a dispute an odd one.

    of: of one network only. fraud: with reports of fraud. later: payments are those of so many months before.
    """
    p, d = facts.mart("payment"), facts.mart("dispute_case")
    d = d if fraud else d.filter(~d.is_fraud_report)
    if of:
        p, d = p.filter(p.network == of), d.filter(d.network == of)
    p, d = _month_of(p, facts, as_of, n, p.paid_on, later), _month_of(d, facts, as_of, n, d.opened_on)
    paid = _rows(p, p.transaction_id * 2, 0.0, 1.0)
    return paid.union(_rows(d, d.dispute_id * 2 + 1, 1.0, 0.0))


def _rows(rows: ibis.Table, unit_id: ibis.Value, counted: float, out_of: float) -> ibis.Table:
    return rows.select(
        "shop_id", "customer_id", "network", unit_id=unit_id, anchor=rows.first_day, matures_on=rows.first_day,
        counted=ibis.literal(counted), out_of=ibis.literal(out_of),
    )  # fmt: skip


def _monthly(number: str, name: str, question: str, counted: str, out_of: str, differs: str, **more: object) -> Declare:
    """What readings of a month have in common."""
    return metric(
        **{
            "number": number, "name": name, "question": question, "unit": "payments and disputes", "counted": counted,
            "out_of": out_of, "window": MONTH, "kind": "ratio", "scale": "share", "span": "state", "version": 1,
            "decision": "0050", "needs": ("transaction", "dispute"), "better": "down",
            "left_out": ("failed and test payments, authorizations, gift cards",), "differs": differs,
            "monthly": True, "opens": "payment or dispute", "own": NETWORK,
        }
        | more
    )  # fmt: skip


@_monthly(
    "M51",
    "Dispute activity",
    "How many disputes came in a month, against its payments?",
    "disputes received in the month, whenever was paid",
    "payments of the month",
    "What Stripe calls dispute activity, and what networks go by. It rises when sales fall, since disputes come later"
    " than payments; the dispute rate (M51b) does not. By count, not by value. Reports of fraud are no disputes.",
    aliases=("chargebacks", "chargeback_rate"),
    series=lambda facts, as_of: _both(facts, as_of, POINTS),
)
def dispute_activity(facts: Facts, as_of: date) -> ibis.Table:
    return _both(facts, as_of, 1)


@metric(
    number="M51b",
    name="Dispute rate",
    question="How many payments are disputed within 120 days?",
    unit="payments",
    counted="disputed within 120 days",
    out_of="payments with 120 days behind them",
    window="120 days from the payment",
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0050",
    needs=("transaction", "dispute"),
    better="down",
    left_out=("failed and test payments, authorizations, gift cards", "disputes of payments that nobody brought"),
    differs=(
        "What Stripe calls dispute rate, once it can be known: a newer payment may still be disputed. By count, not by"
        " value; a payment disputed twice counts once; reports of fraud are no disputes."
    ),
    opens="payment",
    own=NETWORK,
)
def dispute_rate(facts: Facts, as_of: date) -> ibis.Table:
    p, d = facts.mart("payment"), facts.mart("dispute_case")
    p = p.filter(p.paid_on <= as_of)
    d = d.filter(~d.is_fraud_report, d.paid_id.notnull(), d.opened_on <= as_of)
    first = d.group_by("paid_id").agg(opened_on=d.opened_on.min())
    told = p.left_join(first, p.transaction_id == first.paid_id)
    closes = as_day(told.paid_on + ibis.interval(days=DAYS_TO_DISPUTE))
    return told.select(
        "shop_id", "customer_id", "network", unit_id=told.transaction_id, anchor=told.paid_on, matures_on=closes,
        counted=(told.opened_on < closes).fill_null(False).cast("float64"), out_of=ibis.literal(1.0),
    )  # fmt: skip


def _mastercard(facts: Facts, as_of: date, n: int) -> ibis.Table:
    return _both(facts, as_of, n, of="mastercard", later=1)


@_monthly(
    "M51c",
    "Dispute activity as Mastercard reads it",
    "How many Mastercard disputes came in a month, against the payments of the month before?",
    "Mastercard disputes received in the month",
    "Mastercard payments of the month before",
    f"Mastercard divides by the sales of the month before. {THRESHOLDS}",
    needs=("transaction", "dispute", "transaction.network"),
    series=lambda facts, as_of: _mastercard(facts, as_of, POINTS),
)
def dispute_activity_mastercard(facts: Facts, as_of: date) -> ibis.Table:
    return _mastercard(facts, as_of, 1)


def _visa(facts: Facts, as_of: date, n: int) -> ibis.Table:
    return _both(facts, as_of, n, of="visa", fraud=True)


@_monthly(
    "M51d",
    "Disputes and fraud as Visa reads them",
    "How many Visa disputes and reports of fraud came in a month, against its payments?",
    "Visa disputes and reports of fraud received in the month",
    "Visa payments of the month",
    "Visa's acquirer monitoring programme adds reports of fraud to disputes, so that one payment may count twice; it"
    f" looks at a merchant from a number of both on. {THRESHOLDS}",
    needs=("transaction", "dispute", "transaction.network"),
    aliases=("vamp",),
    series=lambda facts, as_of: _visa(facts, as_of, POINTS),
)
def dispute_activity_visa(facts: Facts, as_of: date) -> ibis.Table:
    return _visa(facts, as_of, 1)
