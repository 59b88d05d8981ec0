"""After the purchase: whether parcels come when promised, and whether people stay in touch. M39 and M38b."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.month_bucket import as_day, bucket

DAYS = 30
ACTS = ("review", "registration", "how-to view", "reorder click")


def _delivered(facts: Facts, as_of: date) -> ibis.Table:
    """Parcels that had reached somebody known by as_of; `acted`: an act followed; `closes`: when its 30 days end."""
    p, a = facts.mart("parcel"), facts.mart("customer_act")
    p = p.filter(p.customer_id.notnull(), p.delivered_on <= as_of)
    p = p.mutate(closes=as_day(p.delivered_on + ibis.interval(days=DAYS)))
    a = a.filter(a.act.isin(ACTS), a.customer_id.notnull(), a.acted_on <= as_of)
    met = p.join(a.select("customer_id", "acted_on"), "customer_id")
    met = met.filter(met.acted_on >= met.delivered_on, met.acted_on < met.closes)
    acted = met.select("fulfillment_id").distinct().mutate(acted=ibis.literal(True))
    told = p.left_join(acted, "fulfillment_id").drop("fulfillment_id_right")
    return told.mutate(acted=told.acted.fill_null(False), over=told.closes <= as_of)


def _people(told: ibis.Table, **period: ibis.Value) -> ibis.Table:
    """One row per person and period; parcels whose 30 days still run stand apart from those that count."""
    rows = told.group_by("shop_id", "customer_id", "over", **period).agg(
        unit_id=told.fulfillment_id.min(),
        anchor=told.delivered_on.max(),
        matures_on=told.closes.max(),
        counted=told.acted.max().cast("float64"),
    )
    return rows.mutate(out_of=ibis.literal(1.0)).drop("over", *period)


def _by_month(facts: Facts, as_of: date) -> ibis.Table:
    told = _delivered(facts, as_of)
    return _people(told, month=as_day(told.delivered_on.truncate("M")))


@metric(
    number="M39",
    name="Post-purchase engagement",
    question="Of the people who received something, how many stayed in touch within 30 days?",
    unit="people",
    counted="wrote a review, registered a product, looked up how to use it or clicked to order again",
    out_of="people who received a parcel, with 30 days behind it",
    window="30 days from the delivery of a parcel; parcels delivered in the twelve months ending on the day",
    kind="proportion",
    scale="share",
    span="trailing",
    version=1,
    decision="0028",
    needs=("fulfillment", "fulfillment.delivered_at", "post_purchase_act"),
    left_out=("parcels to nobody known", "events that no declaration of acts names"),
    differs="Whoever receives several parcels counts once, and is engaged when an act follows any of them.",
    opens="fulfillment",
    series=_by_month,
)
def post_purchase_engagement(facts: Facts, as_of: date) -> ibis.Table:
    told = _delivered(facts, as_of)
    told = told.mutate(back=bucket(told.delivered_on, as_of) // 12).filter(lambda t: t.back <= 1)
    return _people(told, back=told.back)


@metric(
    number="M38b",
    name="On-time delivery",
    question="Of the parcels promised for a day, how many came by then?",
    unit="parcels",
    counted="were delivered on the promised day or before",
    out_of="parcels whose promised day is over",
    window="until the end of the promised day",
    kind="proportion",
    scale="share",
    span="trailing",
    version=1,
    decision="0028",
    needs=("fulfillment", "fulfillment.estimated_delivery_at"),
    left_out=("parcels without a promised day", "shipments that were called off"),
    differs="Carriers divide by parcels delivered, so that a parcel that never came is not late.",
    own=("carrier",),
    opens="fulfillment",
)
def on_time_delivery(facts: Facts, as_of: date) -> ibis.Table:
    p = facts.mart("parcel")
    p = p.filter(p.promised_on <= as_of)
    return p.select(
        "shop_id",
        "customer_id",
        "carrier",
        unit_id=p.fulfillment_id,
        anchor=p.promised_on,
        matures_on=as_day(p.promised_on + ibis.interval(days=1)),
        counted=(p.delivered_on <= p.promised_on).fill_null(False).cast("float64"),
        out_of=ibis.literal(1.0),
    )
