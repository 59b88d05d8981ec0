"""cost_told: what was spent beside the orders, and on whom."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart


@mart
def cost_told(given: Given) -> ibis.Table:
    """One row per cost in the shop's money: the days it is for, both inclusive, and the customer it was spent on.

    The customer is the one it names, else the one of its order or of its ticket; null: it was spent on nobody alone.
    """
    c, o, t = given.table("cost_event"), given.table("order"), given.table("ticket")
    own = given.table("shop").select("shop_id", shop_currency="currency")
    told = c.join(own, "shop_id").filter(lambda r: r.currency == r.shop_currency)
    told = told.left_join(o.select("order_id", order_customer="customer_id"), "order_id").drop("order_id_right")
    told = told.left_join(t.select("ticket_id", ticket_customer="customer_id"), "ticket_id").drop("ticket_id_right")
    return told.select(
        "cost_id", "shop_id", "order_id", "ticket_id", "type", "purpose", "amount_minor",
        customer_id=ibis.coalesce(told.customer_id, told.order_customer, told.ticket_customer),
        since=told.spent_on,
        until=ibis.coalesce(ibis.greatest(told.until, told.spent_on), told.spent_on),
    )  # fmt: skip
