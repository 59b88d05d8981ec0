"""CDNOW as the papers use it: a calibration time of 39 weeks to 1997-09-30, and 39 weeks held out after it.

Derived here from the master file; the papers' tenth of its customers is named in tests/data/cdnow/sample_ids.txt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[1] / "data" / "cdnow"
CALIBRATION_ENDS = date(1997, 9, 30)
HELD_OUT_DAYS = 273


@dataclass(frozen=True)
class Cdnow:
    """A row per customer, shapes (n,): repeat days, ages in days, dollars of the repeats, days bought on later."""

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    spent: np.ndarray
    later: np.ndarray

    def weeks(self):
        """(x, t_x, T) on exact sevenths, as BTYD and CLVTools have it."""
        return self.x, self.t_x / 7, self.T / 7

    def rounded_weeks(self):
        """(x, t_x, T) as the widely shipped summary has it, to two decimals."""
        return self.x, np.round(self.t_x / 7, 2), np.round(self.T / 7, 2)


@cache
def sample() -> Cdnow:
    """In the order of the papers, whose first customers are printed in several of them."""
    ids = [int(line) for line in (FOLDER / "sample_ids.txt").read_text().split()]
    return _summed(ids, CALIBRATION_ENDS)


@cache
def master() -> Cdnow:
    return _summed([], CALIBRATION_ENDS + timedelta(days=HELD_OUT_DAYS))


def _summed(wanted: list[int], ends: date) -> Cdnow:
    """A row for each that is wanted, all where none is; what was bought after `ends` is `later`."""
    bought: dict[int, dict[date, float]] = {who: {} for who in wanted}
    for line in (FOLDER / "cdnow_master.csv").read_text().split()[1:]:
        who, day, _, dollars = line.split(",")
        if not wanted or int(who) in bought:
            days = bought.setdefault(int(who), {})
            on = date(int(day[:4]), int(day[4:6]), int(day[6:]))
            days[on] = days.get(on, 0.0) + float(dollars)
    rows = []
    for days in bought.values():
        first = min(days)
        repeats = [day for day in days if first < day <= ends]
        last = max(repeats, default=first)
        paid = sum(days[day] for day in repeats)
        rows.append((len(repeats), (last - first).days, (ends - first).days, paid, sum(day > ends for day in days)))
    return Cdnow(*(np.array(column, dtype=float) for column in zip(*rows, strict=True)))
