"""Days that fall on another date every year: the nth weekday of a month, and Easter."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

MONDAY, THURSDAY, SUNDAY = 0, 3, 6  # as date.weekday() counts


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth such weekday of a month, from 1; −1 is the last. Raises ValueError where the month has none."""
    if nth > 0:
        first = date(year, month, 1)
        day = 1 + (weekday - first.weekday()) % 7 + 7 * (nth - 1)
    else:
        last = date(year, month, monthrange(year, month)[1])
        day = last.day - (last.weekday() - weekday) % 7 + 7 * (nth + 1)
    if nth == 0 or not 1 <= day <= monthrange(year, month)[1]:
        raise ValueError(f"{year}-{month:02} has no weekday {weekday} number {nth}")
    return date(year, month, day)


def thanksgiving(year: int) -> date:
    """The fourth Thursday of November, as the United States keep it since 1942."""
    return nth_weekday(year, 11, THURSDAY, 4)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar: Gauss's computus with the corrections of the lunar and solar cycle."""
    century, golden = year // 100, year % 19
    epact = (19 * golden + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    moon = epact - (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    after_21_march = moon - weekday
    return date(year, 3, 28) + timedelta(days=after_21_march)
