"""refund_value: merchandise given back, one row per refund and order it gives back."""

from __future__ import annotations

from datetime import datetime

import ibis

from holdfast.warehouse.marts.shop_day import shop_day


def refund_value(
    refund: ibis.Table, refund_line: ibis.Table, credit_match: ibis.Table, zones: dict[int, str], since: datetime, until: datetime
) -> ibis.Table:
    """One row per refund and order (order_id null: no order could be found), on the shop's day of the refund.

    Line by line where lines say what came back; a refund that has only an amount gives one row whose
    `merch_minor` is capped at the order's merchandise later, because it may hold shipping and tax.
    """
    matched = refund_line.left_join(credit_match, ["refund_id", "product_id", "place"])
    by_line = (
        matched.join(refund, matched.refund_id == refund.refund_id)
        .group_by(
            refund_id=matched.refund_id,
            shop_id=refund.shop_id,
            customer_id=refund.customer_id,
            order_id=ibis.coalesce(refund.order_id, matched.order_id),
            refunded_at=refund.processed_at,
            currency=refund.currency,
        )
        .agg(merch_minor=matched.subtotal_minor.sum(where=matched.kind == "merchandise").fill_null(0).cast("int64"))
        .mutate(only_amount=False)
    )
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
    both = by_line.union(whole)
    return both.mutate(refunded_on=shop_day(both.refunded_at, both.shop_id, zones, since, until))
