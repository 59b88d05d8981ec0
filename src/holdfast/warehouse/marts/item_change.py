"""item_change: by how much the monthly price of a subscription's items moves, and what part is price or exchange."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.agreement import agreement
from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.monthly_price import monthly_minor


@mart
def item_change(given: Given) -> ibis.Table:
    """One row per subscription and moment at which items of it begin or end; minor units a month, signed.

    An item that follows one of the same price says why by its own `change`; where it says nothing, the same
    quantity at another amount is a price change. All the rest is expansion or contraction.
    """
    sides = _sides(given)
    one = sides.group_by("shop_id", "subscription_id", "at", "price").agg(
        moved=sides.minor.sum(),
        begun=sides.begins.sum(),
        over=sides.count() - sides.begins.sum(),
        pieces=(sides.quantity * (2 * sides.begins - 1)).sum(),
        told=sides.change.max(),
    )
    replaced = (one.begun > 0) & (one.over > 0) & one.price.notnull() & (one.pieces == 0)
    one = one.mutate(why=ibis.coalesce(one.told, ibis.cases((replaced, "price"), (one.begun > 0, "other"))))
    # What only ends goes with what begins at that moment, when all of that has one reason.
    both = one.group_by("shop_id", "subscription_id", "at").agg(
        moved_minor=one.moved.sum().cast("int64"),
        alone=one.moved.sum(where=one.why.isnull()).fill_null(0),
        first=one.why.min(), last=one.why.max(),
        priced=one.moved.sum(where=one.why == "price").fill_null(0),
        exchanged=one.moved.sum(where=one.why == "fx").fill_null(0),
    )  # fmt: skip
    return both.select(
        "shop_id", "subscription_id", "at", "moved_minor",
        price_minor=(both.priced + _when(both, "price")).cast("int64"),
        fx_minor=(both.exchanged + _when(both, "fx")).cast("int64"),
    )  # fmt: skip


def _when(both: ibis.Table, why: str) -> ibis.Value:
    return ibis.cases(((both.first == why) & (both.last == why), both.alone), else_=0)


def _sides(given: Given) -> ibis.Table:
    """A row where an item begins and one where it ends; without what is billed by use or in other money."""
    item, agreed, shop = given.table("subscription_item"), given.mart(agreement), given.table("shop")
    i = item.join(agreed.select("subscription_id", since=agreed.started_at), "subscription_id")
    i = i.join(shop.select("shop_id", shop_currency=shop.currency), "shop_id")
    i = i.filter(~i.metered.fill_null(False), i.currency == i.shop_currency)
    i = i.mutate(since=ibis.coalesce(i.started_at, i.since), minor=monthly_minor(i))
    i = i.filter(i.ended_at.isnull() | (i.ended_at > i.since))
    shared = {"price": i.price, "quantity": i.quantity.fill_null(1).cast("float64")}
    begun = i.select("shop_id", "subscription_id", at=i.since, minor=i.minor, begins=1, change=i.change, **shared)
    over = i.filter(i.ended_at.notnull())
    over = over.select(
        "shop_id", "subscription_id", at=over.ended_at, minor=-over.minor, begins=0,
        change=ibis.null("string"), price=over.price, quantity=over.quantity.fill_null(1).cast("float64"),
    )  # fmt: skip
    return begun.union(over.cast(begun.schema()))
