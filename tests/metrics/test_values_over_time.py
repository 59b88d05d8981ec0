"""Values that were published stay as they were said; what is known now is measured beside them."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from paper_shop import OF_ORDERS, book, land_rows, order, paper_home, refund, value_on

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import measured
from holdfast.metrics.publish import build
from holdfast.metrics.published import need_published
from holdfast.metrics.registry import METRICS
from holdfast.metrics.values import CohortCell, Scope

ALL = Scope()
MONDAY, TUESDAY = datetime(2021, 12, 6, 8, tzinfo=UTC), datetime(2021, 12, 7, 8, tzinfo=UTC)
LAST = date(2021, 12, 5)
FIRSTS = [date(2021, 1, 1) + timedelta(days=9 * n) for n in range(30)]


def orders():
    """Thirty customers; every third comes back after twenty days; countries with twenty and ten of them."""
    for n, first in enumerate(FIRSTS):
        yield order(f"{n} 1", f"c{n}", first, country="Norway" if n % 3 else "Chad")
        if n % 3 == 0:
            yield order(f"{n} 2", f"c{n}", first + timedelta(days=20), country="Chad")
    for n in range(5):
        yield order(f"few {n}", f"few{n}", date(2021, 5, 1), country="Malta")
    yield order("last", None, LAST)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Built on Monday; on Tuesday a refund and a late file arrive, and it is built again."""
    home, shop = paper_home(tmp_path_factory.mktemp("time"))
    land_rows(home, shop, book(*orders()), now=MONDAY)
    first = build(home, today=LAST, now=MONDAY)
    kept = hashlib.sha256((home.path / "values" / f"{first.id}.parquet").read_bytes()).hexdigest()
    (home.path / "kept").write_text(f"{first.id} {kept}")
    late = [refund("r", date(2021, 12, 4), "10.00", of="0 2"), order("late", "c1", FIRSTS[1] + timedelta(days=9))]
    land_rows(
        home, shop, book(*late, order("late 2", "c2", FIRSTS[2] + timedelta(days=9))), now=TUESDAY, name="late.csv"
    )
    build(home, today=LAST, now=TUESDAY)
    return home


def test_what_was_said_on_monday_stays_beside_what_is_known_on_tuesday(home):
    """Ten of 35 came back; then one of them sent the second order back, and two more came to light."""
    reported = need_published(home).reported("second_purchase_within_30_days")
    assert [(v.counted, v.n, v.version) for v in reported] == [(10, 35, 1), (11, 35, 1)]
    assert reported[0].snapshot < reported[1].snapshot
    assert reported[1] == need_published(home).value("second_purchase_within_30_days")


def test_the_values_of_an_earlier_snapshot_are_never_written_again(home):
    snapshot, kept = (home.path / "kept").read_text().split()
    path = home.path / "values" / f"{snapshot}.parquet"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == kept
    assert len(list((home.path / "values").glob("*.parquet"))) == 2


def test_any_day_can_be_asked_as_it_was_known_then_or_as_it_is_known_now(home):
    then = value_on(home, "M10", ALL, None, known_at=MONDAY)
    assert (then.counted, then.n, then.as_of) == (10, 35, LAST)
    assert value_on(home, "M10", ALL, None).counted == 11
    may = date(2021, 5, 31)
    assert value_on(home, "M10", ALL, may, known_at=MONDAY).counted + 1 == value_on(home, "M10", ALL, may).counted


@pytest.fixture(scope="module")
def afresh(home):
    """Each metric measured by itself, over one look at the snapshot."""
    return measured(home, [METRICS[metric] for metric in OF_ORDERS], ALL)


@pytest.mark.parametrize("metric", OF_ORDERS)
def test_a_published_headline_is_what_measuring_afresh_gives(home, afresh, metric):
    assert need_published(home).value(metric) == afresh.value(metric, ALL)


def test_a_metric_whose_table_is_empty_is_unknown_and_never_nought(tmp_path_factory, home):
    for metric in ("first_purchase_time", "first_purchase_within_72h"):
        assert need_published(home).value(metric).reading.why == "no account creation dates connected"
    before = need_published(home).reported("refund_share")[0]
    assert before.reading.why == "no refunds or credit notes connected"
    assert need_published(home).value("refund_share").reading.point > 0


def test_orders_without_customers_leave_customer_metrics_unknown_and_order_metrics_known(tmp_path):
    from paper_shop import build_rows

    home, shop = paper_home(tmp_path)
    land_rows(home, shop, book(order("1", None, date(2021, 1, 1)), order("2", None, LAST, "30.00")))
    build_rows(home)
    for metric in ("M10", "M18", "M18b", "M19", "M21b", "M61", "M31", "M62"):
        assert value_on(home, metric, ALL, None).reading.why == "the orders name no customers"
    assert value_on(home, "M11", ALL, None).reading.point == 20.0


def test_a_slice_of_fewer_than_ten_says_so_and_larger_ones_are_shown(home):
    by = {v.member: v for v in need_published(home).breakdown("second_purchase_within_30_days", "country")}
    assert by["Norway"].n == 20
    assert by["Chad"].reading.point == 0.9
    assert by["Malta"].reading == Unknown("fewer than 10 customers")


def test_members_of_every_dimension_add_up_to_the_headline(home):
    published = need_published(home)
    for metric in METRICS:
        head = published.value(metric)
        for dimension in published.dimensions(metric):
            members = published.breakdown(metric, dimension)
            assert sum(v.n for v in members) == head.n, (metric, dimension)
            assert sum(v.still_open for v in members) == head.still_open
            assert sum(v.counted for v in members) == pytest.approx(head.counted), (metric, dimension)


def test_months_of_a_matured_metric_add_up_to_the_headline(home):
    published = need_published(home)
    for metric in ("second_purchase_within_30_days", "repeat_purchase_rate"):
        months, head = published.series(metric), published.value(metric)
        assert sum(v.counted for v in months) == head.counted
        assert sum(v.n for v in months) == head.n
        assert sum(v.still_open for v in months) == head.still_open


def test_a_history_of_eleven_months_gives_no_growth_and_no_change(home):
    published = need_published(home)
    assert published.value("revenue_growth").reading.why.startswith("the data begin on 2021-01-01")
    for metric in METRICS:
        assert isinstance(published.previous(metric), Unknown), metric


def test_cohort_cells_are_what_a_loop_over_customers_counts(home):
    """From the same rows as above, in plain Python, with the two late orders and without the refunded one."""
    bought = [(n, FIRSTS[n]) for n in range(30)] + [(100 + n, date(2021, 5, 1)) for n in range(5)]
    bought += [(n, FIRSTS[n] + timedelta(days=20)) for n in range(3, 30, 3)]
    bought += [(n, FIRSTS[n] + timedelta(days=9)) for n in (1, 2)]
    first = {n: min(d for m, d in bought if m == n) for n, _ in bought}
    cells = []
    for month in sorted({(d.year, d.month) for d in first.values()}):
        people = {n for n, d in first.items() if (d.year, d.month) == month}
        for since in range(12 - month[1] + 1):
            active = {n for n, d in bought if n in people and d.month == month[1] + since}
            cells.append(CohortCell(date(*month, 1), since, len(people), len(active), month[1] + since < 12))
    assert need_published(home).cohorts() == tuple(cells)


def test_a_breakdown_of_more_quarters_than_are_shown_keeps_the_earlier_ones_together(tmp_path):
    from paper_shop import build_rows

    from holdfast.metrics.drill import measured
    from holdfast.metrics.registry import find

    home, shop = paper_home(tmp_path)
    quarters = [date(2015 + n // 4, 1 + 3 * (n % 4), 5) for n in range(15)]
    land_rows(home, shop, book(*(order(f"{n} {q}", f"c{n} {q}", q) for q in quarters for n in range(10))))
    build_rows(home)
    then = measured(home, [find("M18")], ALL, date(2020, 1, 1), dimensions=("cohort",))
    members = then.breakdown("repeat_purchase_rate", "cohort")
    assert [v.member for v in members][:1] == ["2015 Q4"]
    assert members[-1].member == "all others (3)"
    assert sum(v.n for v in members) == 150


def test_who_may_see_some_shops_alone_is_never_told_what_all_of_them_reported(home):
    source = need_published(home)
    more = replace(source.shops[0], shop_id=2, name="other", account="theirs")
    seen = replace(source, manifest=replace(source.manifest, shops=(*source.shops, more))).only({"paper"})
    repeat, own = "second_purchase_within_30_days", Scope("shop", "paper")
    assert seen.reported(repeat) == seen.breakdown(repeat, "country") == ()
    assert seen.reported(repeat, own) == source.reported(repeat, own) != ()
    assert seen.dimensions(repeat) == source.dimensions(repeat) == ("country", "cohort", "phase")
