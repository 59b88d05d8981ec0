"""Who takes part in the loyalty programme: M22."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.months import POINTS, bought_within, each_month
from holdfast.warehouse.marts.month_bucket import KEPT, bucket

YEAR = 12


def _members(facts: Facts, as_of: date, n: int) -> ibis.Table:
    """Buyers of the twelve months up to each month point, with what they were in the programme at it.

    took_part: earned or redeemed within those months; enrolled, was_enrolled: by the point, themselves or unasked.
    """
    act = facts.mart("loyalty_act")
    act = act.filter(act.happened_on <= as_of).mutate(b=bucket(act.happened_on, as_of))
    kept = (act.act == "took part") & (act.b < KEPT)
    # The shift is worked out for every row, kept or not.
    bit = ibis.literal(1).cast("int64") << ibis.cases((kept, act.b), else_=0)
    of_person = act.group_by("customer_id").agg(
        acts=bit.bit_or(where=kept),
        enrolled_on=act.happened_on.min(where=act.act != "was enrolled"),
        was_enrolled_on=act.happened_on.min(where=act.act == "was enrolled"),
    )
    rows = each_month(facts.history(as_of), facts.month_point(), as_of, n)
    rows = rows.filter(bought_within(rows, 0, YEAR)).select("shop_id", "customer_id", "k", "stands_on")
    rows = rows.left_join(of_person, "customer_id").drop("customer_id_right")
    year = (1 << YEAR) - 1
    return rows.mutate(
        took_part=((rows.acts.fill_null(0) >> rows.k) & year) != 0,
        enrolled=(rows.enrolled_on <= rows.stands_on).fill_null(False),
        was_enrolled=(rows.was_enrolled_on <= rows.stands_on).fill_null(False),
    )


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


def _took_part(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _members(facts, as_of, n)
    return _units(rows, rows.took_part)


def _only_enrolled(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _members(facts, as_of, n)
    return _units(rows, rows.enrolled & ~rows.took_part)


def _unasked(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _members(facts, as_of, n)
    return _units(rows, rows.was_enrolled & ~rows.enrolled & ~rows.took_part)


_LOYALTY = {
    "unit": "customers",
    "out_of": "customers who bought in the twelve months",
    "window": "twelve months ending on the day, for taking part as for buying",
    "kind": "proportion",
    "scale": "share",
    "span": "state",
    "version": 1,
    "decision": "0044",
    "needs": ("loyalty_event", "order.customer_id"),
    "reach_months": YEAR,
    "opens": "loyalty_member",
}
UNASKED = "points that people earn by buying whom nobody asked before enrolling them"


@metric(
    number="M22",
    name="Loyalty programme participation",
    question="Of the customers who bought in the last twelve months, how many took part in the loyalty programme?",
    counted="earned or redeemed in the twelve months",
    left_out=("members who only enrolled: see M22b", f"{UNASKED}: see M22c"),
    differs="Programmes report members enrolled, over all customers ever: that grows by itself and never falls.",
    series=lambda facts, as_of: _took_part(facts, as_of, POINTS),
    **_LOYALTY,
)
def loyalty_participation(facts: Facts, as_of: date) -> ibis.Table:
    return _took_part(facts, as_of, 1)


@metric(
    number="M22b",
    name="Enrolled in the loyalty programme only",
    question="Of the customers who bought, how many enrolled and neither earned nor redeemed in twelve months?",
    counted="enrolled themselves by the day, and neither earned nor redeemed in the twelve months",
    better="neither",
    differs="Most programmes count these as participants.",
    series=lambda facts, as_of: _only_enrolled(facts, as_of, POINTS),
    **_LOYALTY,
)
def loyalty_enrolled_only(facts: Facts, as_of: date) -> ibis.Table:
    return _only_enrolled(facts, as_of, 1)


@metric(
    number="M22c",
    name="Enrolled in the loyalty programme unasked",
    question="Of the customers who bought, how many are members only because they were enrolled without asking?",
    counted="were enrolled without asking, and neither enrolled themselves nor redeemed",
    better="neither",
    differs="Programmes that enrol every buyer report 100 % participation.",
    series=lambda facts, as_of: _unasked(facts, as_of, POINTS),
    **_LOYALTY,
)
def loyalty_enrolled_unasked(facts: Facts, as_of: date) -> ibis.Table:
    return _unasked(facts, as_of, 1)
