"""Do first-time buyers come back? M10 and M18: one question, two windows."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.month_bucket import as_day


def bought_again_within(facts: Facts, as_of: date, days: int) -> ibis.Table:
    """One row per customer who has bought; counted when the second occasion came in fewer than `days` days.

    The first day is day 0, so a window of 30 days is days 0…29, and a unit matures 30 days after it.
    """
    h = facts.history(as_of)
    closes = as_day(h.first_on + ibis.interval(days=days))
    return h.select(
        "shop_id",
        "customer_id",
        unit_id=h.customer_id,
        anchor=h.first_on,
        matures_on=closes,
        counted=(h.second_on < closes).fill_null(False).cast("float64"),
        out_of=ibis.literal(1.0),
    )


@metric(
    number="M10",
    name="Second purchase within 30 days",
    question="Of the customers who bought for the first time, how many bought again within 30 days?",
    unit="customers",
    counted="bought on a second day within 30 days",
    out_of="first-time buyers with 30 days behind them",
    window="30 days from the first purchase",
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0007",
    needs=("order", "order.customer_id"),
    differs="Shop reports often count a second order of the same day; here one day is one occasion.",
)
def second_purchase_within_30_days(facts: Facts, as_of: date) -> ibis.Table:
    return bought_again_within(facts, as_of, 30)


@metric(
    number="M18",
    name="Repeat purchase rate",
    question="Of the customers old enough to judge, how many bought again within 365 days of their first purchase?",
    unit="customers",
    counted="bought on a second day within 365 days",
    out_of="first-time buyers with 365 days behind them",
    window="365 days from the first purchase",
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0007",
    needs=("order", "order.customer_id"),
    differs=(
        "Shopify's returning customer rate asks who of this period's buyers ever bought before; it rises when"
        " acquisition stops. See returning_customer_rate (M18b)."
    ),
)
def repeat_purchase_rate(facts: Facts, as_of: date) -> ibis.Table:
    return bought_again_within(facts, as_of, 365)
