"""Who of a first-purchase month is still buying, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis

from holdfast.commerce.calendar import months_before
from holdfast.metrics.declare import Facts
from holdfast.warehouse.home import Shop
from holdfast.warehouse.marts.month_bucket import as_day

MONTHS = 60  # months after the first that a cohort is followed


def cohort_months(facts: Facts, as_of: date) -> ibis.Table:
    """One row per shop, cohort (calendar month of first purchase) and month since: customers active in it."""
    p, h = facts.purchase(as_of), facts.history(as_of)
    # Who buys again in the same month is counted by their last day in it: one row per customer and month.
    last = p.filter(p.next_on.isnull() | (_month(p.next_on) != _month(p.day))).select("customer_id", "day")
    told = last.join(h.select("shop_id", "customer_id", "first_on"), "customer_id")
    told = told.mutate(month=_month(told.day) - _month(told.first_on), cohort=as_day(told.first_on.truncate("M")))
    told = told.filter(told.month < MONTHS)
    return told.group_by("shop_id", "cohort", "month").agg(active=told.count())


def _month(day: ibis.Value) -> ibis.Value:
    """Calendar months, counted on from one year to the next."""
    return (day.year() * 12 + day.month()).cast("int64")


CELL_COLUMNS = ("unit_id", "shop", "customer", "first_bought_on", "bought_on", "days_bought")
CELL_ORDER = "ORDER BY first_bought_on DESC, unit_id, shop"


def cell_sql(
    shops: Sequence[Shop], cohort: date, month: int, *, bought: bool, limit: int | None = None, offset: int = 0
) -> str:
    """CELL_COLUMNS: the customers of a cohort, and the days on which they bought in one month since.

    bought: only those who did.
    """
    since, until = months_before(cohort, -month), months_before(cohort, -month - 1)
    join = "JOIN" if bought else "LEFT JOIN"
    cut = "" if limit is None else f" {CELL_ORDER} LIMIT {limit} OFFSET {offset}"
    return (
        "SELECT unit_id, shop, c.customer_number AS customer, first_bought_on, bought_on, days_bought FROM ("
        "SELECT h.customer_id AS unit_id, s.name AS shop, h.first_on AS first_bought_on, min(p.day) AS bought_on,"
        f" count(p.day) AS days_bought FROM history AS h JOIN shop AS s USING (shop_id) {join} purchase AS p"
        f" ON p.customer_id = h.customer_id AND p.day >= DATE '{since}' AND p.day < DATE '{until}'"
        f" WHERE h.first_on >= DATE '{cohort}' AND h.first_on < DATE '{months_before(cohort, -1)}'"
        f" AND h.shop_id IN ({', '.join(str(shop.shop_id) for shop in shops) or 'NULL'})"
        f" GROUP BY 1, 2, 3{cut}) AS listed LEFT JOIN customer AS c ON c.customer_id = unit_id {CELL_ORDER}"
    )
