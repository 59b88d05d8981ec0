"""Medians and other quantiles of what was seen whole, with intervals that assume no distribution."""

from __future__ import annotations

from math import ceil, log

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import TAIL


def quantile(values: npt.ArrayLike, counts: npt.ArrayLike, q: float) -> Estimate | Unknown:
    """The q-quantile (0 < q < 1) of a histogram, in the unit of values.

    values: distinct, rising, finite; shape (k,). counts: how many units have each, whole, ≥ 0; shape (k,).
    The point is numpy's and DuckDB's continuous quantile (type 7 of Hyndman and Fan, 1996).
    The interval runs between two order statistics whose ranks come from the binomial law
    (David and Nagaraja, Order Statistics, 3rd ed. 2003, section 7.1): at least 95 %, more with ties.
    Raises ValueError for a histogram that is not one.
    """
    if not 0 < q < 1:
        raise ValueError(f"q must lie between 0 and 1, not {q}")
    seen, upto = _histogram(values, counts)
    n = int(upto[-1]) if len(upto) else 0
    if n == 0:
        return Unknown("nothing to count yet", "units whose window has closed")
    lower, upper = _rank(n, q, TAIL), _rank(n, q, 1 - TAIL) + 1
    if lower < 1 or upper > n:
        return Unknown(f"only {n:,} units", f"at least {fewest_for_interval(q)} units")
    place = (n - 1) * q
    below, share = int(place), place - int(place)
    left, right = _at_rank(seen, upto, below + 1), _at_rank(seen, upto, min(below + 2, n))
    point = left + (right - left) * share
    return Estimate(point, _at_rank(seen, upto, lower), _at_rank(seen, upto, upper), "order statistics")


def fewest_for_interval(q: float) -> int:
    """How many units a two-sided 95 % interval of the q-quantile needs: 6 for a median."""
    return max(ceil(log(TAIL) / log(1 - q)), ceil(log(TAIL) / log(q)))


def _histogram(values: npt.ArrayLike, counts: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Values that occur, with how many units lie at or below each."""
    seen, many = np.asarray(values, dtype=float), np.asarray(counts)
    if seen.ndim != 1 or seen.shape != many.shape:
        raise ValueError(f"values {seen.shape} and counts {many.shape} must be two lists of one length")
    if not np.isfinite(seen).all() or (np.diff(seen) <= 0).any():
        raise ValueError("values must be finite, distinct and rising")
    if (many < 0).any() or (many != np.floor(many)).any():
        raise ValueError("counts must be whole numbers, 0 or more")
    return seen[many > 0], np.cumsum(many[many > 0], dtype=np.int64)


def _rank(n: int, q: float, chance: float) -> int:
    """The smallest k with P(Binomial(n, q) ≤ k) ≥ chance, by halving, so that n may be in the billions."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if bdtr(middle, n, q) >= chance else (middle + 1, high)
    return low


def _at_rank(seen: npt.NDArray[np.float64], upto: npt.NDArray[np.int64], rank: int) -> float:
    """The rank-th smallest unit, counted from 1."""
    return float(seen[int(np.searchsorted(upto, rank))])
