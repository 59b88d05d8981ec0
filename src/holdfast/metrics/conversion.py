"""From known to buying, and from visiting to buying: M02 and M02b."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.month_bucket import as_day

DAYS = 30
ROBOTS = "robots, staff and test profiles"


@metric(
    number="M02",
    name="Lead-to-customer conversion",
    question="Of the people who became known before buying, how many bought within 30 days?",
    unit="leads",
    counted="bought for the first time within 30 days of becoming known",
    out_of="persons known by e-mail, phone or account who had not bought yet, 30 days ago or earlier",
    window="30 days of the shop from the day the person became known",
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0041",
    needs=("lead", "order.customer_id"),
    left_out=(
        ROBOTS,
        "leads that name nobody",
        "people who had bought before",
        "a person's second lead and further ones",
    ),
    differs=(
        "Many tools divide the customers of a month by the leads of that month: when leads grow, that falls though"
        " nobody converts less. Here each lead is followed for its own 30 days."
    ),
    own=("origin",),
    opens="lead",
)
def lead_conversion(facts: Facts, as_of: date) -> ibis.Table:
    lead, h = facts.mart("lead_person"), facts.history(as_of)
    told = lead.filter(lead.created_on <= as_of).left_join(
        h.select("customer_id", "first_at", "first_on"), "customer_id"
    )
    told = told.filter(told.first_at.isnull() | (told.first_at >= told.created_at))
    closes = as_day(told.created_on + ibis.interval(days=DAYS))
    return told.select(
        "shop_id",
        "customer_id",
        "origin",
        unit_id=told.lead_id,
        anchor=told.created_on,
        matures_on=closes,
        counted=(told.first_on < closes).fill_null(False).cast("float64"),
        out_of=ibis.literal(1.0),
    )


def _visits(facts: Facts, as_of: date, *, portal: bool) -> ibis.Table:
    v = facts.mart("checkout_visit")
    v = v.filter(v.visited_on <= as_of, v.portal if portal else ~v.portal)
    return v.select(
        "shop_id",
        "customer_id",
        "channel",
        "device",
        unit_id=v.session_id,
        anchor=v.visited_on,
        matures_on=v.visited_on,
        counted=v.ordered.cast("float64"),
        out_of=ibis.literal(1.0),
    )


_VISITS = {
    "kind": "proportion",
    "scale": "share",
    "span": "trailing",
    "version": 1,
    "decision": "0041",
    "own": ("channel", "device"),
    "opens": "session",
}


@metric(
    number="M02b",
    name="Purchase conversion rate",
    question="Of the visits to the shop, in how many was something bought?",
    unit="visits",
    counted="had at least one completed checkout",
    out_of="visits by people who are no robots",
    window="visits of the twelve months ending on the day, each on the day it began",
    needs=("session", "session.checkout"),
    left_out=(ROBOTS, "signed-in B2B portals: see portal_conversion (M02c)"),
    differs=(
        "Analytics tools count robots they do not know, end visits by rules of their own, and some divide by visitors:"
        " see visitor_conversion (M02d). An experiment divides by everybody assigned, never by visits."
    ),
    **_VISITS,
)
def purchase_conversion(facts: Facts, as_of: date) -> ibis.Table:
    return _visits(facts, as_of, portal=False)


@metric(
    number="M02c",
    name="Purchase conversion rate of B2B portals",
    question="Of the visits to signed-in B2B portals, in how many was something ordered?",
    unit="visits",
    counted="had at least one completed checkout",
    out_of="visits to signed-in B2B portals by people who are no robots",
    window="visits of the twelve months ending on the day, each on the day it began",
    needs=("session", "session.portal"),
    left_out=(ROBOTS,),
    differs="Who signs in to a portal mostly comes to order; mixed with the shop's visits it would flatter them.",
    **_VISITS,
)
def portal_conversion(facts: Facts, as_of: date) -> ibis.Table:
    return _visits(facts, as_of, portal=True)


@metric(
    number="M02d",
    name="Purchase conversion rate of visitors",
    question="Of the people who visit the shop in a month, how many buy in it?",
    unit="visitors",
    counted="completed a checkout in some visit of the month",
    out_of="visitors of a month: persons where known, else devices",
    window="months that began in the twelve months ending on the day",
    needs=("session", "session.checkout"),
    left_out=(ROBOTS, "signed-in B2B portals"),
    differs=(
        "Higher than by visits, since people come several times before they buy. Who comes in two months is counted in"
        " both, so the interval is a little too narrow."
    ),
    **(_VISITS | {"own": ()}),
)
def visitor_conversion(facts: Facts, as_of: date) -> ibis.Table:
    v = facts.mart("checkout_visit")
    v = v.filter(v.visited_on <= as_of, ~v.portal)
    v = v.mutate(month=as_day(v.visited_on.truncate("M")))
    who = v.group_by("shop_id", "visitor", "month").agg(
        customer_id=v.customer_id.max(), unit_id=v.session_id.min(), ordered=v.ordered.max()
    )
    return who.select(
        "shop_id",
        "customer_id",
        "unit_id",
        anchor=who.month,
        matures_on=who.month,
        counted=who.ordered.cast("float64"),
        out_of=ibis.literal(1.0),
    )
