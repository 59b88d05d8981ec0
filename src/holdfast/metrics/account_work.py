"""What was promised to accounts and kept: M48 and M49."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.real_people import real_accounts

_DUE = {
    "kind": "proportion",
    "scale": "share",
    "span": "trailing",
    "version": 1,
    "decision": "0045",
}


@metric(
    number="M48",
    name="Touchpoint adherence",
    question="Of the touchpoints that were due, how many were held in time and ended with who does what by when?",
    unit="touchpoints",
    counted="were held by the day they were due, with a next step, its owner and its date",
    out_of="touchpoints due by the day",
    window="touchpoints due in the twelve months ending on the day",
    needs=("touchpoint.due_on",),
    left_out=("test accounts", "touchpoints that nobody owed"),
    differs="How many were merely held is not shown: a meeting without a next step is no progress.",
    own=("kind",),
    opens="touchpoint",
    **_DUE,
)
def touchpoint_adherence(facts: Facts, as_of: date) -> ibis.Table:
    t = facts.mart("touchpoint_due")
    t = t.filter(t.due_on <= as_of)
    return t.select(
        "shop_id",
        "kind",
        customer_id=ibis.null("int64"),
        unit_id=t.touchpoint_id,
        anchor=t.due_on,
        matures_on=t.due_on,
        counted=((t.held_on <= t.due_on).fill_null(False) & t.closed).cast("float64"),
        out_of=ibis.literal(1.0),
    )


def _objectives(facts: Facts, as_of: date) -> ibis.Table:
    o = real_accounts(facts.table("objective"), facts.table("account"))
    return o.filter(o.due_on <= as_of)


def _units(o: ibis.Table, counted: ibis.Value) -> ibis.Table:
    return o.select(
        "shop_id",
        customer_id=ibis.null("int64"),
        unit_id=o.objective_id,
        anchor=o.due_on,
        matures_on=o.due_on,
        counted=counted.fill_null(False).cast("float64"),
        out_of=ibis.literal(1.0),
    )


_OBJECTIVES = {
    "unit": "objectives",
    "out_of": "objectives due by the day, agreed with the customer or not",
    "window": "objectives due in the twelve months ending on the day",
    "needs": ("objective",),
    "left_out": ("test accounts",),
    "opens": "objective",
}


@metric(
    number="M49",
    name="Verified outcomes",
    question="Of the objectives that were due, how many has the customer confirmed with evidence?",
    counted="were confirmed by the customer, who pointed to evidence",
    differs="That a plan exists, or that work was delivered, is no outcome: see outcomes_delivered (M49b).",
    **_OBJECTIVES,
    **_DUE,
)
def verified_outcomes(facts: Facts, as_of: date) -> ibis.Table:
    o = _objectives(facts, as_of)
    return _units(o, (o.verified_on <= as_of) & (o.evidence.fill_null("").strip() != ""))


@metric(
    number="M49b",
    name="Delivered outcomes",
    question="Of the objectives that were due, of how many do we say that our work is done?",
    counted="were delivered, as we say",
    better="neither",
    differs="What the vendor says of itself; it carries no target.",
    **_OBJECTIVES,
    **_DUE,
)
def outcomes_delivered(facts: Facts, as_of: date) -> ibis.Table:
    o = _objectives(facts, as_of)
    return _units(o, o.delivered_on <= as_of)
