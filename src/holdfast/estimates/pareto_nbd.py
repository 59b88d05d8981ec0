"""Pareto/NBD: bought at random, and gone for good at some moment nobody sees."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt
from scipy.special import expit, gammaln, psi

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.likelihood import Maximum, inner, maximise
from holdfast.estimates.repeat_buying import RepeatBuying, ranked

NAMES = ("r", "alpha", "s", "beta")
NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)
DEEPEST = 40.0  # the integrand is followed until it has fallen to exp(−40) of where it began
ROWS_AT_ONCE = 20_000  # forty numbers each: keeps what is worked on within the cache, and within a few megabytes

Floats = npt.NDArray[np.float64]
Column = npt.ArrayLike


@dataclass(frozen=True, slots=True)
class ParetoNbd:
    """Purchase rates are Gamma(r, alpha), rates of leaving Gamma(s, beta); 1/alpha and 1/beta in the unit of time.

    Schmittlein, Morrison and Colombo, Management Science 33 (1987) 1–24; Fader and Hardie, "A Note on Deriving the
    Pareto/NBD Model and Related Expressions" (2005). Their difference of two hypergeometric functions is taken here as
    the integral that it stands for, over the moment of leaving: all of its terms are positive, so nothing cancels, and
    the cases α > β and α < β are one.
    """

    r: float
    alpha: float
    s: float
    beta: float

    @property
    def parameters(self) -> tuple[float, float, float, float]:
        return self.r, self.alpha, self.s, self.beta

    def with_parameters(self, parameters: Column) -> ParetoNbd:
        r, alpha, s, beta = (float(value) for value in np.asarray(parameters))
        return ParetoNbd(r, alpha, s, beta)

    def chance_alive(self, x: Column, t_x: Column, T: Column) -> Floats:
        """Chance that a customer had not left by T; shapes (n,), 0…1."""
        rows = np.broadcast_arrays(*(np.asarray(column, dtype=float) for column in (x, t_x, T)))
        flat = [np.ascontiguousarray(row).ravel() for row in rows]
        log_odds = [left(self.parameters, *part)[0] for part in _parts(flat)]
        return np.asarray(expit(-np.concatenate(log_odds or [np.zeros(0)]))).reshape(rows[0].shape)

    def expected_purchases(self, x: Column, t_x: Column, T: Column, horizon: Column) -> Floats:
        """Purchases expected within `horizon` after T; shapes (n,). Equation (41) of the note of 2005."""
        x, T = np.asarray(x, dtype=float), np.asarray(T, dtype=float)
        still = _mean_stay(self.s, self.beta + T, np.asarray(horizon, dtype=float))
        return np.asarray(self.chance_alive(x, t_x, T) * (self.r + x) / (self.alpha + T) * still)

    def expected_of_new(self, horizon: Column) -> Floats:
        """Repeat purchases expected within `horizon` of the first purchase of somebody unknown; equation (18)."""
        return self.r / self.alpha * _mean_stay(self.s, np.asarray(self.beta), np.asarray(horizon, dtype=float))

    def chance_of(self, repeats: Column, horizon: float) -> Floats:
        """Chance that somebody unknown buys again exactly so often within `horizon`; shape (n,).

        Who stayed all along bought by the NBD of the whole time; who left at u by that of u, which is integrated.
        """
        n = np.asarray(repeats, dtype=float)
        stayed = np.exp(self._log_count(n, np.asarray(horizon)) + self.s * log(self.beta / (self.beta + horizon)))
        least = min(self.alpha, self.beta)
        reach = np.log1p(horizon / least)
        y = (NODES + 1) / 2 * reach
        u = least * np.expm1(y)
        leaving = log(self.s / self.beta) - (self.s + 1) * np.log1p(u / self.beta) + np.log(least) + y
        gone = np.exp(self._log_count(n[..., None], u) + leaving)
        gone = inner(gone, WEIGHTS) * reach / 2
        return np.asarray(stayed + gone)

    def drawn(
        self, x: Column, t_x: Column, T: Column, horizon: float, rng: np.random.Generator, times: int = 1
    ) -> Floats:
        """Each customer's purchases within `horizon` after T, drawn so many times; shape (times, n)."""
        x, T = np.asarray(x, dtype=float), np.asarray(T, dtype=float)
        size = (times, *x.shape)
        there = rng.random(size) < self.chance_alive(x, t_x, T)
        rate = rng.standard_gamma(self.r + x, size) / (self.alpha + T)
        leaving = rng.standard_gamma(self.s, size) / (self.beta + T)
        stay = np.minimum(rng.standard_exponential(size) / np.maximum(leaving, 1e-300), horizon)
        return np.where(there, rng.poisson(rate * stay), 0.0)

    def _log_count(self, n: Floats, time: Floats) -> Floats:
        """ln of the NBD's chance of n purchases in `time`."""
        falls = np.log(self.alpha + time)
        some = n * (np.log(np.maximum(time, 1e-300)) - falls)
        return np.asarray(
            gammaln(self.r + n) - gammaln(self.r) - gammaln(n + 1) + self.r * (log(self.alpha) - falls) + some
        )


def pareto_nbd(histories: RepeatBuying) -> tuple[ParetoNbd, Maximum] | Unknown:
    """Pareto/NBD by maximum likelihood."""
    if (why := histories.enough()) is not None:
        return why
    age = float(inner(histories.T, histories.count)) / histories.customers
    rate = histories.repeats / histories.customers / age
    found = maximise(Likelihood(histories), (0.5, 0.5 / rate, 0.5, age / 2), NAMES)
    if isinstance(found, Unknown):
        return found
    return ParetoNbd(*found.parameters.tolist()), found


class Likelihood:
    """Log-likelihood of (r, alpha, s, beta) and its slope; equation (13) of the note of 2005.

    L = Γ(r+x)/Γ(r) α^r β^s { (α+T)^−(r+x) (β+T)^−s + s ∫ from t_x to T of (α+u)^−(r+x) (β+u)^−(s+1) du }.
    """

    def __init__(self, histories: RepeatBuying) -> None:
        self.h = histories
        self.x, of_x = ranked(histories.x)
        self.by_x, self.customers = np.bincount(of_x, weights=histories.count), float(histories.customers)

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        r, alpha, s, beta = (float(value) for value in parameters)
        n = self.customers
        value = inner(gammaln(r + self.x), self.by_x) + n * (r * log(alpha) + s * log(beta) - gammaln(r))
        slope = np.array(
            [inner(psi(r + self.x), self.by_x) + n * (log(alpha) - psi(r)), n * r / alpha, n * log(beta), n * s / beta]
        )
        for x, t_x, T, count in _parts([self.h.x, self.h.t_x, self.h.T, self.h.count]):
            odds, of_left = left((r, alpha, s, beta), x, t_x, T)
            log_alpha, log_beta = np.log(alpha + T), np.log(beta + T)
            value += float(inner(np.logaddexp(0, odds) - (r + x) * log_alpha - s * log_beta, count))
            gone = count * expit(odds)
            of_stayed = np.array([-log_alpha, -(r + x) / (alpha + T), -log_beta, -s / (beta + T)])
            slope += inner(of_stayed, count) + inner(of_left, gone)
        return float(value), slope


def left(parameters: tuple[float, float, float, float], x: Floats, t_x: Floats, T: Floats) -> tuple[Floats, Floats]:
    """ln of the odds of having left by T, shape (n,), and its slope in the parameters, shape (4, n).

    The odds are ∫ from t_x to T of s/(β+u) ⋅ ((α+T)/(α+u))^(r+x) ((β+T)/(β+u))^s du, by Gauss and Legendre: forty
    nodes in y = ln((κ+u)/(κ+t_x)), κ the smaller of α and β, so that the integrand is smooth for a small κ. It is cut
    off where it has fallen to exp(−40), which keeps the nodes where the integral is, for x = 20,000 too.
    """
    r, alpha, s, beta = parameters
    least = min(alpha, beta)
    reach = np.minimum(np.log((least + T) / (least + t_x)), _depth(r + x, alpha, t_x, least))
    y = np.outer((NODES + 1) / 2, reach)
    beyond = np.expm1(y) * (least + t_x)  # u − t_x
    log_alpha = np.log1p((T - t_x - beyond) / (alpha + t_x + beyond))  # ln((α+T)/(α+u))
    log_beta = np.log1p((T - t_x - beyond) / (beta + t_x + beyond))
    part = (r + x) * log_alpha + s * log_beta + np.log((least + t_x + beyond) / (beta + t_x + beyond))
    top = part.max(axis=0)
    share = np.exp(part - top) * WEIGHTS[:, None]
    whole = share.sum(axis=0)
    with np.errstate(divide="ignore"):  # who bought at T has had no time to leave: odds of 0
        odds = log(s) + top + np.log(whole * reach / 2)
    share /= whole
    slope = np.array(
        [
            (share * log_alpha).sum(axis=0),
            (r + x) * ((1 / (alpha + T)) - (share / (alpha + t_x + beyond)).sum(axis=0)),
            1 / s + (share * log_beta).sum(axis=0),
            s / (beta + T) - (s + 1) * (share / (beta + t_x + beyond)).sum(axis=0),
        ]
    )
    return odds, slope


def _depth(power: Floats, alpha: float, t_x: Floats, least: float) -> Floats:
    """The y at which ((α+t_x)/(α+u))^power alone has fallen to exp(−DEEPEST)."""
    farther = (alpha + t_x) * np.expm1(np.minimum(DEEPEST / power, 700.0))
    return np.log1p(farther / (least + t_x))


def _mean_stay(s: float, beta: Floats, horizon: Floats) -> Floats:
    """Expected time before leaving, up to `horizon`: β/(s−1) ⋅ (1 − (β/(β+t))^(s−1)), which is 0/0 at s = 1."""
    fall = -np.log1p(horizon / beta)
    return np.asarray(-beta * fall * _exp_rel((s - 1) * fall))


def _exp_rel(z: Floats) -> Floats:
    """(exp(z) − 1) / z, 1 at 0."""
    return np.asarray(np.where(z == 0, 1.0, np.expm1(z) / np.where(z == 0, 1.0, z)))


def _parts(columns: list[Floats]) -> list[list[Floats]]:
    return [[column[i : i + ROWS_AT_ONCE] for column in columns] for i in range(0, len(columns[0]), ROWS_AT_ONCE)]
