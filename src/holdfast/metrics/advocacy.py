"""Who speaks for the shop, and how it stands in its market: M56 by proxies with names, M55 as a figure from outside."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.month_bucket import as_day, bucket

NO_MONEY = "Nobody can say what a brand is worth in money; this is one thing that can be counted."
ONE = ibis.literal(1.0)


def _untold(facts: Facts, as_of: date) -> ibis.Table:
    """The few orders that the marts of customers do not tell of: referred ones, and those in other money."""
    o = facts.order_value()
    referred = o.channel.lower().contains("refer").fill_null(False)
    elsewhere = ~o.shop_money.fill_null(False)
    kept = o.filter(o.counts, o.placed_on <= as_of, referred | elsewhere)
    return kept.mutate(
        unit_id=ibis.coalesce(kept.customer_id, -kept.order_id),
        referred=kept.channel.lower().contains("refer").fill_null(False).cast("int64"),
        elsewhere=(~kept.shop_money.fill_null(False)).cast("int64"),
    )


def _buyers(told: ibis.Table, untold: ibis.Table, period: str, of: ibis.Value) -> ibis.Table:
    """One row per buyer and period; an order of an unknown buyer is a unit of its own.

    told: customer_month or customer_year. Grouping all orders once more to find a few costs more than any other metric.
    """
    keys = ["shop_id", "unit_id", period]
    few = untold.group_by("shop_id", "unit_id", **{period: of}).agg(
        last_on=untold.placed_on.max(), referred=untold.referred.sum(), elsewhere=untold.elsewhere.sum()
    )
    both = told.filter(told.orders > 0).select(*keys, "anchor", "orders").outer_join(few, keys)
    unit = ibis.coalesce(both.unit_id, both.unit_id_right)
    anchor = ibis.greatest(ibis.coalesce(both.anchor, both.last_on), ibis.coalesce(both.last_on, both.anchor))
    return both.select(
        shop_id=ibis.coalesce(both.shop_id, both.shop_id_right),
        customer_id=ibis.cases((unit > 0, unit)),
        unit_id=unit,
        anchor=anchor,
        matures_on=anchor,
        counted=both.referred.fill_null(0).cast("float64"),
        out_of=(both.orders.fill_null(0) + both.elsewhere.fill_null(0)).cast("float64"),
    )


def _referrals_by_month(facts: Facts, as_of: date) -> ibis.Table:
    untold = _untold(facts, as_of)
    return _buyers(facts.customer_month(as_of), untold, "month", as_day(untold.placed_on.truncate("M")))


@metric(
    number="M56",
    name="Orders from referrals",
    question="How many orders come because somebody recommended the shop?",
    unit="customers",
    counted="orders whose channel says referral",
    out_of="orders",
    window="orders placed in the twelve months ending on the day",
    kind="ratio",
    scale="share",
    ends=(0.0, 1.0),
    span="trailing",
    version=1,
    decision="0029",
    needs=("order", "order.channel"),
    left_out=("recommendations that no channel tells of: the true share is higher",),
    differs=NO_MONEY + " Web analytics call any link from another site a referral.",
    series=_referrals_by_month,
)
def referral_order_share(facts: Facts, as_of: date) -> ibis.Table:
    untold = _untold(facts, as_of)
    untold = untold.mutate(year_back=bucket(untold.placed_on, as_of) // 12).filter(lambda t: t.year_back <= 1)
    return _buyers(facts.customer_year(as_of), untold, "year_back", untold.year_back)


def _reviews(facts: Facts, as_of: date, rating: bool) -> ibis.Table:
    r = facts.mart("review_day")
    r = r.filter(r.written_on <= as_of)
    return r.select(
        "shop_id",
        "customer_id",
        "writers",
        unit_id=r.review_id,
        anchor=r.written_on,
        matures_on=r.written_on,
        counted=r.rating if rating else ONE,
        out_of=ONE,
    )


@metric(
    number="M56b",
    name="Rating in reviews",
    question="How do those who write reviews rate the shop and its products, from 1 to 5?",
    unit="reviews",
    counted="points from 1 to 5, added up",
    out_of="reviews",
    window="reviews written in the twelve months ending on the day",
    kind="mean",
    scale="mean_1_5",
    span="trailing",
    version=1,
    decision="0029",
    needs=("review",),
    differs="Shops show all reviews ever written. Who writes is no sample of the customers: see M36b for those asked.",
    own=("writers",),
    opens="review",
)
def review_rating(facts: Facts, as_of: date) -> ibis.Table:
    return _reviews(facts, as_of, True)


@metric(
    number="M56c",
    name="Reviews written",
    question="How many reviews did people write?",
    unit="reviews",
    counted="reviews",
    out_of="the same reviews: a count, not a share",
    window="reviews written in the twelve months ending on the day",
    kind="total",
    scale="count",
    span="trailing",
    version=1,
    decision="0029",
    needs=("review",),
    differs=NO_MONEY,
    own=("writers",),
    opens="review",
)
def reviews_written(facts: Facts, as_of: date) -> ibis.Table:
    return _reviews(facts, as_of, False)


@metric(
    number="M56d",
    name="References given",
    question="How often did a customer agree to speak for the shop?",
    unit="references",
    counted="references agreed to",
    out_of="the same references: a count, not a share",
    window="agreed in the twelve months ending on the day",
    kind="total",
    scale="count",
    span="trailing",
    version=1,
    decision="0029",
    needs=("event", "reference"),
    left_out=("events that no declaration of acts calls a reference",),
    differs=NO_MONEY,
    opens="event",
)
def references_given(facts: Facts, as_of: date) -> ibis.Table:
    a = facts.mart("customer_act")
    a = a.filter(a.act == "reference", a.acted_on <= as_of)
    return a.select(
        "shop_id", "customer_id", unit_id=a.act_id, anchor=a.acted_on, matures_on=a.acted_on, counted=ONE, out_of=ONE
    )


def _market_share(facts: Facts, as_of: date) -> ibis.Table:
    """One row per figure that a shop brought, with who states it for which day."""
    f = facts.table("outside_figure")
    named = f.figure.replace(" ", "_") == "market_share"
    f = f.filter(named, f.stands_on <= as_of, f["value"].between(0, 1))
    return f.select(
        "shop_id",
        customer_id=ibis.null("int64"),
        unit_id=f.shop_id,
        anchor=f.stands_on,
        matures_on=f.stands_on,
        counted=f["value"].cast("float64"),
        out_of=ONE,
        source=f["source"] + ", for " + f.stands_on.strftime("%Y-%m-%d"),
    )


@metric(
    number="M55",
    name="Market share",
    question="Which part of its market does the shop have, according to somebody who knows the market?",
    unit="figures from outside",
    counted="the newest figure that was brought",
    out_of="one figure: nothing is computed",
    window="the newest figure that speaks of the day or an earlier one",
    kind="stated",
    scale="share",
    span="state",
    version=1,
    decision="0029",
    needs=("outside_figure",),
    left_out=("figures below 0 or above 1: a share is written as a fraction",),
    differs="Sales of a whole market are known outside only, so this is somebody else's number with their name on it.",
    opens="outside_figure",
    series=_market_share,
)
def market_share(facts: Facts, as_of: date) -> ibis.Table:
    told = _market_share(facts, as_of)
    newest = told.group_by("shop_id").agg(newest=told.anchor.max())
    return told.join(newest, "shop_id").filter(lambda t: t.anchor == t.newest).drop("newest")
