"""dispute_case: disputes and fraud reports on the shop's days, each with the payment it is about."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.payment import payment


@mart
def dispute_case(given: Given) -> ibis.Table:
    """One row per dispute or fraud report. paid_id: the payment it names, else the first of the order it names."""
    d, p = given.table("dispute"), given.mart(payment)
    o, own = given.table("order"), given.table("shop").select("shop_id", home="currency")
    named = p.select(named_id="transaction_id", named_order="order_id", named_network="network")
    in_order = ibis.window(group_by="order_id", order_by=["paid_on", "transaction_id"])
    of_order = p.filter(p.order_id.notnull()).mutate(place=ibis.row_number().over(in_order))
    of_order = of_order.filter(of_order.place == 0)
    of_order = of_order.select(paid_order="order_id", first_id="transaction_id", first_network="network")
    told = d.left_join(named, d.transaction_id == named.named_id)
    told = told.mutate(its_order=ibis.coalesce(told.order_id, told.named_order)).drop("order_id")
    told = told.left_join(of_order, told.its_order == of_order.paid_order)
    buyers = o.select(bought="order_id", buyer="customer_id")
    told = told.left_join(buyers, told.its_order == buyers.bought).join(own, "shop_id")
    return told.select(
        "dispute_id", "shop_id", "status", "reason", "amount_minor",
        order_id=told.its_order,
        customer_id=ibis.coalesce(told.customer_id, told.buyer),
        paid_id=ibis.coalesce(told.named_id, told.first_id),
        network=ibis.coalesce(told.network, told.named_network, told.first_network),
        is_fraud_report=told.is_fraud_report.fill_null(False),
        shop_money=told.currency == told.home,
        opened_on=given.day(told.opened_at, told.shop_id),
    )  # fmt: skip
