"""Companies that buy: who was there on a day, and which of them were lost afterwards (metrics.md 5.4).

Lost: a contract due within the days is not renewed, or the orders of these days are worth less than half of those of as
many days before.
"""

from __future__ import annotations

import ibis

from holdfast.predictions.features.declare import ASKED, upto
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.marts.registry import unbound as mart

LOST_SHARE = 0.5
SAID = "a contract due within {days} days is not renewed, or orders of {days} days fall below half of those before"


def lost(orders: ibis.Table, terms: ibis.Table, days: int) -> ibis.Table:
    """as_of, shop_id, party, left (whether they were lost within the days), left_on (null: they stayed).

    One row for whoever has a contract in force on the day, or ordered in the days before it. orders: shop_id, party,
    placed_on, placed_minor. terms: shop_id, party, starts_on, until_on, due_on, renewed.
    """
    before, after = _worth(upto(orders, "placed_on", days)), _worth(_later(orders, "placed_on", days))
    both = before.left_join(after, ["as_of", "shop_id", "party"])
    both = both.select("as_of", "shop_id", "party", shrank=both.minor_right.fill_null(0) < both.minor * LOST_SHARE)
    c = upto(terms, "starts_on")
    c = c.filter(c.until_on.isnull() | (c.until_on > c.as_of))
    due = (c.due_on > c.as_of) & (c.due_on <= c.as_of + ibis.interval(days=days))
    ended = due & ~c.renewed
    ends = c.group_by("as_of", "shop_id", "party").agg(ended=ended.max(), ended_on=c.due_on.min(where=ended))
    told = both.outer_join(ends, ["as_of", "shop_id", "party"])
    as_of = ibis.coalesce(told.as_of, told.as_of_right)
    shrank, over = told.shrank.fill_null(False), told.ended.fill_null(False)
    horizon = (as_of.cast("timestamp") + ibis.interval(days=days)).cast("date")
    return told.select(
        as_of=as_of, shop_id=ibis.coalesce(told.shop_id, told.shop_id_right),
        party=ibis.coalesce(told.party, told.party_right), left=shrank | over,
        left_on=ibis.coalesce(told.ended_on, ibis.cases((shrank, horizon))),
    )  # fmt: skip


def followed(days: int) -> ibis.Table:
    """as_of, customer_id (the company's key, as rows of companies have it), came_in: days until it was lost, null where
    it stayed."""
    o = unbound("order_value")
    o = o.filter(o.counts, o.customer_id.notnull(), o.shop_money).mutate(party=o.customer_id)
    c = mart("contract_term")
    told = lost(o, c.filter(c.customer_id.notnull()).mutate(party=c.customer_id), days)
    return told.select(
        "as_of", customer_id=told.party, came_in=told.left_on.delta(told.as_of, unit="day").cast("float64")
    )


def _later(table: ibis.Table, day: str, days: int) -> ibis.Table:
    """Rows after a day asked about, within so many days."""
    told = ASKED.join(table, table[day] > ASKED.as_of)
    return told.filter(told[day] <= told.as_of + ibis.interval(days=days))


def _worth(orders: ibis.Table) -> ibis.Table:
    return orders.group_by("as_of", "shop_id", "party").agg(minor=orders.placed_minor.sum())
