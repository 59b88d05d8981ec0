"""Average order value as other tools compute it, over the same orders: variants of M11 beside the default one.

One table holds a year's orders and refunds with everything a tool may add or leave out; each variant is a sum over it,
and so is each step that leads from a tool's number to ours (`parity`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import ibis

from holdfast.commerce.calendar import months_before
from holdfast.metrics.declare import Facts, Metric, metric
from holdfast.metrics.money import GUESTS
from holdfast.metrics.revenue import refunds_by_day
from holdfast.metrics.shared import shared

YEAR = 12
# What an order is to us: a purchase ("counted"), or why it is none. "loose": a refund that fits no order.
COUNTED, LOOSE, TEST, OWN = "counted", "loose", "test", "own people"
FOR_SHOPIFY = (COUNTED, "cancelled", "voided", "exchange", "no merchandise", OWN, LOOSE)
FOR_WOO = (COUNTED, "exchange", "no merchandise", OWN, TEST, LOOSE)
SUMS = (
    "orders", "placed", "discount", "returned", "tax", "shipping", "tip", "other", "total", "adjusted", "order_back",
    "back", "merch_back",
)  # fmt: skip
Declare = Callable[[Callable[[Facts, date], ibis.Table]], Metric]


def told_orders(facts: Facts, as_of: date) -> ibis.Table:
    """The year's orders and refunds in shop money: shop_id, unit_id, kind, SUMS in minor units (orders: 1 or 0).

    placed: merchandise after discounts, without tax; other: what else the total holds (gift cards, fees); order_back:
    what was given back of this order so far; back, merch_back: what was given back in the year, all of it and its
    merchandise. A refund has the kind of its order.
    """
    since = months_before(as_of, YEAR)
    o, back = facts.order_value(), facts.mart("money_back")
    o = o.filter(o.shop_money, o.placed_on <= as_of)
    sold = _told(o.filter(o.placed_on > since), facts, as_of)
    back = back.filter(back.shop_money, back.back_on > since, back.back_on <= as_of)
    merch = refunds_by_day(facts, as_of)
    merch = merch.filter(merch.day > since)
    # What was given back may be of orders of the years before: of those only what they are is asked.
    given = merch.select("order_id").union(back.select("order_id")).distinct()
    kinds = _kinds(facts.order_value().semi_join(given, "order_id"), facts).select("order_id", "kind")
    back = back.left_join(kinds, "order_id").drop("order_id_right")
    back = back.mutate(unit_id=ibis.coalesce(back.customer_id, -back.order_id, 0), kind=back.kind.fill_null(LOOSE))
    merch = merch.left_join(kinds, "order_id").drop("order_id_right")
    merch = merch.mutate(kind=merch.kind.fill_null(LOOSE))
    return (
        sold.select("shop_id", "unit_id", "kind", **{c: sold[c].cast("int64") for c in SUMS})
        .union(_only(back, back=back.back_minor))
        .union(_only(merch, merch_back=merch.minor))
    )


def _only(rows: ibis.Table, **told: ibis.Value) -> ibis.Table:
    return rows.select("shop_id", "unit_id", "kind", **{c: told.get(c, ibis.literal(0)).cast("int64") for c in SUMS})


def _kinds(o: ibis.Table, facts: Facts) -> ibis.Table:
    """Orders with what each is to us, and what else its source says of its money."""
    t = facts.table("order")
    told = o.join(
        t.select(
            "order_id", "tax_minor", "shipping_minor", "tip_minor", "total_minor", "cancelled_at", "test", "is_exchange"
        ),
        "order_id",
    )
    kind = ibis.cases(
        (told.test.fill_null(False), TEST),
        (told.cancelled_at.notnull(), "cancelled"),
        (told.is_exchange.fill_null(False), "exchange"),
        (told.customer_id.isin(facts.excluded_person().customer_id).fill_null(False), OWN),
        (~told.valid, "voided"),
        (~told.counts, "no merchandise"),
        else_=COUNTED,
    )
    return told.mutate(kind=kind)


def _told(o: ibis.Table, facts: Facts, as_of: date) -> ibis.Table:
    """The parts of each order's money, as SUMS."""
    b, a = facts.mart("money_back"), facts.table("order_adjustment")
    b = b.filter(b.order_id.notnull(), b.shop_money, b.back_on > months_before(as_of, YEAR), b.back_on <= as_of)
    back = b.group_by("order_id").agg(order_back=b.back_minor.sum())
    mended = a.filter(a.order_id.notnull()).group_by("order_id").agg(adjusted=lambda x: x.amount_minor.sum())
    told = _kinds(o, facts).left_join(back, "order_id").drop("order_id_right")
    told = told.left_join(mended, "order_id").drop("order_id_right")
    tax, shipping, tip = (told[c].fill_null(0) for c in ("tax_minor", "shipping_minor", "tip_minor"))
    known = told.placed_minor + tax + shipping + tip
    total = told.total_minor.fill_null(known)
    return told.select(
        "order_id", "shop_id", "kind", unit_id=ibis.coalesce(told.customer_id, -told.order_id),
        orders=ibis.literal(1), placed=told.placed_minor, discount=told.discount_minor, returned=told.returned_minor,
        tax=tax, shipping=shipping, tip=tip, other=total - known, total=total, adjusted=told.adjusted.fill_null(0),
        order_back=told.order_back.fill_null(0), back=ibis.literal(0), merch_back=ibis.literal(0),
    )  # fmt: skip


@shared
def told_buyers(facts: Facts, as_of: date) -> ibis.Table:
    """`told_orders` added up by shop_id, unit_id and kind."""
    r = told_orders(facts, as_of)
    return r.group_by("shop_id", "unit_id", "kind").agg(**{part: r[part].sum() for part in SUMS})


def _by_buyer(facts: Facts, as_of: date) -> ibis.Table:
    r = told_buyers(facts, as_of)
    shopify, woo = r.kind.isin(FOR_SHOPIFY), r.kind.isin(FOR_WOO)
    return r.group_by("shop_id", "unit_id").agg(
        shopify_orders=r.orders.sum(where=shopify),
        shopify=r.placed.sum(where=shopify),
        total_sales=(r.placed + r.tax + r.shipping - r.back).sum(where=shopify),
        daily=(r.total + r.adjusted - r.order_back).sum(where=shopify),
        woo_orders=r.orders.sum(where=woo),
        woo=(r.placed + r.tip + r.other - r.merch_back).sum(where=woo),
    )


def _units(rows: ibis.Table, as_of: date, counted: str, out_of: str) -> ibis.Table:
    money, orders = rows[counted].fill_null(0), rows[out_of].fill_null(0)
    told = rows.filter((orders > 0) | (money != 0))
    return told.select(
        "shop_id",
        customer_id=ibis.cases((told.unit_id > 0, told.unit_id)),
        unit_id=told.unit_id,
        anchor=ibis.date(as_of),
        matures_on=ibis.date(as_of),
        counted=told[counted].fill_null(0).cast("float64"),
        out_of=told[out_of].fill_null(0).cast("float64"),
    )


def _variant(number: str, tool: str, question: str, counted: str, out_of: str, basis: str, **more: object) -> Declare:
    """What the variants have in common."""
    return metric(
        **{
            "number": number, "name": f"Average order value, {tool}", "question": question, "unit": "customers",
            "counted": counted, "out_of": out_of, "window": "twelve months ending on the day", "kind": "ratio",
            "scale": "money", "span": "state", "on_the_day": True, "version": 1, "decision": "0051",
            "needs": ("order",), "better": "neither", "basis": basis, "left_out": (GUESTS,),
            "differs": f"As {tool} counts. The default is M11; the page of parity leads from one to the other.",
        }
        | more
    )  # fmt: skip


@_variant(
    "M11c",
    "Shopify",
    "What does Shopify show as average order value?",
    "merchandise ordered, after discounts, also of orders that were cancelled later",
    "orders but test orders, also cancelled ones and those without merchandise",
    "gross sales − discounts, without tax and shipping, before returns",
    source="Shopify's changelog of 9 January 2023",
)
def average_order_value_shopify(facts: Facts, as_of: date) -> ibis.Table:
    return _units(_by_buyer(facts, as_of), as_of, "shopify", "shopify_orders")


@_variant(
    "M11d",
    "total sales (Shopify before 2023, Peel)",
    "What is an order worth with tax and shipping, after refunds of the same time?",
    "merchandise, tax and shipping, less what was given back in the window",
    "orders but test orders, also cancelled ones and those without merchandise",
    "total sales: gross − discounts − returns + tax + shipping, returns on their own day",
    source="Shopify's reports before 9 January 2023; Peel's description of average order value",
)
def average_order_value_total_sales(facts: Facts, as_of: date) -> ibis.Table:
    return _units(_by_buyer(facts, as_of), as_of, "total_sales", "shopify_orders")


@_variant(
    "M11e",
    "dbt's daily model of Shopify",
    "What is left of an order's total after its refunds?",
    "totals of orders with tax, shipping and gift cards, adjusted, less refunds of these orders",
    "orders but test orders, also cancelled ones and those without merchandise",
    "order totals + adjustments − refunds by the order's day",
    source="fivetran/dbt_shopify, shopify__daily_shop",
)
def average_order_value_dbt_daily(facts: Facts, as_of: date) -> ibis.Table:
    return _units(_by_buyer(facts, as_of), as_of, "daily", "shopify_orders")


@_variant(
    "M11f",
    "dbt's customer model of Shopify",
    "How much is paid at once?",
    "successful sales and captures, without gift cards",
    "payments",
    "amounts paid, with tax and shipping, before refunds",
    needs=("transaction", "payment"),
    source="fivetran/dbt_shopify, shopify__customers__order_aggregates",
)
def average_order_value_dbt_customers(facts: Facts, as_of: date) -> ibis.Table:
    p = payments(facts, as_of)
    told = p.group_by("shop_id", "unit_id").agg(minor=p.amount_minor.sum(), payments=p.count())
    return _units(told, as_of, "minor", "payments")


def payments(facts: Facts, as_of: date) -> ibis.Table:
    """The year's payments in shop money with the buyer they are of (0: nobody known and no order)."""
    p = facts.mart("payment")
    p = p.filter(p.shop_money, p.paid_on > months_before(as_of, YEAR), p.paid_on <= as_of)
    return p.select("shop_id", "amount_minor", unit_id=ibis.coalesce(p.customer_id, -p.order_id, 0))


@_variant(
    "M11g",
    "WooCommerce",
    "What does WooCommerce show as average order value?",
    "totals without tax and shipping, less refunds of the window",
    "orders that are not cancelled or failed, also those without merchandise and tests",
    "net total: total − tax − shipping, refunds on their own day",
    source="WooCommerce, wc_order_stats",
)
def average_order_value_woocommerce(facts: Facts, as_of: date) -> ibis.Table:
    return _units(_by_buyer(facts, as_of), as_of, "woo", "woo_orders")
