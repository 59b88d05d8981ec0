"""Bought or not at each of a few set occasions (a yearly appeal, a catalogue, a season), until gone for good: BG/BB.

At an occasion a customer who is still there buys with a chance of their own, Beta(alpha, beta) over customers; before
each they leave with a chance of their own, Beta(gamma, delta). Where one may buy at any moment, beta_geometric.py and
pareto_nbd.py are the models. P. S. Fader, B. G. S. Hardie and J. Shang, "Customer-base analysis in a discrete-time
noncontractual setting", Marketing Science 29 (2010) 1086–1108; equations by number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, logsumexp, psi

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.likelihood import Maximum, inner, maximise

NAMES = ("alpha", "beta", "gamma", "delta")
START = (1.0, 1.0, 1.0, 2.0)
MOST = 1000  # occasions; beyond, one may as well buy at any moment

Floats = npt.NDArray[np.float64]
Column = npt.ArrayLike


@dataclass(frozen=True, slots=True)
class BetaBernoulli:
    alpha: float
    beta: float
    gamma: float
    delta: float

    @property
    def parameters(self) -> tuple[float, float, float, float]:
        return self.alpha, self.beta, self.gamma, self.delta

    def expected_of_new(self, occasions: int) -> float:
        """Purchases expected at the next so many occasions of somebody unknown; equation (8)."""
        there = np.exp(self._stays(np.arange(1.0, occasions + 1)))
        return float(self.alpha / (self.alpha + self.beta) * there.sum())

    def expected_purchases(self, x: Column, t_x: Column, n: Column, occasions: int) -> Floats:
        """At the next so many occasions, of who bought at x of n, last at t_x; shapes (k,). Equation (13), as the sum
        it comes from: its closed form is 0 ÷ 0 where gamma is 1."""
        x, n = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
        ahead = n[..., None] + np.arange(1.0, occasions + 1)
        buys = betaln(self.alpha + x + 1, self.beta + n - x) - betaln(self.alpha, self.beta)
        whole = Likelihood(x, t_x, n, np.ones(x.shape)).of_rows(np.array(self.parameters))
        return np.asarray(np.exp(logsumexp(self._stays(ahead), axis=-1) + buys - whole))

    def chance_alive(self, x: Column, t_x: Column, n: Column) -> Floats:
        """Chance of being there at the next occasion; shapes (k,), 0…1. Equation (11)."""
        x, n = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
        bought = betaln(self.alpha + x, self.beta + n - x) - betaln(self.alpha, self.beta)
        whole = Likelihood(x, t_x, n, np.ones(x.shape)).of_rows(np.array(self.parameters))
        return np.asarray(np.exp(self._stays(n + 1) + bought - whole))

    def _stays(self, t: Floats) -> Floats:
        """Logarithm of the chance of being there still at the t-th occasion; equation (2)."""
        return np.asarray(betaln(self.gamma, self.delta + t) - betaln(self.gamma, self.delta))


def bg_bb(
    x: Column, t_x: Column, n: Column, count: Column | None = None
) -> tuple[BetaBernoulli, Maximum] | Unknown:  # fmt: skip
    """By maximum likelihood. x: at how many of n occasions each bought, t_x: at which last (0 where at none, 1 the
    first); shapes (k,), whole numbers. count: customers that a row stands for.

    Raises ValueError for lists of different lengths.
    """
    columns = [np.asarray(column, dtype=float) for column in (x, t_x, n)]
    weight = np.ones(len(columns[0])) if count is None else np.asarray(count, dtype=float)
    if any(column.ndim != 1 or len(column) != len(columns[0]) for column in (*columns, weight)):
        raise ValueError("x, t_x, n and count must be lists of one length")
    if (wrong := _cannot_be(*columns)) is not None:
        return wrong
    bought, last, asked = columns
    rows = Likelihood(bought, last, asked, weight)
    if not rows.bought or rows.bought == rows.asked:
        told = "bought at no occasion" if not rows.bought else "bought at every occasion"
        return Unknown(f"everybody {told}, so nothing tells when they leave", "customers who differ")
    found = maximise(rows, START, NAMES)
    return found if isinstance(found, Unknown) else (BetaBernoulli(*found.parameters.tolist()), found)


def _cannot_be(x: Floats, t_x: Floats, n: Floats) -> Unknown | None:
    whole = all((np.isfinite(column) & (column == np.floor(column)) & (column >= 0)).all() for column in (x, t_x, n))
    if not whole:
        return Unknown("occasions are counted", "whole numbers, 0 or more")
    if ((x > t_x) | (t_x > n) | ((x == 0) != (t_x == 0))).any():
        return Unknown("somebody bought more often, or later, than there were occasions", "x ≤ t_x ≤ n")
    if len(n) and n.max() > MOST:
        return Unknown(f"{n.max():,.0f} occasions are as good as any moment", "a model of any moment, such as BG/NBD")
    return None


class Likelihood:
    """Log-likelihood of (alpha, beta, gamma, delta) and its slope, equation (6): who was there to the end, or left
    before one of the occasions after their last. A row is a sum of one term and at most n − t_x more.
    """

    def __init__(self, x: Column, t_x: Column, n: Column, count: Column) -> None:
        bought, last, asked, self.count = (np.asarray(c, dtype=float) for c in (x, t_x, n, count))
        self.bought, self.asked = float((bought * self.count).sum()), float((asked * self.count).sum())
        later = np.arange(float((asked - last).max(initial=0)))
        left = last[:, None] + later  # the last occasion that they were there for, where they left
        self.here = np.column_stack([np.ones(len(bought), dtype=bool), left < asked[:, None]])
        self.x = bought[:, None]
        self.until = np.where(self.here, np.column_stack([asked, left]), last[:, None])
        self.gone = np.column_stack([np.zeros(len(bought)), np.ones(left.shape)])

    def of_rows(self, parameters: Floats) -> Floats:
        """Logarithm of the chance of each row, shape (k,)."""
        return np.asarray(logsumexp(self._terms(parameters), axis=1))

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        alpha, beta, gamma, delta = parameters
        terms = self._terms(parameters)
        whole = np.asarray(logsumexp(terms, axis=1))
        share = np.exp(terms - whole[:, None])
        tries, stays = psi(alpha + beta + self.until), psi(gamma + delta + self.gone + self.until)
        by = (
            psi(alpha + self.x) - tries - psi(alpha) + psi(alpha + beta),
            psi(beta + self.until - self.x) - tries - psi(beta) + psi(alpha + beta),
            psi(gamma + self.gone) - stays - psi(gamma) + psi(gamma + delta),
            psi(delta + self.until) - stays - psi(delta) + psi(gamma + delta),
        )
        slope = [inner((share * one).sum(axis=1), self.count) for one in by]
        return float(inner(whole, self.count)), np.array(slope, dtype=float)

    def _terms(self, parameters: Floats) -> Floats:
        alpha, beta, gamma, delta = parameters
        told = (
            betaln(alpha + self.x, beta + self.until - self.x) - betaln(alpha, beta)
            + betaln(gamma + self.gone, delta + self.until) - betaln(gamma, delta)
        )  # fmt: skip
        return np.where(self.here, told, -np.inf)
