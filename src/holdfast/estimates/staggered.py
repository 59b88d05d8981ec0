"""Effects where groups began at different times and nobody was drawn by lot: differences in differences.

Group-time averages of Callaway and Sant'Anna (J. Econometrics 225 (2021) 200–230) without covariates, held against
units that have not begun yet. Two-way fixed effects are not used: they mix early and late groups with weights that may
be below zero (Goodman-Bacon, J. Econometrics 225 (2021) 254–277). Valid if the groups would have moved in parallel,
which no data can show; the periods before the start can only fail to speak against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import Z
from holdfast.estimates.moments import Floats

FEWEST = 2  # units of a group, and of those it is held against
METHOD = "difference in differences"


@dataclass(frozen=True, slots=True)
class Since:
    """The effect so many periods after the start: 0 in the first one treated, below 0 before it (there, a placebo)."""

    periods: int
    effect: Estimate
    groups: int


@dataclass(frozen=True, slots=True)
class Staggered:
    """overall: over all treated group periods, by how many units they hold, in the outcome's unit.

    before_chance: how likely differences before the start as large as these are if there are none (joint Wald test);
    None with fewer than one such period.
    """

    overall: Estimate
    since: tuple[Since, ...]
    before_chance: float | None
    units: int
    never_left_out: int  # units that are in neither: treated from the first period on


@dataclass(frozen=True, slots=True)
class _Cell:
    """One group in one period, with each unit's pull on it (shape (n,))."""

    size: int
    since: int
    point: float
    pull: Floats


def staggered(outcome: npt.ArrayLike, begins: npt.ArrayLike) -> Staggered | Unknown:
    """outcome: shape (units, periods). begins: shape (n,), the first period (0 …) a unit is treated in; −1 for never.

    Standard errors cluster by unit, the group sizes taken as given. Raises ValueError for other shapes.
    """
    y, first = np.asarray(outcome, dtype=float), np.asarray(begins, dtype=np.int64)
    if y.ndim != 2 or first.shape != (y.shape[0],) or not np.isfinite(y).all():
        raise ValueError("one row of finite outcomes a unit, one column a period, and when each unit begins")
    first = np.where((first < 0) | (first >= y.shape[1]), y.shape[1], first)
    cells = [cell for group in np.unique(first[(first > 0) & (first < y.shape[1])]) for cell in _cells(y, first, group)]
    treated = [cell for cell in cells if cell.since >= 0]
    if not treated:
        return Unknown(
            "no group that began can be held against two units that had not", "units that begin later, or never"
        )
    steps = sorted({cell.since for cell in cells})
    joined = {step: _joined([c for c in cells if c.since == step]) for step in steps}
    return Staggered(
        _estimate(*_joined(treated)),
        tuple(Since(s, _estimate(*joined[s]), sum(c.since == s for c in cells)) for s in steps),
        _wald([joined[step] for step in steps if step < 0]),
        len(y),
        int((first == 0).sum()),
    )


def _cells(y: Floats, first: npt.NDArray[np.int64], group: int) -> list[_Cell]:
    """After the start each period against the last one before it; before the start each against the one before."""
    members, found = first == group, []
    for period in range(1, y.shape[1]):
        base, others = (group - 1 if period >= group else period - 1), (first > period) & ~members
        if members.sum() < FEWEST or others.sum() < FEWEST:
            continue
        moved = y[:, period] - y[:, base]
        one, other = moved[members].mean(), moved[others].mean()
        pull = np.where(members, (moved - one) / members.sum(), 0.0) - np.where(
            others, (moved - other) / others.sum(), 0.0
        )
        # the small-sample factor of each side, so that two groups of one period are Welch's comparison
        pull *= np.where(members, _grown(members.sum()), np.where(others, _grown(others.sum()), 0.0))
        found.append(_Cell(int(members.sum()), period - int(group), float(one - other), pull))
    return found


def _grown(n: int) -> float:
    return sqrt(n / (n - 1))


def _joined(cells: list[_Cell]) -> tuple[float, Floats]:
    """By group size; a unit's pulls add, so what a unit does in several periods is not counted as several units."""
    weights = np.array([cell.size for cell in cells], dtype=float)
    weights /= weights.sum()
    point = float(sum(w * cell.point for w, cell in zip(weights, cells, strict=True)))
    return point, np.asarray(sum(w * cell.pull for w, cell in zip(weights, cells, strict=True)))


def _estimate(point: float, pull: Floats) -> Estimate:
    reach = Z * sqrt(float(pull @ pull))
    return Estimate(point, point - reach, point + reach, METHOD)


def _wald(placebos: list[tuple[float, Floats]]) -> float | None:
    if not placebos:
        return None
    points, pulls = np.array([p for p, _ in placebos]), np.array([pull for _, pull in placebos])
    spread = pulls @ pulls.T
    rank = int(np.linalg.matrix_rank(spread, hermitian=True))
    if not rank:
        return 1.0 if not points.any() else 0.0
    return float(chdtrc(rank, points @ np.linalg.pinv(spread, hermitian=True) @ points))
