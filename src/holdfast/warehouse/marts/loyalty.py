"""loyalty_act: what members of a loyalty programme did themselves, and who was enrolled without asking."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart


@mart
def loyalty_act(given: Given) -> ibis.Table:
    """One row per enrolment, earning and redemption, on the shop's day.

    own: the member did it. Whoever redeems did; whoever was enrolled without asking earns by buying, which is no act,
    until they enrol themself. act: "took part" (earned or redeemed), "enrolled", or "was enrolled" for all that is not
    their own.
    """
    event = given.table("loyalty_event")
    event = event.filter(event.type.isin(["enrol", "earn", "redeem"]))
    auto = event.auto_enrolled.fill_null(False)
    of_person = ibis.window(group_by=["shop_id", "customer_id"])
    enrolled = event.type == "enrol"
    event = event.mutate(
        auto=auto,
        auto_at=ibis.cases((auto, event.happened_at)).min().over(of_person),
        own_at=ibis.cases((enrolled & ~auto, event.happened_at)).min().over(of_person),
    )
    since_auto = (event.auto_at <= event.happened_at).fill_null(False)
    since_own = (event.own_at <= event.happened_at).fill_null(False)
    own = (event.type == "redeem") | (~event.auto & (since_own | ~since_auto))
    return event.select(
        "shop_id",
        "customer_id",
        act=ibis.cases((~own, "was enrolled"), (event.type == "enrol", "enrolled"), else_="took part"),
        happened_on=given.day(event.happened_at, event.shop_id),
    )
