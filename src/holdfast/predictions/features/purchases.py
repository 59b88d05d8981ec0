"""What purchases say: how long ago, how often, for how much, with what discount, and what came back."""

from __future__ import annotations

import ibis

from holdfast.predictions.features.declare import (
    ASKED,
    HALF,
    MONTH,
    QUARTER,
    YEAR,
    Feature,
    Group,
    Source,
    days_since,
    upto,
    within,
)
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.tables import TABLES

KINDS_KEPT = 62  # kinds of goods are bits of one number; of more, some share a bit


def orders() -> ibis.Table:
    """Purchases of known people, on days, with what they were worth in shop money."""
    o = unbound("order_value")
    o = o.filter(o.counts, o.customer_id.notnull())
    money = {name: ibis.cases((o.shop_money, o[f"{name}_minor"]), else_=0) for name in ("placed", "gross", "discount")}
    return o.select("customer_id", "order_id", "placed_on", "void_on", **money)


def held() -> ibis.Table:
    """Day asked about and purchase; one that went back whole counts until the day it had."""
    told = upto(orders(), "placed_on")
    return told.filter(told.void_on.isnull() | (told.void_on > told.as_of))


def purchases() -> ibis.Table:
    """One row a day asked about and customer who had bought. Several orders of one day are one occasion."""
    o = held()
    in_turn = ibis.window(group_by=["as_of", "customer_id"], order_by="placed_on")
    o = o.mutate(gap=o.placed_on.delta(o.placed_on.lag().over(in_turn), unit="day"))
    occasion = o.gap.isnull() | (o.gap > 0)
    apart = o.gap > 0
    year, half, quarter = (within(o, "placed_on", days) for days in (YEAR, HALF, QUARTER))
    told = o.group_by("as_of", "customer_id").agg(
        first_on=o.placed_on.min(), last_on=o.placed_on.max(),
        occasions=occasion.sum(), gaps=apart.sum(),
        gap=o.gap.cast("float64").median(where=apart),
        gap_spread=o.gap.cast("float64").std(where=apart, how="pop"),
        bought_30=(occasion & within(o, "placed_on", MONTH)).sum(), bought_90=(occasion & quarter).sum(),
        bought_180=(occasion & half).sum(), bought_365=(occasion & year).sum(),
        spent=o.placed.sum(), spent_365=o.placed.sum(where=year).fill_null(0),
        spent_180=o.placed.sum(where=half).fill_null(0), spent_90=o.placed.sum(where=quarter).fill_null(0),
        gross_365=o.gross.sum(where=year & (o.gross > 0)).fill_null(0),
        off_365=ibis.greatest(o.discount, 0).sum(where=year & (o.gross > 0)).fill_null(0),
        # The same quarter of the year before: its days lie ahead, one year on.
        season=(occasion & year & ~within(o, "placed_on", YEAR - QUARTER)).sum(),
    )  # fmt: skip
    older = (told.spent_365 - told.spent_180).cast("float64")
    return told.select(
        "as_of", "customer_id", "occasions", "gaps", "gap", "gap_spread", "bought_30", "bought_90", "bought_365",
        "spent_90", "spent_365", "season",
        since=days_since(told, told.last_on), tenure=days_since(told, told.first_on),
        spent_each=told.spent.cast("float64") / told.occasions.nullif(0),
        bought_trend=(2 * told.bought_180 - told.bought_365).cast("float64") / told.bought_365.nullif(0),
        spent_trend=(told.spent_180 - older) / told.spent_365.nullif(0),
        discount_share=ibis.least(told.off_365, told.gross_365).cast("float64") / told.gross_365.nullif(0),
    )  # fmt: skip


def gone_back() -> ibis.Table:
    """Of what was ordered in a year, the share that had come back by the day."""
    r = unbound("refund_value")
    r = r.filter(r.order_id.notnull(), r.shop_money)
    back = (
        ASKED.join(r, r.refunded_on <= ASKED.as_of)
        .group_by("as_of", "order_id")
        .agg(back=lambda t: t.merch_minor.sum())
    )
    o = upto(orders(), "placed_on", YEAR)
    o = o.filter(o.placed > 0).left_join(back, ["as_of", "order_id"]).drop("as_of_right", "order_id_right")
    given = ibis.least(ibis.greatest(o.back.fill_null(0), 0), o.placed)
    told = o.group_by("as_of", "customer_id").agg(given=given.sum(), placed=o.placed.sum(), refunds=(given > 0).sum())
    return told.select(
        "as_of", "customer_id", "refunds", refund_share=told.given.cast("float64") / told.placed.nullif(0)
    )


def kinds_of_goods() -> ibis.Table:
    """How many kinds of goods were bought in a year."""
    p = TABLES["product"].unbound()
    p = p.filter(p.type.notnull())
    p = p.select(
        "product_id", bit=ibis.literal(1).cast("int64") << (p.type.hash() % KINDS_KEPT + KINDS_KEPT) % KINDS_KEPT
    )
    lines = TABLES["order_line"].unbound()
    sold = lines.filter(lines.kind == "merchandise").join(p, "product_id")
    of_order = sold.group_by("order_id").agg(kinds=sold.bit.bit_or())
    o = held()
    o = o.filter(within(o, "placed_on", YEAR)).join(of_order, "order_id")
    told = o.group_by("as_of", "customer_id").agg(kinds=o.kinds.bit_or())
    bits = [(told.kinds >> place) & 1 for place in range(KINDS_KEPT)]
    return told.select("as_of", "customer_id", kinds=sum(bits[1:], bits[0]))


PURCHASES = Source(
    "purchases", purchases, "order_value",
    (
        Group("recency", "when they last bought", (
            Feature("since", "days since the last purchase", "days"),
            Feature("overdue", "of their usual gap since the last purchase", "times"),
            Feature("bought_30", "days on which they bought in 30", "count", 0.0),
            Feature("bought_90", "days on which they bought in 90", "count", 0.0),
        )),
        Group("rhythm", "how regularly they buy", (
            Feature("gap", "usual days between purchases", "days"),
            Feature("gap_spread", "spread of the days between purchases", "days"),
        ), "no usual time between purchases: bought on one day only"),
        Group("frequency", "how often they buy", (
            Feature("bought_365", "days on which they bought in a year", "count", 0.0),
            Feature("occasions", "days on which they ever bought", "count", 0.0),
            Feature("bought_trend", "change of how often they buy", "share"),
        )),
        Group("money", "what they spend", (
            Feature("spent_365", "spent in a year", "money", 0.0),
            Feature("spent_90", "spent in 90 days", "money", 0.0),
            Feature("spent_each", "spent each time", "money"),
            Feature("spent_trend", "change of what they spend", "share"),
        )),
        Group("tenure", "how long they are customers", (
            Feature("tenure", "days since the first purchase", "days"),
        )),
        Group("discounts", "discounts", (
            Feature("discount_share", "of the value taken off as discounts in a year", "share"),
        )),
        Group("season", "the season", (
            Feature("season", "purchases a year ago in the 90 days that now lie ahead", "count", 0.0),
        )),
    ),
)  # fmt: skip
REFUNDS = Source(
    "refunds", gone_back, "refund_value",
    (
        Group("refunds", "what went back", (
            Feature("refund_share", "of what was bought in a year given back", "share"),
            Feature("refunds", "orders of a year given back in part or whole", "count", 0.0),
        )),
    ),
)  # fmt: skip
GOODS = Source(
    "goods",
    kinds_of_goods,
    "product.type",
    (Group("range", "what they buy", (Feature("kinds", "kinds of goods bought in a year", "count"),)),),
)
