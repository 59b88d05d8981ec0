"""Saltmarsh counted on paper: accounts filled in, onboardings, key capabilities and loyalty (M05, M06, M09, M22).

Accounts opened: c08 on 15 January, c09 on 1 March, c10 on 20 May, c11 on 10 June, c12 on 25 June 2026. First purchases:
c06 on 2 September, c07 on 3 November, c08 on 16 January, c09 on 3 March, c10 on 30 June.
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
    return saltmarsh_folder("adoption")


@pytest.fixture(scope="module")
def published(home):
    return need_published(home)


def test_2_of_4_accounts_are_complete_after_seven_days(published):
    """c08, a minute before its 168 hours were over, and c11, of whom no birthday was asked any more.

    Not c09, whose phone came when they were over, nor c10, whose birthday was out again then. Nobody needs the
    newsletter. c12 is open; accounts from before the first change that is told are not counted.
    """
    assert said(published.value("account_completion")) == (4, 1, 2, 4, 0.5)


def test_an_account_is_judged_when_its_seven_days_are_over_and_not_before(home):
    """c11 opened its account on 10 June at 9."""
    assert said(value_on(home, "M05", ALL, date(2026, 6, 16)))[:3] == (3, 1, 1)
    assert said(value_on(home, "M05", ALL, date(2026, 6, 17)))[:3] == (4, 0, 2)


def test_an_account_opens_on_what_was_filled_in_and_taken_out(home):
    unit = next(row for row in units(home, "M05", ALL).rows if row[2] == "c10")
    changes = source_rows(home, "M05", unit[0])["changes of profile fields"].rows
    assert [row[:2] for row in changes if row[0] == "birthday"] == [
        ("birthday", True), ("birthday", False), ("birthday", True),
    ]  # fmt: skip


def test_3_of_6_onboardings_were_done_in_time(published):
    """c08, c10 (the guide is not required) and o1 on day 44.

    Not c07 (on day 30), c09 (skipped its tour), o2 (no integration). c11 and o4 are open, o3 is a test.
    """
    assert said(published.value("onboarding_completion")) == (6, 2, 3, 6, 0.5)


def test_customers_and_accounts_have_their_own_days_and_add_up(home):
    parts = {v.member: (v.n, v.still_open, v.counted) for v in breakdown_on(home, "M06", "kind", ALL, JUNE_30)}
    assert parts == {"customer": (4, 1, 2), "account": (2, 1, 1)}
    assert said(value_on(home, "M06", ALL, date(2026, 3, 17)))[:3] == (2, 2, 1)  # c09's and o1's last open day


def test_an_onboarding_opens_on_its_steps(home):
    unit = next(row for row in units(home, "M06", ALL).rows if row[3] == date(2026, 2, 1))
    assert [row[0] for row in source_rows(home, "M06", unit[0])["onboarding steps"].rows] == ["integration", "kick_off"]


def test_capabilities_are_used_by_17_in_36_of_those_who_could(published):
    """Reorder c06, c08 of c06, c07, c08: 2/3. Wish list c08 of c06 to c09: 1/4. Punch-out o1 (by o5, which became
    part of it) of o1, o2: 1/2.

    Days 7 to 30 only: c07 reordered once too early and wished on day 30; c09 could reorder from day 8 on. c10 is open.
    """
    n, still_open, counted, out_of, point = said(published.value("feature_adoption"))
    assert (n, still_open) == (6, 1)
    assert (counted, out_of, point) == (pytest.approx(17 / 12), pytest.approx(3), pytest.approx(17 / 36))


def test_each_capability_is_told_by_itself(published):
    assert said(published.value("capability_adoption")) == (9, 1, 4, 9, 4 / 9)
    parts = {v.member: (v.n, v.counted) for v in published.breakdown("capability_adoption", "capability")}
    assert parts == {"Reorder": (3, 2), "Wish list": (4, 1), "Punch-out": (2, 1)}


def test_at_least_one_flatters_and_all_punishes(published):
    """At least one: c06, c08, o1. All: c08, o1."""
    assert said(published.value("feature_adoption_any")) == (6, 1, 3, 6, 0.5)
    assert said(published.value("feature_adoption_all")) == (6, 1, 2, 6, 2 / 6)


def test_who_might_have_used_what_is_no_longer_told_stays_open(home):
    """c10's days are over on 30 July, more than 31 days after the last use of anything that is told (20 June)."""
    assert said(value_on(home, "M09", ALL, date(2026, 8, 15)))[:2] == (6, 1)
    assert said(value_on(home, "M09", ALL, date(2026, 4, 15)))[:2] == (5, 1)  # o2 has until 1 May


def test_4_of_8_buyers_take_part_in_the_loyalty_programme(published):
    """c05 redeemed, c06 and c07 earned, c08 earned after enrolling for good.

    c02 earned long ago, c03 never asked for it, c09's points expired, c10 earns tomorrow; c01 redeemed and did not buy.
    """
    assert said(published.value("loyalty_participation")) == (8, 0, 4, 8, 0.5)


def test_who_only_enrolled_and_who_was_enrolled_unasked_stand_apart(published):
    """c02; c03."""
    assert said(published.value("loyalty_enrolled_only"))[:4] == (8, 0, 1, 8)
    assert said(published.value("loyalty_enrolled_unasked"))[:4] == (8, 0, 1, 8)


def test_loyalty_of_a_past_day_does_not_know_what_came_later(home):
    """31 January: c03 to c08 bought; c06 and c07 took part, c05 and c08 were enrolled unasked."""
    day = date(2026, 1, 31)
    assert [said(value_on(home, m, ALL, day))[:4] for m in ("M22", "M22b", "M22c")] == [
        (6, 0, 2, 6), (6, 0, 0, 6), (6, 0, 2, 6),
    ]  # fmt: skip
    told = {v.member: (v.n, v.counted) for v in series_on(home, "M22", ALL, JUNE_30)}
    assert told["2026-01-30"] == (6, 2)


def test_visits_leads_and_costs_that_are_not_connected_are_not_measured(published):
    assert published.value("acquisition_cost").reading == Unknown(
        "no advertising spend connected", "import a file of advertising spend"
    )
    assert published.value("lead_conversion").reading == Unknown("no leads connected", "import a file of leads")
    assert isinstance(published.value("purchase_conversion").reading, Unknown)
