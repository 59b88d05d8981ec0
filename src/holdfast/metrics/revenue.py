"""How much was sold: M63, by the day of the order and by the day of the refund; and who bought twice in a year."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.commerce.calendar import months_before
from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.money import GUESTS, NET, money_units
from holdfast.metrics.shared import shared
from holdfast.warehouse.marts.month_bucket import as_day, bucket

BY_REFUND = "net merchandise: gross − discounts by the order's day, − returns by the day they came back"


def _net(m: ibis.Table) -> ibis.Table:
    return money_units(m, m.net_minor)


@metric(
    number="M63",
    name="Net merchandise revenue",
    question="How much merchandise was sold, after discounts and returns?",
    aliases=("net_revenue", "net_sales"),
    unit="customers",
    counted="net merchandise",
    out_of="customers: a sum, not a share",
    window="orders placed in the twelve months ending on the day",
    kind="total",
    scale="money",
    span="trailing",
    version=1,
    decision="0048",
    needs=("order",),
    basis=NET,
    left_out=("cancelled and test orders", GUESTS),
    differs=(
        "Close to Shopify's net sales without gift cards; Shopify counts cancelled orders and takes refunds off on the"
        " day of the refund (M63b). WooCommerce leaves tips and fees in."
    ),
    series=lambda facts, as_of: _net(facts.customer_month(as_of)),
    each=_net,
)
def net_revenue(facts: Facts, as_of: date) -> ibis.Table:
    return _net(facts.customer_year(as_of))


@shared
def refunds_by_day(facts: Facts, as_of: date) -> ibis.Table:
    """Merchandise that came back, by the day it did: shop_id, unit_id, order_id, valid (the order counts), day, minor.

    What an order got back (never more than it was worth) is spread over its refunds as they came, to the cent; an order
    called refunded that no refund tells of gave back on its own day. Refunds that fit no order stand by themselves.
    """
    o, r = facts.order_value(), facts.refund_value()
    o = o.filter(o.shop_money, o.returned_minor > 0)
    o = o.mutate(unit_id=ibis.coalesce(o.customer_id, -o.order_id))
    mine = r.filter(r.order_id.notnull(), r.shop_money, r.merch_minor > 0)  # as the orders are
    per = mine.group_by("order_id").agg(
        refunds=mine.count(), all_asked=mine.merch_minor.sum(), refunded_on=mine.refunded_on.max()
    )
    told = o.left_join(per, "order_id").drop("order_id_right")
    once = told.filter(told.refunds.fill_null(1) == 1)
    once = once.select(
        "shop_id", "unit_id", "order_id", day=ibis.coalesce(once.refunded_on, once.placed_on), valid=once.counts,
        minor=once.returned_minor,
    )  # fmt: skip
    fitting = once.union(_spread(told.filter(told.refunds > 1), mine))
    loose = r.filter(r.order_id.isnull(), r.shop_money, r.refunded_on.notnull(), r.merch_minor != 0)
    loose = loose.select(
        "shop_id", unit_id=loose.customer_id.fill_null(0), order_id=ibis.null("int64"), day="refunded_on",
        valid=ibis.literal(True), minor=loose.merch_minor,
    )  # fmt: skip
    both = fitting.union(loose)
    return both.filter(both.day <= as_of, both.minor != 0)


def _spread(orders: ibis.Table, refunds: ibis.Table) -> ibis.Table:
    """What came back of orders with several refunds, refund by refund in their order, to the cent."""
    own = refunds.select("refund_id", "order_id", "merch_minor", back_on="refunded_on")
    told = orders.join(own, "order_id")
    upto = told.merch_minor.sum().over(ibis.cumulative_window(group_by="order_id", order_by=["back_on", "refund_id"]))
    told = told.mutate(upto=upto)

    def so_far(asked: ibis.Value) -> ibis.Value:
        return (told.returned_minor * asked.cast("float64") / told.all_asked).round().cast("int64")

    return told.select(
        "shop_id", "unit_id", "order_id", day=ibis.coalesce(told.back_on, told.placed_on), valid=told.counts,
        minor=so_far(told.upto) - so_far(told.upto - told.merch_minor),
    )  # fmt: skip


def _by_refund(m: ibis.Table, facts: Facts, as_of: date, period: str) -> ibis.Table:
    """Rows of customer_year or customer_month, with refunds in the period in which they came back."""
    back = refunds_by_day(facts, as_of)
    back = back.filter(back.valid)
    told = as_day(back.day.truncate("M")) if period == "month" else bucket(back.day, as_of) // 12
    back = back.group_by("shop_id", "unit_id", **{period: told}).agg(back_on=back.day.max(), back=back.minor.sum())
    if period != "month":
        back = back.filter(back[period] <= 1)
    keys = ("shop_id", "unit_id", period)
    placed = m.filter(m.orders > 0).select(*keys, "anchor", "placed_minor")
    # Few units gave back in a period in which they bought nothing: they are told apart, which keeps both joins small.
    told = placed.left_join(back, keys)
    bought = told.select(
        "shop_id", "unit_id", anchor=ibis.greatest(told.anchor, told.back_on.fill_null(told.anchor)),
        minor=told.placed_minor - told.back.fill_null(0),
    )  # fmt: skip
    only = back.anti_join(placed, keys)
    both = bought.union(only.select("shop_id", "unit_id", anchor=only.back_on, minor=-only.back))
    return both.select(
        "shop_id",
        customer_id=ibis.cases((both.unit_id > 0, both.unit_id)),
        unit_id=both.unit_id,
        anchor=both.anchor,
        matures_on=both.anchor,
        counted=both.minor.cast("float64"),
        out_of=ibis.literal(1.0),
    )


@metric(
    number="M63b",
    name="Net merchandise revenue, refunds on their own day",
    question="How much merchandise was sold, less what came back in the same time?",
    unit="customers",
    counted="merchandise ordered, less merchandise that came back in the window",
    out_of="customers: a sum, not a share",
    window="orders placed and refunds made in the twelve months ending on the day",
    kind="total",
    scale="money",
    span="trailing",
    version=1,
    decision="0048",
    needs=("order", "refund"),
    basis=BY_REFUND,
    left_out=("cancelled and test orders", GUESTS),
    differs=(
        "As a profit and loss report, Shopify's sales report and dbt's daily model have it: a month that is over does"
        " not change any more. For customers and cohorts refunds belong to their order (M63)."
    ),
    series=lambda facts, as_of: _by_refund(facts.customer_month(as_of), facts, as_of, "month"),
)
def net_revenue_by_refund_day(facts: Facts, as_of: date) -> ibis.Table:
    return _by_refund(facts.customer_year(as_of), facts, as_of, "year_back")


@metric(
    number="M18c",
    name="Bought twice in the year",
    question="Of the customers who bought in the last twelve months, how many placed two orders or more in them?",
    unit="customers",
    counted="placed two orders or more in the twelve months",
    out_of="customers who bought in the twelve months",
    window="twelve months ending on the day",
    kind="proportion",
    scale="share",
    span="state",
    on_the_day=True,
    version=1,
    decision="0048",
    needs=("order", "order.customer_id"),
    better="neither",
    differs=(
        "The “repeat rate” of many reports. Who first bought last week had no time for a second order, so it falls when"
        " acquisition works; two orders on one day count. M18 waits a year for everybody."
    ),
)
def bought_twice_in_the_year(facts: Facts, as_of: date) -> ibis.Table:
    p = facts.purchase(as_of)
    p = p.filter(p.day > months_before(as_of, 12))
    c = p.group_by("shop_id", "customer_id").agg(orders=p.orders.sum())
    return c.select(
        "shop_id",
        "customer_id",
        unit_id=c.customer_id,
        anchor=ibis.date(as_of),
        matures_on=ibis.date(as_of),
        counted=(c.orders >= 2).cast("float64"),
        out_of=ibis.literal(1.0),
    )
