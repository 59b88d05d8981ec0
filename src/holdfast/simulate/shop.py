"""The invented shop as every topic needs it: its laws, its days and season, its chance, and where its rows go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import numpy as np

from holdfast.simulate.clock import DAY, Clock, Ints, day_number
from holdfast.simulate.columns import Column
from holdfast.simulate.draws import Chance, Floats
from holdfast.simulate.laws import Laws

PEAK_DAY, PEAK_WIDTH = 330, 9.0  # late November
WEEK = (0.95, 0.92, 0.95, 1.0, 1.08, 1.08, 1.02)  # Monday … Sunday
OPENS, CLOSES = 6 * 3600, 22 * 3600  # when people act of their own accord


class Sink(Protocol):
    """Where rows go: a file of each name, in pieces."""

    def add(self, file: str, columns: Mapping[str, Column]) -> None: ...


class Numbers:
    """Whole numbers that no two rows of a table share."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def take(self, noun: str, rows: int) -> Ints:
        begins = self._next.get(noun, 1)
        self._next[noun] = begins + rows
        return np.arange(begins, begins + rows, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop. since, until: its first and last day, both whole; a day's number counts from 1970."""

    name: str
    laws: Laws
    customers: int
    since: date
    until: date
    zone: str
    currency: str
    chance: Chance
    sink: Sink
    clock: Clock
    season: Floats  # how busy each day is, 1 on average, shape (days,)
    numbers: Numbers = field(default_factory=Numbers)

    @property
    def first(self) -> int:
        return day_number(self.since)

    @property
    def last(self) -> int:
        return day_number(self.until)

    @property
    def days(self) -> int:
        return self.last - self.first + 1

    @property
    def ends(self) -> int:
        """The first moment after the last day: nothing in the files is later."""
        return int(self.clock.moment(np.array([self.last + 1]), np.zeros(1, np.int64))[0])

    def troubled(self, at: Ints, times: float) -> Floats:
        """What a chance or a wait that begins at each moment is multiplied by: 1 before anything goes wrong."""
        begins = self.ends - self.laws.trouble.days * DAY
        return np.where(at >= begins, times, 1.0)

    def some_time(self, rng: np.random.Generator, days: Ints) -> Ints:
        """A moment while people are awake on each of the days."""
        return self.clock.moment(days, rng.integers(OPENS, CLOSES, len(days)))


def season_of(laws: Laws, since: date, until: date) -> Floats:
    """How busy each day is: by the day of the week and the nearness of the peak; a year of it is 1 on average."""
    days = np.arange(day_number(since), day_number(until) + 1)
    if laws.peak == 1.0:
        return np.ones(len(days))
    year = np.arange(day_number(date(2023, 1, 1)), day_number(date(2024, 1, 1)))
    season: Floats = _busy(laws, days) / _busy(laws, year).mean()
    return season


def _busy(laws: Laws, days: Ints) -> Floats:
    of_year = (days - days.astype("M8[D]").astype("M8[Y]").astype("M8[D]").astype(np.int64)).astype(np.float64)
    near = np.exp(-0.5 * ((of_year - PEAK_DAY) / PEAK_WIDTH) ** 2)
    busy: Floats = (1 + (laws.peak - 1) * near) * np.array(WEEK)[(days + 3) % 7]  # 1970 began on a Thursday
    return busy
