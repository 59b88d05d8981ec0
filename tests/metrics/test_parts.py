"""Every number of every month, member and cohort cell opens exactly the units it was counted from."""

from datetime import date, timedelta
from itertools import islice

import pytest
from drawn import LONG
from paper_shop import OF_ORDERS, book, land_rows, order, paper_home, refund
from real_shops import CDNOW, RETAIL, imported

from holdfast.metrics.drill import behind, cohort_units, measured, units
from holdfast.metrics.measure import dimensions_of
from holdfast.metrics.newest import KEPT
from holdfast.metrics.publish import build
from holdfast.metrics.published import need_published
from holdfast.metrics.registry import METRICS
from holdfast.metrics.values import Scope
from holdfast.warehouse.kept import kept_reader

ALL = Scope()
END = date(2100, 1, 1)


@pytest.fixture(scope="module")
def two_shops(tmp_path_factory):
    """One sells to more countries than a breakdown shows, the other knows no buyers; each in an account of its own."""
    home, north = paper_home(tmp_path_factory.mktemp("parts"), name="north")
    south = home.add_shop("south", account="south", zone="UTC", currency="EUR")
    parts = []
    for n in range(160):
        who, first = f"c{n}", date(2020, 1, 5) + timedelta(days=4 * n)
        where = {"country": f"land {n % 16}", "channel": "web" if n % 3 else None}
        parts += [order(f"{who} {k}", who, first + timedelta(days=40 * k), "12.00", **where) for k in range(1 + n % 3)]
    parts.append(refund("r", date(2021, 9, 1), "5.00", of="c2 1"))
    land_rows(home, north, book(*parts))
    land_rows(home, south, book(*(order(f"s{n}", None, date(2021, 12, 1) + timedelta(days=n)) for n in range(30))))
    build(home, today=END)
    return home


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory):
    home = imported(tmp_path_factory.mktemp("cdnow"), [CDNOW], "cdnow", "America/New_York", "USD")
    build(home, today=END)
    return home


@pytest.fixture(scope="module")
def retail(tmp_path_factory):
    home = imported(tmp_path_factory.mktemp("retail"), [RETAIL], "uci-online-retail", "Europe/London", "GBP")
    build(home, today=END)
    return home


def parts_of(source, metric, scope):
    """Every value of a metric with what opens it."""
    yield source.value(metric, scope), {}
    for value in source.series(metric, scope):
        yield value, {"month": value.member}
    for by in dimensions_of(METRICS[metric]):
        for value in source.breakdown(metric, by, scope):
            yield value, {"member": (by, value.member)}


def all_open(home, metric, scopes, as_of=None, every=1) -> int:
    """Whether all values of a metric, or every so-manieth, are told again by their own units; how many of them."""
    seen, source = 0, need_published(home)
    scale = 100 if METRICS[metric].basis else 1
    below = scale if METRICS[metric].scale == "share" else 1
    with kept_reader(home, source.manifest) as connection:
        for scope in scopes:
            told = source if as_of is None else measured(home, [METRICS[metric]], scope, as_of, dimensions=None)
            for value, part in islice(parts_of(told, metric, scope), 0, None, every):
                listed = behind(home, metric, scope, as_of, part.get("month"), part.get("member")).listed("all")
                n, still_open, counted, out_of = connection.execute(
                    "SELECT count(*) FILTER (status = 'counted'), count(*) FILTER (status = 'still open'),"
                    " coalesce(sum(counted) FILTER (status = 'counted'), 0),"
                    f" coalesce(sum(out_of) FILTER (status = 'counted'), 0) FROM ({listed})"
                ).fetchone()
                assert (n, still_open) == (value.n, value.still_open), (metric, scope, part)
                assert counted == pytest.approx(value.counted * scale, abs=0.01), (metric, scope, part)
                assert out_of == pytest.approx(value.out_of * below, abs=0.01), (metric, scope, part)
                seen += 1
    return seen


QUICK = ("average_order_value", "active_customers", "first_purchase_time", "repeat_purchase_rate", "revenue_growth")


@pytest.mark.parametrize("metric", OF_ORDERS)
def test_every_month_and_member_opens_its_own_units(two_shops, metric):
    """`make test` looks at all of a metric of each kind, and at every fifth of the others; test-all at all."""
    scopes = (ALL, Scope("shop", "south"))
    assert all_open(two_shops, metric, scopes, every=1 if LONG or metric in QUICK else 5) >= len(scopes)


@pytest.mark.parametrize("metric", [m if m in QUICK else pytest.param(m, marks=pytest.mark.slow) for m in OF_ORDERS])
def test_so_does_every_month_and_member_of_one_account(two_shops, metric):
    """Whose units are picked as a shop's are: `make test` looks at a metric of each kind, test-all at every one."""
    assert all_open(two_shops, metric, (Scope("account", "north"),)) >= 1


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["average_order_value", "active_customers"])
def test_on_an_earlier_day_too(two_shops, metric):
    assert all_open(two_shops, metric, (ALL,), as_of=date(2021, 6, 15)) > 20


@pytest.mark.slow
@pytest.mark.parametrize("shop", ["cdnow", "retail"])
def test_every_number_of_the_example_shops_opens_its_own_units(shop, request):
    home = request.getfixturevalue(shop)
    assert sum(all_open(home, metric, (ALL,)) for metric in METRICS) > 200


def test_the_long_tail_of_a_breakdown_opens_without_the_members_that_are_shown(two_shops):
    members = need_published(two_shops).breakdown("repeat_purchase_rate", "country")
    (tail,) = [v for v in members if v.member.startswith("all others")]
    rest = units(two_shops, "repeat_purchase_rate", member=("country", tail.member), limit=1000)
    assert rest.total == len(rest.rows) == tail.n + tail.still_open > 0


@pytest.mark.parametrize("status", ["counted", "open", "all"])
@pytest.mark.parametrize("metric", ["second_purchase_within_30_days", "revenue_growth", "active_customers"])
def test_the_first_pages_that_were_kept_are_the_ones_that_would_be_read(cdnow, metric, status):
    """Kept rows end in the middle of a day; the pages around the end follow on each other."""
    whole = units(cdnow, metric, status=status, limit=KEPT + 40)
    paged = [
        row for k in range(0, KEPT + 40, 40) for row in units(cdnow, metric, status=status, limit=40, offset=k).rows
    ]
    assert paged == whole.rows
    assert whole.total >= len(whole.rows)


def test_a_scope_of_two_shops_mixes_their_newest_units(two_shops):
    kept = units(two_shops, "average_order_value", limit=20)
    read = units(two_shops, "average_order_value", limit=KEPT + 1)
    assert kept.rows == read.rows[:20]
    assert {row[1] for row in read.rows} == {"north", "south"}


@pytest.mark.parametrize("scope", [ALL, Scope("shop", "south")])
def test_every_cohort_cell_opens_the_customers_it_counts(two_shops, scope):
    cells = need_published(two_shops).cohorts(scope)
    for cell in cells[::7]:
        found = cohort_units(two_shops, scope, cell.cohort, cell.month, limit=1000)
        assert found.total == len(found.rows) == cell.active
    assert sum(cell.active for cell in cells if cell.month) > 50 or scope.name == "south"


def test_a_cohort_opens_whole_with_those_who_did_not_buy(cdnow):
    cell = next(c for c in need_published(cdnow).cohorts() if c.month == 3)
    whole = cohort_units(cdnow, ALL, cell.cohort, 3, limit=100_000, bought=False)
    assert len(whole.rows) == cell.customers
    assert sum(row[whole.columns.index("bought_on")] is not None for row in whole.rows) == cell.active
    with pytest.raises(LookupError):
        cohort_units(cdnow, ALL, date(2001, 1, 1), 3)
