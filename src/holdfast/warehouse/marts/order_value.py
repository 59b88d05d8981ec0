"""order_value: what an order was worth, in merchandise, and what of it went back."""

from __future__ import annotations

from datetime import datetime

import ibis

from holdfast.commerce.order import VOID_ANYWHERE
from holdfast.warehouse.marts.shop_day import shop_day

# What an order is to us, by the number in `sort`: a purchase ("counted"), or why it is none. The first that holds.
COUNTED, TEST, OWN = "counted", "test", "own people"
SORTS = (COUNTED, TEST, "cancelled", "exchange", OWN, "voided", "no merchandise")


def order_value(
    order: ibis.Table,
    order_line: ibis.Table,
    refund_value: ibis.Table,
    excluded_person: ibis.Table,
    shop: ibis.Table,
    zones: dict[int, str],
    since: datetime,
    until: datetime,
    *,
    tax_inside: bool = True,
) -> ibis.Table:
    """One row per order: day where the shop is, validity, merchandise placed and given back, minor units.

    placed_minor = gross − discounts, without tax, shipping, tips, gift cards and anything that is not
    merchandise. counts: this order is a purchase (C2), unless fully refunded. Money in another currency
    than the shop's is kept apart (`shop_money` false), never added. sort: the place in SORTS of what the order is
    to us; tax, shipping, tip and total are as the source says. excluded_person: whose orders are no purchases (C8).
    The currency stays with the order: writing text costs much, and few ask. tax_inside False: no order says that
    its prices include tax, so that the lines' tax need not be summed.
    """
    merchandise = order_line.kind == "merchandise"
    tax = {"line_tax": order_line.tax_minor.sum(where=merchandise).cast("int64")} if tax_inside else {}
    lines = order_line.group_by("order_id").agg(
        gross_minor=order_line.gross_minor.sum(where=merchandise).fill_null(0).cast("int64"),
        line_discount=order_line.discount_minor.sum(where=merchandise).cast("int64"),
        lines=order_line.count(),
        **tax,
    )
    joined = order.left_join(lines, "order_id").join(shop.select("shop_id", shop_currency=shop.currency), "shop_id")
    # Without lines the stated subtotal stands in, else what is left of the total; discounts are off both, tax off one.
    asked = joined.total_minor - sum(
        (joined[part].fill_null(0) for part in ("shipping_minor", "tip_minor")), joined.tax_minor.fill_null(0)
    )
    gross = ibis.coalesce(joined.gross_minor, joined.subtotal_minor, ibis.greatest(asked, 0), 0)
    stated = joined.gross_minor.notnull() | joined.subtotal_minor.notnull()
    tax_off: ibis.Value | int = 0
    if tax_inside:
        told_tax = ibis.coalesce(joined.line_tax, joined.tax_minor, 0)
        tax_off = ibis.cases((joined.taxes_included & stated, told_tax), else_=0)
    off = joined.line_discount.fill_null(0) + joined.discount_minor.fill_null(0)
    discount = ibis.cases((joined.gross_minor.notnull(), off), else_=0)
    sort = ibis.cases(
        (joined.test.fill_null(False), SORTS.index(TEST)),
        (joined.cancelled_at.notnull(), SORTS.index("cancelled")),
        (joined.is_exchange.fill_null(False), SORTS.index("exchange")),
        (joined.customer_id.isin(excluded_person.customer_id).fill_null(False), SORTS.index(OWN)),
        (_plain(joined.financial_status).isin(sorted(VOID_ANYWHERE)), SORTS.index("voided")),
        else_=SORTS.index(COUNTED),
    )
    valued = joined.select(
        "order_id", "shop_id", "customer_id", "account_id", "country", "channel", "currency",
        placed_at=joined.processed_at,
        placed_on=shop_day(joined.processed_at, joined.shop_id, zones, since, until),
        sort=sort,
        free_counts=joined.free_counts.fill_null(False),
        shop_money=joined.currency == joined.shop_currency,
        refunded=joined.financial_status == "refunded",
        lines=joined.lines.fill_null(0),
        gross_minor=gross,
        discount_minor=discount,
        placed_minor=(gross - discount - tax_off).cast("int64"),
        tax_minor=joined.tax_minor,
        shipping_minor=joined.shipping_minor,
        tip_minor=joined.tip_minor,
        total_minor=joined.total_minor,
    )  # fmt: skip
    return _given_back(valued, refund_value)


def _plain(status: ibis.Value) -> ibis.Value:
    """commerce.order.plain_status, in SQL."""
    return status.fill_null("").strip().lower().replace(" ", "_").replace("-", "_")


def _given_back(valued: ibis.Table, refund_value: ibis.Table) -> ibis.Table:
    """Orders with what came back of each: `returned_minor`, and `void_on` where all of it did."""
    # A refund gives back an order of its own currency; one in another currency is never added to it.
    matched = refund_value.filter(refund_value.order_id.notnull())
    only_amount = matched.only_amount.fill_null(False)
    back = matched.group_by("order_id", "currency").agg(
        by_line=matched.merch_minor.sum(where=~only_amount).fill_null(0).cast("int64"),
        amount=matched.merch_minor.sum(where=only_amount).fill_null(0).cast("int64"),
        last_refund_on=matched.refunded_on.max(where=matched.merch_minor > 0),
    )
    told = valued.left_join(back, ["order_id", "currency"]).drop("order_id_right", "currency_right")
    # An amount may hold tax and shipping: of the merchandise it gives back as much as of the whole order.
    in_part = (told.total_minor > 0) & (told.amount < told.total_minor)
    part = (told.amount.cast("float64") * told.placed_minor / told.total_minor.nullif(0)).round().cast("int64")
    # "refunded" without a refund row: all of it went back, on a day nobody told us.
    silent = (told.refunded & told.by_line.isnull()).fill_null(False)
    whole = ibis.cases((told.amount > 0, ibis.greatest(told.amount, told.placed_minor)), else_=0)
    by_amount = ibis.cases((in_part.fill_null(False), part), (told.total_minor > 0, whole), else_=told.amount)
    back_minor = ibis.cases((silent, told.placed_minor), else_=told.by_line.fill_null(0) + by_amount.fill_null(0))
    returned = ibis.least(back_minor, told.placed_minor).cast("int64")
    refunded_on = ibis.coalesce(told.last_refund_on, told.placed_on)
    # A part of the total is no whole, even where rounding makes it one.
    rounded_up = (in_part & (told.by_line == 0) & (told.amount > 0)).fill_null(False)
    all_back = (told.placed_minor > 0) & (back_minor >= told.placed_minor) & ~rounded_up
    valid, worth = told.sort == SORTS.index(COUNTED), (told.placed_minor > 0) | told.free_counts
    return told.mutate(
        returned_minor=returned,
        void_on=ibis.cases((all_back, refunded_on)),
        valid=valid,
        counts=valid & worth,
        sort=ibis.cases((valid & ~worth, SORTS.index("no merchandise")), else_=told.sort).cast("int64"),
    ).drop("currency", "by_line", "amount", "refunded", "last_refund_on", "free_counts")
