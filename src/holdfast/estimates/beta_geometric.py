"""BG/NBD and MBG/NBD: bought at random, and after each purchase perhaps for the last time."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaln, expit, gammaln, psi

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.likelihood import Maximum, inner, maximise
from holdfast.estimates.mean_until_dropout import mean_until_dropout
from holdfast.estimates.repeat_buying import RepeatBuying, ranked

NAMES = ("r", "alpha", "a", "b")
SMALLEST_CHANCE = 1e-15  # of stopping; a smaller one lasts longer than a count can say

MANY, THINNED = 50_000, 16
STRETCH = 1 << 14  # rows

Floats = npt.NDArray[np.float64]
Column = npt.ArrayLike


@dataclass(frozen=True, slots=True)
class BetaGeometric:
    """Purchase rates are Gamma(r, alpha), 1/alpha in the unit of time; the chance to stop is Beta(a, b).

    stops_at_first: whether one may stop after the first purchase too. No: BG/NBD (Fader, Hardie and Lee, Marketing
    Science 24 (2005) 275–284), by which nobody who bought once has ever stopped. Yes: MBG/NBD (Batislam, Denizel and
    Filiztekin, Int. J. Research in Marketing 24 (2007) 201–209). One form serves both: of the m = x (+ 1) chances to
    stop that a customer had, all were passed, or the last one was taken.
    """

    r: float
    alpha: float
    a: float
    b: float
    stops_at_first: bool

    @property
    def parameters(self) -> tuple[float, float, float, float]:
        return self.r, self.alpha, self.a, self.b

    def with_parameters(self, parameters: Column) -> BetaGeometric:
        r, alpha, a, b = (float(value) for value in np.asarray(parameters))
        return BetaGeometric(r, alpha, a, b, self.stops_at_first)

    def chance_alive(self, x: Column, t_x: Column, T: Column) -> Floats:
        """Chance that a customer had not stopped by T; shapes (n,), 0…1. NaN where the model cannot tell.

        That is for x = 0 in BG/NBD: its 1 is an assumption, not a finding. Logistic of logarithms: no power overflows.
        Fader, Hardie and Lee, "Computing P(alive) using the BG/NBD model" (2008), equation (7).
        """
        told = self._still_there(x, t_x, T)
        return told if self.stops_at_first else np.where(np.asarray(x, dtype=float) > 0, told, np.nan)

    def expected_purchases(self, x: Column, t_x: Column, T: Column, horizon: Column) -> Floats:
        """Purchases expected within `horizon` after T; shapes (n,). Equation (10) of the paper of 2005."""
        x, T = np.asarray(x, dtype=float), np.asarray(T, dtype=float)
        active = mean_until_dropout(self.r + x, self.alpha + T, self.a, self.b + self._chances(x), horizon)
        return np.asarray(self._still_there(x, t_x, T) * active)

    def expected_of_new(self, horizon: Column) -> Floats:
        """Repeat purchases expected within `horizon` of the first purchase of somebody unknown; equation (9)."""
        first = int(self.stops_at_first)
        passed = self.b / (self.a + self.b) if first else 1.0
        return passed * mean_until_dropout(self.r, self.alpha, self.a, self.b + first, horizon)

    def chance_of(self, repeats: Column, horizon: float) -> Floats:
        """Chance that somebody unknown buys again exactly so often within `horizon`; shape (n,). Equation (8)."""
        n = np.asarray(repeats, dtype=float)
        z = horizon / (self.alpha + horizon)
        log_count = gammaln(self.r + n) - gammaln(self.r) - gammaln(n + 1) + self.r * np.log1p(-z) + n * log(z)
        m = self._chances(n)
        stayed = np.exp(betaln(self.a, self.b + m) - betaln(self.a, self.b) + log_count)
        at_least = np.where(n > 0, betainc(np.maximum(n, 1), self.r, z), 1.0)
        last = np.exp(betaln(self.a + 1, self.b + np.maximum(m, 1) - 1) - betaln(self.a, self.b)) * at_least
        return np.asarray(stayed + np.where(m > 0, last, 0.0))

    def drawn(
        self, x: Column, t_x: Column, T: Column, horizon: float, rng: np.random.Generator, times: int = 1
    ) -> Floats:
        """Each customer's purchases within `horizon` after T, drawn so many times; shape (times, n)."""
        x, T = np.asarray(x, dtype=float), np.asarray(T, dtype=float)
        size = (times, *x.shape)
        there = rng.random(size) < self._still_there(x, t_x, T)
        rate = rng.standard_gamma(self.r + x, size) / (self.alpha + T)
        stops = np.maximum(rng.beta(self.a, self.b + self._chances(x), size), SMALLEST_CHANCE)
        until_stop = np.ceil(np.log(rng.random(size) + 5e-324) / np.log1p(-np.minimum(stops, 1 - 1e-12)))
        return np.where(there, np.minimum(rng.poisson(rate * horizon), np.maximum(until_stop, 1.0)), 0.0)

    def _chances(self, x: Floats) -> Floats:
        return x + 1 if self.stops_at_first else x

    def _still_there(self, x: Column, t_x: Column, T: Column) -> Floats:
        x, t_x, T = (np.asarray(column, dtype=float) for column in (x, t_x, T))
        m = self._chances(x)
        log_odds = log(self.a) - np.log(self.b + np.maximum(m, 1) - 1)
        log_odds = log_odds + (self.r + x) * np.log1p((T - t_x) / (self.alpha + t_x))
        return np.where(m > 0, expit(-log_odds), 1.0)


def bg_nbd(histories: RepeatBuying) -> tuple[BetaGeometric, Maximum] | Unknown:
    """BG/NBD by maximum likelihood."""
    return _fitted(histories, stops_at_first=False)


def mbg_nbd(histories: RepeatBuying) -> tuple[BetaGeometric, Maximum] | Unknown:
    """MBG/NBD by maximum likelihood."""
    return _fitted(histories, stops_at_first=True)


def _fitted(histories: RepeatBuying, *, stops_at_first: bool) -> tuple[BetaGeometric, Maximum] | Unknown:
    if (why := histories.enough()) is not None:
        return why
    rate = histories.repeats / float(inner(histories.T, histories.count))
    start, near = (0.5, 0.5 / rate, 0.8, 2.0), None
    if len(histories.x) >= MANY:  # the maximum for every sixteenth of them is near that of all
        columns = (histories.x, histories.t_x, histories.T, histories.count)
        few = RepeatBuying(*(column[::THINNED] for column in columns))
        first = maximise(Likelihood(few, stops_at_first=stops_at_first), start, NAMES)
        near = None if isinstance(first, Unknown) else first
    found = maximise(Likelihood(histories, stops_at_first=stops_at_first), start, NAMES, near)
    if isinstance(found, Unknown):
        return found
    r, alpha, a, b = found.parameters.tolist()
    return BetaGeometric(r, alpha, a, b, stops_at_first), found


class Likelihood:
    """Log-likelihood of (r, alpha, a, b) and its slope, equation (6) of the paper of 2005 in another order.

    ln L = ln Γ(r+x) − ln Γ(r) + r ln α + ln B(a, b+m) − ln B(a, b) − (r+x) ln(α+T) + ln(1 + odds) with
    odds = a/(b+m−1) ⋅ ((α+T)/(α+t_x))^(r+x), those of having stopped, and 0 where m = 0. Gammas are looked up by
    distinct x and logarithms of ages by distinct ages, so that a row costs one exponential and one logarithm.
    """

    def __init__(self, histories: RepeatBuying, *, stops_at_first: bool) -> None:
        self.customers, first = float(histories.customers), int(stops_at_first)
        self.x, of_x = ranked(histories.x)
        self.of_count = np.bincount(of_x, weights=histories.count)
        self.m = self.x + first
        self.T, of_T = ranked(histories.T)
        self.customers_by_T = np.bincount(of_T, weights=histories.count)
        self.repeats_by_T = np.bincount(of_T, weights=histories.count * histories.x)
        may_have_stopped = histories.x + first > 0
        self.row_x, self.row_T = of_x[may_have_stopped], of_T[may_have_stopped]
        self.t_x, self.row_t_x = ranked(histories.t_x[may_have_stopped])
        self.row_count = histories.count[may_have_stopped]

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = parameters
        chances = b + np.maximum(self.m, 1) - 1  # m is 0 in no row that is looked up
        by_x, by_T = self.of_count, r * self.customers_by_T + self.repeats_by_T
        value, gone_by_x, of_times, of_ages = self._of_rows(r, alpha, log(a) - np.log(chances))
        log_T, both = np.log(alpha + self.T), psi(a + b + self.m)
        value += (
            inner(gammaln(r + self.x) + betaln(a, b + self.m), by_x)
            + self.customers * (r * log(alpha) - gammaln(r) - betaln(a, b))
            - inner(log_T, by_T)
        )
        slope = (
            inner(psi(r + self.x), by_x)
            + self.customers * (log(alpha) - psi(r))
            - inner(log_T, self.customers_by_T)
            + of_times,
            self.customers * r / alpha - inner(1 / (alpha + self.T), by_T) + of_ages,
            self.customers * psi(a + b) - inner(both, by_x) + gone_by_x.sum() / a,
            inner(psi(b + self.m) - both, by_x)
            + self.customers * (psi(a + b) - psi(b))
            - inner(1 / chances, gone_by_x),
        )
        return float(value), np.array(slope, dtype=float)

    def _of_rows(self, r: float, alpha: float, log_odds_at_once: Floats) -> tuple[float, Floats, float, float]:
        """Sums over what has a row of its own: Σ ln(1 + odds), by distinct x the customers who stopped, and its slopes
        in r and alpha. log_odds_at_once: by distinct x, ln(a/(b+m−1)).

        Stretch by stretch, so that what is worked out on the way stays in the processor's cache.
        """
        log_T, log_t_x = np.log(alpha + self.T), np.log(alpha + self.t_x)
        by_T, by_t_x = 1 / (alpha + self.T), 1 / (alpha + self.t_x)
        value, of_times, of_ages, gone_by_x = 0.0, 0.0, 0.0, np.zeros(len(self.x))
        for begin in range(0, len(self.row_x), STRETCH):
            rows = slice(begin, begin + STRETCH)
            x, T, t_x, count = self.row_x[rows], self.row_T[rows], self.row_t_x[rows], self.row_count[rows]
            times_gone, power = log_T[T] - log_t_x[t_x], (r + self.x)[x]
            log_odds = log_odds_at_once[x] + power * times_gone
            shrunk = np.exp(-np.abs(log_odds))
            gone = count * np.where(log_odds > 0, 1.0, shrunk) / (1 + shrunk)
            value += float(inner(np.maximum(log_odds, 0) + np.log1p(shrunk), count))
            gone_by_x += np.bincount(x, weights=gone, minlength=len(self.x))
            of_times += float(inner(times_gone, gone))
            of_ages += float(inner(by_T[T] - by_t_x[t_x], gone * power))
        return value, gone_by_x, of_times, of_ages
