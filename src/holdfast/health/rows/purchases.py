"""What orders say: overdue, less often, only with a discount, given back."""

from __future__ import annotations

import ibis

from holdfast.health.rows.declare import ASKED, COLUMNS, HALF, YEAR, of_party, per_party, rows, upto
from holdfast.health.subject import Kind
from holdfast.warehouse.facts import unbound

OVERDUE = 2.0  # an account counts its customers whose last purchase lies longer back than so many usual gaps
OWN_GAPS = 2  # from so many gaps on a party has a usual one of its own: the median


def _orders(kind: Kind) -> ibis.Table:
    o = unbound("order_value")
    return of_party(o.filter(o.counts), kind)


def order_days() -> ibis.Table:
    o = unbound("order_value")
    return o.filter(o.counts).select("shop_id", day="placed_on").distinct()


def occasions(kind: Kind) -> ibis.Table:
    """Day asked about, party and day on which it bought; an order counts until the day all of it had gone back."""
    told = upto(_orders(kind), "placed_on")
    held = told.void_on.isnull() | (told.void_on > told.as_of)
    return told.filter(held).select("as_of", "shop_id", "party", day="placed_on").distinct()


def with_gaps(occasions: ibis.Table) -> ibis.Table:
    """Each with `gap`, the days since the party's purchase before; null for its first."""
    o, by_day = occasions, ibis.window(group_by=["as_of", "shop_id", "party"], order_by="day")
    return o.mutate(gap=o.day.delta(o.day.lag().over(by_day), unit="day").cast("float64"))


def buyers_of_a_year() -> ibis.Table:
    """Day asked about, shop and customer who bought in the year up to it, with the last day on which they did."""
    o = occasions("customer")
    here = o.filter(o.day > o.as_of - ibis.interval(days=YEAR))
    return here.group_by("as_of", "shop_id", "party").agg(last_on=here.day.max())


def gaps(kind: Kind) -> ibis.Table:
    """As told by a day: last_on, occasions, and the usual gap in days: the party's own median, else the shop's."""
    o = with_gaps(occasions(kind))
    told = o.group_by("as_of", "shop_id", "party").agg(
        last_on=o.day.max(), occasions=o.count(), own=o.gap.median(), gaps=o.gap.count()
    )
    shop = o.group_by("as_of", "shop_id").agg(shop_gap=o.gap.median())
    told = told.join(shop, ["as_of", "shop_id"])
    own = ibis.cases((told.gaps >= OWN_GAPS, told.own), else_=ibis.coalesce(told.shop_gap, told.own))
    return told.mutate(gap=own, since=told.as_of.delta(told.last_on, unit="day").cast("float64"))


@rows(
    says="{counted:.0f} days since the last purchase, where {out_of:.0f} are usual",
    says_of_accounts="{counted:,.0f} of {out_of:,.0f} buyers of a year are overdue by their own usual gap",
    days=YEAR,
    needs=("order.customer_id",),
    alive=order_days,
)
def recency(kind: Kind) -> ibis.Table:
    g = gaps(kind)
    g = g.filter(g.gap.notnull())
    if kind == "account":
        g = g.filter(g.since < YEAR)
    gap = ibis.greatest(g.gap, 1.0)
    counted, out_of = (g.since > OVERDUE * gap, ibis.literal(1.0)) if kind == "account" else (g.since, gap)
    return g.mutate(counted=counted, out_of=out_of, n=g.occasions, told_on=g.last_on).select(*COLUMNS).cast(COLUMNS)


@rows(
    says="bought on {n} days of the last half year, {value:+.0%} against the half year before",
    days=2 * HALF,
    needs=("order.customer_id",),
    alive=order_days,
)
def frequency_trend(kind: Kind) -> ibis.Table:
    o = occasions(kind)
    o = o.filter(o.day > o.as_of - ibis.interval(days=2 * HALF))
    now = (o.day > o.as_of - ibis.interval(days=HALF)).cast("int64")
    told = o.group_by("as_of", "shop_id", "party").agg(now=now.sum(), both=o.count(), told_on=o.day.max())
    before = told.both - told.now
    told = told.mutate(counted=told.now - before, out_of=before, n=told.now)
    had = told if kind == "account" else told.filter(told.out_of > 0)  # new buyers are part of an account's trend
    return had.select(*COLUMNS).cast(COLUMNS)


@rows(
    says="{value:.0%} of the merchandise value since {since} was given away as discounts",
    days=YEAR,
    needs=("order.customer_id",),
    alive=order_days,
)
def discount_dependence(kind: Kind) -> ibis.Table:
    told = upto(_orders(kind), "placed_on", YEAR)
    told = told.filter(told.shop_money, told.gross_minor > 0)
    return per_party(told, ibis.least(ibis.greatest(told.discount_minor, 0), told.gross_minor), told.gross_minor)


@rows(
    says="{value:.0%} of the merchandise ordered since {since} went back",
    days=YEAR,
    needs=("order.customer_id",),
    alive=order_days,
)
def refund_share(kind: Kind) -> ibis.Table:
    r = unbound("refund_value")
    r = r.filter(r.order_id.notnull(), r.shop_money)
    back = ASKED.join(r, r.refunded_on <= ASKED.as_of)
    back = back.group_by("as_of", "order_id").agg(back_minor=back.merch_minor.sum())
    told = upto(_orders(kind), "placed_on", YEAR)
    told = told.filter(told.shop_money, told.placed_minor > 0)
    told = told.left_join(back, ["as_of", "order_id"]).drop("as_of_right", "order_id_right")
    given = ibis.least(ibis.greatest(told.back_minor.fill_null(0), 0), told.placed_minor)
    return per_party(told, given, told.placed_minor)
