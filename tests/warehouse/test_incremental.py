"""A day of new data: what is built upon the snapshot before is what a full build would have made, row by row."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import duckdb
import pytest
from invented_days import Shop
from paper_shop import land_rows, paper_home

from holdfast.metrics.publish import measure_all
from holdfast.warehouse import sales
from holdfast.warehouse.build import WHOLE, build_snapshot, construct
from holdfast.warehouse.home import scratch

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
LATEST = date(2100, 1, 1)


def marts_only(connection, snapshot, folder, steps) -> None:
    pass


def rows(folder) -> dict[str, list]:
    """Every row of every Parquet file, floating numbers to ten digits: sums of them depend on their order."""
    found = {}
    for path in sorted(folder.glob("*.parquet")):
        told = duckdb.execute(f"SELECT * FROM read_parquet('{path}')").fetchall()
        found[path.stem] = sorted((tuple(map(plain, row)) for row in told), key=repr)
    return found


def plain(cell):
    return float(f"{cell:.10g}") if isinstance(cell, float) and math.isfinite(cell) else cell


def both_ways(home, moment, finish=marts_only, today=LATEST):
    """Rows of a full build beside the home, and of the build that the home publishes; the latter's snapshot."""
    with scratch(home, "whole") as beside:
        made = construct(home, beside, today=today, finish=finish, now=moment, earlier=WHOLE)
        whole = rows(made.path)
    snapshot = build_snapshot(home, today=today, finish=finish, now=moment)
    return whole, rows(snapshot.path), snapshot


def how(snapshot) -> dict[str, str]:
    return {one["mart"]: one["how"] for one in snapshot.made}


@pytest.mark.parametrize("seed", [1, 2])
def test_days_of_late_corrected_refunded_and_merged_rows_build_what_a_full_build_makes(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(sales, "MOST", 1.0)
    home, shop = paper_home(tmp_path, zone="Europe/Berlin")
    mended: set[str] = set()
    for day, told in enumerate(islice(Shop(seed, home.salt()).days(), 7)):
        moment = NOON + timedelta(days=day)
        land_rows(home, shop, told, now=moment, name=f"{day}.csv")
        whole, built, snapshot = both_ways(home, moment, measure_all if day == 6 else marts_only)
        for name in whole.keys() | built.keys():
            assert built[name] == whole[name], (day, name, how(snapshot).get(name))
        mended |= {mart for mart, told_how in how(snapshot).items() if told_how == "mended"}
    assert mended == {"order_value", "purchase", "history", "customer_month", "customer_year"}
