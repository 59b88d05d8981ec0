"""customer_month: what each customer ordered in a month, so that order metrics read customers, not orders."""

from __future__ import annotations

from datetime import date

import ibis


def customer_month(order_value: ibis.Table, refund_value: ibis.Table, history: ibis.Table, as_of: date) -> ibis.Table:
    """One row per customer, calendar month and rolling year; an unknown buyer's order is a unit of its own.

    year_back: 0 for the twelve months ending on as_of, 1 for those before, … A calendar month that a
    rolling year cuts gives two rows, so both sums are exact. Money in minor units of the shop's currency:
    placed (gross − discounts), returned (by the order's day), net = placed − returned − refunds that fit
    no order (by their own day); first_minor is the part of net bought on a customer's first day.
    """
    o = order_value
    kept = o.filter(o.counts, o.shop_money, o.placed_on <= as_of)
    first = history.select("customer_id", "first_on")
    told = kept.left_join(first, "customer_id")
    is_first = told.placed_on == told.first_on
    sales = told.select(
        "shop_id",
        "customer_id",
        unit_id=ibis.coalesce(told.customer_id, -told.order_id),
        day=told.placed_on,
        orders=1,
        placed_minor=told.placed_minor,
        returned_minor=told.returned_minor,
        net_minor=told.placed_minor - told.returned_minor,
        first_minor=ibis.cases((is_first, told.placed_minor - told.returned_minor), else_=0),
    )
    moves = sales.union(_loose_refunds(refund_value, sales.schema(), as_of))
    return moves.group_by(
        "shop_id",
        "customer_id",
        "unit_id",
        # Not truncate(): DuckDB answers that with a moment, and Ibis believes it is a day already.
        month=ibis.date(moves.day.year(), moves.day.month(), 1),
        year_back=_year_back(moves.day, as_of),
    ).agg(
        anchor=moves.day.max(),
        orders=moves.orders.sum().cast("int64"),
        placed_minor=moves.placed_minor.sum().cast("int64"),
        returned_minor=moves.returned_minor.sum().cast("int64"),
        net_minor=moves.net_minor.sum().cast("int64"),
        first_minor=moves.first_minor.sum().cast("int64"),
    )


def _loose_refunds(refund_value: ibis.Table, like: ibis.Schema, as_of: date) -> ibis.Table:
    """Refunds that fit no order: money back on their own day. Those of unknown people share unit 0."""
    loose = refund_value.filter(
        refund_value.order_id.isnull(), refund_value.shop_money, refund_value.refunded_on <= as_of
    )
    rows = loose.select(
        "shop_id",
        "customer_id",
        unit_id=loose.customer_id.fill_null(0),
        day=loose.refunded_on,
        orders=0,
        placed_minor=0,
        returned_minor=0,
        net_minor=-loose.merch_minor,
        first_minor=0,
    )
    return rows.cast(like)


def _year_back(day: ibis.Value, as_of: date) -> ibis.Value:
    """How many rolling years before as_of a day lies: day in (as_of − (n+1) years, as_of − n years] gives n."""
    years = as_of.year - day.year()
    past = (day.month() * 100 + day.day()) > as_of.month * 100 + as_of.day
    return (years - past.cast("int64")).cast("int64")
