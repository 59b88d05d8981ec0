"""What a new customer costs: M01, loaded, media only, lagged, and by channel as attribution."""

from __future__ import annotations

from datetime import date, timedelta

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.month_bucket import as_day

_UNIT = 1000  # a unit's id: (shop × 100,000 + months since year 0) × 1000 + the channel's place
WHOLE = "calendar months that are over, in the twelve months ending on the day"
KEPT_OUT = ("spending on customers one has (purpose retention)", "costs in another currency than the shop's")


def _new_customers(facts: Facts, as_of: date) -> ibis.Table:
    h = facts.history(as_of)
    return h.select(
        "shop_id",
        month=as_day(h.first_on.truncate("M")),
        channel=h.channel.strip().lower(),
        cost=ibis.literal(0.0),
        customers=ibis.literal(1.0),
    )


def _costs(facts: Facts, *, loaded: bool, lag: int) -> ibis.Table:
    c = facts.mart("acquisition_cost")
    if not loaded:
        c = c.filter(c.media_minor != 0)
    return c.select(
        "shop_id",
        "channel",
        month=_later(c.month, lag),
        cost=c.media_minor + c.other_minor if loaded else c.media_minor,
        customers=ibis.literal(0.0),
    ).select("shop_id", "month", "channel", "cost", "customers")


def _reach(facts: Facts, as_of: date, *, loaded: bool, lag: int) -> ibis.Table:
    """Per shop, the first month of which costs and orders are told whole, and the last of which costs are."""
    reach, h = facts.mart("acquisition_reach"), facts.history(as_of)
    since, last = reach.media_from, reach.media_until
    if loaded:
        since, last = ibis.greatest(since, reach.other_from), ibis.least(last, reach.other_until)
        reach = reach.filter(reach.other_from.notnull())
    told = reach.select("shop_id", since=_later(since, lag), last=_later(last, lag))
    began = h.group_by("shop_id").agg(began=as_day(h.first_on.min().truncate("M")))
    told = told.join(began, "shop_id")
    return told.select("shop_id", "last", since=ibis.greatest(told.since, told.began))


def _later(month: ibis.Value, months: int) -> ibis.Value:
    return as_day(month + ibis.interval(months=months)) if months else month


def _months(facts: Facts, as_of: date, *, loaded: bool, lag: int = 0, by_channel: bool = False) -> ibis.Table:
    """One row per shop and month that is over (and channel): cost, and the customers who first bought in it.

    Only months of which costs and orders are told whole; later ones are open.
    """
    rows = _new_customers(facts, as_of).union(_costs(facts, loaded=loaded, lag=lag))
    if not by_channel:
        rows = rows.mutate(channel=ibis.null("string"))
    told = rows.group_by("shop_id", "month", "channel").agg(cost=rows.cost.sum(), customers=rows.customers.sum())
    told = told.join(_reach(facts, as_of, loaded=loaded, lag=lag), "shop_id")
    ends = as_day(as_day(told.month + ibis.interval(months=1)) - ibis.interval(days=1))
    told = told.mutate(ends=ends).filter(told.month >= told.since, ends <= as_of)
    place = ibis.dense_rank().over(ibis.window(group_by="shop_id", order_by=told.channel))
    number = (told.month.year() * 12 + told.month.month() - 1).cast("int64")
    return told.select(
        "shop_id",
        "channel",
        customer_id=ibis.null("int64"),
        unit_id=(told.shop_id * 100_000 + number) * _UNIT + (place if by_channel else 0),
        anchor=told.ends,
        matures_on=ibis.cases((told.month <= told.last, told.ends), else_=ibis.date(as_of + timedelta(days=1))),
        counted=told.cost,
        out_of=told.customers,
    )


_COST = {
    "unit": "months",
    "out_of": "new customers",
    "kind": "quotient",
    "scale": "money",
    "span": "trailing",
    "version": 1,
    "decision": "0040",
    "better": "down",
    "opens": "acquisition_month",
}
_LOADED = ("ad_spend", "acquisition_cost", "order.customer_id")


@metric(
    number="M01",
    name="Customer acquisition cost",
    question="What does it cost to win a customer, with everything that is spent on it?",
    aliases=("cac", "cac_loaded"),
    counted="advertising, agency, tools and salaries spent on winning customers",
    window=f"{WHOLE}; cost and customers of the same month",
    needs=_LOADED,
    basis="cost: what the files of advertising and of other costs say, without what keeps customers",
    left_out=(*KEPT_OUT, "costs that do not say what they are for", "sign-ups: only who bought is a customer"),
    differs=(
        "Advertising tools divide their own spend by what they count as conversions: see acquisition_cost_media (M01b)."
        " A figure that adds the cost of onboarding is higher. The interval says how much months differ."
    ),
    **_COST,
)
def acquisition_cost(facts: Facts, as_of: date) -> ibis.Table:
    return _months(facts, as_of, loaded=True).drop("channel")


@metric(
    number="M01b",
    name="Customer acquisition cost, media only",
    question="How much advertising is spent for each new customer?",
    aliases=("cac_media",),
    counted="advertising spent on winning customers",
    window=f"{WHOLE}; cost and customers of the same month",
    needs=("ad_spend", "order.customer_id"),
    basis="cost: what the files of advertising say, without what keeps customers",
    left_out=(*KEPT_OUT, "agency, tools and salaries"),
    differs="What advertising tools call CPA or CAC. It understates: the people who run the advertising are paid too.",
    **_COST,
)
def acquisition_cost_media(facts: Facts, as_of: date) -> ibis.Table:
    return _months(facts, as_of, loaded=False).drop("channel")


@metric(
    number="M01c",
    name="Customer acquisition cost, a month earlier",
    question="What does it cost to win a customer, if money works in the month after it is spent?",
    aliases=("cac_lagged",),
    counted="advertising, agency, tools and salaries of the month before",
    window=f"{WHOLE}; the cost of the month before each",
    needs=_LOADED,
    basis="cost: what the files of advertising and of other costs say, without what keeps customers",
    left_out=(*KEPT_OUT, "costs that do not say what they are for"),
    differs="Reads lower than M01 while spending rises, and higher while it falls.",
    **_COST,
)
def acquisition_cost_lagged(facts: Facts, as_of: date) -> ibis.Table:
    return _months(facts, as_of, loaded=True, lag=1).drop("channel")


@metric(
    number="M01d",
    name="Advertising per new customer by channel, attributed",
    question="How much advertising of each channel is spent for each customer whose first order it is credited with?",
    counted="advertising held against the channel",
    window=f"{WHOLE}; cost and customers of the same month",
    needs=("ad_spend", "ad_spend.channel", "order.channel"),
    basis="cost: what the files of advertising say, without what keeps customers",
    left_out=(*KEPT_OUT, "agency, tools and salaries"),
    differs=(
        "Attribution, not effect: who would have bought anyway is credited to the last channel. Only customers kept"
        " aside from a channel can say what it brings."
    ),
    own=("channel",),
    **(_COST | {"unit": "months of channels"}),
)
def acquisition_cost_by_channel(facts: Facts, as_of: date) -> ibis.Table:
    return _months(facts, as_of, loaded=False, by_channel=True)
