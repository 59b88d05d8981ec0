"""payment: card payments that went through, on the shop's days."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart

TAKEN = ("sale", "capture")
GIFT_CARD = "gift_card"


@mart
def payment(given: Given) -> ibis.Table:
    """One row per successful sale or capture that is no test and no gift card; a payment without a status went through.

    By a gateway's or order's own word for it; a payment of no day is none.
    """
    t, o = given.table("transaction"), given.table("order")
    plain = t.gateway.fill_null("").lower().replace(" ", "_").replace("-", "_")
    taken = t.filter(
        t.kind.fill_null("sale").isin(TAKEN), t.status.fill_null("success") == "success", ~t.test.fill_null(False),
        t.processed_at.notnull(), plain != GIFT_CARD,
    )  # fmt: skip
    told = taken.left_join(o.select("order_id", "customer_id"), "order_id").drop("order_id_right")
    own = given.table("shop").select("shop_id", home="currency")
    told = told.join(own, "shop_id")
    return told.select(
        "transaction_id", "shop_id", "order_id", "customer_id", "amount_minor", "network",
        shop_money=told.currency == told.home,
        paid_on=given.day(told.processed_at, told.shop_id),
    )  # fmt: skip
