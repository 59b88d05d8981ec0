"""What customers spend: M11, M30, M31, refund share, and what returning customers bring."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.months import as_day

NET = "net merchandise: gross − discounts − returns, without tax, shipping, tips and gift cards"
PLACED = "merchandise as ordered: gross − discounts, before returns"
GUESTS = "an order of an unknown buyer is a unit of its own"


def _months(facts: Facts, as_of: date, counted: str, out_of: str | None, *, known_only: bool = False) -> ibis.Table:
    """A customer's months with two of their sums: of known buyers, or of all who placed an order."""
    m = facts.customer_month(as_of)
    rows = m.filter(m.customer_id.notnull()) if known_only else m.filter(m.orders > 0)
    return rows.select(
        "shop_id",
        "customer_id",
        "unit_id",
        anchor=rows.anchor,
        matures_on=rows.anchor,
        counted=rows[counted].cast("float64"),
        out_of=rows[out_of].cast("float64") if out_of else ibis.literal(1.0),
    )


@metric(
    number="M11",
    name="Average order value",
    question="What is an order worth when it is placed?",
    unit="customers",
    counted="merchandise ordered, after discounts",
    out_of="orders",
    window="orders placed in the twelve months ending on the day",
    kind="ratio",
    scale="money",
    span="trailing",
    version=1,
    decision="0012",
    needs=("order",),
    basis=PLACED,
    left_out=("orders without merchandise (gift cards only, zero value)", "cancelled and test orders", GUESTS),
    differs=(
        "Shopify's definition since 2023. WooCommerce takes refunds off on their own day; some reports add tax"
        " and shipping."
    ),
    source="metrics.md M11",
    by_month=True,
)
def average_order_value(facts: Facts, as_of: date) -> ibis.Table:
    return _months(facts, as_of, "placed_minor", "orders")


@metric(
    number="M11b",
    name="Average order value, net",
    question="What is an order worth after what came back?",
    unit="customers",
    counted="merchandise ordered, after discounts and returns",
    out_of="orders",
    window="orders placed in the twelve months ending on the day",
    kind="ratio",
    scale="money",
    span="trailing",
    version=1,
    decision="0012",
    needs=("order",),
    basis="net merchandise by the order's day: what came back is taken off the order it belongs to",
    left_out=("refunds that fit no order", GUESTS),
    differs="Falls after the fact as returns arrive; recent months are the least settled.",
    source="metrics.md M11",
    by_month=True,
)
def average_order_value_net(facts: Facts, as_of: date) -> ibis.Table:
    m = facts.customer_month(as_of)
    rows = m.filter(m.orders > 0)
    return rows.select(
        "shop_id",
        "customer_id",
        "unit_id",
        anchor=rows.anchor,
        matures_on=rows.anchor,
        counted=(rows.placed_minor - rows.returned_minor).cast("float64"),
        out_of=rows.orders.cast("float64"),
    )


def _growth_by_month(facts: Facts, as_of: date) -> ibis.Table:
    """Each month against the same month a year before; a month that is not over against the same days."""
    m = facts.customer_month(as_of)
    whose = ("shop_id", "customer_id", "unit_id")
    this = m.select(*whose, anchor=m.month, counted=m.net_minor.cast("float64"), out_of=0.0)
    # Of the month a year ago, the days after as_of's own are in year_back 0: they have no counterpart yet.
    past = m.filter(m.year_back >= 1)
    later = as_day(past.month + ibis.interval(months=12))
    before = past.select(*whose, anchor=later, counted=0.0, out_of=past.net_minor.cast("float64"))
    both = this.union(before)
    return both.filter(both.anchor <= as_of).mutate(matures_on=both.anchor)


@metric(
    number="M30",
    name="Revenue growth",
    question="How much more net merchandise was bought than in the twelve months before?",
    unit="customers",
    counted="net merchandise of the twelve months ending on the day",
    out_of="net merchandise of the twelve months before",
    window="twelve months against the twelve before",
    kind="growth",
    scale="share",
    span="state",
    version=1,
    decision="0012",
    needs=("order",),
    needs_months=24,
    basis=NET,
    left_out=(GUESTS,),
    differs="Refunds count on their order's day, not on the day of the refund as in a profit and loss report.",
    source="metrics.md M30",
    series=_growth_by_month,
    by_month=True,
)
def revenue_growth(facts: Facts, as_of: date) -> ibis.Table:
    m = facts.customer_month(as_of)
    rows = m.filter(m.year_back <= 1)
    net = rows.net_minor.cast("float64")
    return rows.select(
        "shop_id",
        "customer_id",
        "unit_id",
        anchor=ibis.date(as_of),
        matures_on=ibis.date(as_of),
        counted=ibis.cases((rows.year_back == 0, net), else_=0.0),
        out_of=ibis.cases((rows.year_back == 1, net), else_=0.0),
    )


@metric(
    number="M31",
    name="Revenue per customer",
    question="What does a customer who buys spend in a year, after returns?",
    unit="customers",
    counted="net merchandise of a customer",
    out_of="customers who bought or returned something in the window",
    window="twelve months ending on the day",
    kind="mean",
    scale="money",
    span="trailing",
    version=1,
    decision="0012",
    needs=("order", "order.customer_id"),
    basis=NET,
    left_out=("unknown buyers: they cannot be told apart",),
    differs="Per purchaser, for reports. An experiment divides by everybody assigned; never compare the two.",
    source="metrics.md M31",
    by_month=True,
)
def revenue_per_customer(facts: Facts, as_of: date) -> ibis.Table:
    return _months(facts, as_of, "net_minor", None, known_only=True)


@metric(
    number="M60",
    name="Refund share",
    question="How much of the merchandise ordered came back?",
    unit="customers",
    counted="merchandise given back, by its order's day",
    out_of="merchandise ordered, after discounts",
    window="orders placed in the twelve months ending on the day",
    kind="ratio",
    scale="share",
    span="trailing",
    version=1,
    decision="0012",
    needs=("order", "refund"),
    better="down",
    basis=PLACED,
    left_out=("refunds that fit no order", GUESTS),
    differs="By value, not by number of orders. Recent orders may still be returned.",
    source="metrics.md C6",
    by_month=True,
)
def refund_share(facts: Facts, as_of: date) -> ibis.Table:
    return _months(facts, as_of, "returned_minor", "placed_minor")


@metric(
    number="M62",
    name="Revenue from returning customers",
    question="How much of net merchandise comes from customers after their first day of buying?",
    unit="customers",
    counted="net merchandise bought after the customer's first day",
    out_of="net merchandise of known customers",
    window="twelve months ending on the day",
    kind="ratio",
    scale="share",
    span="trailing",
    version=1,
    decision="0012",
    needs=("order", "order.customer_id"),
    better="neither",
    basis=NET,
    left_out=("unknown buyers: nobody can say whether they are new",),
    differs="The rest is revenue from new customers. Falls when acquisition works, rises when it stops.",
    source="metrics.md M30, split",
    by_month=True,
)
def returning_revenue_share(facts: Facts, as_of: date) -> ibis.Table:
    m = facts.customer_month(as_of)
    rows = m.filter(m.customer_id.notnull())
    return rows.select(
        "shop_id",
        "customer_id",
        "unit_id",
        anchor=rows.anchor,
        matures_on=rows.anchor,
        counted=(rows.net_minor - rows.first_minor).cast("float64"),
        out_of=rows.net_minor.cast("float64"),
    )
