"""order_value: what an order was worth, in merchandise, and what of it went back."""

from __future__ import annotations

from datetime import datetime

import ibis

from holdfast.warehouse.marts.shop_day import shop_day

# An order in one of these states never became a purchase (metrics.md C1).
NOT_AN_ORDER = (
    "voided", "expired", "failed", "cancelled", "canceled", "trash", "auto-draft", "checkout-draft", "draft",
    "pending_payment", "fraud",
)  # fmt: skip


def order_value(
    order: ibis.Table,
    order_line: ibis.Table,
    refund_value: ibis.Table,
    shop: ibis.Table,
    zones: dict[int, str],
    since: datetime,
    until: datetime,
) -> ibis.Table:
    """One row per order: day where the shop is, validity, merchandise placed and given back, minor units.

    placed_minor = gross − discounts, without tax, shipping, tips, gift cards and anything that is not
    merchandise. counts: this order is a purchase (C2), unless fully refunded. Money in another currency
    than the shop's is kept apart (`shop_money` false), never added.
    """
    merchandise = order_line.kind == "merchandise"
    lines = order_line.group_by("order_id").agg(
        gross_minor=order_line.gross_minor.sum(where=merchandise).fill_null(0).cast("int64"),
        line_discount=order_line.discount_minor.sum(where=merchandise).cast("int64"),
        lines=order_line.count(),
        line_tax=order_line.tax_minor.sum(where=merchandise).cast("int64"),
    )
    joined = order.left_join(lines, "order_id").join(shop.select("shop_id", shop_currency=shop.currency), "shop_id")
    tax_inside = ibis.cases((joined.taxes_included, ibis.coalesce(joined.line_tax, joined.tax_minor, 0)), else_=0)
    gross = ibis.coalesce(joined.gross_minor, joined.subtotal_minor, 0)
    # Without lines the stated subtotal stands in; the source has already taken its discounts off.
    off = joined.line_discount.fill_null(0) + joined.discount_minor.fill_null(0)
    discount = ibis.cases((joined.gross_minor.notnull(), off), else_=0)
    valued = joined.select(
        "order_id", "shop_id", "customer_id", "country", "channel", "currency",
        placed_at=joined.processed_at,
        placed_on=shop_day(joined.processed_at, joined.shop_id, zones, since, until),
        valid=~joined.test.fill_null(False)
        & joined.cancelled_at.isnull()
        & ~joined.financial_status.fill_null("").isin(NOT_AN_ORDER),
        free_counts=joined.free_counts.fill_null(False),
        shop_money=joined.currency == joined.shop_currency,
        refunded=joined.financial_status == "refunded",
        lines=joined.lines.fill_null(0),
        gross_minor=gross,
        discount_minor=discount,
        placed_minor=(gross - discount - tax_inside).cast("int64"),
    )  # fmt: skip
    # A refund gives back an order of its own currency; one in another currency is never added to it.
    matched = refund_value.filter(refund_value.order_id.notnull())
    back = matched.group_by("order_id", "currency").agg(
        back_minor=matched.merch_minor.sum().cast("int64"),
        last_refund_on=matched.refunded_on.max(where=matched.merch_minor > 0),
    )
    told = valued.left_join(back, ["order_id", "currency"]).drop("order_id_right", "currency_right")
    # "refunded" without a refund row: all of it went back, on a day nobody told us.
    back_minor = ibis.cases(
        (told.refunded.fill_null(False) & told.back_minor.isnull(), told.placed_minor),
        else_=told.back_minor.fill_null(0),
    )
    returned = ibis.least(back_minor, told.placed_minor).cast("int64")
    refunded_on = ibis.coalesce(told.last_refund_on, told.placed_on)
    all_back = (told.placed_minor > 0) & (back_minor >= told.placed_minor)
    return told.mutate(
        returned_minor=returned,
        void_on=ibis.cases((all_back, refunded_on)),
        counts=told.valid & ((told.placed_minor > 0) | told.free_counts),
    ).drop("back_minor", "refunded", "last_refund_on", "free_counts")
