"""Forecasts of yes or no: scored when it is over, and added up while it is not."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.calibration import brier
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import wilson

DECILES = 10
ALL_WAYS = 16  # up to so many forecasts every way they can end is counted: 65,536 of them
DRAWS = 20_000
SEED = 20_260_302
EVEN = 0.1  # Lyapunov's ratio up to which a total is as good as normal (decision 0134)
NUMBERS_AT_ONCE = 2_000_000  # drawn: thousands of renewals would take gigabytes
INSIDE = 0.8  # of the range of a total
EXACT = "every way they can end"
DRAWN = f"{DRAWS:,} draws, seed {SEED}"
NORMAL = "normal, with its skew"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Score:
    """Of n forecasts that were decided.

    brier: mean of (probability − what came)², 0 best, 1 worst; always saying one half earns 0.25.
    base: what always saying the share that came would have earned. skill: 1 − brier / base; below 0 is worse than that.
    """

    n: int
    came: int
    brier: float
    base: float
    skill: float | Unknown


@dataclass(frozen=True, slots=True)
class Decile:
    """Forecasts from `low` up to `high` (1 belongs to the last): how many, their mean, and how many of them came."""

    low: float
    high: float
    n: int
    said: float | None  # mean probability; None where there were none
    came: int
    share: Estimate | Unknown


@dataclass(frozen=True, slots=True)
class Range:
    """A total of amounts that come or do not: its mean, and the ends between which it lies 80 times in 100.

    It holds if each comes or not whatever the others do; what strikes all at once makes the true range wider.
    """

    n: int
    expected: float
    low: float
    high: float
    method: str  # EXACT, DRAWN or NORMAL


def score(probabilities: npt.ArrayLike, came: npt.ArrayLike) -> Score | Unknown:
    """Shape (n,) each; probabilities 0…1, came 1 or 0. Raises ValueError for others.

    Brier, Monthly Weather Review 78 (1950) 1–3, in its half form for two outcomes.
    """
    p, y = _both(probabilities, came)
    if not len(p):
        return Unknown("no forecast was decided yet", "a renewal that was signed or lost after somebody forecast it")
    error, share = brier(y, p), float(np.mean(y))
    base = share * (1 - share)
    skill = 1 - error / base if base else Unknown("all of them ended alike", "one that ended otherwise")
    return Score(len(p), int(y.sum()), error, base, skill)


def deciles(probabilities: npt.ArrayLike, came: npt.ArrayLike) -> tuple[Decile, ...]:
    """Ten rows, lowest first; shapes as in score. The share that came has its 95 % Wilson interval."""
    p, y = _both(probabilities, came)
    # 0.3 × 10 is 3.0000000000000004 or 2.9999999999999996 depending on the road: people say hundredths.
    which = np.minimum(np.floor(np.round(p * DECILES, 9)).astype(int), DECILES - 1)
    return tuple(_decile(place, p[which == place], y[which == place]) for place in range(DECILES))


def range_of(probabilities: npt.ArrayLike, amounts: npt.ArrayLike) -> Range | Unknown:
    """The range of the sum of amounts, each of which comes with its probability; shape (n,), any one unit.

    Its ends are the smallest totals that at least 10 and 90 in 100 of the ways, weighed, do not exceed.
    Raises ValueError for probabilities outside 0…1 and amounts that are no numbers.
    """
    p, a = np.asarray(probabilities, float), np.asarray(amounts, float)
    _refuse_no_probability(p)
    if p.shape != a.shape or not np.isfinite(a).all():
        raise ValueError("every forecast needs one amount that is a number")
    if not len(p):
        return Unknown("nobody has forecast any of these", "a probability and an amount for each")
    exact = len(p) <= ALL_WAYS
    if not exact and _lyapunov(p, a) <= EVEN:
        return _nearly_normal(p, a)
    totals, weights = _all_ways(p, a) if exact else _drawn(p, a)
    tail = (1 - INSIDE) / 2
    low, high = (_quantile(totals, weights, q) for q in (tail, 1 - tail))
    return Range(len(p), float(p @ a), low, high, EXACT if exact else DRAWN)


def _lyapunov(p: Floats, a: Floats) -> float:
    """The third absolute central moments over the spread cubed: small where no few amounts decide the total.

    Berry and Esseen: the law of the total is off a normal one by no more than 0.56 times this (Shevtsova 2010).
    """
    variance = float((a**2 * p * (1 - p)).sum())
    third = float((np.abs(a) ** 3 * p * (1 - p) * (p**2 + (1 - p) ** 2)).sum())
    return third / variance**1.5 if variance > 0 else float("inf")


def _nearly_normal(p: Floats, a: Floats) -> Range:
    """The ends by Cornish and Fisher's expansion to the third cumulant: mean + s (z + skew (z² − 1) / 6)."""
    mean, spread = float(p @ a), float(np.sqrt((a**2 * p * (1 - p)).sum()))
    skew = float((a**3 * p * (1 - p) * (1 - 2 * p)).sum()) / spread**3
    z = NormalDist().inv_cdf((1 + INSIDE) / 2)
    low, high = (mean + spread * (end + skew * (z**2 - 1) / 6) for end in (-z, z))
    return Range(len(p), mean, low, high, NORMAL)


def _decile(place: int, p: Floats, y: Floats) -> Decile:
    n, came = len(p), int(y.sum())
    share: Estimate | Unknown = Unknown("no forecast here")
    if n:
        share = Estimate(came / n, *wilson(came, n), "Wilson")
    return Decile(place / DECILES, (place + 1) / DECILES, n, float(p.mean()) if n else None, came, share)


def _all_ways(p: Floats, a: Floats) -> tuple[Floats, Floats]:
    totals, weights = np.zeros(1), np.ones(1)
    for chance, amount in zip(p, a, strict=True):
        totals = np.concatenate([totals, totals + amount])
        weights = np.concatenate([weights * (1 - chance), weights * chance])
    return totals, weights


def _drawn(p: Floats, a: Floats) -> tuple[Floats, Floats]:
    generator, at_once = np.random.default_rng(SEED), max(1, NUMBERS_AT_ONCE // len(p))
    parts = [min(at_once, DRAWS - done) for done in range(0, DRAWS, at_once)]
    totals = [(generator.random((rows, len(p)), np.float32) < p).astype(np.float32) @ a for rows in parts]
    return np.concatenate(totals), np.full(DRAWS, 1 / DRAWS)


def _quantile(totals: Floats, weights: Floats, share: float) -> float:
    order = np.argsort(totals, kind="stable")
    reached = np.cumsum(weights[order])
    return float(totals[order][np.searchsorted(reached, share - 1e-12)])  # sums of weights are a hair off


def _both(probabilities: npt.ArrayLike, came: npt.ArrayLike) -> tuple[Floats, Floats]:
    p, y = np.asarray(probabilities, float), np.asarray(came, float)
    _refuse_no_probability(p)
    if p.shape != y.shape or not np.isin(y, (0, 1)).all():
        raise ValueError("every forecast needs an outcome, 1 or 0")
    return p, y


def _refuse_no_probability(p: Floats) -> None:
    if p.ndim != 1 or not all(isfinite(x) and 0 <= x <= 1 for x in p):
        raise ValueError("a probability lies between 0 and 1")
