"""Metrics that read the same rows share one scan, and a metric that looks beyond its own row keeps its own."""

from dataclasses import replace
from datetime import date

import duckdb
import ibis

from holdfast.metrics.measure import headline_scans, month_scans
from holdfast.metrics.registry import METRICS, find
from holdfast.metrics.together import scans
from holdfast.warehouse.engine import compiled
from holdfast.warehouse.facts import Marts

DAY = date(2025, 12, 31)
MONEY = ("average_order_value", "average_order_value_net", "revenue_per_customer", "returning_revenue_share")
ROWS = ibis.table({"shop_id": "int64", "customer_id": "int64", "on": "date", "paid": "int64"}, name="paid")


def test_money_metrics_of_a_customers_year_or_month_are_tallied_in_one_scan_each():
    for asked in (headline_scans, month_scans):
        found = [{a.metric.id for a in scan.asked} for scan in asked(tuple(METRICS.values()), Marts(DAY), DAY)]
        assert any(set(MONEY) <= ids for ids in found)
        assert sorted(id for ids in found for id in ids) == sorted(METRICS)


def _units(rows, counted, out_of=None):
    return rows.select(
        "shop_id",
        "customer_id",
        unit_id=rows.customer_id,
        anchor=rows.on,
        matures_on=rows.on,
        counted=counted.cast("float64"),
        out_of=ibis.literal(1.0) if out_of is None else out_of.cast("float64"),
    )


def _scans(rows):
    return scans(rows, rows.__getitem__, lambda metric: compiled(rows[metric]))


def _answers(scan):
    """What each metric of a scan counts: (counted, out_of) of its units, sorted."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE paid AS SELECT 1 AS shop_id, range AS customer_id, DATE '2025-01-01' + range::INT"
                           " AS on, 10 * range AS paid FROM range(5)")  # fmt: skip
        return {
            a.metric.id: connection.execute(
                f"SELECT {a.counted or 1}, {a.out_of or 1} FROM ({scan.sql}) WHERE {a.kept or 'true'} ORDER BY ALL"
            ).fetchall()
            for a in scan.asked
        }


def test_filters_and_columns_in_between_go_with_their_own_metric():
    one, other = find("revenue_per_customer"), replace(find("refund_share"), id="other")
    doubled = ROWS.mutate(twice=ROWS.paid * 2)
    doubled = doubled.filter(doubled.twice > 20)
    few = ROWS.filter(ROWS.paid < 40)
    (scan,) = _scans({one: _units(doubled, doubled.twice), other: _units(few, few.paid, few.paid + 1)})
    assert _answers(scan) == {
        "revenue_per_customer": [(40, 1), (60, 1), (80, 1)],
        "other": [(0, 1), (10, 11), (20, 21), (30, 31)],
    }


def test_a_filter_after_a_window_is_not_moved_before_it():
    """Whether somebody paid more than the one before them is asked of everybody, not of those left over."""
    one, other = find("revenue_per_customer"), replace(find("refund_share"), id="other")
    before = ROWS.mutate(before=ROWS.paid.lag().over(ibis.window(order_by="customer_id")))
    later = before.filter(before.paid > 20)
    found = _scans({one: _units(later, later.before), other: _units(ROWS, ROWS.paid)})
    assert len(found) == 2
    assert _answers(found[0]) == {"revenue_per_customer": [(20, 1), (30, 1)]}
