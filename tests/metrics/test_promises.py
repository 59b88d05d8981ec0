"""Promises the data keep or not, and the rows behind a broken one."""

import csv
from datetime import date

import pytest
from paper_shop import book, build_rows, land_rows, order, paper_home, refund

from holdfast.metrics.promises import export_offending, promises
from holdfast.warehouse.audits import AUDITS
from holdfast.warehouse.snapshot import current_snapshot


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home, shop = paper_home(tmp_path_factory.mktemp("promises"))
    bought = [order(f"a{n}", "ana", date(2021, 9, 1 + n)) for n in range(8)]
    back = [refund(f"r{n}", date(2021, 10, 1), "99.00", of=f"a{n}") for n in range(7)]
    land_rows(home, shop, book(*bought, *back))
    build_rows(home)
    return home


def test_every_promise_is_told_the_broken_ones_first_by_the_numbers_people_know(home):
    told = promises(home, current_snapshot(home))
    assert {p.name for p in told} == {a.name for a in AUDITS}
    broken = [p for p in told if p.rows]
    assert told[: len(broken)] == tuple(broken)
    above = next(p for p in broken if p.name == "refund_above_order")
    assert above.rows == 7
    assert above.examples.columns == ("order_number", "back_minor", "placed_minor")
    assert all(row[0].startswith("a") and int(row[1]) == 9900 for row in above.examples.rows)
    assert all(p.examples is None for p in told if not p.rows)


def test_all_rows_that_break_a_promise_leave_as_a_file(home, tmp_path):
    path = tmp_path / "rows.csv"
    assert export_offending(home, "refund_above_order", path, "csv") == 7
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    assert {row["order_number"] for row in rows} == {f"a{n}" for n in range(7)}
    assert {"back_minor", "placed_minor", "order_id"} < set(rows[0])


@pytest.mark.parametrize("name", ["one_value_per_order", "no_such_promise"])
def test_a_promise_that_is_held_has_no_file(home, tmp_path, name):
    with pytest.raises(LookupError):
        export_offending(home, name, tmp_path / "rows.csv", "csv")
