"""Messages that left, with what people, and what machines, did with each."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.real_people import real_people


@mart
def message_told(given: Given) -> ibis.Table:
    """One row per message to somebody who counts that was not held back. Days are the shop's; null: it did not happen.

    delivered_on is the day of the first delivery told; where a shop's source tells none in a channel at all, a
    message that did not bounce was delivered when it was sent. clicked_on and opened_on are a person's, machine_*
    a mail service's or a scanner's.
    """
    m, e = given.table("message"), given.table("message_event")
    people = m.filter(~m.suppressed.fill_null(False), m.customer_id.notnull())
    machine, bot = e.is_machine_open.fill_null(False), e.is_bot_click.fill_null(False)
    at = e.happened_at
    done = e.group_by("message_id").agg(
        delivered_at=at.min(where=e.type == "delivered"),
        bounced_at=at.min(where=e.type == "bounce"),
        clicked_at=at.min(where=(e.type == "click") & ~bot),
        machine_clicked_at=at.min(where=(e.type == "click") & bot),
        opened_at=at.min(where=(e.type == "open") & ~machine),
        machine_opened_at=at.min(where=(e.type == "open") & machine),
        unsubscribed_at=at.min(where=e.type == "unsubscribe"),
        complained_at=at.min(where=e.type == "complaint"),
    )
    told = real_people(people).left_join(done, "message_id")
    told = told.mutate(way=told.channel.fill_null(""))
    ways = told.group_by("shop_id", "way").agg(tells=told.delivered_at.count() > 0)
    told = told.join(ways, ["shop_id", "way"])
    silent = ~told.tells & told.bounced_at.isnull()
    told = told.mutate(delivered_at=ibis.coalesce(told.delivered_at, ibis.cases((silent, told.sent_at))))
    moments = [c for c in told.columns if c.endswith("ed_at") and c != "recorded_at"]
    days = {f"{c.removesuffix('_at')}_on": given.day(told[c], told.shop_id) for c in moments}
    return told.select(
        "shop_id", "message_id", "customer_id", "channel", "series", "campaign", "flow", "personalized",
        sent_on=given.day(told.sent_at, told.shop_id), **days,
    )  # fmt: skip


@mart
def exposure_day(given: Given) -> ibis.Table:
    """One row per time somebody who counts was shown a slot. person: the customer, else the device, within the shop."""
    e = real_people(given.table("exposure"))
    person = ibis.coalesce("c" + e.customer_id.cast("string"), "d" + e.anonymous)
    return e.select(
        "shop_id", "exposure_id", "customer_id", "slot", "personalized",
        person=person, shown_on=given.day(e.shown_at, e.shop_id), clicked_on=given.day(e.clicked_at, e.shop_id),
    ).filter(lambda t: t.person.notnull())  # fmt: skip
