"""What a build works out once, or another way where that costs less, is what a reader finds by itself."""

from datetime import date

import duckdb
import pytest

from holdfast.metrics.measure import units_sql
from holdfast.metrics.newest import KEPT, SPARE, _at_once, _one_by_one
from holdfast.metrics.registry import find
from holdfast.metrics.shared import BuildMarts, SharedRows
from holdfast.metrics.unitrows import headline_rows
from holdfast.warehouse.facts import Marts, unbound
from holdfast.warehouse.marts import registry
from holdfast.warehouse.marts.declare import SQL_TYPES

LAST = date(2021, 12, 31)
SOON, LATE = find("lifetime_value_90"), find("lifetime_value_365")


@pytest.fixture
def marts():
    """One customer, who bought for 5.00 on days 0, 100 and 200."""
    empty = {name: unbound(name).schema() for name in ("history", "order_value", "refund_value")}
    empty["cost_told"] = registry.unbound("cost_told").schema()
    with duckdb.connect() as connection:
        for name, columns in empty.items():
            told = ", ".join(f'"{column}" {SQL_TYPES.get(str(kind), "VARCHAR")}' for column, kind in columns.items())
            connection.execute(f"CREATE TABLE {name} ({told})")
        connection.execute(
            "INSERT INTO history BY NAME SELECT 1 AS shop_id, 7 AS customer_id, DATE '2021-01-01' AS first_on"
        )
        connection.execute(
            "INSERT INTO order_value BY NAME SELECT range AS order_id, 1 AS shop_id, 7 AS customer_id, true AS counts,"
            " true AS shop_money, DATE '2021-01-01' + (100 * range)::INT AS placed_on, 500 AS placed_minor,"
            " 0 AS returned_minor FROM range(3)"
        )
        yield connection


def _there(connection):
    return "shared_customer_worth" in {
        n for (n,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    }


def _counted(connection, sql):
    return [counted for (counted,) in connection.execute(f"SELECT counted FROM ({sql})").fetchall()]


def test_shared_rows_are_there_from_the_first_statement_that_reads_them_to_the_last(marts):
    soon, late = (units_sql(metric, BuildMarts(LAST), LAST) for metric in (SOON, LATE))
    shared = SharedRows(marts, BuildMarts(LAST))
    shared.announce([soon, late])
    with shared.read_by(soon):
        assert _counted(marts, soon) == [500]
    assert _there(marts)
    with shared.read_by(late):
        assert _counted(marts, late) == [1500]
    assert not _there(marts)


def test_shared_rows_that_others_are_made_of_are_made_before_them_and_dropped_after(marts, monkeypatch):
    def bought(facts, as_of):
        return facts.order_value().select("customer_id", minor="placed_minor")

    def brought(facts, as_of):
        rows = facts.shared("bought", as_of, bought(facts, as_of))
        return rows.group_by("customer_id").agg(minor=rows.minor.sum().cast("int64"))

    monkeypatch.setattr("holdfast.metrics.shared._ROWS", {"bought": bought, "brought": brought})
    shared, asked = SharedRows(marts, BuildMarts(LAST)), "SELECT minor AS counted FROM shared_brought"
    shared.announce([asked])
    with shared.read_by(asked):
        assert _counted(marts, asked) == [1500]
    assert not [n for (n,) in marts.execute("SELECT table_name FROM duckdb_tables()").fetchall() if "shared_" in n]


def test_a_reader_needs_no_shared_rows(marts):
    assert _counted(marts, units_sql(SOON, Marts(LAST), LAST)) == [500]
    assert _counted(marts, units_sql(LATE, Marts(LAST), LAST)) == [1500]


def test_a_build_asks_the_marts_themselves_for_another_day_than_its_own(marts):
    assert _counted(marts, units_sql(LATE, BuildMarts(LAST), date(2021, 5, 1))) == [1000]


def test_the_newest_units_are_the_same_asked_shop_by_shop_and_all_at_once():
    units = (
        "SELECT range AS unit_id, 1 + range % 2 AS shop_id, range AS customer_id, DATE '2021-01-01' + (range // 3)::INT"
        " AS anchor, anchor + 60 AS matures_on, 1.0 AS counted, 1.0 AS out_of FROM range(1000)"
    )
    rows = headline_rows(LATE, units, LAST)
    with duckdb.connect() as connection:
        one, other = (
            connection.execute(f"SELECT * FROM ({sql}) ORDER BY ALL").fetchall()
            for sql in (_one_by_one(LATE, rows, [1, 2]), _at_once(LATE, rows))
        )
    # Of each shop the newest that are mature, some of them to spare, and all that are not yet.
    assert len(one) == 2 * (KEPT + SPARE) + 85
    assert one == other
