"""M18b, M19, M21b and M61 on a shop counted on paper, at the ends of months that are shorter than others."""

from datetime import date, datetime

import pytest
from paper_shop import book, build_rows, land_rows, order, paper_home, said, series_on, sold, value_on

from holdfast.metrics.publish import build
from holdfast.metrics.published import open_published
from holdfast.metrics.values import Scope

ALL = Scope()
LEAP = date(2012, 2, 29)  # the twelve months are (2011-02-28, 2012-02-29]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home, shop = paper_home(tmp_path_factory.mktemp("retention"))
    days = {
        "ana": [date(2011, 2, 28)],  # on the last day before the window
        "bo": [date(2011, 3, 1)],  # on its first day
        "cy": [date(2010, 6, 1), date(2011, 3, 1)],
        "dee": [date(2011, 2, 28), LEAP],
        "eli": [date(2010, 2, 28)],
        "fay": [date(2010, 3, 1)],
        "gus": [datetime(2011, 5, 1, 8), datetime(2011, 5, 1, 20)],  # one day
        "hal": [date(2011, 6, 1), date(2011, 7, 1)],
        "ivy": [date(2010, 1, 31)],
    }
    orders = [order(f"{who} {n}", who, day) for who, bought in days.items() for n, day in enumerate(bought)]
    land_rows(home, shop, book(*orders, order("x", None, date(2011, 12, 1))))
    build_rows(home)
    return home


def test_active_customers_are_those_of_twelve_calendar_months(home):
    """bo, cy, dee, gus, hal."""
    value = value_on(home, "M61", ALL, LEAP)
    assert said(value) == (5, 0, 5, 5, 5)
    assert value.reading.low is None


def test_twelve_months_to_31_january_begin_on_1_february(home):
    """eli (28 February 2010), fay, cy; ivy bought on 31 January 2010."""
    assert said(value_on(home, "M61", ALL, date(2011, 1, 31)))[2] == 3


def test_returning_customers_had_bought_on_an_earlier_day_in_the_window_or_before_it(home):
    """cy and dee before the window, hal in it; gus bought twice on one day; bo is new."""
    assert said(value_on(home, "M18b", ALL, LEAP)) == (5, 0, 3, 5, 0.6)


def test_retention_asks_the_buyers_of_the_year_before(home):
    """(2010-02-28, 2011-02-28]: ana, cy, dee, fay; cy and dee came back. eli is a day too early."""
    assert said(value_on(home, "M19", ALL, LEAP)) == (4, 0, 2, 4, 0.5)


def test_lapsed_customers_have_been_away_longer_than_nine_in_ten_gaps(home):
    """Gaps 30, 273 and 366 days; nine in ten are at most 273 + 0.8 × 93 = 347.4.

    Away longer: ana 366, bo 365, cy 365, eli 731, fay 730, ivy 759. Not: dee 0, gus 304, hal 243.
    """
    assert said(value_on(home, "M21b", ALL, LEAP)) == (9, 0, 6, 9, 6 / 9)


def test_the_rule_of_a_past_day_knows_only_the_gaps_that_were_over(home):
    """By 31 July 2011: gaps 30 and 273, so 248.7 days. Away longer: eli 518, fay 517, ivy 546; cy 152."""
    value = value_on(home, "M21b", ALL, date(2011, 7, 31))
    assert said(value) == (9, 0, 3, 9, 3 / 9)


def test_a_month_series_of_the_lapsed_holds_one_rule_for_all_its_points(home):
    """At 29 July 2011 by the rule of 29 February 2012 (347.4 days): eli 516, fay 515 and ivy 544 of nine.

    Ana, bo, cy, dee, gus and hal are nearer. At 29 May 2011 by the same rule: eli 455, fay 454, ivy 483 and cy 89;
    by the gaps then known (273 days only) the same three, of eight: hal had not come.
    """
    points = {v.member: v for v in series_on(home, "M21b", ALL, LEAP)}
    assert points["2011-07-29"].counted == 3
    assert points["2011-07-29"].n == 9
    assert points["2011-05-29"].counted == 3
    assert points["2011-05-29"].n == 8


def test_nobody_is_called_lapsed_in_a_shop_where_nobody_has_come_back(tmp_path):
    home, shop = paper_home(tmp_path)
    land_rows(home, shop, book(order("1", "ana", date(2020, 1, 1)), order("2", "bo", date(2021, 1, 1))))
    build_rows(home)
    assert isinstance(said(value_on(home, "M21b", ALL, None))[4], str)


def test_thirty_years_of_history_are_measured_like_any_other(tmp_path):
    """One customer of 1995 who came back in 2025, one of 2025: by hand, M19 has nobody to judge, M61 counts two."""
    home, shop = paper_home(tmp_path)
    land_rows(
        home,
        shop,
        sold(("1", "ana", date(1995, 1, 5)), ("2", "ana", date(2025, 3, 1)), ("3", "bo", date(2025, 11, 1))),
    )
    build(home, today=date(2025, 12, 1))
    published = open_published(home)
    assert published.value("active_customers").counted == 2
    assert published.value("annual_retention").n == 0
    assert [(c.cohort, c.month, c.active) for c in published.cohorts() if c.active] == [
        (date(1995, 1, 1), 0, 1),
        (date(2025, 11, 1), 0, 1),
    ]
