"""Moments of many rows at once: the shop's clock to UTC and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
DAY, HOUR, MINUTE = 86_400, 3_600, 60
EPOCH = date(1970, 1, 1)


class Clock:
    """A zone's offsets over a span of days. Moments are whole seconds since 1970 UTC, days whole days since then."""

    def __init__(self, zone: str, since: date, until: date) -> None:
        self._zone = ZoneInfo(zone)
        begins = datetime(since.year, since.month, since.day, tzinfo=UTC) - timedelta(days=3)
        hours = range(((until - since).days + 6) * 24)
        moments = [begins + timedelta(hours=hour) for hour in hours[::24]]
        changes, ahead = [int(begins.timestamp())], [self._ahead(begins)]
        for moment in moments:
            if self._ahead(moment + timedelta(days=1)) != ahead[-1]:
                at = next(m for h in range(25) if self._ahead(m := moment + timedelta(hours=h)) != ahead[-1])
                changes.append(int(at.timestamp()))
                ahead.append(self._ahead(at))
        self._since = np.array(changes, np.int64)
        self._ahead_by = np.array(ahead, np.int64)

    def _ahead(self, moment: datetime) -> int:
        return int((moment.astimezone(self._zone).utcoffset() or timedelta()).total_seconds())

    def local(self, moment: Ints) -> Ints:
        """Seconds of the shop's own clock."""
        return moment + self._ahead_by[np.maximum(np.searchsorted(self._since, moment, "right") - 1, 0)]

    def day(self, moment: Ints) -> Ints:
        """The shop's day of each moment."""
        return self.local(moment) // DAY

    def moment(self, day: Ints, second: Ints) -> Ints:
        """The moment at which the shop's clock shows a second of a day; hours that clocks skip are not asked for."""
        shown = day * DAY + second
        guess = shown - self._ahead_by[np.maximum(np.searchsorted(self._since, shown, "right") - 1, 0)]
        return shown - self._ahead_by[np.maximum(np.searchsorted(self._since, guess, "right") - 1, 0)]


def day_number(day: date) -> int:
    return (day - EPOCH).days


def months_of(days: Ints) -> Ints:
    """Months of the calendar since 1970."""
    return days.astype("M8[D]").astype("M8[M]").astype(np.int64)


def first_days(months: Ints) -> Ints:
    return months.astype("M8[M]").astype("M8[D]").astype(np.int64)
