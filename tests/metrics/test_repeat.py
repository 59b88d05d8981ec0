"""M10 and M18 on a shop counted on paper. Every customer stands for one trap."""

from datetime import date, datetime

import pytest
from paper_shop import book, build_rows, land_rows, order, paper_home, refund, said, value_on

from holdfast.metrics.registry import METRICS
from holdfast.metrics.values import Scope

ALL = Scope()


def jan(day):
    return date(2021, 1, day)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home, shop = paper_home(tmp_path_factory.mktemp("repeat"))
    rows = book(
        order("ana 1", "ana", jan(1)), order("ana 2", "ana", jan(30)),  # day 29: within 30 days
        order("bo 1", "bo", jan(1)), order("bo 2", "bo", jan(31)),  # day 30: a day too late
        order("cy 1", "cy", datetime(2021, 1, 1, 9)), order("cy 2", "cy", datetime(2021, 1, 1, 18)),  # one day
        order("dee 1", "dee", jan(1)), order("dee 2", "dee", jan(10), cancelled_at=datetime(2021, 1, 11)),
        order("eli 1", "eli", jan(1)), order("eli 2", "eli", jan(10), test=True),
        order("fay 1", "fay", jan(1)), order("fay 2", "fay", jan(10), "0.00"),  # a replacement
        order("gus 1", "gus", jan(1)), order("gus 2", "gus", jan(10)),
        refund("r1", jan(20), "10.00", of="gus 2"),  # all of it went back
        order("hal 1", "hal", jan(5)), refund("r2", jan(8), "10.00", of="hal 1"),  # the first one went back:
        order("hal 2", "hal", jan(20)), order("hal 3", "hal", date(2021, 2, 1)),  # so 20 January is the first
        order("x 1", None, jan(1)), order("x 2", None, jan(5)),  # nobody knows who
        order("ivy 1", "ivy", date(2021, 3, 2)),
        order("jon 1", "jon", date(2021, 3, 1)),
        order("kim 1", "kim", jan(1), financial_status="voided"),
        order("mia 1", "mia", jan(1)), order("mia 2", "mia", date(2022, 1, 1)),  # day 365: a day too late
        order("ned 1", "ned", jan(1)), order("ned 2", "ned", date(2021, 12, 31)),  # day 364
    )  # fmt: skip
    land_rows(home, shop, rows)
    build_rows(home)
    return home


def test_within_30_days_counts_day_29_and_none_of_the_traps(home):
    """Matured by 31 March: ana bo cy dee eli fay gus hal jon mia ned; again: ana, hal; ivy's window ends 1 April."""
    value = value_on(home, "M10", ALL, date(2021, 3, 31))
    assert said(value) == (11, 1, 2, 11, 2 / 11)
    assert (value.since, value.until) == (jan(1), date(2021, 3, 1))


def test_a_window_closes_on_its_thirtieth_day_and_not_before(home):
    assert said(value_on(home, "M10", ALL, date(2021, 3, 30)))[:2] == (10, 2)
    assert said(value_on(home, "M10", ALL, date(2021, 4, 1)))[:2] == (12, 0)


def test_within_a_year_counts_day_364_and_not_day_365(home):
    """First bought on 1 January: ana bo cy dee eli fay gus mia ned; again: ana, bo, ned; open: hal, jon, ivy."""
    assert said(value_on(home, "M18", ALL, date(2022, 1, 1))) == (9, 3, 3, 9, 3 / 9)


def test_a_year_that_is_not_over_gives_no_number_but_says_how_many_are_open(home):
    value = value_on(home, "M18", ALL, date(2021, 12, 31))
    assert said(value) == (0, 12, 0, 0, "too early: no window has closed yet, 12 customers are still open")
    assert value.reading.would_need == "data up to 2022-01-01, when the first window closes"


def test_one_customer_is_still_open_and_a_time_with_nobody_in_it_names_no_remedy_that_is_none(home):
    assert value_on(home, "M18", ALL, jan(1)).reading.would_need.startswith("data up to 2022-01-01")
    nobody = value_on(home, "M18", ALL, date(2020, 12, 1)).reading
    assert nobody.why == "there are no customers to count"
    assert nobody.would_need == METRICS["repeat_purchase_rate"].out_of


def test_two_orders_around_midnight_are_one_day_or_two_by_the_shops_clock(tmp_path):
    """In New York 23:30 and 00:30 UTC are the same evening; 04:30 and 05:30 UTC are two days."""
    home, shop = paper_home(tmp_path, zone="America/New_York")
    rows = book(
        order("ada 1", "ada", datetime(2021, 1, 1, 23, 30)), order("ada 2", "ada", datetime(2021, 1, 2, 0, 30)),
        order("bea 1", "bea", datetime(2021, 1, 2, 4, 30)), order("bea 2", "bea", datetime(2021, 1, 2, 5, 30)),
    )  # fmt: skip
    land_rows(home, shop, rows)
    build_rows(home)
    value = value_on(home, "M10", ALL, date(2021, 1, 31))
    assert said(value) == (2, 0, 1, 2, 0.5)
    assert value.since == jan(1)


def test_a_first_order_that_goes_back_later_never_reopens_a_window_that_was_closed(home):
    """Hal's first order is void on every day (decision 0013), also on days before its refund."""
    assert said(value_on(home, "M10", ALL, jan(7)))[1] == 9  # hal is not among them
