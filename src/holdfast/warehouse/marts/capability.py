"""capability_open and capability_used: who could use a key capability, and who used it, day by day."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.account_survivor import account_survivor
from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.party import of_survivors, party_id
from holdfast.warehouse.marts.real_people import real_people


@mart
def capability_open(given: Given) -> ibis.Table:
    """One row per party with access and capability: from which day, its name, and how many uses make a user."""
    capability, access = given.table("capability"), given.table("capability_access")
    access = of_survivors(real_people(access), given.mart(account_survivor))
    access = access.mutate(party_id=party_id(access.account_id, access.customer_id))
    first = access.group_by("shop_id", "capability_id", "party_id").agg(since=access.since.min())
    told = first.join(capability.drop("shop_id"), "capability_id")
    return told.select(
        "shop_id",
        "capability_id",
        "party_id",
        capability=ibis.coalesce(told.name, told.capability_number),
        uses_needed=told.uses_needed.fill_null(1),
        since_on=given.day(told.since, told.shop_id),
    )


@mart
def capability_used(given: Given) -> ibis.Table:
    """Uses by party, capability and day. told_until: the day of the shop's last use of anything."""
    use = of_survivors(given.table("capability_use"), given.mart(account_survivor))
    use = use.mutate(
        party_id=party_id(use.account_id, use.customer_id),
        used_on=given.day(use.used_at, use.shop_id),
        n=use.uses.fill_null(1),
    )
    days = use.group_by("shop_id", "capability_id", "party_id", "used_on").agg(uses=use.n.sum().cast("int64"))
    return days.mutate(told_until=days.used_on.max().over(group_by="shop_id"))
