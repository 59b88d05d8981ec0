"""Whether things that were called likely happened as often as was said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.logistic import logistic

SUREST = 1e-6  # nothing is called likelier than 1 − this, or its logarithm would have no end


@dataclass(frozen=True, slots=True)
class Calibration:
    """log odds of what happened = intercept + slope × log odds of what was said; 0 and 1 when all was said rightly.

    Cox, Biometrika 45 (1958) 562–565. A slope below 1: too sure; above 1: not sure enough. error: of the slope.
    """

    intercept: float
    slope: float
    error: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows that were called about equally likely: how many, the mean of what was said, and the share that happened."""

    n: int
    said: float
    happened: float


def brier(event: npt.ArrayLike, chance: npt.ArrayLike) -> float:
    """Mean square of chance − event, both of shape (n,); 0 is best. Brier, Mon. Weather Rev. 78 (1950) 1–3."""
    y, p = _both(event, chance)
    return float(np.mean((p - y) ** 2))


def calibration(event: npt.ArrayLike, chance: npt.ArrayLike) -> Calibration | Unknown:
    """Slope and intercept over rows, both of shape (n,); Unknown where all was said to be equally likely."""
    y, p = _both(event, chance)
    told = logit(np.clip(p, SUREST, 1 - SUREST))
    if np.ptp(told) < 1e-9:
        return Unknown("everybody was called equally likely", "a score that differs")
    found = logistic(told[:, None], y)
    if isinstance(found, Unknown):
        return found
    return Calibration(found.intercept, float(found.coefficients[0]), float(found.errors[1]))


def reliability(event: npt.ArrayLike, chance: npt.ArrayLike, bins: int = 10) -> tuple[Bin, ...]:
    """Rows by tenths of what was said, lowest first; rows that were called equally likely share a bin."""
    y, p = _both(event, chance)
    ends = np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1])
    place = np.searchsorted(ends, p, side="left")
    groups = [place == k for k in range(bins)]
    return tuple(Bin(int(g.sum()), float(p[g].mean()), float(y[g].mean())) for g in groups if g.any())


def _both(event: npt.ArrayLike, chance: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    y, p = np.asarray(event, dtype=float), np.asarray(chance, dtype=float)
    if y.ndim != 1 or y.shape != p.shape or not len(y):
        raise ValueError(f"event {y.shape} and chance {p.shape} must be two lists of one length, not empty")
    if ((p < 0) | (p > 1)).any():
        raise ValueError("a chance lies outside 0…1")
    return y, p
