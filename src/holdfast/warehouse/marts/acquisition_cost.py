"""acquisition_cost and acquisition_reach: what winning customers cost, month by month, and how far that is told."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.month_bucket import as_day

WINNING = "acquisition"


@mart
def acquisition_cost(given: Given) -> ibis.Table:
    """One row per shop, month and channel: minor units of the shop's money spent in it on winning customers.

    month is its first day; channel is in lower case, null where the cost names none. media_minor: advertising;
    other_minor: agency, tools, salaries … of a cost file. A cost of several days is spread over its months by days.
    """
    spend, cost = _media(given), _other(given)
    costs = spend.union(cost)
    return costs.group_by("shop_id", "month", "channel").agg(
        media_minor=costs.media_minor.sum(), other_minor=costs.other_minor.sum()
    )


@mart
def acquisition_reach(given: Given) -> ibis.Table:
    """One row per shop with both kinds of cost, or advertising alone: the first whole and the last month told.

    A month cut by the first day of a file is not whole; the last is the month of the last row.
    """
    media, other = _winning_media(given), _winning_other(given)
    media = media.group_by("shop_id").agg(media_from=media.spent_on.min(), media_until=media.spent_on.max())
    other = other.group_by("shop_id").agg(
        other_from=other.spent_on.min(), other_until=other.until.fill_null(other.spent_on).max()
    )
    told = media.left_join(other, "shop_id")
    return told.select(
        "shop_id",
        media_from=_first_whole(told.media_from),
        media_until=_month(told.media_until),
        other_from=_first_whole(told.other_from),
        other_until=_month(told.other_until),
    )


def _own_money(given: Given, name: str) -> ibis.Table:
    table, shop = given.table(name), given.table("shop")
    told = table.join(shop.select("shop_id", shop_currency=shop.currency), "shop_id")
    return told.filter(told.currency == told.shop_currency)


def _winning_media(given: Given) -> ibis.Table:
    told = _own_money(given, "ad_spend")
    return told.filter(told.purpose.fill_null(WINNING) == WINNING)


def _winning_other(given: Given) -> ibis.Table:
    told = _own_money(given, "cost_event")
    return told.filter(told.purpose == WINNING)


def _media(given: Given) -> ibis.Table:
    told = _winning_media(given)
    return told.select(
        "shop_id",
        month=_month(told.spent_on),
        channel=told.channel.strip().lower(),
        media_minor=told.amount_minor.cast("float64"),
        other_minor=ibis.literal(0.0),
    )


def _other(given: Given) -> ibis.Table:
    """Costs of a cost file, one row per month they reach into."""
    told = _winning_other(given)
    last = ibis.greatest(told.until.fill_null(told.spent_on), told.spent_on)
    months = (last.year() - told.spent_on.year()) * 12 + last.month() - told.spent_on.month()
    told = told.mutate(last=last, k=ibis.range(ibis.literal(0), (months + 1).cast("int64")).unnest())
    month = as_day(_month(told.spent_on) + told.k.cast("int32").as_interval("M"))
    told = told.mutate(month=month)
    ends = as_day(told.month + ibis.interval(months=1))  # the day after
    days = ibis.least(as_day(told["last"] + ibis.interval(days=1)), ends).delta(
        ibis.greatest(told.spent_on, told.month), unit="day"
    )
    share = days.cast("float64") / (told["last"].delta(told.spent_on, unit="day") + 1)
    return told.select(
        "shop_id",
        "month",
        channel=ibis.null("string"),
        media_minor=ibis.literal(0.0),
        other_minor=told.amount_minor.cast("float64") * share,
    )


def _month(day: ibis.Value) -> ibis.Value:
    return as_day(day.truncate("M"))


def _first_whole(day: ibis.Value) -> ibis.Value:
    return ibis.cases((day == _month(day), day), else_=as_day(_month(day) + ibis.interval(months=1)))
