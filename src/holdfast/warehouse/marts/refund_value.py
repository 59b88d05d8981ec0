"""refund_value: merchandise given back, one row per refund and order it gives back."""

from __future__ import annotations

from datetime import datetime

import ibis

from holdfast.warehouse.marts.shop_day import shop_day


def refund_value(
    refund: ibis.Table,
    refund_line: ibis.Table,
    credit_match: ibis.Table,
    shop: ibis.Table,
    zones: dict[int, str],
    since: datetime,
    until: datetime,
) -> ibis.Table:
    """One row per refund and order (order_id null: no order could be found), on the shop's day of the refund.

    Line by line where lines say what came back; a refund that has only an amount gives one row whose
    `merch_minor` is capped at the order's merchandise later, because it may hold shipping and tax. Money in
    another currency than the shop's is kept apart (`shop_money` false), never added.
    """
    head = refund.select(
        "refund_id", "shop_id", "customer_id", "currency", told_order=refund.order_id, refunded_at=refund.processed_at
    )
    lines = refund_line.select(
        "refund_id",
        "product_id",
        "place",
        merch_minor=ibis.cases((refund_line.kind == "merchandise", refund_line.subtotal_minor), else_=0),
    )
    found = credit_match.select("refund_id", "product_id", "place", "order_id")
    matched = lines.left_join(found, ["refund_id", "product_id", "place"]).select(
        lines.refund_id, lines.merch_minor, found.order_id
    )
    told = matched.join(head, "refund_id")
    by_line = told.group_by(
        "refund_id",
        "shop_id",
        "customer_id",
        order_id=ibis.coalesce(told.told_order, told.order_id),
        refunded_at=told.refunded_at,
        currency=told.currency,
    ).agg(merch_minor=told.merch_minor.sum().cast("int64"), only_amount=ibis.literal(False))
    whole = refund.anti_join(refund_line, "refund_id").select(
        "refund_id",
        "shop_id",
        "customer_id",
        "order_id",
        refunded_at=refund.processed_at,
        currency=refund.currency,
        merch_minor=refund.amount_minor.fill_null(0),
        only_amount=True,
    )
    both = by_line.union(whole).join(shop.select("shop_id", shop_currency=shop.currency), "shop_id")
    told = both.mutate(shop_money=both.currency == both.shop_currency).drop("shop_currency")
    return told.mutate(refunded_on=shop_day(told.refunded_at, told.shop_id, zones, since, until))
