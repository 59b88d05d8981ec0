"""Who is learned from and who is tested: other people, on later days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from holdfast.commerce.calendar import months_before
from holdfast.commerce.unknown import Unknown
from holdfast.health.trial.frame import Frame

FEWEST, MOST = 6, 12  # monthly days
HISTORY = 182  # days of data before the first of them
LEARNED = 0.4  # of the people


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """learn, test: shape (n,), which rows. gap: no outcome that was learned from was still open when tests began."""

    learn: npt.NDArray[np.bool_]
    test: npt.NDArray[np.bool_]
    first_test: date
    gap: bool


def monthly(first: date, last: date, watched: int) -> tuple[date, ...] | Unknown:
    """Days a month apart, the last one so long before the end that everybody's outcome is known; oldest first."""
    end = last - timedelta(days=watched)
    days = [months_before(end, n) for n in range(MOST)]
    fit = tuple(sorted(day for day in days if day >= first + timedelta(days=HISTORY)))
    if len(fit) >= FEWEST:
        return fit
    return Unknown(
        f"{len(fit)} monthly days have {HISTORY} days of data before them and {watched} after, {FEWEST} are needed",
        f"data from {months_before(end, FEWEST - 1) - timedelta(days=HISTORY)} on",
    )


def split(frame: Frame, watched: int) -> Split:
    """The later half of the days is tested, on people nobody learned from. watched: days until an outcome is known."""
    later = len(frame.days) // 2
    first_test = frame.days[later]
    over = [day + timedelta(days=watched) <= first_test for day in frame.days]
    early = np.array([(day < first_test) and (ok or not any(over)) for day, ok in zip(frame.days, over, strict=True)])
    learners = frame.lot < LEARNED  # the same people whatever keys they have (decision 0149)
    return Split(learners & early[frame.day], ~learners & (frame.day >= later), first_test, any(over))
