"""Days as the shop lives them, and months as people count them."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def placed_on(moment: datetime, zone: ZoneInfo) -> date:
    """Calendar day of a moment where the shop is. Raises ValueError for a moment without a zone."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError(f"the moment {moment} has no zone: say which one where it is read (UTC, or the shop's)")
    return moment.astimezone(zone).date()


def start_of_day_utc(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of the shop's day, in UTC.

    Where clocks jump over midnight the day begins at the jump; where midnight comes twice, at the first
    one that begins the day; a day the zone skipped altogether begins where the next one does.
    """
    # fold=0 does all three: in a gap it counts with the offset before the jump (PEP 495)
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def months_before(day: date, n: int) -> date:
    """The same day n calendar months earlier (later when n < 0), or the last of that month if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - n, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_closed_month(day: date) -> date:
    """The first day of the newest calendar month that is over when the day is: the day's own on its last day."""
    first = day.replace(day=1)
    return first if day.day == monthrange(day.year, day.month)[1] else months_before(first, 1)
