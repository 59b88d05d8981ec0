"""Parcels: when they were promised, when they came, and for whom."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart

CALLED_OFF = ("cancelled", "canceled")


@mart
def parcel(given: Given) -> ibis.Table:
    """One row per parcel of an order that counts as a purchase in itself; days are the shop's.

    A shipment that was called off is no parcel: it was packed again as another, or never sent.
    """
    f, o = given.table("fulfillment"), given.table("order")
    void = o.test.fill_null(False) | o.cancelled_at.notnull()
    sent = f.filter(~f.status.fill_null("").lower().isin(CALLED_OFF))
    told = sent.join(o.filter(~void).select("order_id", "customer_id"), "order_id")
    return told.select(
        "shop_id", "fulfillment_id", "order_id", "customer_id", "carrier",
        delivered_on=given.day(told.delivered_at, told.shop_id),
        promised_on=given.day(told.estimated_delivery_at, told.shop_id),
    )  # fmt: skip
