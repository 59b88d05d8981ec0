"""checkout_visit: visits, and whether a checkout was completed in them."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.real_people import real_people

# What sources call a completed checkout, without case, spaces and signs.
CHECKOUT_EVENTS = (
    "ordercompleted", "completedorder", "checkoutcompleted", "completedcheckout", "orderplaced", "placedorder",
    "purchase", "purchased", "purchasecompleted", "completepurchase", "ordersubmitted",
)  # fmt: skip


@mart
def checkout_visit(given: Given) -> ibis.Table:
    """One row per visit that is no robot's and nobody's of the merchant's own.

    ordered: the source counts an order in it, or an event of it is a completed checkout. portal: a signed-in B2B
    portal. visitor: the person where known, else the device, else the visit alone.
    """
    s = given.table("session")
    s = real_people(s.filter(~s.is_bot.fill_null(False)))
    e = given.table("event")
    done = e.filter(e.session_id.notnull(), e.event.lower().re_replace("[^a-z]", "").isin(CHECKOUT_EVENTS))
    done = done.select("session_id").distinct().mutate(done=ibis.literal(True))
    told = s.left_join(done, "session_id").select(*s.columns, "done")
    return told.select(
        "session_id",
        "shop_id",
        "customer_id",
        "channel",
        "device",
        visited_on=given.day(told.started_at, told.shop_id),
        portal=told.is_portal.fill_null(False),
        ordered=told.done.fill_null(False) | (told.orders.fill_null(0) > 0),
        visitor=ibis.coalesce(
            "person " + told.customer_id.cast("string"),
            "device " + told.anonymous,
            "visit " + told.session_id.cast("string"),
        ),
    )
