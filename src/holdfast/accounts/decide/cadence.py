"""When the customer hears from us again: by the severity of an escalation, and by what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

EVERY = {"critical": 1, "medium": 7, "low": 14}  # days
THRICE_A_WEEK = (0, 2, 4)  # Monday, Wednesday, Friday: a high severity


@dataclass(frozen=True, slots=True)
class Told:
    """An update that was given, and the moment by which it promised the next one."""

    at: datetime
    promised: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """One promise: by when, when it was answered (None: not yet), and how that is called."""

    promised: datetime
    answered: datetime | None
    stands: str  # kept, missed, open


def next_update(severity: str, last: date) -> date:
    """The day by which the next update of an escalation is due. Raises KeyError for a severity there is none of."""
    if severity == "high":
        return next(day for n in (1, 2, 3) if (day := last + timedelta(days=n)).weekday() in THRICE_A_WEEK)
    return last + timedelta(days=EVERY[severity])


def updates_missed(severity: str, opened: date, told: Sequence[date], today: date) -> tuple[date, ...]:
    """The days by which an update was due and had not come, from the opening up to yesterday."""
    missed, last = [], opened
    for day in [*sorted(told), None]:
        while (due := next_update(severity, last)) < (today if day is None else day):
            missed.append(due)
            last = due
        last = day or last
    return tuple(missed)


def promises(told: Sequence[Told], now: datetime) -> tuple[Kept, ...]:
    """Every promise of a next update, oldest first: kept when the next one came by its moment."""
    ordered = sorted(told, key=lambda one: one.at)
    found = []
    for number, one in enumerate(ordered):
        if one.promised is None:
            continue
        answered = ordered[number + 1].at if number + 1 < len(ordered) else None
        late = (answered or now) > one.promised
        found.append(Kept(one.promised, answered, "missed" if late else "open" if answered is None else "kept"))
    return tuple(found)


def standing(told: Sequence[Told], now: datetime) -> tuple[str, bool]:
    """How the last promise that came or fell due fared ("" for none yet), and whether an update is owed still."""
    found = promises(told, now)
    settled = [one.stands for one in found if one.stands != "open"]
    return (settled[-1] if settled else ""), bool(found) and found[-1].answered is None
