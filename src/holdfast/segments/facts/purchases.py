"""What purchases say: how long ago, how often, for how much, how the buyer stands, and their place among others."""

from __future__ import annotations

import ibis

from holdfast.segments.facts.declare import ASKED, KEY, RULED, Fact, Source
from holdfast.segments.states import OWN_GAPS, RULES, STATES, Seen
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.marts.usual_gap import QUANTILE_OF_GAPS, quantiles_of_gaps

SCORES, DECILES = 5, 10


def purchases(several: bool) -> ibis.Table:
    """One row a day asked about and customer who had bought by then."""
    told = standing(several)
    told = told.left_join(shop_gaps(), "shop_id").drop("shop_id_right")
    gaps = told.occasions - 1
    span = told.last_on.delta(told.first_on, unit="day").cast("float64")
    own = ibis.cases((gaps >= OWN_GAPS, span / gaps.nullif(0)), else_=told.middle_gap)
    told = told.mutate(since=told.as_of.delta(told.last_on, unit="day").cast("int64"), gap=own)
    seen = Seen(told.since, told.occasions, told.gap, told.last_gap, told.long_gap)
    state = ibis.cases(*((rule.holds(seen).fill_null(False), rule.state) for rule in RULES))
    return told.mutate(
        state=state,
        overdue=told.since / told.gap.nullif(0),
        each_minor=told.money_minor / told.occasions.nullif(0),
        tenure=told.as_of.delta(told.first_on, unit="day").cast("int64"),
        recency_score=_place(told, told.last_on, SCORES),
        frequency_score=_place(told, told.occasions, SCORES),
        money_score=_place(told, told.money_minor, SCORES),
        value_decile=_place(told, told.money_minor, DECILES),
    )


def _place(told: ibis.Table, value: ibis.Value, parts: int) -> ibis.Value:
    """1 … parts, by the share of the shop's buyers whose value is strictly lower: who ties shares a place."""
    everybody = ibis.window(group_by=["as_of", "shop_id"])
    lower = ibis.rank().over(ibis.window(group_by=["as_of", "shop_id"], order_by=value))
    found: ibis.Value = (parts * lower // told.count().over(everybody) + 1).cast("int64")
    return found


def standing(several: bool) -> ibis.Table:
    """As of each day: first_on, last_on, occasions, last_gap, orders and money, which is what was kept of them."""
    day = _days() if several else None
    occasions, sold = _occasions(), _sold()
    if day is None:
        only = ASKED.select("as_of", "place")
        occasions, sold = (only.join(t, t.day <= only.as_of) for t in (occasions, sold))
    else:
        occasions, sold = (t.join(day, "day") for t in (occasions, sold))
    by = ("place", "shop_id", "customer_id")
    o = occasions.group_by(*by).agg(
        first_on=occasions.day.min(), last_on=occasions.day.max(), occasions=occasions.count(),
        last_gap=occasions.gap.argmax(occasions.day),
    )  # fmt: skip
    s = sold.group_by(*by).agg(orders=sold.count(), money_minor=sold.kept.sum().cast("int64"))
    told = o.join(s, by)
    told = _carried(told) if several else told
    return told.join(ASKED, "place").select(
        *KEY, "first_on", "last_on", "occasions", "last_gap", "orders", "money_minor"
    )


def _carried(told: ibis.Table) -> ibis.Table:
    """Sums of the days up to each day asked about, on every one of them until the next purchase."""
    upto = ibis.cumulative_window(group_by=["shop_id", "customer_id"], order_by="place")
    turn = ibis.window(group_by=["shop_id", "customer_id"], order_by="place")
    t = told.mutate(
        first_on=told.first_on.min().over(upto),
        **{name: told[name].sum().over(upto).cast("int64") for name in ("occasions", "orders", "money_minor")},
        until=told.place.lead().over(turn),
    )
    days = ASKED.place.max().as_scalar() + 1
    return t.mutate(place=ibis.range(t.place, ibis.coalesce(t.until, days)).unnest()).drop("until")


def _days() -> ibis.Table:
    """Each day on which somebody bought, with the place of the first day asked about that sees it."""
    days = unbound("purchase").select("day").distinct()
    told = ASKED.join(days, days.day <= ASKED.as_of)
    return told.group_by("day").agg(place=told.place.min())


def _occasions() -> ibis.Table:
    """Every day on which somebody bought, with the days since their last one before; null for the first."""
    p = unbound("purchase")
    first = p.filter(p.seq == 0).select("shop_id", "customer_id", "day", gap=ibis.null("int64"))
    later = p.filter(p.next_on.notnull())
    gap = later.next_on.delta(later.day, unit="day").cast("int64")
    return first.union(later.select("shop_id", "customer_id", day="next_on", gap=gap))


def _sold() -> ibis.Table:
    o = unbound("order_value")
    o = o.filter(o.counts, o.customer_id.notnull(), o.void_on.isnull())
    kept = ibis.cases((o.shop_money, o.placed_minor - o.returned_minor), else_=0)
    return o.select("shop_id", "customer_id", day="placed_on", kept=kept)


def shop_gaps() -> ibis.Table:
    """One row a shop: long_gap and middle_gap, of the gaps that were over by the day whose rules hold."""
    p = unbound("purchase")
    p = p.filter(p.next_on <= RULED.as_of.max().as_scalar())
    return quantiles_of_gaps(p, {"long_gap": QUANTILE_OF_GAPS, "middle_gap": 0.5})


PURCHASES = Source(
    "purchases", purchases, "order.customer_id",
    (
        Fact("state", "state", "word", choices=STATES),
        Fact("recency", "days since the last purchase", "number", "days", "since"),
        Fact("frequency", "days on which they bought", "number", "times", "occasions"),
        Fact("orders", "orders", "number", "times"),
        Fact("money", "money kept of their orders", "number", "money", "money_minor"),
        Fact("money_each", "money on each day they bought", "number", "money", "each_minor"),
        Fact("first_purchase", "first purchase", "day", column="first_on"),
        Fact("last_purchase", "last purchase", "day", column="last_on"),
        Fact("tenure", "days since the first purchase", "number", "days"),
        Fact("usual_gap", "usual days between purchases", "number", "days", "gap"),
        Fact("overdue", "usual gaps since the last purchase", "number", "times"),
        Fact("last_gap", "days between the last two purchases", "number", "days"),
        Fact("recency_score", "recency score, 5 the latest", "number", "score"),
        Fact("frequency_score", "frequency score, 5 the most often", "number", "score"),
        Fact("money_score", "money score, 5 the most", "number", "score"),
        Fact("recency_class", "recency class by own cuts, 5 the latest", "number", "score", cut="recency"),
        Fact("frequency_class", "frequency class by own cuts, 5 the most", "number", "score", cut="frequency"),
        Fact("money_class", "money class by own cuts, 5 the most", "number", "score", cut="money"),
        Fact("value_decile", "tenth by money so far, 10 the most", "number", "score"),
    ),
)  # fmt: skip
