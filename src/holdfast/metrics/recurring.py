"""Recurring money: M25 with its growth, M26 expansion, M27 and M28 retention, M29, and revenue churn."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.closedmonths import payer_months, payer_units, with_payer
from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.months import POINTS
from holdfast.metrics.subscribers import A_MONTH, NEEDS, OWN

YEAR = 12
MRR = "monthly recurring revenue: net of every discount, without tax, shipping, trials, free and metered use"
TWELVE = "the end of the last calendar month that is over, against the same twelve months earlier"
FREE = ("trials, free and metered use", "what is in another currency than the shop's")


def _months(facts: Facts, as_of: date, n: int, keep: str) -> ibis.Table:
    rows = payer_months(facts, as_of, n)
    rows = rows.filter(rows[keep] > 0)
    return with_payer(facts, rows) if n == 1 else rows


def _own(n: int) -> tuple[str, ...]:
    return OWN if n == 1 else ()


def _mrr(facts: Facts, as_of: date, n: int, times: int = 1) -> ibis.Table:
    rows = _months(facts, as_of, n, "closing_minor")
    return payer_units(rows, rows.closing_minor * times, own=_own(n))


@metric(
    number="M25b",
    name="Monthly recurring revenue",
    question="What do subscriptions bring in a month, as prices and discounts stood at the month's end?",
    unit="subscribers",
    counted="monthly recurring revenue of each paying customer",
    out_of="one for each of them",
    window=A_MONTH,
    kind="total",
    scale="money",
    span="state",
    version=1,
    decision="0030",
    needs=NEEDS,
    basis=MRR,
    left_out=FREE,
    differs=(
        "All discounts count, as in ProfitWell; Stripe takes off only those without an end. A year is divided by 12, a"
        " week is 52/12. Past due counts while payment is tried, a cancelled subscription until its period ends."
    ),
    series=lambda facts, as_of: _mrr(facts, as_of, POINTS),
    own=OWN,
    opens="payer",
    monthly=True,
)
def monthly_recurring_revenue(facts: Facts, as_of: date) -> ibis.Table:
    return _mrr(facts, as_of, 1)


def _growth(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = payer_months(facts, as_of, n)
    rows = rows.filter((rows.opening_minor > 0) | (rows.closing_minor > 0))
    rows = with_payer(facts, rows) if n == 1 else rows
    return payer_units(rows, rows.closing_minor, rows.opening_minor, own=_own(n))


@metric(
    number="M25",
    name="Growth of monthly recurring revenue",
    question="By how much did monthly recurring revenue grow within a month?",
    unit="subscribers",
    counted="monthly recurring revenue at the month's end",
    out_of="monthly recurring revenue at its start",
    window=A_MONTH,
    kind="growth",
    scale="share",
    span="state",
    version=1,
    decision="0030",
    needs=NEEDS,
    basis=MRR,
    left_out=FREE,
    differs="A growth a month, not a year: 15 % a month is × 5.35 a year, 25 % is × 14.55.",
    series=lambda facts, as_of: _growth(facts, as_of, POINTS),
    own=OWN,
    opens="payer",
    monthly=True,
)
def mrr_growth(facts: Facts, as_of: date) -> ibis.Table:
    return _growth(facts, as_of, 1)


def _expansion(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _months(facts, as_of, n, "year_ago_minor")
    return payer_units(rows, rows.expansion_year_minor, rows.year_ago_minor, own=_own(n))


@metric(
    number="M26",
    name="Expansion revenue",
    question="How much recurring revenue did the customers of a year ago add by buying more?",
    unit="customers",
    counted="monthly recurring revenue they added since by more pieces, a larger plan or a second subscription",
    out_of="their monthly recurring revenue twelve months ago",
    window=TWELVE,
    kind="ratio",
    scale="share",
    span="state",
    version=1,
    decision="0032",
    needs=NEEDS,
    needs_months=YEAR,
    reach_months=YEAR,
    basis=MRR,
    left_out=("new customers", "price rises, exchange rates, pauses that ended, and customers who came back"),
    differs="What the same customers cut is not taken off: net revenue retention stands beside it and has both.",
    series=lambda facts, as_of: _expansion(facts, as_of, POINTS),
    own=OWN,
    opens="payer",
    monthly=True,
)
def expansion_revenue(facts: Facts, as_of: date) -> ibis.Table:
    return _expansion(facts, as_of, 1)


def _retained(facts: Facts, as_of: date, n: int, gross: bool) -> ibis.Table:
    rows = _months(facts, as_of, n, "year_ago_minor")
    kept = ibis.least(rows.closing_minor, rows.year_ago_minor) if gross else rows.closing_minor
    return payer_units(rows, kept, rows.year_ago_minor, own=_own(n))


@metric(
    number="M27",
    name="Net revenue retention",
    question="Of the recurring revenue of a year ago, how much do the same customers bring now, growth included?",
    unit="customers",
    counted="monthly recurring revenue now, of customers who paid twelve months ago",
    out_of="their monthly recurring revenue twelve months ago",
    window=TWELVE,
    kind="ratio",
    scale="share",
    span="state",
    version=1,
    decision="0032",
    needs=NEEDS,
    needs_months=YEAR,
    reach_months=YEAR,
    basis=MRR,
    left_out=("customers who were not paying twelve months ago, on both sides",),
    differs=(
        "A share over twelve months, from point to point; Baremetrics takes thirty days. It equals the sum of the same"
        " customers' movements to the cent, and never means net recurring revenue, an amount."
    ),
    series=lambda facts, as_of: _retained(facts, as_of, POINTS, False),
    own=OWN,
    opens="payer",
    monthly=True,
)
def net_revenue_retention(facts: Facts, as_of: date) -> ibis.Table:
    return _retained(facts, as_of, 1, False)


@metric(
    number="M28",
    name="Gross revenue retention",
    question="Of the recurring revenue of a year ago, how much is still there, growth left out?",
    unit="customers",
    counted="the smaller of a customer's monthly recurring revenue now and twelve months ago",
    out_of="their monthly recurring revenue twelve months ago",
    window=TWELVE,
    kind="ratio",
    scale="share",
    ends=(0.0, 1.0),
    span="state",
    version=1,
    decision="0032",
    needs=NEEDS,
    needs_months=YEAR,
    reach_months=YEAR,
    basis=MRR,
    left_out=("customers who were not paying twelve months ago, on both sides",),
    differs="The smaller is taken customer by customer: one who grew cannot hide one who shrank. Never above 100 %.",
    series=lambda facts, as_of: _retained(facts, as_of, POINTS, True),
    own=OWN,
    opens="payer",
    monthly=True,
)
def gross_revenue_retention(facts: Facts, as_of: date) -> ibis.Table:
    return _retained(facts, as_of, 1, True)


@metric(
    number="M29",
    name="Net annual recurring revenue, monthly books",
    question="What would a year of today's recurring revenue be?",
    unit="subscribers",
    counted="twelve times the monthly recurring revenue of each paying customer",
    out_of="one for each of them",
    window=A_MONTH,
    kind="total",
    scale="money",
    span="state",
    version=1,
    decision="0032",
    needs=NEEDS,
    basis=f"12 × {MRR}",
    left_out=FREE,
    differs="One of two meanings of ARR: 12 × MRR. The other, a year's value of contracts in force, stands beside it.",
    series=lambda facts, as_of: _mrr(facts, as_of, POINTS, YEAR),
    own=OWN,
    opens="payer",
    monthly=True,
)
def net_arr(facts: Facts, as_of: date) -> ibis.Table:
    return _mrr(facts, as_of, 1, YEAR)


def _revenue_lost(facts: Facts, as_of: date, n: int) -> ibis.Table:
    led = facts.mart("mrr_ledger")
    fell = led.churn_voluntary_minor + led.churn_involuntary_minor + led.contraction_minor
    lost = led.group_by("payer_id", "month").agg(minor=-fell.sum())
    rows = _months(facts, as_of, n, "opening_minor").left_join(lost.filter(lost.minor > 0), ["payer_id", "month"])
    return payer_units(rows, ibis.least(rows.minor.fill_null(0), rows.opening_minor), rows.opening_minor, own=_own(n))


@metric(
    number="M21j",
    name="Revenue churn per month",
    question="Of the recurring revenue at the start of a month, how much was lost in it?",
    unit="subscribers",
    counted="monthly recurring revenue lost to leaving and to smaller plans",
    out_of="monthly recurring revenue at the month's start",
    window=A_MONTH,
    kind="ratio",
    scale="share",
    ends=(0.0, 1.0),
    span="state",
    version=1,
    decision="0032",
    needs=NEEDS,
    better="down",
    basis=MRR,
    left_out=("pauses, price changes and exchange rates: movements of their own",),
    differs="Gross: what other customers added takes nothing off. Nobody loses more than they paid at the start.",
    series=lambda facts, as_of: _revenue_lost(facts, as_of, POINTS),
    own=OWN,
    opens="payer",
    monthly=True,
)
def revenue_churn(facts: Facts, as_of: date) -> ibis.Table:
    return _revenue_lost(facts, as_of, 1)
