"""Weeks from Monday to Sunday, and the week of the year before that one is fairly held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from holdfast.commerce.peak import Peak, Period, Unlike, unlike
from holdfast.commerce.unknown import Unknown

WEEKS_BACK = (52, 53, 51)  # the nearest to the same dates first
SHOWN = 13  # weeks: a quarter


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A week of ISO 8601; its year and number are those of its Thursday."""

    monday: date

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def period(self) -> Period:
        return Period(self.monday, self.sunday)

    @property
    def name(self) -> str:
        """As ISO 8601 writes it: 2025-W48."""
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    def back(self, weeks: int) -> Week:
        return Week(self.monday - timedelta(weeks=weeks))


def week_of(day: date) -> Week:
    return Week(day - timedelta(days=day.weekday()))


def last_whole_week(day: date) -> Week:
    """The newest week that is over when the day is."""
    return week_of(day + timedelta(days=1)).back(1)


def weeks_told(day: date) -> tuple[Period, Period]:
    """The weeks that are shown on a day, and those of the year before that one of them may be held against."""
    newest = last_whole_week(day)
    oldest = newest.back(SHOWN - 1)
    held_against = Period(oldest.back(max(WEEKS_BACK)).monday, newest.back(min(WEEKS_BACK)).sunday)
    return held_against, Period(oldest.monday, newest.sunday)


def weeks_told_again(then: date, now: date) -> tuple[tuple[Period, ...], tuple[Period, ...]]:
    """The weeks that are told on a day: those that were told on an earlier one as well, and those that were not."""
    known, told = _each_told(then), _each_told(now)
    return tuple(week for week in told if week in known), tuple(week for week in told if week not in known)


def _each_told(day: date) -> list[Period]:
    return [week_of(s.since).back(-n).period for s in weeks_told(day) for n in range(s.days // 7)]


def weeks_in(year: int) -> int:
    """52 or 53: the weeks of an ISO year."""
    return date(year, 12, 28).isocalendar().week


@dataclass(frozen=True, slots=True)
class Aligned:
    """A week, the week it is held against, and what lies between and within them."""

    week: Week
    before: Week
    weeks_back: int
    peaks: tuple[str, ...]  # names of the peaks both hold days of
    why: str  # why it is not 52 weeks back, or why the numbers of the weeks differ; empty when neither


def aligned(week: Week, peaks: Sequence[Peak]) -> Aligned | Unknown:
    """The week of the year before that holds the same peaks: 52 weeks back, else 53, else 51.

    Thanksgiving moves by as much as six days, so that 52 weeks before the week of Black Friday may be the week before
    it; then the year's weeks around it go back 53 (or 51) weeks as well.
    """
    held = tuple(peak.name for peak in peaks if peak.days_in(week.monday, week.sunday))
    for back in WEEKS_BACK:
        if not unlike(week.period, week.back(back).period, peaks):
            return Aligned(week, week.back(back), back, held, _why(week, peaks, back))
    amiss = unlike(week.period, week.back(52).period, peaks)
    return Unknown(f"no week a year before is like {week.name}: {said(amiss)}")


def said(amiss: Sequence[Unlike]) -> str:
    """ "Black Friday: 4 days against 0"; one clause a peak."""
    return "; ".join(f"{one.peak.name}: {one.now} {_days(one.now)} against {one.before}" for one in amiss)


def _days(number: int) -> str:
    return "day" if number == 1 else "days"


def _why(week: Week, peaks: Sequence[Peak], back: int) -> str:
    if back == 52:
        same_number = week.name[-3:] == week.back(52).name[-3:]
        return "" if same_number else "a year of 53 weeks lies between, so the numbers of the weeks differ"
    names = " and ".join(one.peak.name for one in unlike(week.period, week.back(52).period, peaks))
    return f"{back} weeks back, since 52 weeks back {names} falls otherwise"
