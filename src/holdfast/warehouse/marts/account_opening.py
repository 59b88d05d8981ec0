"""account_opening: when a customer opened an account."""

from __future__ import annotations

from datetime import datetime

import ibis

from holdfast.warehouse.marts.real_people import real_people
from holdfast.warehouse.marts.shop_day import shop_day, shop_time

FIRST_HOURS = 72  # the framework's "first purchase within 72 hours"


def account_opening(customer: ibis.Table, zones: dict[int, str], since: datetime, until: datetime) -> ibis.Table:
    """One row per account whose real opening moment is known: no guests, nobody excluded, no imported profiles.

    opened_at is UTC, opened_local what the shop's clock showed; hours_on is the shop's day on which the
    first 72 hours end. Whether and when they bought is for the day asked for: see `history`.
    """
    real = real_people(customer).filter(
        customer.account_created_at.notnull(),
        ~customer.is_guest.fill_null(False),
        ~customer.imported.fill_null(False),
    )
    opened = real.account_created_at
    ends = opened + ibis.interval(hours=FIRST_HOURS)
    return real.select(
        "shop_id",
        "customer_id",
        opened_at=opened,
        opened_local=shop_time(opened, real.shop_id, zones, since, until),
        opened_on=shop_day(opened, real.shop_id, zones, since, until),
        hours_on=shop_day(ends, real.shop_id, zones, since, until),
    )
