"""account_opening: when a customer opened an account, and when they first bought after it."""

from __future__ import annotations

from datetime import datetime

import ibis

from holdfast.warehouse.marts.shop_day import shop_day

FIRST_HOURS = 72  # the framework's "first purchase within 72 hours"


def account_opening(
    customer: ibis.Table, history: ibis.Table, zones: dict[int, str], since: datetime, until: datetime
) -> ibis.Table:
    """One row per account whose real opening moment is known: no guests, tests, staff or imported profiles.

    first_at is null for accounts that have not bought; accounts that bought before they were opened are
    left out, since an opening that follows the purchase says nothing about it. hours_on is the shop's day
    on which the first 72 hours end.
    """
    real = customer.filter(
        customer.account_created_at.notnull(),
        ~customer.is_guest.fill_null(False),
        ~customer.is_test.fill_null(False),
        ~customer.is_staff.fill_null(False),
        ~customer.imported.fill_null(False),
    )
    told = real.left_join(history.select("customer_id", "first_at"), "customer_id")
    kept = told.filter(told.first_at.isnull() | (told.first_at >= told.account_created_at))
    return kept.select(
        "shop_id",
        "customer_id",
        opened_at=kept.account_created_at,
        first_at=kept.first_at,
        opened_on=shop_day(kept.account_created_at, kept.shop_id, zones, since, until),
        hours_on=shop_day(
            kept.account_created_at + ibis.interval(hours=FIRST_HOURS), kept.shop_id, zones, since, until
        ),
    )
