"""Orders that come through the buyer's own systems: M44."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.accounts import account_orders, account_units, standing_accounts
from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.months import POINTS, points

DAYS = 90
_MONTHS = 4  # ninety days reach into so many rolling months at most


def _recent(facts: Facts, as_of: date, n: int) -> ibis.Table:
    """Active accounts at each month point, with all and the integrated of their orders in the 90 days up to it."""
    active = standing_accounts(facts, as_of, n)
    active = active.filter(active.is_now).select("shop_id", "account_id", "k", "stands_on")
    o = facts.table("order")
    o = account_orders(facts, as_of).join(o.select("order_id", "integrated"), "order_id")
    o = o.filter(o.void_on.isnull()).mutate(integrated=o.integrated.fill_null(False).cast("int64"))
    first, last = ibis.greatest(o.b - _MONTHS, 0), ibis.least(o.b + 1, n)
    o = o.filter(first < last).mutate(k=ibis.range(first, last).unnest())
    o = o.join(points(facts.month_point(), as_of, n), "k")
    o = o.filter(o.placed_on <= o.stands_on, o.placed_on > o.stands_on - ibis.interval(days=DAYS))
    found = o.group_by("account_id", "k").agg(orders=o.count(), integrated=o.integrated.sum())
    rows = active.left_join(found, ["account_id", "k"])
    return rows.select(
        "shop_id",
        "account_id",
        "stands_on",
        orders=rows.orders.fill_null(0),
        integrated=rows.integrated.fill_null(0),
    )


def _adopted(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _recent(facts, as_of, n)
    return account_units(rows, rows.integrated > 0, ibis.literal(1.0))


def _share(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _recent(facts, as_of, n)
    return account_units(rows.filter(rows.orders > 0), rows.integrated, rows.orders)


_PROCUREMENT = {
    "unit": "accounts",
    "scale": "share",
    "span": "state",
    "version": 1,
    "decision": "0045",
    "needs": ("account_activity", "order.integrated"),
    "left_out": ("test accounts", "orders for no account"),
    "opens": "account",
}


@metric(
    number="M44",
    name="Procurement integration adoption",
    question="Of the accounts that are active, how many ordered through an integration in the last 90 days?",
    counted="had at least one order through punch-out, EDI or a procurement API in 90 days",
    out_of="accounts with a contract in force, or without one an order in the last twelve months",
    window="90 days ending on the day",
    kind="proportion",
    differs="An integration that is set up and that nobody orders through is not adopted; project lists count it.",
    exact=True,
    series=lambda facts, as_of: _adopted(facts, as_of, POINTS),
    **_PROCUREMENT,
)
def procurement_adoption(facts: Facts, as_of: date) -> ibis.Table:
    return _adopted(facts, as_of, 1)


@metric(
    number="M44b",
    name="Orders through procurement integrations",
    question="Of the orders of active accounts, how many came through an integration?",
    counted="orders through punch-out, EDI or a procurement API",
    out_of="all orders of active accounts in the 90 days",
    window="90 days ending on the day",
    kind="ratio",
    ends=(0.0, 1.0),
    differs="An account that orders much weighs more here than in M44, which carries the target.",
    series=lambda facts, as_of: _share(facts, as_of, POINTS),
    **_PROCUREMENT,
)
def integrated_order_share(facts: Facts, as_of: date) -> ibis.Table:
    return _share(facts, as_of, 1)
