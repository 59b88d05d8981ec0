"""subscription_ledger: every movement of each subscription's monthly money."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.agreement import payer_id
from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.movements import movements
from holdfast.warehouse.marts.mrr_step import mrr_step


@mart
def subscription_ledger(given: Given) -> ibis.Table:
    """One row per subscription and moment that moves its money or ends it; `day` is the shop's.

    after_minor is the next row's before_minor. A pause that lapses moves no money and leaves `gone`.
    """
    s = given.mart(mrr_step)
    upto = ibis.cumulative_window(group_by="subscription_id", order_by="at")
    # A pause of what was never paid holds nothing.
    idle = (s.standing == "paused") & (s.mrr_minor.max().over(upto) == 0)
    s = s.mutate(standing=ibis.cases((idle, "gone"), else_=s.standing))
    by_time = ibis.window(group_by="subscription_id", order_by="at")
    earlier = ibis.window(group_by="subscription_id", order_by="at", preceding=(None, 1))
    c = s.mutate(
        before_minor=s.mrr_minor.lag().over(by_time).fill_null(0),
        after_minor=s.mrr_minor,
        was=s.standing.lag().over(by_time).fill_null("gone"),
        paid_before=(s.mrr_minor.max().over(earlier).fill_null(0) > 0),
        held_minor=ibis.literal(0).cast("int64"),
    )
    c = c.filter((c.before_minor != c.after_minor) | (c.was != c.standing) | (c.price_minor != 0) | (c.fx_minor != 0))
    c = c.filter((c.before_minor != 0) | (c.after_minor != 0) | (c.was != c.standing))
    sub = given.table("subscription")
    told = c.left_join(sub.select("subscription_id", "customer_id", "account_id"), "subscription_id")
    return told.select(
        "shop_id", "subscription_id", "customer_id", "account_id", "at", "before_minor", "after_minor", "was",
        "standing", "voluntary",
        payer_id=payer_id(told.customer_id, told.account_id, told.subscription_id),
        day=given.day(told["at"], told.shop_id),
        **movements(told),
    )  # fmt: skip
