"""refund_value: merchandise given back, one row per refund and order it gives back."""

from __future__ import annotations

from datetime import datetime

import ibis

from holdfast.warehouse.marts.shop_day import shop_day


def refund_value(
    refund: ibis.Table,
    refund_line: ibis.Table,
    credit_match: ibis.Table,
    excluded_person: ibis.Table,
    shop: ibis.Table,
    zones: dict[int, str],
    since: datetime,
    until: datetime,
) -> ibis.Table:
    """One row per refund and order (order_id null: no order could be found), on the shop's day of the refund.

    Line by line where lines say what came back; a refund that has only an amount gives one row whose
    `merch_minor` is cut to the order's merchandise later, because it may hold shipping and tax. An order's own
    "refunded" total repeats its other refunds and counts for what exceeds them. What fits no order and was given
    back to an excluded person is left out, as their orders are. Money in another currency than
    the shop's is kept apart (`shop_money` false), never added.
    """
    head = refund.select(
        "refund_id", "shop_id", "customer_id", "currency", told_order=refund.order_id, refunded_at=refund.processed_at
    )
    lines = refund_line.select(
        "refund_id",
        "product_id",
        "place",
        merch_minor=ibis.cases((refund_line.kind == "merchandise", refund_line.subtotal_minor), else_=0),
        paid_minor=refund_line.subtotal_minor + refund_line.tax_minor.fill_null(0),
    )
    found = credit_match.select("refund_id", "product_id", "place", "order_id")
    matched = lines.left_join(found, ["refund_id", "product_id", "place"]).select(
        lines.refund_id, lines.merch_minor, lines.paid_minor, found.order_id
    )
    told = matched.join(head, "refund_id")
    by_line = told.group_by(
        "refund_id",
        "shop_id",
        "customer_id",
        order_id=ibis.coalesce(told.told_order, told.order_id),
        refunded_at=told.refunded_at,
        currency=told.currency,
    ).agg(
        merch_minor=told.merch_minor.sum().cast("int64"),
        only_amount=ibis.literal(False),
        order_total=ibis.literal(False),
        paid_minor=told.paid_minor.sum().cast("int64"),
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
        order_total=is_order_total(refund),
        paid_minor=refund.amount_minor.fill_null(0),
    )
    both = _once(by_line.union(whole)).join(shop.select("shop_id", shop_currency=shop.currency), "shop_id")
    loose = both.order_id.isnull() & both.customer_id.isin(excluded_person.customer_id).fill_null(False)
    both = both.filter(~loose)
    told = both.mutate(shop_money=both.currency == both.shop_currency).drop("shop_currency")
    return told.mutate(refunded_on=shop_day(told.refunded_at, told.shop_id, zones, since, until))


def is_order_total(refund: ibis.Table) -> ibis.Value:
    """A refund made of an order's "refunded" cell: it has no day, and no number but the order's with ":refunded"."""
    numbered = refund.refund_number.endswith(":refunded").fill_null(False)
    return (
        refund.order_id.notnull() & (numbered | (refund.refund_number.isnull() & refund.processed_at.isnull()))
    ).fill_null(False)


def _once(rows: ibis.Table) -> ibis.Table:
    """Order totals less what the order's other refunds paid back."""
    others = rows.filter(rows.order_id.notnull(), ~rows.order_total)
    paid = others.group_by("order_id", "currency").agg(others_minor=others.paid_minor.sum().cast("int64"))
    beside = rows.left_join(paid, ["order_id", "currency"]).drop("order_id_right", "currency_right")
    excess = ibis.greatest(beside.merch_minor - beside.others_minor.fill_null(0), 0)
    return beside.mutate(
        merch_minor=ibis.cases((beside.order_total, excess), else_=beside.merch_minor).cast("int64")
    ).drop("order_total", "paid_minor", "others_minor")
