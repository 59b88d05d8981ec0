"""What a purchase is worth where customers do not differ: the plain mean, for each of them the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.gamma_gamma import ALIKE, Spend
from holdfast.estimates.likelihood import Maximum, inner
from holdfast.estimates.repeat_buying import FEWEST_REPEAT_BUYERS

SAID = "customers pay so nearly alike that the plain mean of a purchase stands for each of them"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlainMean:
    """mean: of a purchase; deviation: standard deviation of single purchases around it; in one unit of money."""

    mean: float
    deviation: float

    @property
    def parameters(self) -> tuple[float]:
        return (self.mean,)

    def with_parameters(self, parameters: npt.ArrayLike) -> PlainMean:
        return PlainMean(float(np.asarray(parameters)[0]), self.deviation)

    def mean_of_new(self) -> float | Unknown:
        return self.mean

    def expected_spend(self, orders: npt.ArrayLike, total: npt.ArrayLike) -> Floats:
        """The mean, whatever a customer paid so far; shapes (n,)."""
        return np.full(np.asarray(orders).shape, self.mean)

    def drawn(
        self, orders: npt.ArrayLike, total: npt.ArrayLike, purchases: npt.ArrayLike, rng: np.random.Generator
    ) -> Floats:
        """One draw of what so many further purchases of each customer come to; shapes (n,), 0 or more."""
        many = np.asarray(purchases, dtype=float)
        return np.asarray(np.maximum(rng.normal(many * self.mean, np.sqrt(many) * self.deviation), 0.0))


def plain_mean(seen: Spend) -> tuple[PlainMean, Maximum] | Unknown:
    """Unknown where customers are too few, or differ after all.

    The squared distance of a customer's mean from that of all is τ² + σ²/orders: τ² between customers, σ² of single
    purchases. Both by least squares over customers; alike means τ within 1/√ALIKE of the mean, about 7 %.
    """
    if seen.customers < FEWEST_REPEAT_BUYERS:
        return Unknown(f"purchases of only {seen.customers} customers have a value", f"{FEWEST_REPEAT_BUYERS}")
    purchases, weight = float(inner(seen.orders, seen.count)), seen.count / seen.count.sum()
    mean = float(inner(seen.total, seen.count)) / purchases
    apart, inverse = (seen.total / seen.orders - mean) ** 2, 1 / seen.orders
    whole, of = float(inner(apart, weight)), float(inner(inverse, weight))
    spread = float(inner((inverse - of) ** 2, weight))
    slope = float(inner((inverse - of) * apart, weight)) / spread if spread > 1e-12 else 0.0
    single = min(max(slope, 0.0), whole / of)
    between = whole - single * of
    if between > mean**2 / ALIKE:
        return Unknown("customers pay differently, and not as a model of it expects", "a look at the largest orders")
    error = np.sqrt(single / purchases + between / seen.customers)
    covariance = np.array([[error**2]])
    found = Maximum(
        ("mean",), np.array([mean]), np.array([error]), covariance, covariance / mean**2, log_likelihood=float("nan")
    )
    return PlainMean(mean, float(np.sqrt(single))), found
