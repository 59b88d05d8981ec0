"""Shops that end early, orders in another currency, metrics newer than a snapshot: what is said, and what is opened."""

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest
from paper_shop import book, build_rows, land_rows, order, paper_home, series_on, value_on

from holdfast.commerce.unknown import Unknown
from holdfast.metrics import needs
from holdfast.metrics.drill import measured, units
from holdfast.metrics.publish import build
from holdfast.metrics.published import need_published
from holdfast.metrics.registry import find
from holdfast.metrics.scorecard import scorecard
from holdfast.metrics.values import Scope

ALL, OLD, NEW = Scope(), Scope("shop", "old"), Scope("shop", "new")
ENDED = Unknown("its data end on 2020-12-31", "newer orders")


def bought(shop, first, who, country="Norway"):
    """Each buys on the first day and 30 days later."""
    days = (first, first + timedelta(days=30))
    return [order(f"{shop} {w} {d}", w, d, country=country) for w in who for d in days]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """old ends in 2020, new in 2021; one order of new is in dollars."""
    home, old = paper_home(tmp_path_factory.mktemp("ended"), name="old")
    new = home.add_shop("new", account="old", zone="UTC", currency="EUR")
    land_rows(home, old, book(*bought("old", date(2020, 12, 1), "abc")), name="old.csv")
    rows = bought("new", date(2021, 11, 1), "defg") + bought(
        "new", date(2021, 11, 30), [f"h{n}" for n in range(8)], "Chad"
    )
    land_rows(home, new, book(*rows, order("usd", "d", date(2021, 12, 1), currency="USD")), name="new.csv")
    build(home, today=date(2100, 1, 1))
    return home


@pytest.mark.parametrize("metric", ["M21b", "M61", "M11", "M31"])
def test_a_shop_whose_data_ended_long_ago_does_not_say_how_things_stand(home, metric):
    assert need_published(home).value(value_on(home, metric, OLD, None).metric, OLD).reading == ENDED
    whole, alone = value_on(home, metric, ALL, None), value_on(home, metric, NEW, None)
    assert (whole.reading, whole.n) == (alone.reading, alone.n)
    assert whole.left_out.startswith("old: its data end on 2020-12-31") or whole.left_out.endswith("2020-12-31")


def test_what_an_ended_shop_said_of_its_own_months_stays(home):
    december = [v for v in series_on(home, "M61", OLD, None) if v.member == "2020-12-31"]
    assert all(v.reading != ENDED for v in december)
    assert value_on(home, "M10", OLD, None).n == 3


def test_orders_in_another_currency_are_told_of_the_shop_that_has_them(home):
    assert "USD" in value_on(home, "M11", NEW, None).left_out
    assert "USD" not in value_on(home, "M11", OLD, None).left_out


def test_an_opened_number_lists_no_unit_of_a_shop_it_leaves_out(home):
    rows = units(home, "M61", ALL, limit=100)
    assert rows.total == value_on(home, "M61", ALL, None).n == 12
    assert {row[rows.columns.index("shop")] for row in rows.rows} == {"new"}


def test_a_point_of_a_series_and_a_member_of_a_breakdown_open_their_own_units(home):
    for v in series_on(home, "M61", NEW, None):
        assert units(home, "M61", NEW, month=v.member).total == v.n
    assert units(home, "M61", ALL, member=("country", "Chad")).total == 8
    for v in measured(home, [find("M61")], ALL, dimensions=("shop",)).breakdown("active_customers", "shop"):
        assert units(home, "M61", ALL, member=("shop", v.member)).total == v.n  # 3 of the shop that ended, unknown
    months = {v.member: v.n for v in series_on(home, "M11", NEW, None)}
    assert months
    for month, n in months.items():
        assert units(home, "M11", NEW, month=month).total == n
    with pytest.raises(ValueError, match="cannot be opened"):
        units(home, "M61", ALL, member=("country", "all others (3)"))


def test_the_cut_first_month_of_the_data_is_no_base_for_growth(tmp_path):
    """The data begin on 20 January 2020: January 2021 has no whole month to be held against, February has."""
    home, shop = paper_home(tmp_path)
    days = [date(2020, 1, 20) + timedelta(days=2 * n) for n in range(400)]
    land_rows(home, shop, book(*(order(str(d), f"c{d.day}", d) for d in days)))
    build_rows(home)
    told = {v.member: v.reading for v in series_on(home, "M30", ALL, None)}
    cut = Unknown("the month it is held against is not whole in the data, which start on 2020-01-20")
    assert told["2020-06-01"] == told["2021-01-01"] == cut
    assert not isinstance(told["2021-02-01"], Unknown)


def test_a_metric_newer_than_the_snapshot_is_not_measured_yet(home):
    published = need_published(home)
    older = replace(published, rows={k: v for k, v in published.rows.items() if k[0] != "active_customers"})
    not_yet = Unknown("not measured yet by this snapshot", "run `holdfast build`")
    assert older.value("active_customers", NEW).reading == older.previous("active_customers", NEW) == not_yet
    assert older.series("active_customers") == ()
    (line,) = [x for x in scorecard(older).lines if x.metric and x.metric.id == "active_customers"]
    assert line.verdict == "unknown"
    with pytest.raises(KeyError):
        older.value("no such metric")
    with pytest.raises(KeyError):
        older.value("active_customers", Scope("shop", "no such shop"))


@pytest.mark.parametrize("few", [0, 4])
def test_what_shops_have_is_the_same_asked_one_by_one_and_all_at_once(monkeypatch, few):
    monkeypatch.setattr(needs, "FEW", few)
    query = "SELECT 1 AS shop_id UNION ALL SELECT 3 UNION ALL SELECT 3"
    with duckdb.connect() as connection:
        assert needs.shops_that_have(connection, query, (1, 2, 3)) == {1, 3}
