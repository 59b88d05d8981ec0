"""What holds for every shop: laws on invented books, measured on real DuckDB from orders to tallies."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from datetime import date, timedelta
from functools import reduce
from operator import add

import duckdb
import pytest
from drawn import drawn
from hypothesis import given
from hypothesis import strategies as st

from holdfast.commerce.calendar import months_before
from holdfast.estimates.tally import NOTHING, Tally
from holdfast.metrics.measure import (
    DIMENSIONS,
    headline,
    headline_of,
    headline_scans,
    month_scans,
    months,
    months_of,
    units_sql,
)
from holdfast.metrics.registry import METRICS, find
from holdfast.warehouse.engine import compiled
from holdfast.warehouse.facts import Marts, unbound
from holdfast.warehouse.home import Shop

SHOPS = (
    Shop(1, "one", "left", "UTC", "EUR"),
    Shop(2, "two", "left", "UTC", "EUR"),
    Shop(3, "three", "right", "UTC", "EUR"),
)
NEVER_BUILT = Marts(date(1900, 1, 1))  # every mart is compiled from orders and refunds
BESIDE = (
    {m: NEVER_BUILT.mart(m) for m in ("cost_told", "money_back")}
    | {t: NEVER_BUILT.table(t) for t in ("order", "order_adjustment")}
    | {"excluded_person": NEVER_BUILT.excluded_person()}
)  # what some metrics read beside order values; the law's shops have nothing there
FIRST, LAST = date(2019, 1, 28), date(2021, 3, 31)
FROM_ORDERS = tuple(m for m in METRICS.values() if set(m.needs) <= {"order", "order.customer_id", "refund"})

# shop and customer; day; money placed; share given back, in quarters, and how many days later
orders = st.tuples(
    st.integers(1, 3), st.integers(0, 5), st.integers(0, (LAST - FIRST).days), st.integers(1, 9000),
    st.sampled_from([0, 0, 0, 0, 1, 4]), st.integers(0, 60),
)  # fmt: skip
books = st.lists(orders, min_size=1, max_size=40)
any_day = st.integers(300, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
few = drawn(4, 6)  # each measures a shop several times over


def measured(book, *asked, loose=()):
    """Answers of functions of a connection over a shop's orders; six customers a shop, the sixth unknown."""
    connection = duckdb.connect(config={"threads": 1})
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE TABLE month_point AS SELECT range AS k FROM range(120)")
        named = ", ".join(f"({s.shop_id}, '{s.name}', '{s.account}')" for s in SHOPS)
        connection.execute(f"CREATE TABLE shop AS SELECT * FROM (VALUES {named}) AS t(shop_id, name, account)")
        _tables(connection, book, loose)
        return [ask(connection) for ask in asked]
    finally:
        connection.close()


def _tables(connection, book, loose) -> None:
    kinds = {"int64": "BIGINT", "string": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMP"}
    marts = {m: unbound(m) for m in ("order_value", "refund_value")} | BESIDE
    for mart, table in marts.items():
        columns = ", ".join(f'"{c}" {kinds[str(t)]}' for c, t in table.schema().items())
        connection.execute(f'CREATE TABLE "{mart}" ({columns})')
    sold, returned = [], []
    for number, (shop, who, day, placed, quarters, later) in enumerate(book, start=1):
        on = FIRST + timedelta(days=day)
        customer = None if who == 5 else shop * 10 + who
        void_on = on + timedelta(days=later) if quarters == 4 else None
        country = "Norway" if who % 2 else "Chad"
        sold.append((number, shop, customer, on, on, placed, placed, placed * quarters // 4, void_on, country))
    connection.executemany(
        "INSERT INTO order_value BY NAME SELECT ? AS order_id, ? AS shop_id, ? AS customer_id, ? AS placed_on,"
        " ? AS placed_at, ? AS placed_minor, ? AS gross_minor, ? AS returned_minor, ? AS void_on, ? AS country,"
        " 'web' AS channel, 0 AS discount_minor, true AS valid, true AS counts, true AS shop_money",
        sold,
    )
    connection.execute('INSERT INTO "order" BY NAME SELECT order_id, shop_id FROM order_value')
    for number, (shop, who, day, minor) in enumerate(loose, start=1):
        returned.append((number, shop, shop * 10 + who, FIRST + timedelta(days=day), minor))
    if returned:
        connection.executemany(
            "INSERT INTO refund_value BY NAME SELECT ? AS refund_id, ? AS shop_id, ? AS customer_id, ? AS refunded_on,"
            " ? AS merch_minor, 'EUR' AS currency, true AS shop_money, false AS only_amount",
            returned,
        )


def whole(metric, as_of, dimensions=()):
    """Tallies and open units of the headline by (shop, account, dimension, member)."""

    def ask(connection):
        found = defaultdict(lambda: (NOTHING, 0))
        for s in headline(connection, metric, NEVER_BUILT, as_of, SHOPS, dimensions):
            if metric.span == "matured" or s.year_back == 0:
                tally, still_open = found[s.shop_id, s.account, s.dimension, s.member]
                found[s.shop_id, s.account, s.dimension, s.member] = (tally + s.tally, still_open + s.still_open)
        return found

    return ask


def by_month(metric, as_of):
    def ask(connection):
        slices = months(connection, metric, NEVER_BUILT, as_of, SHOPS)
        return {s.member: (s.tally, s.still_open) for s in slices if s.shop_id is None and s.account is None}

    return ask


def same(a: Tally, b: Tally) -> bool:
    return (a.n, a.counted, a.out_of, a.product) == pytest.approx((b.n, b.counted, b.out_of, b.product))


ALL = (None, None, None, None)


@few
@given(books, any_day, st.sampled_from(FROM_ORDERS))
def test_shops_accounts_and_members_add_up_to_the_whole(book, as_of, metric):
    (found,) = measured(book, whole(metric, as_of, DIMENSIONS))
    kinds = defaultdict(list)
    for (shop, account, dimension, _), tallies in found.items():
        kinds[shop is not None, account is not None, dimension].append(tallies)
    for (_, _, _), parts in kinds.items():
        assert same(reduce(add, (tally for tally, _ in parts), NOTHING), found[ALL][0])
        assert sum(still_open for _, still_open in parts) == found[ALL][1]


PARTS = ("growth_from_new", "growth_from_returning", "growth_from_reactivated", "growth_lost", "growth_from_unknown")


@few
@given(books, any_day)
def test_parts_of_growth_are_the_growth_and_each_is_out_of_the_same(book, as_of):
    growth, *parts = measured(book, *(whole(find(m), as_of) for m in ("revenue_growth", *PARTS)))
    for scope, (tally, _) in growth.items():
        assert sum(part[scope][0].counted for part in parts) == tally.counted - tally.out_of
        assert {part[scope][0].out_of for part in parts} == {tally.out_of}


@few
@given(books, any_day, st.sampled_from(FROM_ORDERS))
def test_two_halves_of_the_customers_add_up_to_the_whole(book, as_of, metric):
    if metric.id == "lapsed_share":  # its rule is about the shop's gaps, not about one customer
        return
    left, right = [o for o in book if o[1] < 3], [o for o in book if o[1] >= 3]
    ask = whole(metric, as_of)
    halves = [measured(half, ask)[0][ALL] for half in (left, right) if half]
    (found,) = measured(book, ask)
    assert same(reduce(add, (tally for tally, _ in halves), NOTHING), found[ALL][0])


def built(connection, as_of):
    """The marts of a day as tables, as a snapshot holds them."""
    for mart in ("purchase", "usual_gap", "history", "customer_month", "customer_year"):
        connection.execute(f"CREATE TABLE IF NOT EXISTS {mart} AS {compiled(getattr(NEVER_BUILT, mart)(as_of))}")
    return Marts(as_of)


@drawn(2, 3)  # every metric, twice over
@given(books, any_day)
def test_metrics_asked_together_tally_as_when_each_is_asked_alone(book, as_of):
    def together(connection):
        marts, heads, pasts = built(connection, as_of), {}, {}
        for scan in headline_scans(FROM_ORDERS, marts, as_of):
            heads |= headline_of(connection, scan, marts, as_of, SHOPS)
        for scan in month_scans(FROM_ORDERS, marts, as_of):
            pasts |= months_of(connection, scan, as_of, SHOPS)
        return heads, pasts

    def apart(connection):
        marts = built(connection, as_of)
        heads = {m.id: headline(connection, m, marts, as_of, SHOPS) for m in FROM_ORDERS}
        return heads, {m.id: months(connection, m, marts, as_of, SHOPS) for m in FROM_ORDERS}

    one, other = measured(book, together, apart)
    for found, expected in zip(one, other, strict=True):
        assert found.keys() == expected.keys()
        for metric, slices in expected.items():
            assert sorted(found[metric], key=repr) == sorted(slices, key=repr), metric


loose_refunds = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 4), st.integers(0, (LAST - FIRST).days), st.integers(1, 900)),
    max_size=8,
)


@few
@given(books, loose_refunds, st.one_of(any_day, st.sampled_from([date(2020, 2, 29), date(2021, 2, 28), LAST])))
def test_a_rolling_year_holds_the_orders_and_refunds_of_its_days_whatever_month_it_ends_in(book, loose, as_of):
    sql = compiled(NEVER_BUILT.customer_year(as_of).select("unit_id", "year_back", "orders", "net_minor", "anchor"))
    ends = [months_before(as_of, 12 * years) for years in (0, 1, 2)]
    expected = {}

    def add_up(unit, day, orders, minor):
        year = next((n for n in (0, 1) if ends[n + 1] < day <= ends[n]), None)
        if year is not None:
            known, net, last = expected.get((unit, year), (0, 0, day))
            expected[unit, year] = (known + orders, net + minor, max(last, day))

    for number, (shop, who, day, placed, quarters, _) in enumerate(book, start=1):
        unit = -number if who == 5 else shop * 10 + who
        add_up(unit, FIRST + timedelta(days=day), 1, placed - placed * quarters // 4)
    for shop, who, day, minor in loose:
        add_up(shop * 10 + who, FIRST + timedelta(days=day), 0, -minor)
    (found,) = measured(book, lambda connection: connection.execute(sql).fetchall(), loose=loose)
    assert {(unit, year): tuple(rest) for unit, year, *rest in found} == expected


@few
@given(books, any_day, st.sampled_from(FROM_ORDERS), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(book, as_of, metric, chance):
    mixed = book[:]
    chance.shuffle(mixed)
    ask = whole(metric, as_of)
    before, after = measured(book, ask)[0], measured(mixed, ask)[0]
    assert before.keys() == after.keys()
    assert all(same(before[key][0], after[key][0]) for key in before)


@few
@given(books, any_day, st.sampled_from(FROM_ORDERS), st.sampled_from(["Asia/Tokyo", "America/Los_Angeles"]))
def test_the_readers_own_time_zone_changes_nothing(book, as_of, metric, zone):
    ask = whole(metric, as_of)
    (here,) = measured(book, ask)
    kept = os.environ.get("TZ")
    try:
        os.environ["TZ"] = zone
        time.tzset()
        (there,) = measured(book, ask)
    finally:
        os.environ.pop("TZ")
        if kept is not None:
            os.environ["TZ"] = kept
        time.tzset()
    assert here == there


@few
@given(books, any_day, st.integers(0, 400), st.sampled_from(["M10", "M18"]))
def test_a_later_day_never_opens_a_unit_again(book, as_of, later, number):
    def matured(day):
        sql = units_sql(find(number), NEVER_BUILT, day)
        select = f"SELECT unit_id FROM ({sql}) WHERE matures_on <= DATE '{day}'"
        return lambda connection: {unit for (unit,) in connection.execute(select).fetchall()}

    then, now = measured(book, matured(as_of), matured(as_of + timedelta(days=later)))
    assert then <= now


month_ends = st.sampled_from([date(2020, 2, 29), date(2021, 1, 31), date(2021, 2, 28), date(2020, 12, 31), LAST])


@few
@given(books, month_ends, st.sampled_from(["M18b", "M19", "M61"]))
def test_a_month_point_is_the_headline_of_that_day(book, as_of, number):
    """Two roads: the series in one pass, and the headline measured afresh as of two month points.

    A point whose windows begin on another day than the headline's is left to decision 0008: of these ends
    only 28 February 2021 as a point of 31 March, which reaches back to 29 February 2020.
    """
    metric = find(number)
    points = {k: months_before(as_of, k) for k in (1, 12)}
    days = [d for k, d in points.items() if all(months_before(d, m) == months_before(as_of, k + m) for m in (12, 24))]
    assert len(days) == (1 if as_of == LAST else 2)
    series, *heads = measured(book, by_month(metric, as_of), *(whole(metric, day) for day in days))
    for day, found in zip(days, heads, strict=True):
        assert series.get(day.isoformat(), (NOTHING, 0))[0] == found[ALL][0]


@few
@given(books, any_day, st.sampled_from(["M10", "M18"]))
def test_the_months_of_a_matured_metric_add_up_to_its_headline(book, as_of, number):
    series, found = measured(book, by_month(find(number), as_of), whole(find(number), as_of))
    assert same(reduce(add, (tally for tally, _ in series.values()), NOTHING), found[ALL][0])
    assert sum(still_open for _, still_open in series.values()) == found[ALL][1]


@few
@given(books, any_day, st.data())
def test_a_refund_never_raises_what_was_earned(book, as_of, data):
    """Neither the sums of both years, nor net revenue per order, nor what known customers spent."""
    shop, who, day, placed, _, later = book[at := data.draw(st.integers(0, len(book) - 1))]
    worse = [*book[:at], (shop, who, day, placed, 4, later), *book[at + 1 :]]
    loose = [(shop, min(who, 4), day, placed)] if data.draw(st.booleans()) else []
    asked = [whole(find(number), as_of) for number in ("M30", "M31", "M11b")]
    before, after = measured(book, *asked), measured(worse, *asked, loose=loose)
    for then, now in zip(before, after, strict=True):
        assert now[ALL][0].counted <= then[ALL][0].counted
    assert after[0][ALL][0].out_of <= before[0][ALL][0].out_of
    assert after[2][ALL][0].out_of == before[2][ALL][0].out_of


def test_an_order_that_went_back_whole_is_no_purchase_on_any_day():
    """Bought on day 0 and again on day 300; the first went back on day 340. Both before and after that day the
    customer's first purchase is the second order (decision 0013)."""
    book = [(1, 0, 0, 100, 4, 340), (1, 0, 300, 100, 0, 0)]
    days = [FIRST + timedelta(days=n) for n in (310, 370)]
    then, now = measured(book, *(whole(find("M18"), day) for day in days))
    assert [found[ALL][1] for found in (then, now)] == [1, 1]
