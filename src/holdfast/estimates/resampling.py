"""Intervals for statistics of rows that belong together: whole customers are drawn again, never single rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import TAIL

DRAWS = 400
METHOD = "bootstrap by customer"
Statistic = Callable[[npt.NDArray[np.float64] | None], Sequence[float]]


def by_cluster(
    cluster: npt.ArrayLike, statistic: Statistic, *, draws: int = DRAWS, seed: int = 0
) -> list[Estimate | Unknown]:
    """Each number that `statistic` answers, with the 2.5th and 97.5th percentile over drawn clusters.

    cluster: shape (n,), to whom each row belongs. statistic: row weights, shape (n,), or None for all rows once → k
    numbers; NaN where it has none. The same seed gives the same ends. Efron, Ann. Statist. 7 (1979) 1–26; clusters:
    Field and Welsh, J. R. Statist. Soc. B 69 (2007) 369–390. Unknown where a number is NaN, or in half of the draws.
    """
    names, place = np.unique(np.asarray(cluster), return_inverse=True)
    points = statistic(None)
    rng, found = np.random.default_rng(seed), np.full((draws, len(points)), np.nan)
    for row in range(draws):
        times = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names)).astype(float)
        found[row] = statistic(times[place])
    return [_estimate(point, found[:, column]) for column, point in enumerate(points)]


def _estimate(point: float, drawn: npt.NDArray[np.float64]) -> Estimate | Unknown:
    known = drawn[np.isfinite(drawn)]
    if not np.isfinite(point) or len(known) * 2 < len(drawn):
        return Unknown("it happened to nobody, or to everybody", "more customers, and a longer time")
    low, high = np.quantile(known, (TAIL, 1 - TAIL))
    return Estimate(float(point), float(low), float(high), METHOD)
