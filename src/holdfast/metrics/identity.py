"""How far numbers speak of persons: M58, the share of orders and visits that belong to somebody."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.identity.person import PERSON

_DECISION = "0036"


@metric(
    number="M58",
    name="Identity match rate of orders",
    question="Of the orders of the last twelve months, how many belong to somebody we know?",
    unit="orders",
    counted="have a person: a customer number, or an e-mail",
    out_of="orders placed in the twelve months",
    window="twelve months ending on the day",
    kind="proportion",
    scale="share",
    span="trailing",
    version=1,
    decision=_DECISION,
    needs=("order",),
    differs="Where guests have no number, a platform's own customer reports leave their orders out without a word.",
    source="metrics 4.4; base set C7",
)
def identity_match_rate(facts: Facts, as_of: date) -> ibis.Table:
    o = facts.order_value()
    placed = o.filter(o.valid, o.placed_on <= as_of)
    return placed.select(
        "shop_id",
        "customer_id",
        unit_id=-placed.order_id,  # an order, as `rows --unit` opens it
        anchor=placed.placed_on,
        matures_on=placed.placed_on,
        counted=placed.customer_id.notnull().cast("float64"),
        out_of=ibis.literal(1.0),
    )


@metric(
    number="M58b",
    name="Identity match rate of visits",
    question="Of the visits of the last twelve months, how many belong to somebody we know?",
    unit="visits",
    counted="somebody was signed in, or signed in on the same device within 30 days after it",
    out_of="visits of the twelve months that are no robot's",
    window="twelve months ending on the day",
    kind="proportion",
    scale="share",
    span="trailing",
    version=1,
    decision=_DECISION,
    needs=("session",),
    left_out=("robots",),
    differs="Analytics tools know a visit from the sign-in on; here what the same device did before counts too.",
    source="metrics 4.4",
)
def session_match_rate(facts: Facts, as_of: date) -> ibis.Table:
    v = facts.mart("visit")
    seen = v.filter(v.visited_on <= as_of)
    return seen.select(
        "shop_id",
        "customer_id",
        unit_id=seen.session_id,
        anchor=seen.visited_on,
        matures_on=seen.visited_on,
        counted=seen.customer_id.notnull().cast("float64"),
        out_of=ibis.literal(1.0),
    )


@metric(
    number="M58c",
    name="Persons with more than five e-mails",
    question="How many persons gave more than five e-mails, and may be several people, or a clerk?",
    unit="persons",
    counted="gave more than five different e-mails",
    out_of="persons known by the day",
    window="as of the day",
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision=_DECISION,
    needs=("order", "customer_identifier"),
    better="down",
    left_out=("persons of whom no day is known",),
    source="metrics 4.4",
)
def persons_with_many_emails(facts: Facts, as_of: date) -> ibis.Table:
    known = PERSON.filter(PERSON.merged_into.isnull(), PERSON.first_seen_at.date() <= as_of)
    return known.select(
        "shop_id",
        customer_id=known.customer_key,
        unit_id=known.customer_key,
        anchor=ibis.literal(as_of),
        matures_on=ibis.literal(as_of),
        counted=known.many_emails.cast("float64"),
        out_of=ibis.literal(1.0),
    )
