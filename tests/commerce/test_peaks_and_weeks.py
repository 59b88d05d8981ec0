"""Peaks and retail weeks: dates known from calendars, and laws over any year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.commerce.moving_day import easter, nth_weekday, thanksgiving
from holdfast.commerce.peak import FixedDay, NthWeekday, Peak, Period, UnlessPentecost, not_once, unlike
from holdfast.commerce.retail_week import (
    WEEKS_BACK,
    Aligned,
    Week,
    aligned,
    last_whole_week,
    week_of,
    weeks_in,
    weeks_told,
    weeks_told_again,
)
from holdfast.commerce.unknown import Unknown

BLACK_FRIDAY = Peak("black_friday", "Black Friday", NthWeekday(11, 3, 4, plus=1), days=4)
CHRISTMAS = Peak("christmas", "Christmas", FixedDay(12, 1), days=24)
SINGLES_DAY = Peak("singles", "Singles' Day", FixedDay(11, 11), days=1, since=2009)

days = st.dates(date(1995, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("year", "day"),
    [(2019, (11, 28)), (2023, (11, 23)), (2024, (11, 28)), (2025, (11, 27)), (2026, (11, 26))],
)
def test_thanksgiving_is_the_fourth_thursday_of_november(year: int, day: tuple[int, int]) -> None:
    assert thanksgiving(year) == date(year, *day)


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (1954, (4, 18)), (1981, (4, 19)), (2008, (3, 23)), (2011, (4, 24)), (2019, (4, 21)), (2024, (3, 31)),
        (2025, (4, 20)), (2026, (4, 5)), (2027, (3, 28)), (2038, (4, 25)), (2049, (4, 18)),
    ],
)  # fmt: skip
def test_easter_falls_where_the_almanacs_have_it(year: int, day: tuple[int, int]) -> None:
    assert easter(year) == date(year, *day)


def test_the_years_of_53_weeks_are_those_of_iso_8601() -> None:
    assert [year for year in range(2000, 2030) if weeks_in(year) == 53] == [2004, 2009, 2015, 2020, 2026]


def test_the_french_mothers_day_gives_way_to_pentecost() -> None:
    rule = UnlessPentecost(5)
    assert (rule.on(2023), rule.on(2025), rule.on(2026)) == (date(2023, 6, 4), date(2025, 5, 25), date(2026, 5, 31))


def test_a_sale_that_may_not_begin_after_the_28th_begins_a_week_earlier() -> None:
    rule = NthWeekday(6, 2, -1, latest=28)
    assert [rule.on(year).day for year in (2022, 2023, 2024, 2025)] == [22, 28, 26, 25]


def test_a_fifth_weekday_that_a_month_does_not_have_is_an_error() -> None:
    with pytest.raises(ValueError, match="2025-02"):
        nth_weekday(2025, 2, 0, 5)


def test_twelve_months_that_end_on_black_friday_hold_two_of_them_and_the_year_before_none() -> None:
    """The trap of a rolling year: 29 November 2024 to 28 November 2025, against the twelve months before."""
    now = Period(date(2024, 11, 29), date(2025, 11, 28))
    before = Period(date(2023, 11, 29), date(2024, 11, 28))
    (found,) = unlike(now, before, [BLACK_FRIDAY, CHRISTMAS])
    assert (found.peak.id, found.now, found.before) == ("black_friday", 5, 0)
    assert [one.now for one in not_once(now, [BLACK_FRIDAY])] == [5]
    assert [one.now for one in not_once(before, [BLACK_FRIDAY])] == [0]


def test_a_peak_counts_from_the_year_in_which_it_began() -> None:
    assert SINGLES_DAY.days_in(date(2008, 11, 1), date(2008, 11, 30)) == 0
    assert SINGLES_DAY.days_in(date(2009, 11, 1), date(2009, 11, 30)) == 1
    assert not_once(Period(date(2008, 1, 1), date(2008, 12, 31)), [SINGLES_DAY]) == ()


def test_a_peak_over_the_turn_of_the_year_is_counted_on_both_sides() -> None:
    turn = Peak("turn", "Sales", FixedDay(12, 27), days=10)
    assert turn.days_in(date(2025, 12, 1), date(2025, 12, 31)) == 5
    assert turn.days_in(date(2026, 1, 1), date(2026, 1, 31)) == 5


def test_the_week_of_black_friday_is_held_against_the_week_of_black_friday() -> None:
    """Thanksgiving was early in 2018 and late in 2019: 52 weeks back is the week after it."""
    found = aligned(week_of(date(2019, 11, 29)), [BLACK_FRIDAY, CHRISTMAS])
    assert isinstance(found, Aligned)
    assert found.before == week_of(date(2018, 11, 23))
    assert found.weeks_back == 53
    assert found.peaks == ("Black Friday", "Christmas")  # its Sunday is the first of December
    assert "52 weeks back Black Friday falls otherwise" in found.why


def test_the_week_before_it_is_not_held_against_black_friday_either() -> None:
    found = aligned(week_of(date(2019, 11, 20)), [BLACK_FRIDAY])
    assert isinstance(found, Aligned)
    assert found.before == Week(date(2018, 11, 12))


def test_an_ordinary_week_goes_back_52_and_says_when_numbers_differ() -> None:
    plain, after_53 = aligned(week_of(date(2025, 6, 18)), []), aligned(week_of(date(2021, 3, 10)), [])
    assert isinstance(plain, Aligned)
    assert isinstance(after_53, Aligned)
    assert (plain.week.name, plain.before.name, plain.why) == ("2025-W25", "2024-W25", "")
    assert (after_53.week.name, after_53.before.name) == ("2021-W10", "2020-W11")
    assert "53 weeks lies between" in after_53.why


def test_the_53rd_week_has_a_week_to_be_held_against() -> None:
    found = aligned(Week(date(2026, 12, 28)), [CHRISTMAS])
    assert isinstance(found, Aligned)
    assert (found.week.name, found.before.name) == ("2026-W53", "2026-W01")
    assert found.before.monday == date(2025, 12, 29)


def test_a_week_that_nothing_a_year_before_is_like_says_so() -> None:
    new = Peak("new", "Fair", FixedDay(6, 16), days=7, since=2025)
    found = aligned(week_of(date(2025, 6, 18)), [new])
    assert isinstance(found, Unknown)
    assert "Fair: 7 days against 0" in found.why


def test_the_newest_whole_week_ends_on_the_day_or_before() -> None:
    assert last_whole_week(date(2025, 6, 22)).sunday == date(2025, 6, 22)
    assert last_whole_week(date(2025, 6, 21)).sunday == date(2025, 6, 15)


@given(days)
def test_every_aligned_week_holds_the_same_peaks_and_lies_about_a_year_back(day: date) -> None:
    peaks = [BLACK_FRIDAY, CHRISTMAS]
    found = aligned(week_of(day), peaks)
    if isinstance(
        found, Unknown
    ):  # only where Cyber Monday is in December, on the 1st or 2nd: no other week holds it and as much of Advent
        assert (week_of(day).monday.month, week_of(day).monday.day) in ((12, 1), (12, 2))
        return
    assert found.week.monday - found.before.monday == timedelta(weeks=found.weeks_back)
    assert found.weeks_back in (51, 52, 53)
    assert not unlike(found.week.period, found.before.period, peaks)


@given(days, st.integers(0, 800), st.integers(0, 800))
def test_peak_days_of_a_period_are_the_sum_of_those_of_its_parts(day: date, one: int, other: int) -> None:
    middle, end = day + timedelta(days=one), day + timedelta(days=one + other + 1)
    for peak in (BLACK_FRIDAY, CHRISTMAS, SINGLES_DAY):
        parts = peak.days_in(day, middle) + peak.days_in(middle + timedelta(days=1), end)
        assert peak.days_in(day, end) == parts


@given(st.integers(1900, 2300))
def test_easter_is_a_sunday_between_22_march_and_25_april(year: int) -> None:
    assert easter(year).weekday() == 6
    assert date(year, 3, 22) <= easter(year) <= date(year, 4, 25)


@given(st.integers(1, 9998))
def test_a_calendar_year_holds_each_peak_of_a_year_once(year: int) -> None:
    whole = Period(date(year, 1, 1), date(year, 12, 31))
    assert not_once(whole, [BLACK_FRIDAY, CHRISTMAS]) == ()
    assert weeks_in(year) in (52, 53)


def test_the_weeks_told_are_a_quarter_and_all_that_any_of_its_weeks_may_be_held_against():
    then, lately = weeks_told(date(2026, 6, 30))  # a Tuesday
    assert (lately.since, lately.until) == (date(2026, 3, 30), date(2026, 6, 28))
    assert lately.days == 13 * 7
    weeks = [week_of(lately.since + timedelta(weeks=n)) for n in range(13)]
    against = {week.back(back).monday for week in weeks for back in WEEKS_BACK}
    assert (then.since, then.until) == (min(against), max(against) + timedelta(days=6))


@given(days, st.integers(0, 800))
def test_weeks_told_again_and_those_that_come_in_are_all_that_are_told(then: date, later: int) -> None:
    now = then + timedelta(days=later)
    again, come_in = weeks_told_again(then, now)

    def each(spans) -> set[date]:
        return {span.since + timedelta(days=n) for span in spans for n in range(span.days)}

    assert each(again) == each(weeks_told(then)) & each(weeks_told(now))
    assert each(come_in) == each(weeks_told(now)) - each(weeks_told(then))
    assert all(week.days == 7 and week.since.weekday() == 0 for week in again + come_in)


def test_only_a_sunday_brings_weeks_one_newest_and_one_of_the_year_before() -> None:
    saturday = date(2026, 6, 27)
    assert weeks_told_again(saturday - timedelta(days=1), saturday)[1] == ()
    _, (of_last_year, newest) = weeks_told_again(saturday, saturday + timedelta(days=1))
    assert (newest.until, of_last_year.until) == (date(2026, 6, 28), date(2025, 7, 6))
