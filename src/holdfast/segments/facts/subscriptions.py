"""How a subscriber stood at the end of a day, and what they paid."""

from __future__ import annotations

import ibis

from holdfast.segments.facts.declare import KEY, Fact, Source, upto
from holdfast.warehouse.marts.registry import unbound as mart

STANDINGS = ("paying", "paused", "gone")


def subscriptions(several: bool) -> ibis.Table:
    led = mart("mrr_ledger")
    led = led.filter(led.customer_id.notnull())
    t = upto(led.select("shop_id", "customer_id", "payer_id", "day", "after_minor", "standing"), "day")
    place = t.day.epoch_seconds()
    of_payer = t.group_by(*KEY, "payer_id").agg(
        standing=t.standing.argmax(place), monthly=t.after_minor.argmax(place), first=t.day.min()
    )
    # Somebody may pay for themselves and for a company: they stand as the better of both.
    stands = ibis.cases((of_payer.standing == "paying", 2), (of_payer.standing == "paused", 1), else_=0)
    told = of_payer.group_by(*KEY).agg(
        stands=stands.max(), monthly_minor=of_payer.monthly.sum().cast("int64"), subscribed_on=of_payer["first"].min()
    )
    standing = ibis.cases((told.stands == 2, "paying"), (told.stands == 1, "paused"), else_="gone")
    return told.select(*KEY, "monthly_minor", "subscribed_on", standing=standing)


SUBSCRIPTIONS = Source(
    "subscriptions", subscriptions, "subscription",
    (
        Fact("subscription", "subscription", "word", column="standing", choices=STANDINGS),
        Fact("monthly", "paid a month", "number", "money", "monthly_minor", absent=0),
        Fact("subscribed", "first subscribed", "day", column="subscribed_on"),
    ),
)  # fmt: skip
