"""Saltmarsh counted on paper: what a customer costs, and who buys of those who are known or who visit (M01, M02, M02b).

First purchases since July 2025: c06 on 2 September (referral), c07 on 3 November (web), c08 on 16 January (web), c09 on
3 March (referral), c10 on 30 June (web).

Advertising in EUR: 50 on 20 August (a cut month), 30 in September, 40 October, 20 November, 60 January, 25 March, 45
June; beside them 99 on customers one has and 77 in dollars. The agency takes 182 from October to March, one a day;
salaries 100 in April and 90 in May; 500 for tools that keep customers, 70 for nobody knows what.
"""

from datetime import date

import pytest
from paper_shop import breakdown_on, said, series_on, value_on

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import source_rows, units
from holdfast.metrics.published import need_published
from holdfast.metrics.values import Scope

ALL = Scope()
JUNE_30 = date(2026, 6, 30)


@pytest.fixture(scope="module")
def home(saltmarsh_folder):
    return saltmarsh_folder("acquisition")


@pytest.fixture(scope="module")
def published(home):
    return need_published(home)


def test_three_customers_cost_517_from_october_to_may(published):
    """40 + 31, 20 + 30, 31, 60 + 31, 28, 25 + 31, 100, 90; June is open, since no other cost of it is told."""
    assert said(published.value("acquisition_cost")) == (8, 1, pytest.approx(517), 3, pytest.approx(517 / 3))


def test_by_advertising_alone_five_customers_cost_220(published):
    """30, 40, 20, 60, 25 and 45 in six months; August is cut, dollars and what keeps customers are apart."""
    assert said(published.value("acquisition_cost_media")) == (6, 0, 220, 5, 44.0)


def test_against_the_costs_of_the_month_before_four_customers_cost_517(published):
    """Costs of October to May against c07, c08, c09 and c10 from November to June."""
    assert said(published.value("acquisition_cost_lagged")) == (8, 0, pytest.approx(517), 4, pytest.approx(517 / 4))


def test_a_month_that_is_not_over_has_no_cost_yet(home):
    assert said(value_on(home, "cac_media", ALL, date(2026, 6, 29)))[:4] == (5, 0, 175, 4)


def test_advertising_is_held_against_the_channel_of_the_first_order_and_adds_up(home, published):
    """Web 30 + 20 + 60 + 45 for c07, c08, c10; social 40 + 25 for nobody; referral nothing for c06 and c09."""
    parts = {
        v.member: (v.n, v.counted, v.out_of) for v in published.breakdown("acquisition_cost_by_channel", "channel")
    }
    assert parts == {"web": (4, 155, 3), "social": (2, 65, 0), "referral": (2, 0, 2)}
    assert said(published.value("acquisition_cost_by_channel"))[2:] == (220, 5, 44.0)


def test_a_cost_of_fewer_than_ten_customers_is_told_for_the_year_and_not_for_a_month(home, published):
    told = {v.member: (v.counted, v.out_of, v.reading) for v in series_on(home, "M01", ALL, JUNE_30)}
    few = Unknown("fewer than 10 new customers")
    assert told["2025-11-01"] == (50, 1, few)
    assert told["2025-12-01"] == (31, 0, few)
    assert published.value("acquisition_cost").reading.low > 0
    assert published.value("acquisition_cost").strangers == 0  # months are no orders of unknown buyers


def test_a_month_opens_on_its_costs_and_its_new_customers(home):
    """November: the advertisement, the agency's 182 that reach into it, and c07."""
    unit = next(row for row in units(home, "M01", ALL).rows if row[3] == date(2025, 11, 30))
    pages = source_rows(home, "M01", unit[0])
    assert [row[5] for row in pages["advertising"].rows] == [2000]
    assert [row[4] for row in pages["other costs"].rows] == [18200]
    assert [row[0] for row in pages["new customers"].rows] == ["c07"]


def test_1_of_6_leads_bought_within_30_days(published):
    """c06 after 13 days. Not c07 (33), c09 (30: the window is over), c11, c12 and Max. c10's window is open.

    c02 and c08 had bought, the robot, staff, whoever has no name and c06's second lead do not count.
    """
    assert said(published.value("lead_conversion")) == (6, 1, 1, 6, 1 / 6)


def test_a_lead_is_open_until_its_30_days_are_over(home):
    """c12 became known on 31 May."""
    assert said(value_on(home, "M02", ALL, date(2026, 6, 29)))[:3] == (5, 2, 1)


def test_leads_by_source_add_up_and_a_lead_opens_on_its_rows_and_orders(home):
    parts = {v.member: (v.n, v.still_open) for v in breakdown_on(home, "M02", "origin", ALL, JUNE_30)}
    assert parts == {"newsletter": (3, 1), "fair": (3, 0)}
    unit = next(row for row in units(home, "M02", ALL).rows if row[3] == date(2025, 8, 20))
    pages = source_rows(home, "M02", unit[0])
    assert [row[1] for row in pages["leads"].rows] == ["newsletter", "fair"]
    assert [row[0] for row in pages["orders"].rows] == ["s12"]


def test_in_3_of_7_visits_something_was_bought(published):
    """v01, v08 (two orders, one visit) and v03, whose event says so. Not the robot, staff, portals and June 2025."""
    assert said(published.value("purchase_conversion")) == (7, 0, 3, 7, 3 / 7)


def test_visits_to_the_portal_stand_apart(published):
    assert said(published.value("portal_conversion")) == (2, 0, 1, 2, 0.5)


def test_3_of_5_visitors_of_a_month_bought(published):
    """c08 and the device d2 in January, c09 in March; in June c12 and d7 did not."""
    assert said(published.value("visitor_conversion")) == (5, 0, 3, 5, 0.6)


def test_what_is_not_connected_is_not_measured(home, published):
    """Sales alone know no leads, visits or costs; here the tables of accounts are missing."""
    assert not isinstance(published.value("purchase_conversion").reading, Unknown)
    assert published.value("renewal_rate").reading == Unknown("no contracts connected", "import a file of contracts")
