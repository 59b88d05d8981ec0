"""M03 and M04 on accounts counted on paper, over the night in which Berlin's clocks went forward."""

from datetime import date, datetime, timedelta

import pytest
from paper_shop import account, book, build_rows, land_rows, order, paper_home, said, value_on

from holdfast.metrics.values import Scope

ALL = Scope()
FRIDAY = datetime(2021, 3, 26, 12)  # clocks went forward on Sunday 28 March, 01:00 UTC
APRIL_30 = date(2021, 4, 30)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home, shop = paper_home(tmp_path_factory.mktemp("onboarding"), zone="Europe/Berlin")
    hours = timedelta(hours=72)
    rows = book(
        account("ana", FRIDAY), order("ana", "ana", FRIDAY + hours - timedelta(seconds=1)),  # in time, to the second
        account("bo", FRIDAY), order("bo", "bo", FRIDAY + hours),  # 72 hours are over
        account("cy", FRIDAY, is_guest=True), order("cy", "cy", FRIDAY),
        account("dee", FRIDAY, imported=True), order("dee", "dee", FRIDAY),
        account("eli", datetime(2021, 3, 2)), order("eli", "eli", date(2021, 3, 1)),  # bought first, opened later
        account("fay", datetime(2021, 4, 10)),  # still waiting
        account("gus", datetime(2021, 4, 28, 12)),  # 72 hours end on 1 May
        account("hal", datetime(2021, 4, 27, 21, 59, 59)),  # end on 30 April, 23:59:59 in Berlin
        account("ivy", datetime(2021, 4, 27, 22)),  # end on 1 May, 00:00 in Berlin
        account("jon", FRIDAY, is_staff=True), account("joy", FRIDAY, is_test=True),
        account("kim", None), order("kim", "kim", date(2021, 4, 1)),
        account("lia", datetime(2021, 4, 20, 8)), order("lia", "lia", datetime(2021, 4, 20, 8)),  # at once
        account("mia", datetime(2021, 4, 1)), order("mia", "mia", datetime(2021, 4, 5)),  # after 96 hours
    )  # fmt: skip
    land_rows(home, shop, rows)
    build_rows(home)
    return home


def test_72_hours_are_elapsed_hours_to_the_second_also_when_clocks_change(home):
    """Hours over by 30 April: ana, bo, fay, hal, lia, mia; in time: ana, lia; open: gus, ivy."""
    assert said(value_on(home, "M04", ALL, APRIL_30)) == (6, 2, 2, 6, 2 / 6)


def test_who_still_waits_is_counted_as_waiting_and_the_median_says_so(home):
    """Eight accounts, four have bought: lia after 0 h, ana and bo after 72 h, mia after 96 h.

    Still waiting at the end of 30 April in Berlin: gus 58 h, ivy and hal 72 h, fay 20 days.
    Kaplan-Meier: 7/8 after 0 h, × 4/6 = 0.58 after 72 h (six at risk), × 1/2 = 0.29 after 96 h: the median is 4 days.
    """
    value = value_on(home, "M03", ALL, APRIL_30)
    assert said(value)[:3] == (8, 0, 4)
    assert value.reading.point == pytest.approx(4.0)


def test_the_days_of_all_who_wait_and_all_who_bought_add_up(home):
    """lia 0, ana 3 d − 1 s, bo 3, mia 4; gus 58 h, ivy 3, hal 3 d + 1 s, fay from 02:00 on 10 April: 20 d 22 h."""
    assert value_on(home, "M03", ALL, APRIL_30).out_of == pytest.approx(0 + 3 + 3 + 4 + 58 / 24 + 3 + 3 + 20 + 22 / 24)


def test_a_purchase_after_the_day_asked_for_has_not_happened_yet(home):
    """By 4 April ana and bo have bought; mia is waiting."""
    assert said(value_on(home, "M03", ALL, date(2021, 4, 4)))[:3] == (3, 0, 2)


def test_waiting_ends_with_the_shops_day_and_not_at_midnight_in_greenwich(tmp_path):
    """Bought at 22:00 on 4 January in New York, which is 03:00 UTC on the 5th: it has happened on the 4th."""
    home, shop = paper_home(tmp_path, zone="America/New_York")
    rows = book(
        account("ana", datetime(2021, 1, 4, 15)), order("ana", "ana", datetime(2021, 1, 5, 3)),
        account("bo", datetime(2021, 1, 5, 3)),  # opened at the same hour: waits 2 hours, never less than none
    )  # fmt: skip
    land_rows(home, shop, rows)
    build_rows(home)
    value = value_on(home, "M03", ALL, date(2021, 1, 4))
    assert said(value)[:3] == (2, 0, 1)
    assert value.out_of == pytest.approx(12 / 24 + 2 / 24)
