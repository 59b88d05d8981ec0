"""Several comparisons of the same treatment read as one.

Relative effects are averaged on the scale of logarithms of ratios, where their errors are nearly symmetric, by how
surely each is known. Two readings, of which one is chosen beforehand:

fixed: the mean effect in these comparisons, weighted so. It is about them whether or not their true effects are alike
(Rice, Higgins and Lumley, J. R. Statist. Soc. A 181 (2018) 205–227), and says nothing of another shop.
random: the mean of all such comparisons, of which these are some. The spread of true effects is told by Paule and
Mandel (J. Res. NBS 87 (1982) 377–385), the interval by Hartung and Knapp (Statist. Med. 20 (2001) 3875–3889), never
narrower than if the spread were known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt
from typing import Literal

import numpy as np
from scipy.special import chdtrc

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.always_valid import standard_errors
from holdfast.estimates.effects import Effect
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import Z, quantile_of_student
from holdfast.estimates.moments import Floats

Model = Literal["fixed", "random"]
FEWEST, FEWEST_RANDOM = 2, 3  # comparisons; two show no spread between them
HALVINGS = 100


@dataclass(frozen=True, slots=True)
class Pooled:
    """relative: a share of what the arms held out show. weights: of each comparison, summing to 1. alike: chance of
    effects that lie as far apart if all were the same (Cochran's Q, Biometrics 10 (1954) 101–129). spread: standard
    deviation of the true effects, as logarithms. apart: share of the variation that is more than chance, 0…1 (I²)."""

    relative: Estimate
    weights: tuple[float, ...]
    alike: float
    spread: float
    apart: float
    n_treated: int
    n_held_out: int


def pooled(effects: Sequence[Effect], model: Model, *, planned: int | None = None) -> Pooled | Unknown:
    """planned: units of all comparisons together, for an interval that holds at every look, which only the fixed
    reading has."""
    told = [one for one in effects if one.can_be_pooled]
    least = FEWEST if model == "fixed" else FEWEST_RANDOM
    if len(told) < least:
        return Unknown(f"fewer than {least} lots show a relative effect yet", "more lots, or time")
    if planned is not None and model == "random":
        return Unknown("how far effects lie apart is told on the planned day, and not before")
    ratio = np.array([1 + one.absolute.point / one.held_out for one in told])
    y, errors = np.log(ratio), np.array([one.relative_error for one in told]) / ratio
    sure = 1 / errors**2
    q = float(sure @ (y - _mean(y, sure)) ** 2)
    spread = _spread(y, errors)
    treated, held = sum(one.n_treated for one in told), sum(one.n_held_out for one in told)
    weights = sure if model == "fixed" else 1 / (errors**2 + spread)
    point, error = _mean(y, weights), sqrt(1 / float(weights.sum()))
    if model == "fixed":
        reach = Z if planned is None else standard_errors(treated + held, planned)
    else:
        error *= sqrt(max(1.0, float(weights @ (y - point) ** 2) / (len(told) - 1)))
        reach = quantile_of_student(len(told) - 1)
    method = ("fixed" if model == "fixed" else "random") + (" effects" if planned is None else " effects, always valid")
    low, high = exp(point - reach * error) - 1, exp(point + reach * error) - 1
    return Pooled(
        Estimate(exp(point) - 1, low, high, method), tuple((weights / weights.sum()).tolist()),
        float(chdtrc(len(told) - 1, q)), sqrt(spread), max(0.0, 1 - (len(told) - 1) / q) if q > 0 else 0.0,
        treated, held,
    )  # fmt: skip


def _mean(y: Floats, weights: Floats) -> float:
    return float(weights @ y / weights.sum())


def _spread(y: Floats, errors: Floats) -> float:
    """Variance of the true effects for which their weighted squares are as many as chance gives, found by halving."""

    def excess(variance: float) -> float:
        weights = 1 / (errors**2 + variance)
        return float(weights @ (y - _mean(y, weights)) ** 2) - (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(np.var(y, ddof=1)) + float(errors.max() ** 2)
    while excess(high) > 0:
        high *= 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2
