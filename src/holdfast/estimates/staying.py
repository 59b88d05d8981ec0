"""Contracts renewed or lost, period by period, by customers who differ: how many stay, for how long, worth what.

Each customer has a chance of leaving at a renewal. It differs from one to the next as a beta distribution says, so that
who has stayed long is likely to go on. In the shifted-beta-geometric model (sBG) a customer's own chance never changes;
in the beta-discrete-Weibull model (BdW) it grows (c > 1) or shrinks (c < 1) with time.

P. S. Fader and B. G. S. Hardie, "How to project customer retention", J. Interactive Marketing 21(1) (2007) 76–90;
the same with Y. Liu, J. Davis and T. Steenburgh, "How to project customer retention revisited", ibid. 43 (2018) 1–16;
P. S. Fader and B. G. S. Hardie, "Customer-base valuation in a contractual setting", Marketing Science 29 (2010) 85–93.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, isfinite, log, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit, logit

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.beta_weibull import log_survival
from holdfast.estimates.beta_weibull import slope as slope_of
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import Z
from holdfast.estimates.renewals import Renewals, too_little

Floats = npt.NDArray[np.float64]
Model = Literal["sBG", "BdW"]
Due = Literal["now", "in one period"]

METHOD = "maximum likelihood, delta method"
SUMMED = 1000  # terms added one by one; what follows them is integrated
EDGES = ((-14.0, 14.0), (-14.0, 14.0), (-4.0, 3.0))  # of the logarithms of alpha, beta, c: no maximum lies beyond
STEP = 1e-4  # in the logarithm of a parameter, of the differences that tell a slope
NOTHING_LEFT = 745.0  # exp of minus so much is 0
PLAIN = 1e10
LEVEL = 1e-5  # of a gradient per customer: flatter than this is a maximum


@dataclass(frozen=True, slots=True, eq=False)
class Staying:
    """A fitted model. The chance of leaving is beta(alpha, beta) over customers; c = 1 in the sBG.

    errors: standard errors of alpha, beta and, in the BdW, c. spread: covariance of their logarithms.
    """

    model: Model
    alpha: float
    beta: float
    c: float
    errors: Floats
    spread: Floats
    log_likelihood: float
    customers: int

    def survival(self, renewals: npt.ArrayLike) -> Floats:
        """Share still there after so many renewals (0, 1, …), same shape."""
        return np.exp(log_survival(self.alpha, self.beta, self.c, _times(renewals)))

    def retention(self, renewals: npt.ArrayLike) -> Floats:
        """Share of those asked for the n-th renewal (1, 2, …) who renew, same shape."""
        n = _times(renewals)
        if (n < 1).any():
            raise ValueError("the first renewal is number 1")
        later, before = (log_survival(self.alpha, self.beta, self.c, t) for t in (n, n - 1))
        return np.exp(later - before)

    def stay(self, renewals: int) -> Estimate:
        """`survival` after so many renewals, with the interval of the fit."""
        return self._share(lambda fit: float(fit.survival(renewals)))

    def renew(self, renewal: int) -> Estimate:
        """`retention` at one renewal, with the interval of the fit."""
        return self._share(lambda fit: float(fit.retention(renewal)))

    def remaining(self, renewed: int = 0) -> Estimate | Unknown:
        """Expected further renewals of a customer who has renewed so often; Unknown where the mean is infinite.

        It is finite only while alpha · c > 1: else those who hardly ever leave outweigh everybody.
        """
        if self.alpha * self.c <= 1:
            return Unknown(
                f"alpha × c is {self.alpha * self.c:.3g}, not above 1: a few who never leave make the mean infinite",
                "a horizon, or a discount rate",
            )
        return self._amount(lambda fit: _expected(fit, renewed, 0.0) if fit.alpha * fit.c > 1 else inf)

    def within(self, horizon: int, renewed: int = 0) -> Estimate:
        """Expected renewals among the next `horizon` of a customer who has renewed so often."""
        if horizon < 0:
            raise ValueError(f"a horizon of {horizon} renewals")
        n = renewed + np.arange(1.0, horizon + 1)
        return self._amount(lambda fit: float((fit.survival(n) / fit.survival(renewed)).sum()))

    def discounted(self, rate: float, renewed: int = 0, due: Due = "now") -> Estimate | Unknown:
        """Discounted expected residual lifetime (DERL), in renewals, of a customer who has renewed so often.

        rate: per period. due: whether the next renewal is about to be asked for (the paper's equation 6) or the
        customer has just renewed. A rate of 0 is `remaining`.
        """
        if rate < 0:
            return Unknown(f"a discount rate of {rate:g} is below 0", "a rate of 0 or more")
        if rate == 0:
            return self.remaining(renewed)
        off = 1.0 if due == "now" else 1 / (1 + rate)
        return self._amount(lambda fit: off * _expected(fit, renewed, rate))

    def drawn(self, draws: int, rng: np.random.Generator) -> list[Staying]:
        """Models whose parameters are as uncertain as these are: normal in logarithms around them."""
        at = np.log([self.alpha, self.beta, self.c])[: len(self.spread)]
        return [self._moved(logs) for logs in rng.multivariate_normal(at, self.spread, draws, method="eigh")]

    def _share(self, of: Callable[[Staying], float]) -> Estimate:
        """On the logit scale, so that the interval stays between 0 and 1."""
        point = of(self)
        if not 0 < point < 1:
            return Estimate(point, point, point, METHOD)
        reach = Z * self._error(lambda fit: float(logit(of(fit))))
        return Estimate(point, float(expit(logit(point) - reach)), float(expit(logit(point) + reach)), METHOD)

    def _amount(self, of: Callable[[Staying], float]) -> Estimate:
        """On the scale of logarithms, so that the interval stays above 0."""
        point = of(self)
        if point <= 0:
            return Estimate(point, point, point, METHOD)
        reach = Z * self._error(lambda fit: log(of(fit)))
        if not isfinite(reach):
            return Estimate(point, 0.0, inf, METHOD)
        return Estimate(point, point * exp(-reach), point * exp(min(reach, 600.0)), METHOD)

    def _error(self, of: Callable[[Staying], float]) -> float:
        """Standard error of a function of the parameters (delta method)."""
        at = np.log([self.alpha, self.beta, self.c])[: len(self.spread)]
        slope = np.empty(len(at))
        for i in range(len(at)):
            there = [self._moved(at + np.where(np.arange(len(at)) == i, step, 0.0)) for step in (STEP, -STEP)]
            slope[i] = (of(there[0]) - of(there[1])) / (2 * STEP)
        return sqrt(max(float(slope @ self.spread @ slope), 0.0))

    def _moved(self, logs: Floats) -> Staying:
        alpha, beta, *c = np.exp(logs)
        return Staying(
            self.model, alpha, beta, c[0] if c else 1.0, self.errors, self.spread, self.log_likelihood, self.customers
        )


def fit_sbg(renewals: Renewals) -> Staying | Unknown:
    """The shifted-beta-geometric model by maximum likelihood."""
    return _fit(renewals, "sBG")


def fit_bdw(renewals: Renewals) -> Staying | Unknown:
    """The beta-discrete-Weibull model by maximum likelihood."""
    return _fit(renewals, "BdW")


def _fit(r: Renewals, model: Model) -> Staying | Unknown:
    if (too_few := too_little(r, 2 if model == "sBG" else 3)) is not None:
        return too_few
    share = min(max(float(r.lost.sum() / r.risks), 1e-3), 1 - 1e-3)
    bounds, options = EDGES[: 2 if model == "sBG" else 3], {"maxiter": 300, "ftol": 1e-15, "gtol": 1e-10}
    said: Staying | Unknown
    for strength in (1.0, 10.0):  # where no maximum is found from one start, another is tried
        start = np.log([strength * share, strength * (1 - share), 1.0])[: len(bounds)]
        best = minimize(_loss, start, args=(r,), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        said = _at_the_top(r, model, best.x)
        if isinstance(said, Staying):
            break
    return said


def _at_the_top(r: Renewals, model: Model, logs: Floats) -> Staying | Unknown:
    """Newton's last steps, and whether this is a maximum at all."""
    for _ in range(5):
        bend = _bend(r, logs)
        at_the_edge = any(not low + 0.5 < one < high - 0.5 for one, (low, high) in zip(logs, EDGES, strict=False))
        if at_the_edge or np.linalg.eigvalsh(bend)[0] <= 1e-9 * r.customers:
            return _no_top(r, logs)
        logs = logs - np.linalg.solve(bend, _loss(logs, r)[1])
    loss, slope = _loss(logs, r)
    if not np.isfinite(logs).all() or np.abs(slope).max() > LEVEL * r.customers:
        return _no_top(r, logs)
    spread = np.asarray(np.linalg.inv(_bend(r, logs)), dtype=np.float64)
    alpha, beta, *c = np.exp(logs)
    errors = np.exp(logs) * np.sqrt(np.diag(spread))
    return Staying(model, float(alpha), float(beta), float(c[0]) if c else 1.0, errors, spread, -loss, r.customers)


def _no_top(r: Renewals, logs: Floats) -> Unknown:
    rate = float(r.lost.sum() / r.risks)
    if logs[0] + logs[1] > 0:
        return Unknown(
            f"customers do not differ visibly in their chance of leaving ({rate:.1%} a renewal on the whole)",
            "more renewals: with these, one chance for all fits as well",
        )
    return Unknown("those who did not leave early never left, so nothing tells how long they stay", "more renewals")


def _loss(logs: Floats, r: Renewals) -> tuple[float, Floats]:
    """Minus the log-likelihood, and its slope in the logarithms of the parameters."""
    alpha, beta, *rest = np.exp(logs)
    c, size = (rest[0] if rest else 1.0), len(logs)
    later, by_later = log_survival(alpha, beta, c, r.at), slope_of(alpha, beta, c, r.at)[:size]
    before, by_before = log_survival(alpha, beta, c, r.at - 1), slope_of(alpha, beta, c, r.at - 1)[:size]
    kept = np.exp(np.minimum(later - before, -1e-300))
    leaves = np.maximum(-np.expm1(later - before), 1e-300)
    value = r.lost @ (before + np.log(leaves)) + r.still @ later
    slope = ((by_before - kept * by_later) / leaves) @ r.lost + by_later @ r.still
    return -float(value), np.asarray(-slope * np.exp(logs), dtype=np.float64)


def _bend(r: Renewals, logs: Floats) -> Floats:
    """Second derivatives of the loss, from differences of its analytic slope."""
    size = len(logs)
    bend: Floats = np.empty((size, size))
    for row, step in zip(bend, np.eye(size) * STEP, strict=True):
        row[:] = (_loss(logs + step, r)[1] - _loss(logs - step, r)[1]) / (2 * STEP)
    return np.asarray((bend + bend.T) / 2, dtype=np.float64)


def _expected(fit: Staying, renewed: int, rate: float) -> float:
    """Σ over j ≥ 1 of P(renews j times more) ÷ (1 + rate)^(j − 1); the far terms by Euler and Maclaurin's formula."""
    base, off = float(log_survival(fit.alpha, fit.beta, fit.c, np.asarray(float(renewed)))), np.log1p(rate)

    def term(j: npt.ArrayLike) -> Floats:
        x = np.asarray(j, dtype=float)
        return np.asarray(np.exp(log_survival(fit.alpha, fit.beta, fit.c, renewed + x) - base - off * (x - 1)))

    near = float(term(np.arange(1.0, SUMMED)).sum())
    last, slope = float(term(SUMMED)), float(term(SUMMED + 0.5) - term(SUMMED - 0.5))
    until = log(max(_plain_from(fit), 2 * SUMMED) if rate == 0 else max(NOTHING_LEFT / off, 2 * SUMMED))
    far, _ = quad(lambda s: float(term(exp(s))) * exp(s), log(SUMMED), until, limit=500, epsabs=0.0)
    rest = float(term(exp(until))) * exp(until) / (fit.alpha * fit.c - 1) if rate == 0 else 0.0
    return near + last / 2 - slope / 12 + float(far) + rest


def _plain_from(fit: Staying) -> float:
    """From so many renewals on the survival is a power of time, to the last digits that count."""
    return exp(min(log(PLAIN * (1 + fit.alpha + fit.beta)) / fit.c, 300.0))


def _times(renewals: npt.ArrayLike) -> Floats:
    n = np.asarray(renewals, dtype=float)
    if not np.isfinite(n).all() or (n < 0).any():
        raise ValueError("renewals are counted 0, 1, …")
    return n
