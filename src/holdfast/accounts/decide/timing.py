"""Whether work came when it was due, told from what was written down and when: nobody claims it, it is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from holdfast.accounts.decide.cadence import Told, next_update, promises, updates_missed
from holdfast.accounts.kinds.fields import empty

RENEWAL = (("internal", 120), ("asked", 90), ("commercial", 70))  # days before the term ends, by which a stage is over
DEBRIEF_DAYS, DRILL_DAYS, PLAN_DAYS = 10, 180, 3


@dataclass(frozen=True, slots=True)
class Timed:
    """One thing that was due. kept: None while it is still to come, or where there is no promise to keep."""

    says: str
    kept: bool | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """How an object has gone so far. arrived: the first day on which it came to each state."""

    kind: str
    state: str
    fields: Mapping[str, Any]
    created: date
    arrived: Mapping[str, date]
    told: Sequence[Told]
    now: datetime

    @property
    def today(self) -> date:
        return self.now.date()

    def day(self, name: str) -> date | None:
        value = self.fields.get(name)
        return None if empty(value) else date.fromisoformat(str(value)[:10])


def timing(course: Course) -> tuple[Timed, ...]:
    rule = RULES.get(course.kind)
    return tuple(rule(course)) if rule is not None else ()


def working_days(first: date, last: date) -> int:
    """Days from Monday to Friday after the first, up to and with the last; holidays are not known here."""
    days = (last - first).days
    return sum((first + timedelta(days=n)).weekday() < 5 for n in range(1, days + 1))


def _recap(course: Course) -> list[Timed]:
    met, sent = course.day("met_on"), course.arrived.get("sent")
    if met is None:
        return []
    took = working_days(met, sent or course.today)
    if sent is None:
        return [Timed(f"The talk was on {met}: to be sent within one working day.", None if took <= 1 else False)]
    return [Timed(f"Sent {_days(took, 'working day')} after the talk.", took <= 1)]


def _decision(course: Course) -> list[Timed]:
    decided, review = course.day("decided_on"), course.day("review_on")
    found = []
    if decided is not None:
        late = (course.created - decided).days
        after = f"{_days(late)} later" if late > 0 else "the same day" if late == 0 else "before it was decided"
        found.append(Timed(f"Decided on {decided}, written down {after}."))
    if review is not None and course.state == "accepted":
        found.append(Timed(f"To be looked at again on {review}.", False if review < course.today else None))
    return found


def _renewal(course: Course) -> list[Timed]:
    due = course.day("due_on")
    days = dict(RENEWAL).get(course.state)
    if due is None or days is None:
        return []
    by = due - timedelta(days=days)
    words = {"internal": "The soft question", "asked": "The commercial contact", "commercial": "Their commitment"}
    return [Timed(f"{words[course.state]} is due by {by}, {days} days before the term ends.",
                  False if by < course.today else None)]  # fmt: skip


def _review(course: Course) -> list[Timed]:
    held, followed, updated = course.day("held_on"), course.day("followed_up_on"), course.arrived.get("plan_updated")
    found = []
    if held is not None:
        took = working_days(held, followed or course.today)
        found.append(Timed(f"Followed up {_days(took, 'working day')} after it was held.", took <= 1) if followed else
                     Timed("To be followed up within one working day.", None if took <= 1 else False))  # fmt: skip
        lag = ((updated or course.today) - held).days
        found.append(Timed(f"Plan updated {_days(lag)} after it was held.", lag <= PLAN_DAYS) if updated else
                     Timed(f"The plan is to be updated by {held + timedelta(days=PLAN_DAYS)}.",
                           None if lag <= PLAN_DAYS else False))  # fmt: skip
    return found


def _escalation(course: Course) -> list[Timed]:
    severity = course.fields.get("severity")
    if severity is None:
        return []
    days, over = [one.at.date() for one in course.told], course.arrived.get("closed")
    open_still = course.state not in ("closed", "reviewed")
    last_day = course.today if open_still or over is None else over
    missed = updates_missed(severity, course.created, [day for day in days if day <= last_day], last_day)
    found = [Timed(f"{_days(len(missed), 'update')} came too late or not at all.", not missed)]
    if open_still:
        due = next_update(severity, max([course.created, *days]))
        found.append(Timed(f"The next update is due by {due}.", False if due < course.today else None))
    return found


def _bad_news(course: Course) -> list[Timed]:
    found = promises(course.told, course.now)
    settled = [one for one in found if one.stands != "open"]
    kept = sum(one.stands == "kept" for one in settled)
    told = [Timed(f"{kept} of {len(settled)} promised updates came in time.", kept == len(settled))] if settled else []
    owed = [one.promised for one in found if one.answered is None]
    return told + [Timed(f"The next update is promised by {one:%Y-%m-%d %H:%M}.", False if one < course.now else None)
                   for one in owed]  # fmt: skip


def _debrief(course: Course) -> list[Timed]:
    ended = course.day("ended_on")
    if ended is None:
        return []
    read, by = course.arrived.get("read"), ended + timedelta(days=DEBRIEF_DAYS)
    if read is not None:
        return [Timed(f"Read {_days((read - ended).days)} after it was lost.", read <= by)]
    return [Timed(f"To be written and read by {by}.", False if by < course.today else None)]


def _drill(course: Course) -> list[Timed]:
    drilled = course.day("drilled_on")
    if drilled is None:
        return [Timed("It was never drilled.", False)]
    until = drilled + timedelta(days=DRILL_DAYS)
    return [Timed(f"Drilled on {drilled}, which holds until {until}.", until >= course.today)]


def _days(count: int, what: str = "day") -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


RULES = {"A04": _recap, "A05": _decision, "A07": _renewal, "A12": _review, "A14": _escalation, "A17": _drill,
         "A19": _debrief, "A22": _bad_news}  # fmt: skip
