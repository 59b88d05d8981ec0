"""What customers spend: M11, M30, M31, refund share, and what returning customers bring."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.commerce.calendar import months_before
from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.month_bucket import as_day

NET = "net merchandise: gross − discounts − returns, without tax, shipping, tips and gift cards"
PLACED = "merchandise as ordered: gross − discounts, before returns"
GUESTS = "an order of an unknown buyer is a unit of its own"


def money_units(m: ibis.Table, counted: ibis.Value, out_of: ibis.Value | None = None) -> ibis.Table:
    """Unit rows from customer_year or customer_month."""
    return m.select(
        "shop_id",
        "customer_id",
        "unit_id",
        anchor=m.anchor,
        matures_on=m.anchor,
        counted=counted.cast("float64"),
        out_of=ibis.literal(1.0) if out_of is None else out_of.cast("float64"),
    )


def _placed(m: ibis.Table) -> ibis.Table:
    """Of everybody who placed an order; a loose refund alone is no order."""
    return m.filter(m.orders > 0)


def _known(m: ibis.Table) -> ibis.Table:
    return m.filter(m.customer_id.notnull())


def _order_value(m: ibis.Table) -> ibis.Table:
    m = _placed(m)
    return money_units(m, m.placed_minor, m.orders)


@metric(
    number="M11",
    name="Average order value",
    question="What is an order worth when it is placed?",
    aliases=("aov",),
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
    series=lambda facts, as_of: _order_value(facts.customer_month(as_of)),
    each=_order_value,
    weeks=lambda facts, as_of, days: _order_value(facts.customer_week(as_of, days)),
)
def average_order_value(facts: Facts, as_of: date) -> ibis.Table:
    return _order_value(facts.customer_year(as_of))


def _order_value_net(m: ibis.Table) -> ibis.Table:
    m = _placed(m)
    return money_units(m, m.placed_minor - m.returned_minor, m.orders)


@metric(
    number="M11b",
    name="Average order value, net",
    question="What is an order worth after what came back?",
    aliases=("aov_net",),
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
    series=lambda facts, as_of: _order_value_net(facts.customer_month(as_of)),
    each=_order_value_net,
    weeks=lambda facts, as_of, days: _order_value_net(facts.customer_week(as_of, days)),
)
def average_order_value_net(facts: Facts, as_of: date) -> ibis.Table:
    return _order_value_net(facts.customer_year(as_of))


def _growth_by_month(m: ibis.Table, as_of: date) -> ibis.Table:
    """Each month against the same month a year before; a month that is not over against the same days."""
    whose = ("shop_id", "customer_id", "unit_id")
    this = m.select(*whose, "month", "net_minor")
    later = as_day(m.month + ibis.interval(months=12))
    unfinished = later == date(as_of.year, as_of.month, 1)
    same_days = ibis.cases((unfinished, m.upto_minor), else_=m.net_minor).cast("int64")
    before = m.select(*whose, month=later, same_days=same_days)
    before = before.filter(before.month <= as_of)
    both = this.outer_join(before, ["shop_id", "unit_id", "month"])
    either = {name: ibis.coalesce(both[name], both[f"{name}_right"]) for name in (*whose, "month")}
    return both.select(
        *(value.name(name) for name, value in either.items() if name != "month"),
        anchor=either["month"],
        matures_on=either["month"],
        counted=both.net_minor.fill_null(0).cast("float64"),
        out_of=both.same_days.fill_null(0).cast("float64"),
    )


def _growth_in(month: date, m: ibis.Table, as_of: date) -> ibis.Table:
    """One month of it: only that month and the one it is held against are read."""
    grown = _growth_by_month(m.filter((m.month == month) | (m.month == months_before(month, 12))), as_of)
    return grown.filter(grown.anchor == month)


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
    reach_months=12,
    basis=NET,
    left_out=(GUESTS,),
    differs="Refunds count on their order's day, not on the day of the refund as in a profit and loss report.",
    series=lambda facts, as_of: _growth_by_month(facts.customer_month(as_of), as_of),
    point=lambda facts, as_of, month: _growth_in(month, facts.customer_month(as_of), as_of),
)
def revenue_growth(facts: Facts, as_of: date) -> ibis.Table:
    m = facts.customer_year(as_of)
    units = m.group_by("shop_id", "customer_id", "unit_id").agg(
        counted=m.net_minor.sum(where=m.year_back == 0).fill_null(0).cast("float64"),
        out_of=m.net_minor.sum(where=m.year_back == 1).fill_null(0).cast("float64"),
    )
    return units.mutate(anchor=ibis.date(as_of), matures_on=ibis.date(as_of))


def _per_customer(m: ibis.Table) -> ibis.Table:
    m = _known(m)
    return money_units(m, m.net_minor)


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
    series=lambda facts, as_of: _per_customer(facts.customer_month(as_of)),
    each=_per_customer,
    weeks=lambda facts, as_of, days: _per_customer(facts.customer_week(as_of, days)),
)
def revenue_per_customer(facts: Facts, as_of: date) -> ibis.Table:
    return _per_customer(facts.customer_year(as_of))


def _returned(m: ibis.Table) -> ibis.Table:
    m = _placed(m)
    return money_units(m, m.returned_minor, m.placed_minor)


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
    series=lambda facts, as_of: _returned(facts.customer_month(as_of)),
    each=_returned,
    weeks=lambda facts, as_of, days: _returned(facts.customer_week(as_of, days)),
)
def refund_share(facts: Facts, as_of: date) -> ibis.Table:
    return _returned(facts.customer_year(as_of))


def _after_the_first_day(m: ibis.Table) -> ibis.Table:
    m = _known(m)
    return money_units(m, m.net_minor - m.first_minor, m.net_minor)


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
    ends=(0.0, 1.0),
    span="trailing",
    version=1,
    decision="0012",
    needs=("order", "order.customer_id"),
    better="neither",
    basis=NET,
    left_out=("unknown buyers: nobody can say whether they are new",),
    differs="The rest is revenue from new customers. Falls when acquisition works, rises when it stops.",
    series=lambda facts, as_of: _after_the_first_day(facts.customer_month(as_of)),
    weeks=lambda facts, as_of, days: _after_the_first_day(facts.customer_week(as_of, days)),
)
def returning_revenue_share(facts: Facts, as_of: date) -> ibis.Table:
    return _after_the_first_day(facts.customer_year(as_of))
