"""What customers do after a purchase: write, register, look things up, order again, speak for the shop."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.real_people import real_people

CLICKS = {"review": "review", "registration": "registration", "how-to": "how-to view", "how-to view": "how-to view",
          "reorder": "reorder click"}  # fmt: skip


@mart
def customer_act(given: Given) -> ibis.Table:
    """One row per declared act of somebody who counts, on the shop's day. Unknown writers keep a null customer.

    Reviews are acts by themselves; a click in a message is one where its event says what was clicked; an event is one
    where the merchant declares what it means.
    """
    r, o = given.table("review"), given.table("order").select("order_id", buyer="customer_id")
    wrote = r.left_join(o, "order_id")
    reviews = wrote.select(
        "shop_id", act_id=wrote.review_id, customer_id=ibis.coalesce(wrote.customer_id, wrote.buyer),
        act=ibis.literal("review"), at=wrote.written_at,
    )  # fmt: skip
    e, m = given.table("message_event"), given.table("message").select("message_id", "customer_id")
    human = e.filter(e.type == "click", ~e.is_bot_click.fill_null(False), e.about.isin(list(CLICKS)))
    clicked = human.join(m, "message_id")
    clicks = clicked.select(
        "shop_id", "customer_id", act_id=clicked.message_id, act=clicked.about.cases(*CLICKS.items()),
        at=clicked.happened_at,
    )  # fmt: skip
    v, d = given.table("event"), given.table("declared_act").select("shop_id", "event", "means")
    meant = v.join(d, ["shop_id", "event"])
    events = meant.select("shop_id", "customer_id", act_id=meant.event_id, act=meant.means, at=meant.happened_at)
    columns = ("shop_id", "customer_id", "act_id", "act", "at")
    told = reviews.select(*columns).union(clicks.select(*columns), events.select(*columns))
    real = real_people(told)
    return real.select(*columns[:-1], acted_on=given.day(real["at"], real.shop_id))


@mart
def review_day(given: Given) -> ibis.Table:
    """One row per review, on the shop's day."""
    r = real_people(given.table("review"))
    written = ibis.cases((r.verified.fill_null(False), "verified buyers"), else_="others")
    return r.select(
        "shop_id", "review_id", "customer_id", written_on=given.day(r.written_at, r.shop_id),
        rating=r.rating.cast("float64"), writers=written,
    )  # fmt: skip
