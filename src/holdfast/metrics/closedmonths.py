"""Paying customers at the end of each calendar month that is over, for a headline and for its past in one pass."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.commerce.calendar import last_closed_month
from holdfast.metrics.declare import Facts
from holdfast.metrics.months import POINTS
from holdfast.warehouse.marts.month_bucket import as_day


def month_number(day: date) -> int:
    """Months of the calendar, as the marts count them: year × 12 + month − 1."""
    return day.year * 12 + day.month - 1


def closed_months(facts: Facts, as_of: date, n: int = POINTS) -> ibis.Table:
    """The n newest months that are over on as_of: k back from the newest, its number, its first and its last day."""
    newest = last_closed_month(as_of)
    p = facts.month_point().filter(lambda t: t.k < n)
    begins = as_day(ibis.date(newest) - p.k.cast("int32").as_interval("M"))
    p = p.select("k", month=(month_number(newest) - p.k).cast("int64"), first_day=begins)
    ends = as_day(p.first_day + ibis.interval(months=1)) - ibis.interval(days=1)
    return p.mutate(last_day=as_day(ends))


def payer_months(facts: Facts, as_of: date, n: int) -> ibis.Table:
    """Columns of mrr_month for each of n closed months, with `month` and its `first_day`; one row a payer and month."""
    newest = month_number(last_closed_month(as_of))
    oldest = newest - n + 1
    r = facts.mart("mrr_month")
    r = r.filter(r.from_month <= newest, r.until_month.isnull() | (r.until_month > oldest))
    if n == 1:
        r = r.mutate(month=ibis.literal(newest).cast("int64"))
    else:
        begins, ends = ibis.greatest(r.from_month, oldest), ibis.least(r.until_month.fill_null(newest + 1), newest + 1)
        r = r.mutate(month=ibis.range(begins, ends).unnest())
    points = closed_months(facts, as_of, n).select("month", "first_day")
    return r.drop("from_month", "until_month").join(points, "month")


def with_payer(facts: Facts, rows: ibis.Table) -> ibis.Table:
    """Rows with the plan and channel their payer began with, to break down by."""
    return rows.left_join(facts.mart("payer"), "payer_id").drop("payer_id_right")


def payer_units(
    rows: ibis.Table, counted: ibis.Value, out_of: ibis.Value | None = None, own: tuple[str, ...] = ()
) -> ibis.Table:
    """Unit rows of payers, each under the first day of its month."""
    return rows.select(
        "shop_id",
        "customer_id",
        *own,
        unit_id=rows.payer_id,
        anchor=rows.first_day,
        matures_on=rows.first_day,
        counted=counted.cast("float64"),
        out_of=ibis.literal(1.0) if out_of is None else out_of.cast("float64"),
    )
