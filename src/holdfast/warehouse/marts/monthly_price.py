"""What an item of a subscription costs a month, in whole minor units."""

from __future__ import annotations

import ibis

MONTHS_A_YEAR = 12
# How often an interval comes in a year: a week is 52 times a year, so a month of it is 52/12 (decision 0030).
TIMES_A_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}


def monthly_minor(item: ibis.Table) -> ibis.Value:
    """(price × quantity − discount) of one interval, as a month of it, rounded half away from zero.

    item: subscription_item, or a table with its columns. A yearly price of 600.00 is 50.00 a month.
    """
    quantity = item.quantity.fill_null(1).cast("float64")
    paid = item.unit_amount_minor * quantity - item.discount_minor.fill_null(0)
    times = ibis.cases(*((item.billing_interval == name, times) for name, times in TIMES_A_YEAR.items()))
    return (paid * times / (MONTHS_A_YEAR * item.interval_count.fill_null(1))).round().cast("int64")
