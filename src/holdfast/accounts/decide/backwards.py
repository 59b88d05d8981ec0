"""Steps planned back from the day it has to work: by when each must begin and end for the rest to be in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Step:
    """lead_days: calendar days from its beginning to its end. after: the step it waits for."""

    id: int
    what: str
    lead_days: int = 0
    after: int | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Latest:
    begin_by: date
    end_by: date


def planned_back(steps: Sequence[Step], value_by: date) -> dict[int, Latest]:
    """The latest days of every step. Raises ValueError when steps wait for each other in a circle."""
    following: dict[int, list[Step]] = {step.id: [] for step in steps}
    for step in steps:
        if step.after in following:
            following[step.after].append(step)
    found: dict[int, Latest] = {}

    def latest(step: Step, above: frozenset[int]) -> Latest:
        if step.id in above:
            raise ValueError(f"“{step.what}” waits for itself")
        if step.id not in found:
            begins = [latest(one, above | {step.id}).begin_by for one in following[step.id]]
            end_by = min(begins, default=value_by)
            found[step.id] = Latest(end_by - timedelta(days=step.lead_days), end_by)
        return found[step.id]

    for step in steps:
        latest(step, frozenset())
    return found


def too_late(steps: Sequence[Step], value_by: date) -> tuple[tuple[Step, Latest], ...]:
    """The steps whose day is later than what follows allows, in their order."""
    found = planned_back(steps, value_by)
    return tuple((step, found[step.id]) for step in steps if step.due is not None and step.due > found[step.id].end_by)
