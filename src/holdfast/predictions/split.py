"""Days to learn from and the day to test on: never a random part, never a day whose outcome was still open.

The test is the latest day whose outcome is known, on customers nobody learned from; what is learned ended before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from holdfast.commerce.calendar import months_before
from holdfast.commerce.unknown import Unknown
from holdfast.predictions.features.frame import Frame

FEWEST, MOST = 3, 12  # days learned from, a month apart
HISTORY = 90  # days of data before the first of them
LEARNED = 0.6  # of the customers


@dataclass(frozen=True, slots=True)
class Days:
    """learn: oldest first, each over by `test`. all: those, the test and the days between, whose outcomes are known."""

    learn: tuple[date, ...]
    test: date
    all: tuple[date, ...]


def days_for(first: date, last: date, watched: int, test: date | None = None) -> Days | Unknown:
    """Days for data between two days and an outcome that is known after so many. test: as of an earlier day."""
    end = last - timedelta(days=watched)
    test = end if test is None else min(test, end)
    monthly = [months_before(test, n) for n in range(MOST + watched // 28 + 1)]
    fit = sorted(day for day in monthly if day >= first + timedelta(days=HISTORY))
    learn = [day for day in fit if day + timedelta(days=watched) <= test][-MOST:]
    if len(learn) >= FEWEST:
        return Days(tuple(learn), test, tuple(day for day in fit if day >= learn[0]))
    begin = months_before(end - timedelta(days=watched), FEWEST - 1) - timedelta(days=HISTORY)
    return Unknown(
        f"{len(learn)} monthly days have {HISTORY} days of data before them and were over, {watched} days on, before"
        f" the latest day whose outcome is known; {FEWEST} are needed",
        f"data from {begin} on, or {(first - begin).days} more days",
    )


def learners(frame: Frame) -> npt.NDArray[np.bool_]:
    """Rows of the customers that are learned from, always the same ones, whatever keys they have (decision 0142)."""
    found: npt.NDArray[np.bool_] = frame.lot < LEARNED
    return found


def on(frame: Frame, days: tuple[date, ...]) -> npt.NDArray[np.bool_]:
    """Rows of these days."""
    wanted = np.array([day in days for day in frame.days], dtype=bool)
    found: npt.NDArray[np.bool_] = wanted[frame.day]
    return found
