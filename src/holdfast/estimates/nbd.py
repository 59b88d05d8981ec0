"""NBD: bought at random for ever. The rival that every model with an end must beat."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, psi

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.likelihood import Maximum, inner, maximise
from holdfast.estimates.repeat_buying import RepeatBuying, ranked

NAMES = ("r", "alpha")

Floats = npt.NDArray[np.float64]
Column = npt.ArrayLike


@dataclass(frozen=True, slots=True)
class Nbd:
    """Purchase rates are Gamma(r, alpha), 1/alpha in the unit of time. Ehrenberg, Applied Statistics 8 (1959) 26–41."""

    r: float
    alpha: float

    @property
    def parameters(self) -> tuple[float, float]:
        return self.r, self.alpha

    def with_parameters(self, parameters: Column) -> Nbd:
        r, alpha = (float(value) for value in np.asarray(parameters))
        return Nbd(r, alpha)

    def chance_alive(self, x: Column, t_x: Column, T: Column) -> Floats:
        """NaN: it knows no end, so it tells nothing of it; shapes (n,)."""
        return np.full(np.broadcast(x, t_x, T).shape, np.nan)

    def expected_purchases(self, x: Column, t_x: Column, T: Column, horizon: Column) -> Floats:
        """(r + x) / (α + T) ⋅ horizon; shapes (n,)."""
        x, T = np.asarray(x, dtype=float), np.asarray(T, dtype=float)
        return np.asarray((self.r + x) / (self.alpha + T) * np.asarray(horizon, dtype=float))

    def expected_of_new(self, horizon: Column) -> Floats:
        """Repeat purchases expected within `horizon` of the first purchase of somebody unknown."""
        return self.r / self.alpha * np.asarray(horizon, dtype=float)

    def chance_of(self, repeats: Column, horizon: float) -> Floats:
        """Chance that somebody unknown buys again exactly so often within `horizon`; shape (n,)."""
        n = np.asarray(repeats, dtype=float)
        z = horizon / (self.alpha + horizon)
        log_chance = gammaln(self.r + n) - gammaln(self.r) - gammaln(n + 1) + self.r * np.log1p(-z) + n * log(z)
        return np.asarray(np.exp(log_chance))

    def drawn(
        self, x: Column, t_x: Column, T: Column, horizon: float, rng: np.random.Generator, times: int = 1
    ) -> Floats:
        """Each customer's purchases within `horizon` after T, drawn so many times; shape (times, n)."""
        x, T = np.asarray(x, dtype=float), np.asarray(T, dtype=float)
        rate = rng.standard_gamma(self.r + x, (times, *x.shape)) / (self.alpha + T)
        return rng.poisson(rate * horizon).astype(float)


def nbd(histories: RepeatBuying) -> tuple[Nbd, Maximum] | Unknown:
    """NBD by maximum likelihood; only x and T count."""
    if (why := histories.enough()) is not None:
        return why
    start = (0.5, 0.5 * float(inner(histories.T, histories.count)) / histories.repeats)
    found = maximise(Likelihood(histories), start, NAMES)
    return found if isinstance(found, Unknown) else (Nbd(*found.parameters.tolist()), found)


class Likelihood:
    """Log-likelihood of (r, alpha) and its slope: Σ ln Γ(r+x) − ln Γ(r) + r ln α − (r+x) ln(α+T).

    As the models with an end count it, without the factorial of x. Sums by distinct x and by distinct T are enough.
    """

    def __init__(self, histories: RepeatBuying) -> None:
        self.customers = float(histories.customers)
        self.x, of_x = ranked(histories.x)
        self.by_x = np.bincount(of_x, weights=histories.count)
        self.T, of_T = ranked(histories.T)
        self.customers_by_T = np.bincount(of_T, weights=histories.count)
        self.repeats_by_T = np.bincount(of_T, weights=histories.count * histories.x)

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        r, alpha = parameters
        falls, n = np.log(alpha + self.T), self.customers
        by_T = r * self.customers_by_T + self.repeats_by_T
        value = inner(gammaln(r + self.x), self.by_x) - inner(falls, by_T) + n * (r * log(alpha) - gammaln(r))
        of_r = inner(psi(r + self.x), self.by_x) - inner(falls, self.customers_by_T) + n * (log(alpha) - psi(r))
        return float(value), np.array([float(of_r), float(n * r / alpha - inner(1 / (alpha + self.T), by_T))])
