"""What each customer ordered in a month and in a year, so that order metrics read customers, not orders.

One row per period and unit: a customer, or the order of a buyer nobody knows (unit −order_id). Money in
minor units of the shop's currency: placed (gross − discounts), returned (by the order's day), net = placed −
returned − refunds that fit no order (by their own day); first_minor is the part of net that a customer
bought on their first day, upto_minor the part bought on days of the month no later than as_of's.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date

import ibis

from holdfast.warehouse.marts.month_bucket import as_day

SUMS = ("orders", "placed_minor", "returned_minor", "net_minor", "upto_minor")


def customer_month(order_value: ibis.Table, refund_value: ibis.Table, history: ibis.Table, as_of: date) -> ibis.Table:
    """One row per unit and calendar month up to as_of."""
    moves = _moves(order_value, refund_value, as_of)
    summed = _summed(moves.mutate(anchor=moves.day), "month", _month(moves.day))
    return _with_first_day(summed, "month", history, _month(history.first_on))


def customer_year(
    customer_month: ibis.Table, order_value: ibis.Table, refund_value: ibis.Table, history: ibis.Table, as_of: date
) -> ibis.Table:
    """One row per unit and rolling year: year_back 0 is the twelve months that end on as_of, 1 those before.

    Months add up to years. Only a calendar month that a year ends in the middle of is counted by the day again.
    """
    m, split = customer_month, _split_months(as_of)
    columns = ("shop_id", "unit_id", "anchor", *SUMS)
    parts = m.filter(m.month.notin(split)) if split else m
    years = parts.select(*columns, year_back=_year_back(parts.month, as_of))
    if split:
        moves = _moves(order_value, refund_value, as_of)
        moves = moves.filter(ibis.or_(*((moves.day >= first) & (moves.day <= _last_day(first)) for first in split)))
        rest = moves.mutate(anchor=moves.day, year_back=_year_back(moves.day, as_of))
        years = years.union(rest.select(years.columns).cast(years.schema()))
    recent = years.filter(years.year_back <= 1)
    summed = _summed(recent, "year_back", recent.year_back)
    return _with_first_day(summed, "year_back", history, _year_back(history.first_on, as_of))


def _month(day: ibis.Value) -> ibis.Value:
    return as_day(day.truncate("M"))


def _split_months(as_of: date) -> list[date]:
    """First days of the calendar months that a rolling year of the last two begins or ends in the middle of."""
    earlier = [date(as_of.year - years, as_of.month, 1) for years in (1, 2)]
    return [first for first in earlier if _last_day(first).day > as_of.day]


def _last_day(first: date) -> date:
    return first.replace(day=monthrange(first.year, first.month)[1])


def _summed(rows: ibis.Table, period: str, value: ibis.Value) -> ibis.Table:
    sums = {name: rows[name].sum().cast("int64") for name in SUMS}
    return rows.group_by("shop_id", "unit_id", **{period: value}).agg(anchor=rows.anchor.max(), **sums)


def _with_first_day(summed: ibis.Table, period: str, history: ibis.Table, first_period: ibis.Value) -> ibis.Table:
    """Whose the rows are, and first_minor in the period of the customer's first day: known once per customer."""
    h = history.select(customer="customer_id", first_period=first_period, first_minor="first_minor")
    told = summed.left_join(h, summed.unit_id == h.customer)
    return told.select(
        "shop_id",
        "unit_id",
        period,
        "anchor",
        *SUMS,
        customer_id=ibis.cases((told.unit_id > 0, told.unit_id)),
        first_minor=ibis.cases((told[period] == told.first_period, told.first_minor), else_=0).cast("int64"),
    )


def _moves(order_value: ibis.Table, refund_value: ibis.Table, as_of: date) -> ibis.Table:
    """Purchases and loose refunds, a row each."""
    o = order_value
    kept = o.filter(o.counts, o.shop_money, o.placed_on <= as_of)
    kept_minor = kept.placed_minor - kept.returned_minor
    sales = kept.select(
        "shop_id",
        unit_id=ibis.coalesce(kept.customer_id, -kept.order_id),
        day=kept.placed_on,
        orders=1,
        placed_minor=kept.placed_minor,
        returned_minor=kept.returned_minor,
        net_minor=kept_minor,
        upto_minor=ibis.cases((kept.placed_on.day() <= as_of.day, kept_minor), else_=0),
    )
    return sales.union(_loose_refunds(refund_value, sales.schema(), as_of))


def _loose_refunds(refund_value: ibis.Table, like: ibis.Schema, as_of: date) -> ibis.Table:
    """Refunds that fit no order: money back on their own day. Those of unknown people share unit 0."""
    loose = refund_value.filter(
        refund_value.order_id.isnull(), refund_value.shop_money, refund_value.refunded_on <= as_of
    )
    loose = loose.filter(loose.merch_minor != 0)  # postage given back makes nobody a customer of the year
    rows = loose.select(
        "shop_id",
        unit_id=loose.customer_id.fill_null(0),
        day=loose.refunded_on,
        orders=0,
        placed_minor=0,
        returned_minor=0,
        net_minor=-loose.merch_minor,
        upto_minor=ibis.cases((loose.refunded_on.day() <= as_of.day, -loose.merch_minor), else_=0),
    )
    return rows.cast(like)


def _year_back(day: ibis.Value, as_of: date) -> ibis.Value:
    """How many rolling years before as_of a day lies: day in (as_of − (n+1) years, as_of − n years] gives n."""
    years = as_of.year - day.year()
    past = (day.month() * 100 + day.day()) > as_of.month * 100 + as_of.day
    return (years - past.cast("int64")).cast("int64")
