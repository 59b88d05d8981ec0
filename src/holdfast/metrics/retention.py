"""Who is still buying: M18b, M19, M21b and the number of active customers."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.months import POINTS, bought_within, each_month, standing, standing_on
from holdfast.warehouse.marts.month_bucket import as_day

YEAR = 12


def _units(rows: ibis.Table, counted: ibis.Value) -> ibis.Table:
    return rows.select(
        "shop_id",
        "customer_id",
        unit_id=rows.customer_id,
        anchor=rows.stands_on,
        matures_on=rows.stands_on,
        counted=counted.cast("float64"),
        out_of=ibis.literal(1.0),
    )


def _bought_within_a_year(facts: Facts, as_of: date, n: int) -> ibis.Table:
    """Customers at each point who bought in the twelve months that end on it."""
    rows = each_month(facts.history(as_of), facts.month_point(), as_of, n)
    return rows.filter(bought_within(rows, 0, YEAR))


def _returning(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _bought_within_a_year(facts, as_of, n)
    return _units(rows, (rows.second_bucket >= rows.k).fill_null(False))


@metric(
    number="M18b",
    name="Returning customer rate",
    question="Of the customers who bought in the last twelve months, how many had bought on an earlier day?",
    unit="customers",
    counted="had bought on an earlier day, in the window or before it",
    out_of="customers who bought in the twelve months",
    window="twelve months ending on the day",
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision="0008",
    needs=("order", "order.customer_id"),
    better="neither",
    differs="This is the shop platforms' number. It moves with acquisition: it is 100 % when nobody new comes.",
    reach_months=12,
    series=lambda facts, as_of: _returning(facts, as_of, POINTS),
)
def returning_customer_rate(facts: Facts, as_of: date) -> ibis.Table:
    return _returning(facts, as_of, 1)


def _retained(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = each_month(facts.history(as_of), facts.month_point(), as_of, n)
    rows = rows.mutate(again=bought_within(rows, 0, YEAR)).filter(bought_within(rows, YEAR, YEAR))
    return _units(rows, rows.again)


@metric(
    number="M19",
    name="Annual retention of active customers",
    question="Of the customers who bought in the year before last, how many bought in the last year?",
    unit="customers",
    counted="bought again in the twelve months ending on the day",
    out_of="customers who bought in the twelve months before those",
    window="(t − 24 months, t − 12 months] against (t − 12 months, t]",
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision="0008",
    needs=("order", "order.customer_id"),
    reach_months=24,
    series=lambda facts, as_of: _retained(facts, as_of, POINTS),
)
def annual_retention(facts: Facts, as_of: date) -> ibis.Table:
    return _retained(facts, as_of, 1)


def _lapsed(facts: Facts, as_of: date, n: int) -> ibis.Table:
    return _away(standing(facts.purchase(as_of), facts.month_point(), as_of, n), facts, as_of)


def _away(rows: ibis.Table, facts: Facts, as_of: date) -> ibis.Table:
    """Each customer's latest occasion against the rule of as_of."""
    rows = rows.join(facts.usual_gap(as_of), "shop_id")
    return _units(rows, rows.stands_on.delta(rows.day, unit="day") > rows.long_gap)


def _turns(facts: Facts, as_of: date) -> ibis.Table:
    """Customers come with their first occasion; they are away from the day on which their gap is too long, until the
    next."""
    rows = facts.purchase(as_of).join(facts.usual_gap(as_of), "shop_id")
    rows = rows.mutate(stays=rows.long_gap.floor().cast("int64") + 1)
    rows = rows.mutate(away=rows.next_on.isnull() | (rows.next_on.delta(rows.day, unit="day") > rows.stays))
    first, away = rows.filter(rows.seq == 0), rows.filter(rows.away)
    since = as_day(away.day + away.stays.as_interval("D"))
    back = away.filter(away.next_on.notnull())
    return ibis.union(
        first.select("shop_id", "day", counted=ibis.literal(0), out_of=ibis.literal(1)),
        away.select("shop_id", day=since, counted=ibis.literal(1), out_of=ibis.literal(0)),
        back.select("shop_id", day="next_on", counted=ibis.literal(-1), out_of=ibis.literal(0)),
    )


@metric(
    number="M21b",
    name="Lapsed customers, simple rule",
    question="Of everybody who ever bought, how many have been away longer than nine in ten gaps between purchases?",
    unit="customers",
    counted="days since the last purchase exceed the 90th percentile of the shop's gaps",
    out_of="customers who ever bought",
    window="as of the day; a series holds the rule of its last day (decision 0013)",
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision="0010",
    needs=("order", "order.customer_id"),
    better="down",
    differs="Not contractual churn: nobody cancelled. A rule of thumb beside the model of a later release.",
    reach_months=12,
    series=lambda facts, as_of: _lapsed(facts, as_of, POINTS),
    turns=_turns,
    point=lambda facts, as_of, day: _away(standing_on(facts.purchase(as_of), day), facts, as_of),
)
def lapsed_share(facts: Facts, as_of: date) -> ibis.Table:
    return _lapsed(facts, as_of, 1)


def _active(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _bought_within_a_year(facts, as_of, n)
    return _units(rows, ibis.literal(1.0))


@metric(
    number="M61",
    name="Active customers",
    question="How many customers bought in the last twelve months?",
    unit="customers",
    counted="bought in the twelve months ending on the day",
    out_of="the same customers: a count, not a share",
    window="twelve months ending on the day",
    kind="total",
    scale="count",
    span="state",
    version=1,
    decision="0008",
    needs=("order", "order.customer_id"),
    reach_months=12,
    series=lambda facts, as_of: _active(facts, as_of, POINTS),
)
def active_customers(facts: Facts, as_of: date) -> ibis.Table:
    return _active(facts, as_of, 1)
