"""The survival function of the beta-discrete-Weibull distribution, without losing digits anywhere it is asked for.

S(t) = B(alpha, beta + t^c) ÷ B(alpha, beta); c = 1 is the shifted-beta-geometric. Sources: estimates/staying.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammaln

Floats = npt.NDArray[np.float64]
STIRLING = 20.0  # from here on Stirling's series is exact to the last digits


def log_survival(alpha: float, beta: float, c: float, t: Floats) -> Floats:
    """log B(alpha, beta + t^c) / B(alpha, beta)."""
    return _log_fall(beta + _power(t, c), alpha) - _log_fall(np.asarray(beta), alpha)


def _power(t: Floats, c: float) -> Floats:
    return np.where(t > 0, np.exp(np.minimum(c * np.log(np.maximum(t, 1.0)), 600.0)), 0.0)


def _log_fall(x: Floats, a: float) -> Floats:
    """log Γ(x) / Γ(x + a) without the loss of digits that two large logarithms would bring."""
    big = np.maximum(x, STIRLING)
    series = -(big - 0.5) * np.log1p(a / big) - a * np.log(big + a) + a + _stirling(big) - _stirling(big + a)
    small = np.minimum(x, STIRLING)
    return np.where(x >= STIRLING, series, gammaln(small) - gammaln(small + a))


def _stirling(x: Floats) -> Floats:
    y = 1 / (x * x)
    return np.asarray((1 / 12 - (1 / 360 - (1 / 1260 - y / 1680) * y) * y) / x)


def slope(alpha: float, beta: float, c: float, t: Floats) -> Floats:
    """Of log survival by alpha, beta and c; shape (3, k)."""
    power = _power(t, c)
    by_alpha = digamma(alpha + beta) - digamma(alpha + beta + power)
    by_power = digamma(beta + power) - digamma(alpha + beta + power)
    by_beta = by_power - digamma(beta) + digamma(alpha + beta)
    return np.stack([by_alpha, by_beta, by_power * power * np.log(np.maximum(t, 1.0))])
