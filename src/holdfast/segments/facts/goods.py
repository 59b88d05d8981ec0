"""What kinds of goods a customer prefers: their share of spending on a kind, against the shop's share (0121)."""

from __future__ import annotations

import ibis

from holdfast.segments.facts.declare import ASKED, KEY, Fact, Source
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.tables import TABLES

LEAST_DAYS = 2  # days on which something of the kind was bought; once is no preference
LEAST_TIMES = 1.5  # the shop's share


def of_kind() -> ibis.Table:
    """As of each day: KEY, the kind of goods, the days on which something of it was bought, and what for (gross less
    the line's own discount, shop money, of orders that were kept)."""
    p = TABLES["product"].unbound()
    p = p.filter(p.type.notnull(), p.type.strip() != "").select("product_id", type=p.type.strip().lower())
    lines = TABLES["order_line"].unbound()
    sold = lines.filter(lines.kind == "merchandise").join(p, "product_id")
    paid = sold.gross_minor - ibis.coalesce(sold.discount_minor, 0)
    of_order = sold.group_by("order_id", "type").agg(spent=paid.sum().cast("int64"))
    o = unbound("order_value")
    o = o.filter(o.counts, o.customer_id.notnull(), o.void_on.isnull(), o.shop_money)
    o = o.select("order_id", "shop_id", "customer_id", day="placed_on").join(of_order, "order_id")
    told = ASKED.join(o, o.day <= ASKED.as_of)
    return told.group_by(*KEY, "type").agg(days=told.day.nunique(), spent=told.spent.sum().cast("int64"))


def affinity() -> ibis.Table:
    """KEY, type, days, spent, share of what the customer spent, and `times` the share that the shop sold of it."""
    k = of_kind()
    own, of_shop = ibis.window(group_by=list(KEY)), ibis.window(group_by=["as_of", "shop_id"])
    of_type = ibis.window(group_by=["as_of", "shop_id", "type"])
    whole, sold = k.spent.sum().over(own), k.spent.sum().over(of_type).cast("float64")
    sold_all = k.spent.sum().over(of_shop)
    k = k.mutate(
        share=k.spent.cast("float64") / whole.nullif(0), sold=sold / sold_all.nullif(0), kinds=k.count().over(own)
    )
    return k.mutate(times=k.share / k.sold.nullif(0))


def goods(several: bool) -> ibis.Table:
    a = affinity()
    prefers = ((a.days >= LEAST_DAYS) & (a.times >= LEAST_TIMES)).fill_null(False)
    # Of two kinds for the same money, the one that comes first by name.
    by_share = ibis.window(group_by=list(KEY), order_by=[ibis.desc(a.spent), a.type])
    a = a.mutate(prefers=prefers, place=ibis.row_number().over(by_share))
    return a.group_by(*KEY).agg(
        kinds=a.kinds.max(),
        prefers=a.type.collect(where=a.prefers),
        main_kind=a.type.max(where=a.place == 0),
        main_share=a.share.max(where=a.place == 0),
    )


GOODS = Source(
    "goods", goods, "product.type",
    (
        Fact("prefers", "kinds of goods preferred", "words"),
        Fact("main_kind", "kind of goods bought for the most money", "word"),
        Fact("main_share", "share of money spent on that kind", "number", "share"),
        Fact("kinds", "kinds of goods bought", "number", "times"),
    ),
)  # fmt: skip
