"""What each customer ordered in a month and in a year, so that order metrics read customers, not orders.

One row per period and unit: a customer, or the order of a buyer nobody knows (unit −order_id). Money in
minor units of the shop's currency: placed (gross − discounts), returned (by the order's day), net = placed −
returned − refunds that fit no order (by their own day); first_minor is the part of net that a customer
bought on their first day. upto_minor is net, save in the month that lies a year before as_of's: there it is
the part bought on days no later than as_of's, for the month that is not over to be held against.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import ibis

from holdfast.commerce.calendar import months_before
from holdfast.commerce.peak import Period
from holdfast.warehouse.marts.month_bucket import as_day

SUMS = ("orders", "placed_minor", "returned_minor", "net_minor")


def customer_month(order_value: ibis.Table, refund_value: ibis.Table, history: ibis.Table, as_of: date) -> ibis.Table:
    """One row per unit and calendar month up to as_of."""
    summed = _summed(order_value, refund_value, as_of, "month", _month)
    return _with_first_day(summed, "month", history, _month(history.first_on), "upto_minor")


def customer_week(
    order_value: ibis.Table, refund_value: ibis.Table, history: ibis.Table, days: Sequence[Period], as_of: date
) -> ibis.Table:
    """One row per unit and week, named by its Monday, up to as_of. days: spans of whole weeks, no others are told."""
    orders = order_value.filter(_within(order_value.placed_on, days))
    refunds = refund_value.filter(_within(refund_value.refunded_on, days))
    summed = _summed(orders, refunds, as_of, "week", _monday)
    newcomers = history.filter(_within(history.first_on, days))  # nobody else's first day lies in these weeks
    return _with_first_day(summed, "week", newcomers, _monday(newcomers.first_on))


def customer_year(
    customer_month: ibis.Table, order_value: ibis.Table, refund_value: ibis.Table, history: ibis.Table, as_of: date
) -> ibis.Table:
    """One row per unit and rolling year: year_back 0 is the twelve months that end on as_of, 1 those before.

    Without upto_minor, which is of months. Months add up to years. Only a calendar month that a year ends in the middle
    of is counted by the day again.
    """

    begins = [months_before(as_of, 12 * years) for years in (1, 2)]  # the last day before each year

    def year_back(day: ibis.Value) -> ibis.Value:
        """By comparing, since there may be millions; 2 is any year before."""
        return ibis.cases(*((day > begin, years) for years, begin in enumerate(begins)), else_=2).cast("int64")

    m, split = customer_month, _split_months(as_of)
    whole = m.filter(m.month > begins[-1])
    whole = whole.filter(whole.month.notin(split)) if split else whole
    years = whole.select("shop_id", "unit_id", "anchor", *SUMS, year_back=year_back(whole.month))
    if split:
        orders = order_value.filter(_in_months(order_value.placed_on, split))
        refunds = refund_value.filter(_in_months(refund_value.refunded_on, split))
        years = years.union(_summed(orders, refunds, as_of, "year_back", year_back).select(years.columns))
    recent = years.filter(years.year_back <= 1)
    sums = {name: recent[name].sum().cast("int64") for name in SUMS}
    summed = recent.group_by("shop_id", "unit_id", "year_back").agg(anchor=recent.anchor.max(), **sums)
    return _with_first_day(summed, "year_back", history, year_back(history.first_on))


def _within(day: ibis.Value, days: Sequence[Period]) -> ibis.Value:
    return ibis.or_(*(day.between(span.since, span.until) for span in days))


def _monday(day: ibis.Value) -> ibis.Value:
    return as_day(day.truncate("W"))


def year_before(as_of: date) -> date:
    """The first day of the month that lies a year before as_of's."""
    return date(as_of.year - 1, as_of.month, 1)


def days_told_apart(then: date, as_of: date) -> list[date]:
    """The days that are told in `upto_minor` as of one of two days and not as of the other."""
    months = {year_before(then), year_before(as_of)}
    days = (first + timedelta(days=n) for first in months for n in range(_last_day(first).day))
    return sorted(day for day in days if _is_later(day, then) != _is_later(day, as_of))


def days_moved(then: date, as_of: date) -> list[date]:
    """The days that lie in another rolling year as of one of two days than as of the other, among the years told."""
    first, last = min(then, as_of), max(then, as_of)
    start = date(first.year - 3, first.month, 1)
    days = (start + timedelta(days=n) for n in range((last - start).days + 1))
    return [day for day in days if _years_between(day, then) != _years_between(day, as_of)]


def _is_later(day: date, as_of: date) -> bool:
    """What `_later` says of one day."""
    return (day.year, day.month) == (as_of.year - 1, as_of.month) and day.day > as_of.day


def _years_between(day: date, as_of: date) -> int:
    return as_of.year - day.year - ((day.month, day.day) > (as_of.month, as_of.day))


def _month(day: ibis.Value) -> ibis.Value:
    return as_day(day.truncate("M"))


def _split_months(as_of: date) -> list[date]:
    """First days of the calendar months that a rolling year of the last two begins or ends in the middle of."""
    earlier = [date(as_of.year - years, as_of.month, 1) for years in (1, 2)]
    return [first for first in earlier if _last_day(first).day > as_of.day]


def _last_day(first: date) -> date:
    return first.replace(day=monthrange(first.year, first.month)[1])


def _in_months(day: ibis.Value, firsts: list[date]) -> ibis.Value:
    return ibis.or_(*((day >= first) & (day <= _last_day(first)) for first in firsts))


def _summed(
    order_value: ibis.Table, refund_value: ibis.Table, as_of: date, period: str, of: Callable[[ibis.Value], ibis.Value]
) -> ibis.Table:
    """Purchases and loose refunds by unit and period of their day.

    Columns shop_id, unit_id, period, anchor, SUMS, upto_minor. The two are summed apart, because loose refunds are few
    and orders are many.
    """
    o = order_value.filter(order_value.counts, order_value.shop_money, order_value.placed_on <= as_of)
    unit = ibis.coalesce(o.customer_id, -o.order_id)
    sales = o.group_by("shop_id", unit_id=unit, **{period: of(o.placed_on)}).agg(
        anchor=o.placed_on.max(),
        orders=o.count(),
        placed_minor=o.placed_minor.sum().cast("int64"),
        returned_minor=o.returned_minor.sum().cast("int64"),
    )
    keys = ("shop_id", "unit_id", period)
    both = sales.outer_join(_beside(order_value, refund_value, as_of, period, of), keys)
    counts = ("orders", "placed_minor", "returned_minor", "back_minor", "later_minor")
    told = both.select(
        *(ibis.coalesce(both[key], both[f"{key}_right"]).name(key) for key in keys),
        *(both[name].fill_null(0).name(name) for name in counts),
        anchor=ibis.cases(
            (both.anchor.isnull() | (both.back_on > both.anchor).fill_null(False), both.back_on), else_=both.anchor
        ),
    )
    told = told.mutate(net_minor=told.placed_minor - told.returned_minor - told.back_minor)
    return told.mutate(upto_minor=told.net_minor - told.later_minor)


def _beside(
    order_value: ibis.Table, refund_value: ibis.Table, as_of: date, period: str, of: Callable[[ibis.Value], ibis.Value]
) -> ibis.Table:
    """What is told of few units: refunds that fit no order, money back on their own day (those of unknown people share
    unit 0), and what of the month a year before came later than the day.

    Orders are many: what is asked of few of them is not added up for all.
    """
    r, nothing = refund_value, ibis.literal(0, "int64")
    # Postage given back makes nobody a customer of the year.
    loose = r.filter(r.order_id.isnull(), r.shop_money, r.refunded_on <= as_of, r.merch_minor != 0)
    rows = loose.select(
        "shop_id", unit_id=loose.customer_id.fill_null(0), back_on="refunded_on", back_minor="merch_minor",
        later_minor=ibis.cases((_later(loose.refunded_on, as_of), -loose.merch_minor), else_=0).cast("int64"),
        **{period: of(loose.refunded_on)},
    )  # fmt: skip
    if period == "month":
        o = order_value.filter(order_value.counts, order_value.shop_money, _later(order_value.placed_on, as_of))
        bought = o.select(
            "shop_id", unit_id=ibis.coalesce(o.customer_id, -o.order_id), back_on=ibis.null("date"),
            back_minor=nothing, later_minor=(o.placed_minor - o.returned_minor).cast("int64"), month=of(o.placed_on),
        )  # fmt: skip
        rows = rows.union(bought.select(rows.columns))
    return rows.group_by("shop_id", "unit_id", period).agg(
        back_on=rows.back_on.max(),
        back_minor=rows.back_minor.sum().cast("int64"),
        later_minor=rows.later_minor.sum().cast("int64"),
    )


def _later(day: ibis.Value, as_of: date) -> ibis.Value:
    """In the month a year before as_of's, later than its day: what the month that is not over cannot have yet."""
    first = year_before(as_of)
    last = _last_day(first)
    return (day > first.replace(day=min(as_of.day, last.day))) & (day <= last)


def _with_first_day(
    summed: ibis.Table, period: str, history: ibis.Table, first_period: ibis.Value, *more: str
) -> ibis.Table:
    """Whose the rows are, and first_minor in the period of the customer's first day: known once per customer."""
    firsts = history.select(unit_id="customer_id", first_period=first_period, first_minor="first_minor")
    told = summed.left_join(firsts, "unit_id")
    return told.select(
        "shop_id",
        "unit_id",
        period,
        "anchor",
        *SUMS,
        *more,
        customer_id=ibis.cases((told.unit_id > 0, told.unit_id)),
        first_minor=ibis.cases((told[period] == told.first_period, told.first_minor), else_=0).cast("int64"),
    )
