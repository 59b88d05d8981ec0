"""purchase: one row per customer and day on which they bought (a purchase occasion)."""

from __future__ import annotations

from datetime import date

import ibis


def purchases(order_value: ibis.Table, as_of: date) -> ibis.Table:
    """The orders up to as_of that make an occasion: they count, somebody known bought, and not all of it went back.

    An order that is known to be fully refunded is none, on any day (decision 0013).
    """
    o = order_value
    return o.filter(o.counts, o.customer_id.notnull(), o.placed_on <= as_of, o.void_on.isnull())


def purchase(order_value: ibis.Table, as_of: date) -> ibis.Table:
    """Occasions up to as_of, each with the day of the one after it (null: it is the customer's last).

    Several orders of one customer on one shop day are one occasion of so many `orders`; seq counts 0, 1, … by day.
    The last order of a day is the one whose next order falls on another day, so that one pass over the orders tells
    the occasions and what follows them.
    """
    orders = purchases(order_value, as_of).select("shop_id", "customer_id", day="placed_on")
    by_day = ibis.window(group_by="customer_id", order_by="day")
    told = orders.mutate(
        next_on=orders.day.lead().over(by_day),
        orders=ibis.row_number().over(by_day) - ibis.rank().over(by_day) + 1,  # of the day, up to this one
        seq=ibis.dense_rank().over(by_day),
    )
    return told.filter(told.next_on.isnull() | (told.next_on > told.day))
