"""Two public shops: published counts, and every headline once more in plain Python."""

from datetime import date

import pytest
from paper_shop import value_on
from plain_count import Books, cdnow, retail, year_before
from real_shops import CDNOW, RETAIL, imported

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.values import Scope
from holdfast.warehouse.home import Home

ALL = Scope()
END_OF_CDNOW, END_OF_RETAIL = date(1998, 6, 30), date(2011, 12, 9)


@pytest.fixture(scope="module")
def cdnow_home(tmp_path_factory):
    return imported(tmp_path_factory.mktemp("cdnow"), [CDNOW], "cdnow", "America/New_York", "USD")


def test_of_23570_cdnow_customers_10796_bought_again_within_a_year_and_4032_within_30_days(cdnow_home):
    """Fader and Hardie's cohort; both counts from the file in plain SQL before this product existed."""
    year, month = (value_on(cdnow_home, m, ALL, END_OF_CDNOW) for m in ("M18", "M10"))
    assert (year.counted, year.n, year.still_open) == (10_796, 23_570, 0)
    assert (month.counted, month.n, month.still_open) == (4_032, 23_570, 0)


def test_cdnow_read_on_31_march_1997_gives_no_number(cdnow_home):
    """Without maturity the same question would answer 20.5 %."""
    value = value_on(cdnow_home, "M18", ALL, date(1997, 3, 31))
    assert isinstance(value.reading, Unknown)
    assert (value.n, value.counted, value.still_open) == (0, 0, 23_570)


def test_of_cdnow_buyers_of_the_first_half_of_1997_35_percent_bought_in_the_year_after(cdnow_home):
    value = value_on(cdnow_home, "M19", ALL, END_OF_CDNOW)
    assert value.n == 23_570
    assert round(value.reading.point, 3) == 0.354


def test_plain_python_counts_the_same_on_cdnow(cdnow_home):
    _same(cdnow_home, cdnow(CDNOW), END_OF_CDNOW)


@pytest.mark.slow
def test_plain_python_counts_the_same_on_online_retail(tmp_path):
    """Credit notes find their orders on both roads, and more than a hundred orders went back whole."""
    home = imported(tmp_path, [RETAIL], "uci-online-retail", "Europe/London", "GBP")
    books = retail(sorted(RETAIL.glob("*.parquet")))
    _same(home, books, END_OF_RETAIL)
    assert sum(books.back[n] >= s.minor > 0 for n, s in books.sales.items()) > 100


def _same(home: Home, books: Books, end: date) -> None:
    for metric, count in PLAIN.items():
        value = value_on(home, metric, ALL, end)
        counted, out_of, still_open = count(books, end)
        assert (value.counted, value.out_of) == pytest.approx((counted, out_of), rel=1e-12), metric
        assert value.still_open == still_open, metric
        assert value.reading.point == pytest.approx(counted if metric == "M61" else counted / out_of, rel=1e-9), metric


def _active(books: Books, end: date) -> tuple[int, int, int]:
    active = len(books.active(year_before(end), end))
    return active, active, 0


def _returning(books: Books, end: date) -> tuple[int, int, int]:
    return books.returning(year_before(end), end), len(books.active(year_before(end), end)), 0


def _retained(books: Books, end: date) -> tuple[int, int, int]:
    last = year_before(end)
    base = books.active(year_before(last), last)
    return len(base & books.active(last, end)), len(base), 0


def _an_order(books: Books, end: date) -> tuple[float, int, int]:
    minor, orders = books.placed(year_before(end), end)
    return minor / 100, orders, 0


def _a_customer(books: Books, end: date) -> tuple[float, int, int]:
    net = books.spent(year_before(end), end)
    return sum(net.values()) / 100, len(net), 0


PLAIN = {
    "M10": lambda books, end: books.again_within(30, end),
    "M18": lambda books, end: books.again_within(365, end),
    "M18b": _returning,
    "M19": _retained,
    "M61": _active,
    "M11": _an_order,
    "M31": _a_customer,
}
