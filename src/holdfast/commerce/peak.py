"""Times of the year in which people buy unlike the rest of it, and whether two periods hold as much of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from holdfast.commerce.moving_day import SUNDAY, easter, nth_weekday

SPARE = 10  # a peak of so many days may differ by one day and still be the same


@dataclass(frozen=True, slots=True)
class FixedDay:
    """The same date every year."""

    month: int
    day: int

    def on(self, year: int) -> date:
        return date(year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """So many days after the nth weekday of a month (−1: the last).

    latest: where that weekday falls on a later day of the month, the one a week before it counts instead.
    """

    month: int
    weekday: int  # 0 is Monday
    nth: int
    plus: int = 0
    latest: int = 31

    def on(self, year: int) -> date:
        found = nth_weekday(year, self.month, self.weekday, self.nth)
        while found.day > self.latest:
            found -= timedelta(days=7)
        return found + timedelta(days=self.plus)


@dataclass(frozen=True, slots=True)
class AfterEaster:
    """So many days after Easter Sunday; before it when days < 0."""

    days: int

    def on(self, year: int) -> date:
        return easter(year) + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class UnlessPentecost:
    """A last Sunday of a month that gives way by a week when it is Pentecost: the French Mother's Day."""

    month: int
    plus: int = 0

    def on(self, year: int) -> date:
        found = nth_weekday(year, self.month, SUNDAY, -1)
        if found == easter(year) + timedelta(days=49):
            found += timedelta(days=7)
        return found + timedelta(days=self.plus)


Rule = FixedDay | NthWeekday | AfterEaster | UnlessPentecost


@dataclass(frozen=True, slots=True)
class Peak:
    """A stretch of `days` days that begins by a rule every year from `since` on."""

    id: str
    name: str
    rule: Rule
    days: int
    since: int = 1
    source: str = ""

    def starts(self, year: int) -> date | None:
        return None if year < self.since else self.rule.on(year)

    def spans(self, since: date, until: date) -> list[tuple[date, date]]:
        """First and last day of each occurrence that touches a period, both ends inclusive."""
        found = []
        for year in range(since.year - 1, until.year + 1):
            first = self.starts(year)
            if first is None:
                continue
            last = first + timedelta(days=self.days - 1)
            if first <= until and last >= since:
                found.append((first, last))
        return found

    def days_in(self, since: date, until: date) -> int:
        """How many days of it a period holds, both ends inclusive."""
        return sum((min(last, until) - max(first, since)).days + 1 for first, last in self.spans(since, until))

    def same(self, one: int, other: int) -> bool:
        """Whether two counts of its days are as good as equal: a tenth of its length, rounded down, may differ."""
        return abs(one - other) <= self.days // SPARE


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both ends inclusive."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1


@dataclass(frozen=True, slots=True)
class Unlike:
    """A peak of which two periods hold unlike numbers of days."""

    peak: Peak
    now: int
    before: int


def unlike(now: Period, before: Period, peaks: Iterable[Peak]) -> tuple[Unlike, ...]:
    """The peaks that make two periods no fair comparison; none when they hold as many days of every peak."""
    found = []
    for peak in peaks:
        held, then = peak.days_in(now.since, now.until), peak.days_in(before.since, before.until)
        if not peak.same(held, then):
            found.append(Unlike(peak, held, then))
    return tuple(found)


def not_once(year: Period, peaks: Iterable[Peak]) -> tuple[Unlike, ...]:
    """Peaks of which a period of twelve months holds more or less than one; `before` is what one year has."""
    found = []
    for peak in peaks:
        held = peak.days_in(year.since, year.until)
        if peak.starts(year.since.year) is not None and not peak.same(held, peak.days):
            found.append(Unlike(peak, held, peak.days))
    return tuple(found)
