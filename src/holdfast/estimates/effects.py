"""What a treatment changed: the arm that was assigned to it against the arm that was held out.

Everybody counts in the arm they were assigned to, whatever reached them (intention to treat).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, isfinite, nan, sqrt

import numpy as np
from scipy.special import stdtr

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.always_valid import chance, standard_errors
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import CONFIDENCE, quantile_of_student
from holdfast.estimates.moments import Floats, Moments

ALWAYS_VALID = "always valid"  # of an interval that holds at every look
FEWEST = 2  # units an arm needs to show a spread


@dataclass(frozen=True, slots=True)
class Effect:
    """Treated minus held out. absolute: in the metric's unit. relative: a share of what the held-out arm shows.

    narrowed: the share of the variance that covariates took away, 0…1. chance: how likely a difference as large is if
    there is none, both sides; at any look where the interval holds at every look. relative_error: standard error of the
    relative effect (delta method); not a number where that is not known.
    """

    absolute: Estimate
    relative: Estimate | Unknown
    treated: float
    held_out: float
    n_treated: int
    n_held_out: int
    narrowed: float
    chance: float = 1.0
    relative_error: float = nan

    @property
    def can_be_pooled(self) -> bool:
        """Whether the ratio of both arms lies above nothing and has an error of its own."""
        if isinstance(self.relative, Unknown) or not isfinite(self.relative_error) or self.relative_error <= 0:
            return False
        return self.held_out > 0 and self.held_out + self.absolute.point > 0


@dataclass(frozen=True, slots=True)
class _Arm:
    """One arm made linear: y is the unit's pull on the arm's Σ counted ÷ Σ out of."""

    n: int
    point: float
    of_y: float  # variance of y
    of_y_and_x: Floats  # covariance with the covariates, shape (k − 2,)
    of_x: Floats  # shape (k − 2, k − 2)
    x: Floats  # means of the covariates

    def left(self, theta: Floats) -> float:
        """Variance of y − θ·x."""
        return max(0.0, float(self.of_y - 2 * theta @ self.of_y_and_x + theta @ self.of_x @ theta))


def effect(
    treated: Moments, held_out: Moments, *, planned: int | None = None, confidence: float = CONFIDENCE
) -> Effect | Unknown:
    """Σ counted ÷ Σ out of of the treated less that of the held out, adjusted for the covariates of both.

    A mean where each unit is out of 1, else a ratio by the delta method over units (Deng, Knoblich and Lu, KDD 2018).
    Adjusted as Deng, Xu, Kohavi and Walker do (CUPED, WSDM 2013): θ from the covariance within both arms together,
    so that it does not follow the effect. Fixed horizon: Welch's t. With `planned` units of both arms: an
    interval that holds at every look (`always_valid`). The relative effect is over the held-out arm as it is, not as
    adjusted; its interval takes in that both lean on the same arm.
    """
    if min(treated.n, held_out.n) < FEWEST:
        return Unknown("an arm has fewer than two units", "more customers assigned to it")
    first, second = _linear(treated), _linear(held_out)
    if first is None or second is None:
        arm = "treated" if first is None else "held out"
        return Unknown(f"nobody of those {arm} has anything to be measured against")
    theta = _theta(first, second)
    point = first.point - second.point - float(theta @ (first.x - second.x))
    errors = sqrt(first.left(theta) / first.n), sqrt(second.left(theta) / second.n)
    plain = hypot(sqrt(first.of_y / first.n), sqrt(second.of_y / second.n))
    error, freedom = hypot(*errors), _welch(errors, (first.n, second.n))
    n = first.n + second.n
    reach = (
        quantile_of_student(freedom, confidence)
        if planned is None
        else standard_errors(n, planned, confidence=confidence)
    )
    method = "Welch's t" if planned is None else ALWAYS_VALID
    return Effect(
        Estimate(point, point - reach * error, point + reach * error, method),
        _relative(point, error, second, theta, reach, method),
        first.point,
        second.point,
        first.n,
        second.n,
        max(0.0, 1 - (error / plain) ** 2) if plain else 0.0,
        _chance(point, error, freedom, first.n + second.n, planned),
        _relative_error(point, error, second, theta),
    )


def _linear(arm: Moments) -> _Arm | None:
    counted, out_of = arm.means[:2]
    if out_of <= 0:
        return None
    point, spread = counted / out_of, arm.covariance
    pull = np.array([1.0, -point]) / out_of
    return _Arm(
        arm.n,
        float(point),
        max(0.0, float(pull @ spread[:2, :2] @ pull)),
        spread[2:, :2] @ pull,
        spread[2:, 2:],
        arm.means[2:],
    )


def _theta(first: _Arm, second: _Arm) -> Floats:
    """Least squares within arms; a covariate that is the same for everybody gets nothing."""
    within = (first.n - 1) * first.of_x + (second.n - 1) * second.of_x
    with_y = (first.n - 1) * first.of_y_and_x + (second.n - 1) * second.of_y_and_x
    scale = np.sqrt(np.diag(within))
    scale = np.where(scale > 0, scale, 1.0)  # in units of their own spread, so that money and yes-or-no weigh alike
    found, *_ = np.linalg.lstsq(within / np.outer(scale, scale), with_y / scale, rcond=1e-10)
    return np.asarray(found / scale, dtype=float)


def _welch(errors: tuple[float, float], sizes: tuple[int, int]) -> float:
    error = hypot(*errors)
    if not error:
        return float(sum(sizes) - 2)
    shares = [(one / error) ** 2 for one in errors]
    return 1 / sum(share**2 / (n - 1) for share, n in zip(shares, sizes, strict=True))


def _chance(point: float, error: float, freedom: float, n: int, planned: int | None) -> float:
    if not error:
        return 1.0 if not point else 0.0
    z = abs(point) / error
    return float(2 * stdtr(freedom, -z)) if planned is None else chance(z, n, planned)


def _together(held: _Arm, theta: Floats) -> float:
    """Covariance of the adjusted effect with the plain arm held out: minus that of its adjusted and plain y."""
    return -float(held.of_y - theta @ held.of_y_and_x) / held.n


def _relative_error(point: float, error: float, held: _Arm, theta: Floats) -> float:
    if not held.point:
        return nan
    r = point / held.point
    return sqrt(max(0.0, error**2 - 2 * r * _together(held, theta) + r**2 * held.of_y / held.n)) / abs(held.point)


def _relative(point: float, error: float, held: _Arm, theta: Floats, reach: float, method: str) -> Estimate | Unknown:
    """All r for which point − r · held-out arm lies within `reach` of its errors: Fieller's interval (J. R. Statist.
    Soc. B 16 (1954) 175–185). It leaves 0 out exactly where the absolute one does, which a symmetric one may not."""
    of_held = held.of_y / held.n
    if held.point - reach * sqrt(of_held) <= 0:
        return Unknown("the arm held out shows too little to be compared with in per cent", "more customers, or time")
    together = _together(held, theta)
    a, b, c = (
        held.point**2 - reach**2 * of_held,
        point * held.point - reach**2 * together,
        point**2 - reach**2 * error**2,
    )
    wide = sqrt(max(0.0, b * b - a * c))
    return Estimate(point / held.point, (b - wide) / a, (b + wide) / a, method)
