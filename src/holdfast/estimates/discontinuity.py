"""The effect at a threshold of a score: whoever just reached it against whoever just did not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import Z
from holdfast.estimates.moments import Floats

FEWEST = 30  # units on each side of the threshold within the bandwidth
TRIANGULAR = 3.4375  # Imbens and Kalyanaraman's constant of the kernel


@dataclass(frozen=True, slots=True)
class Jump:
    """effect: in the outcome's unit, for units at the threshold only. bandwidth: in the score's unit.

    crowding: how likely counts as uneven as those next to the threshold are where nobody steers the score.
    """

    effect: Estimate
    bandwidth: float
    below: int
    above: int
    crowding: float


def jump(score: npt.ArrayLike, outcome: npt.ArrayLike, threshold: float) -> Jump | Unknown:
    """Treated are those whose score is at the threshold or above; shapes (n,).

    Bandwidth: Imbens and Kalyanaraman (Rev. Econ. Stud. 79 (2012) 933–959). Point and interval: a local quadratic in
    it, which is the bias-corrected local linear of Calonico, Cattaneo and Titiunik (Econometrica 82 (2014) 2295–2326,
    remark 7) where both bandwidths are one, so that its interval keeps its promise. Triangular kernel, errors robust
    to unequal spread.
    """
    x, y = np.asarray(score, dtype=float) - threshold, np.asarray(outcome, dtype=float)
    if x.ndim != 1 or x.shape != y.shape or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("a finite score and outcome for each unit")
    sides = (x < 0, x >= 0)
    if min(int(side.sum()) for side in sides) < FEWEST:
        return Unknown(f"fewer than {FEWEST} units on one side of the threshold", "more units, or longer")
    coarse = Unknown("too few different scores next to the threshold", "a finer score, or more units")
    if not _fine(x, sides):
        return coarse
    width = _bandwidth(x, y)
    near = [side & (np.abs(x) < width) for side in sides]
    counts = [int(one.sum()) for one in near]
    if min(counts) < FEWEST or not _fine(x, near):
        return coarse
    (low, of_low), (high, of_high) = (_at_threshold(x[one], y[one], width) for one in near)
    point, reach = high - low, Z * sqrt(of_low + of_high)
    return Jump(
        Estimate(point, point - reach, point + reach, "regression discontinuity"),
        width, counts[0], counts[1], _crowding(x, width),
    )  # fmt: skip


def _fine(x: Floats, sides: Iterable[npt.NDArray[np.bool_]]) -> bool:
    """Whether a quadratic can be laid through each side and something is left to judge it by."""
    return all(len(np.unique(x[side])) > 3 for side in sides)


def _at_threshold(x: Floats, y: Floats, width: float) -> tuple[float, float]:
    """Value at 0 of a quadratic through one side, with its HC1 variance."""
    weight = 1 - np.abs(x) / width
    design = np.column_stack([np.ones_like(x), x / width, (x / width) ** 2])
    inner = np.linalg.inv((design * weight[:, None]).T @ design)
    beta = inner @ design.T @ (weight * y)
    left = weight * (y - design @ beta)
    meat = (design * left[:, None]).T @ (design * left[:, None])
    return float(beta[0]), float((inner @ meat @ inner)[0, 0]) * len(x) / (len(x) - 3)


def _bandwidth(x: Floats, y: Floats) -> float:
    """Imbens and Kalyanaraman's steps: a pilot, curvatures by a cubic and two quadratics, the regularized rule."""
    n = len(x)
    pilot: float = 1.84 * float(x.std(ddof=1)) * n ** (-1 / 5)
    near = [side & (np.abs(x) <= pilot) for side in (x < 0, x >= 0)]
    density = sum(int(one.sum()) for one in near) / (2 * n * pilot)
    spread = float(np.mean([y[one].var(ddof=1) if one.sum() > 1 else y.var(ddof=1) for one in near]))
    if not spread:
        return min(pilot, float(np.abs(x).max()))
    cubic = np.column_stack([np.ones(n), x >= 0, x, x**2, x**3])
    third = 6 * float(np.linalg.lstsq(cubic, y, rcond=None)[0][4])
    curves, slack = [], 0.0
    for side in (x < 0, x >= 0):
        reach = 3.56 * (spread / (density * max(third**2, 1e-12))) ** (1 / 7) * int(side.sum()) ** (-1 / 7)
        inside = side & (np.abs(x) <= min(reach, float(np.abs(x[side]).max())))
        rows = inside if inside.sum() > 4 else side
        curves.append(2 * float(np.polyfit(x[rows], y[rows], 2)[0]))
        slack += 2160 * spread / (int(rows.sum()) * min(reach, float(np.abs(x[side]).max())) ** 4)
    bent = (curves[1] - curves[0]) ** 2 + slack
    found: float = TRIANGULAR * (2 * spread / (density * bent)) ** 0.2 * n**-0.2
    return min(found, float(np.abs(x).max()))


def _crowding(x: Floats, width: float) -> float:
    """An even coin for the units nearest to the threshold: a twentieth of the bandwidth, widened to hold fifty."""
    reach = max(width / 20, float(np.sort(np.abs(x))[min(49, len(x) - 1)]))
    below, above = int(((x < 0) & (x >= -reach)).sum()), int(((x >= 0) & (x <= reach)).sum())
    return float(binomtest(above, below + above).pvalue)
