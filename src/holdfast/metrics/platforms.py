"""Average order value as other tools compute it, over the same orders: variants of M11 beside the default one.

One table holds a year's orders and refunds with everything a tool may add or leave out; each variant is a sum over it,
and so is each step that leads from a tool's number to ours (`parity`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

import ibis

from holdfast.commerce.calendar import months_before
from holdfast.metrics.declare import Facts, Metric, metric
from holdfast.metrics.money import GUESTS
from holdfast.metrics.revenue import refunds_by_day
from holdfast.metrics.shared import shared
from holdfast.warehouse.marts.order_value import COUNTED, OWN, SORTS, TEST

YEAR = 12
LOOSE = "loose"  # a refund that fits no order
KINDS = (*SORTS, LOOSE)
FOR_SHOPIFY = (COUNTED, "cancelled", "voided", "exchange", "no merchandise", OWN, LOOSE)
FOR_WOO = (COUNTED, "exchange", "no merchandise", OWN, TEST, LOOSE)
_OF_ORDERS = ("orders", "placed", "total", "beside", "of_lines")
_LATER = ("adjusted", "order_back", "back", "merch_back")
SUMS = (*_OF_ORDERS, *_LATER)
KIND_SUMS = ("discount", "returned", "tax", "shipping", "tip")
_BESIDE = ("tax", "shipping", "tip")
Declare = Callable[[Callable[[Facts, date], ibis.Table]], Metric]


@shared
def told_buyers(facts: Facts, as_of: date) -> ibis.Table:
    """The year's orders and refunds in shop money by shop_id, unit_id and kind: SUMS in minor units (orders: how many).

    kind: the place in KINDS of what the order is to us; a refund has the kind of its order. placed: merchandise after
    discounts, without tax; beside: tax and shipping; of_lines: what was placed by orders whose lines are known;
    adjusted: what was added to an order later; order_back: what was given back of the year's orders so far; back,
    merch_back: what was given back in the year, all of it and its merchandise. There may be two rows of a unit and
    kind: what came later is little beside the orders, and is added up apart.
    """
    o = _sold(facts.order_value(), as_of)
    o = o.mutate(unit_id=ibis.coalesce(o.customer_id, -o.order_id), kind=o.sort)
    keys = ("shop_id", "unit_id", "kind")
    with_lines = (o.lines > 0) & (o.gross_minor > 0)
    added = o.group_by(*keys).agg(
        orders=o.count(), placed=o.placed_minor.sum(), total=_asked(o).sum(),
        beside=(o.tax_minor.fill_null(0) + o.shipping_minor.fill_null(0)).sum(),
        of_lines=o.placed_minor.sum(where=with_lines).fill_null(0),
    )  # fmt: skip
    later = _later(facts, as_of)
    rest = later.group_by(*keys).agg(**{part: later[part].sum() for part in _LATER})
    none = {part: ibis.literal(0, "int64") for part in SUMS}
    return added.select(*keys, **_whole(none | _named(added, _OF_ORDERS))).union(
        rest.select(*keys, **_whole(none | _named(rest, _LATER)))
    )


def sold_by_kind(facts: Facts, as_of: date) -> ibis.Table:
    """The year's orders in shop money by shop_id and kind: KIND_SUMS, which no buyer is asked for."""
    o = _sold(facts.order_value(), as_of)
    sums = {part: o[f"{part}_minor"].sum().fill_null(0).cast("int64") for part in KIND_SUMS}
    return o.group_by("shop_id", kind=o.sort).agg(**sums)


def _asked(o: ibis.Table) -> ibis.Value:
    """What the buyer had to pay."""
    return o.total_minor.fill_null(o.placed_minor + sum(o[f"{part}_minor"].fill_null(0) for part in _BESIDE))


def _whole(sums: dict[str, ibis.Value]) -> dict[str, ibis.Value]:
    return {name: value.cast("int64") for name, value in sums.items()}


def kind_word(kind: ibis.Value) -> ibis.Value:
    """What a number in `kind` stands for."""
    return ibis.cases(*((kind == number, word) for number, word in enumerate(KINDS)))


def _named(rows: ibis.Table, parts: Iterable[str]) -> dict[str, ibis.Value]:
    return {part: rows[part] for part in parts}


def _sold(o: ibis.Table, as_of: date) -> ibis.Table:
    return o.filter(o.shop_money, o.placed_on > months_before(as_of, YEAR), o.placed_on <= as_of)


def _later(facts: Facts, as_of: date) -> ibis.Table:
    """What was given back in the year, and what was added to its orders, row by row."""
    since = months_before(as_of, YEAR)
    back, merch, a = facts.mart("money_back"), refunds_by_day(facts, as_of), facts.table("order_adjustment")
    back = back.filter(back.shop_money, back.back_on > since, back.back_on <= as_of)
    merch, a = merch.filter(merch.day > since), a.filter(a.order_id.notnull())
    # What was given back may be of orders of the years before: of those only what they are is asked.
    given = merch.select("order_id").union(back.select("order_id")).union(a.select("order_id")).distinct()
    orders = facts.order_value().semi_join(given, "order_id")
    orders = orders.mutate(kind=orders.sort)
    kinds = orders.select("order_id", "kind")
    returned = back.left_join(kinds, "order_id").drop("order_id_right")
    returned = returned.mutate(unit_id=ibis.coalesce(returned.customer_id, -returned.order_id, 0))
    merch = merch.left_join(kinds, "order_id").drop("order_id_right")
    own = _sold(orders, as_of)
    own = own.select("order_id", "shop_id", "kind", unit_id=ibis.coalesce(own.customer_id, -own.order_id))
    of_orders = own.join(back.select("order_id", minor="back_minor"), "order_id")
    mended = own.join(a.select("order_id", minor="amount_minor"), "order_id")
    return (
        _only(returned, back=returned.back_minor)
        .union(_only(merch, merch_back=merch.minor))
        .union(_only(of_orders, order_back=of_orders.minor))
        .union(_only(mended, adjusted=mended.minor))
    )


def _only(rows: ibis.Table, **told: ibis.Value) -> ibis.Table:
    return rows.select(
        "shop_id", "unit_id", kind=rows.kind.fill_null(KINDS.index(LOOSE)).cast("int64"),
        **{c: told.get(c, ibis.literal(0)).cast("int64") for c in _LATER},
    )  # fmt: skip


def _by_buyer(facts: Facts, as_of: date) -> ibis.Table:
    r = told_buyers(facts, as_of)
    shopify, woo = (r.kind.isin([KINDS.index(kind) for kind in kinds]) for kinds in (FOR_SHOPIFY, FOR_WOO))
    return r.group_by("shop_id", "unit_id").agg(
        shopify_orders=r.orders.sum(where=shopify),
        shopify=r.placed.sum(where=shopify),
        total_sales=(r.placed + r.beside - r.back).sum(where=shopify),
        daily=(r.total + r.adjusted - r.order_back).sum(where=shopify),
        woo_orders=r.orders.sum(where=woo),
        woo=(r.total - r.beside - r.merch_back).sum(where=woo),
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
