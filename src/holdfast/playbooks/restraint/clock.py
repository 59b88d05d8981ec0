"""What time it is where a customer is: when the day there began and ends, and until when it is quiet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from holdfast.playbooks.restraint.settings import Quiet


@dataclass(frozen=True, slots=True)
class Clock:
    """day_began and day_ends bound the calendar day; quiet_until is None where it is not quiet. All in UTC."""

    day_began: datetime
    day_ends: datetime
    quiet_until: datetime | None


@cache
def clock(zone: str, quiet: Quiet, now: datetime) -> Clock:
    where = ZoneInfo(zone)
    there = now.astimezone(where)
    return Clock(
        _first(there.date(), where), _first(there.date() + timedelta(days=1), where), _quiet_until(there, quiet, where)
    )


def _first(day: date, where: ZoneInfo) -> datetime:
    """The first moment of a day; where midnight is skipped, the moment of the change."""
    return datetime.combine(day, time.min, where).astimezone(UTC)


def _quiet_until(there: datetime, quiet: Quiet, where: ZoneInfo) -> datetime | None:
    if quiet.start == quiet.end:
        return None
    at = there.time()
    over_midnight = quiet.start > quiet.end
    late = over_midnight and at >= quiet.start
    if not late and not (at < quiet.end if over_midnight else quiet.start <= at < quiet.end):
        return None
    return _last(there.date() + timedelta(days=late), quiet.end, where)


def _last(day: date, at: time, where: ZoneInfo) -> datetime:
    """A time of day as a moment: the later of two where clocks go back, the one after the gap where they go forward."""
    local = datetime.combine(day, at, where)
    return max(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
