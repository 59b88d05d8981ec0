"""Gamma-Gamma: what a purchase of each customer is worth, seen only through the mean of a few."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, psi

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.likelihood import Maximum, inner, maximise
from holdfast.estimates.repeat_buying import FEWEST_REPEAT_BUYERS, distinct_rows, ranked

NAMES = ("p", "q", "gamma")
DEPENDENT = 0.1  # |correlation| of how often and how much, at and above which independence is doubted (metrics.md 5.4)
ALIKE = 200.0  # q beyond this: customers differ by less than 7 % around their mean, if at all

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Spend:
    """What customers paid, equal ones once; all of shape (k,). orders ≥ 1 and total > 0 (in one unit of money) are of
    the purchases that were seen of a customer, count is how many customers share them. left_out: customers whose total
    was zero or below, of whom the model cannot speak; no_orders: those of whom no purchase was seen."""

    orders: Floats
    total: Floats
    count: Floats
    left_out: int = 0
    no_orders: int = 0

    @property
    def customers(self) -> int:
        return int(self.count.sum())

    def correlation(self) -> float | Unknown:
        """Pearson's, of orders and of the mean paid an order, over customers."""
        if not self.customers:
            return Unknown("nobody paid anything", "orders with a value")
        weight, mean = self.count / self.count.sum(), self.total / self.orders
        of, paid = self.orders - inner(self.orders, weight), mean - inner(mean, weight)
        spread = float(np.sqrt(inner(of**2, weight) * inner(paid**2, weight)))
        if spread <= 1e-12 * float(inner(self.orders, weight) * inner(mean, weight)):
            return Unknown("all customers bought equally often, or paid the same", "customers who differ")
        return float(inner(of * paid, weight)) / spread


def spend(orders: npt.ArrayLike, total: npt.ArrayLike, count: npt.ArrayLike | None = None) -> Spend:
    """Group what customers paid; shapes (n,). Totals of zero or below are left out and counted, as is who has no order.

    Raises ValueError for columns that are no columns of numbers.
    """
    n, paid = np.asarray(orders, dtype=float), np.asarray(total, dtype=float)
    weight = np.ones(len(n)) if count is None else np.asarray(count, dtype=float)
    if n.ndim != 1 or not n.shape == paid.shape == weight.shape:
        raise ValueError("orders, total and count must be lists of one length")
    if not (np.isfinite(n).all() and np.isfinite(paid).all() and np.isfinite(weight).all()) or (n < 0).any():
        raise ValueError("orders, total and count must be finite, orders 0 or more")
    none, usable = n == 0, (n > 0) & (paid > 0)
    rows, counts = distinct_rows([n[usable], paid[usable]], None if count is None else weight[usable])
    left_out = weight[~none & ~usable].sum()
    return Spend(rows[0], rows[1], counts, int(left_out), int(weight[none].sum()))


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """A purchase is Gamma(p, rate) and the rate, the customer's own, is Gamma(q, gamma); gamma is in the unit of money.

    Fader, Hardie and Lee, J. Marketing Research 42 (2005) 415–430; Fader and Hardie, "The Gamma-Gamma Model of Monetary
    Value" (2013), whose equations are quoted. It takes how much for independent of how often.
    """

    p: float
    q: float
    gamma: float

    @property
    def parameters(self) -> tuple[float, float, float]:
        return self.p, self.q, self.gamma

    def with_parameters(self, parameters: npt.ArrayLike) -> GammaGamma:
        p, q, gamma = (float(value) for value in np.asarray(parameters))
        return GammaGamma(p, q, gamma)

    def mean_of_new(self) -> float | Unknown:
        """What a purchase of somebody unknown is worth on average: p γ / (q − 1)."""
        if self.q <= 1:
            return Unknown("a few purchases are so large that the mean has no end", "a look at the largest orders")
        return self.p * self.gamma / (self.q - 1)

    def expected_spend(self, orders: npt.ArrayLike, total: npt.ArrayLike) -> Floats:
        """What the next purchase of each customer is worth: p (γ + total) / (p ⋅ orders + q − 1), (5); shapes (n,).

        Who has no order gets the mean of all. NaN where that mean has no end. A total below zero counts as 0.
        """
        n, paid = np.asarray(orders, dtype=float), np.maximum(np.asarray(total, dtype=float), 0)
        below = self.p * n + self.q - 1
        return np.where(below > 0, self.p * (self.gamma + paid) / np.where(below > 0, below, 1.0), np.nan)

    def drawn(
        self, orders: npt.ArrayLike, total: npt.ArrayLike, purchases: npt.ArrayLike, rng: np.random.Generator
    ) -> Floats:
        """One draw of what so many further purchases of each customer come to; shapes (n,)."""
        n, paid = np.asarray(orders, dtype=float), np.maximum(np.asarray(total, dtype=float), 0)
        own = rng.standard_gamma(self.p * n + self.q) / (self.gamma + paid)
        drawn = rng.standard_gamma(self.p * np.asarray(purchases, dtype=float))
        return np.asarray(drawn / np.maximum(own, 1e-300))


def gamma_gamma(seen: Spend) -> tuple[GammaGamma, Maximum] | Unknown:
    """Gamma-Gamma by maximum likelihood; Unknown where customers are too few, or do not differ."""
    if seen.customers < FEWEST_REPEAT_BUYERS:
        lost = f", {seen.left_out} paid nothing or less" if seen.left_out else ""
        return Unknown(f"purchases of only {seen.customers} customers have a value{lost}", f"{FEWEST_REPEAT_BUYERS}")
    if seen.orders.max() <= 1:
        return Unknown("nobody has two purchases to compare", "customers of whom two purchases are known")
    mean = float(inner(seen.total, seen.count) / inner(seen.orders, seen.count))
    found = maximise(Likelihood(seen), (4.0, 4.0, mean), NAMES)
    if isinstance(found, Unknown):
        return Unknown("what customers pay does not tell them apart from chance, or from each other", found.would_need)
    law = GammaGamma(*found.parameters.tolist())
    if law.q > ALIKE:
        return Unknown("customers pay so nearly alike that there is no spread to fit", "the plain mean serves here")
    return law, found


def doubts(seen: Spend, law: GammaGamma) -> tuple[str, ...]:
    """What speaks against trusting these values, a sentence each."""
    said = []
    together = seen.correlation()
    if not isinstance(together, Unknown) and abs(together) >= DEPENDENT:
        more = "more" if together > 0 else "less"
        said.append(f"who buys often pays {more} an order (correlation {together:+.2f}); the model takes the two apart")
    if law.p < 1:
        said.append(f"orders of one customer vary more than the model is made for (p = {law.p:.2f}, below 1)")
    if seen.left_out:
        said.append(f"customers whose orders came to nothing or less are left out: {seen.left_out:,}")
    return tuple(said)


class Likelihood:
    """Log-likelihood of (p, q, gamma) and its slope: the density of a customer's mean z/x, equation (1a) of the note.

    Σ x ln z does not change with the parameters, so a row costs one logarithm.
    """

    def __init__(self, seen: Spend) -> None:
        self.orders, of_orders = ranked(seen.orders)
        self.by_orders, self.count = np.bincount(of_orders, weights=seen.count), seen.count
        self.weight, self.total, self.of_orders = seen.count * seen.orders, seen.total, of_orders
        self.customers = float(seen.count.sum())
        log_total = np.log(seen.total)
        self.orders_log_total = float(inner(log_total, self.weight))
        self.log_means = float(inner(log_total - np.log(seen.orders), seen.count))

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        p, q, gamma = parameters
        both, n = p * self.orders + q, self.customers
        log_sum = np.log(gamma + self.total)
        of_count, of_orders = float(inner(log_sum, self.count)), float(inner(log_sum, self.weight))
        value = (
            inner(gammaln(both) - gammaln(p * self.orders), self.by_orders)
            + n * (q * log(gamma) - gammaln(q))
            + p * self.orders_log_total
            - self.log_means
            - p * of_orders
            - q * of_count
        )
        of_both = psi(both)
        slope = (
            inner(self.orders * (of_both - psi(p * self.orders)), self.by_orders) + self.orders_log_total - of_orders,
            inner(of_both, self.by_orders) + n * (log(gamma) - psi(q)) - of_count,
            n * q / gamma - inner(p * self.weight + q * self.count, 1 / (gamma + self.total)),
        )
        return float(value), np.array(slope, dtype=float)
