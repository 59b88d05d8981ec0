"""What each customer will still bring within a horizon, discounted, and how far that may be off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.buying_model import Fitted, Law
from holdfast.estimates.gamma_gamma import GammaGamma, Spend, doubts, gamma_gamma
from holdfast.estimates.intervals import TAIL
from holdfast.estimates.likelihood import Maximum
from holdfast.estimates.plain_spend import SAID, PlainMean, plain_mean

DRAWS = 400  # of each customer's future: an end of the interval is then off by a few per cent
OF_PARAMETERS = 40  # each of which serves a tenth of them: they vary far less than the futures do
NUMBERS_AT_ONCE = 4_000_000
NODES, WEIGHTS = np.polynomial.legendre.leggauss(6)

Floats = npt.NDArray[np.float64]
Column = npt.ArrayLike


@dataclass(frozen=True, slots=True, eq=False)
class FittedSpend:
    """What a purchase is worth, with what speaks against it."""

    law: GammaGamma | PlainMean
    maximum: Maximum
    customers: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ResidualValue:
    """Of n customers, shape (n,) each. value: expected, discounted, in the unit of money that was fitted; low and high:
    between them it lies 95 times in 100, as far as the models hold. purchases: expected, not discounted. spend:
    expected of one purchase. NaN where the spend of a customer has no mean."""

    purchases: Floats
    spend: Floats
    value: Floats
    low: Floats
    high: Floats
    draws: int


def fit_spend(seen: Spend) -> FittedSpend | Unknown:
    """Gamma-Gamma with its checks, or the plain mean where customers do not differ; Unknown where they are too few."""
    found = gamma_gamma(seen)
    if isinstance(found, Unknown):
        return _alike(seen, found)
    law, maximum = found
    if isinstance(no_mean := law.mean_of_new(), Unknown):
        return no_mean
    return FittedSpend(law, maximum, seen.customers, doubts(seen, law))


def _alike(seen: Spend, refused: Unknown) -> FittedSpend | Unknown:
    """The plain mean, where there is nothing to tell customers apart by; else why there is no model."""
    if not seen.customers or seen.orders.max() <= 1:
        return refused
    found = plain_mean(seen)
    if isinstance(found, Unknown):
        return refused
    law, maximum = found
    return FittedSpend(law, maximum, seen.customers, (SAID,))


def discounted_purchases(law: Law, x: Floats, t_x: Floats, T: Floats, horizon: float, discount: float) -> Floats:
    """Expected purchases within `horizon` after T, one at age T + s counted exp(−discount ⋅ s); shapes (n,).

    discount is continuous, per unit of time. By parts: exp(−δH) E(H) + δ ∫ exp(−δs) E(s) ds from 0 to H, by Gauss and
    Legendre with six nodes: E is smooth and concave.
    """
    whole = law.expected_purchases(x, t_x, T, horizon)
    if not discount:
        return whole
    total = np.exp(-discount * horizon) * whole
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        moment = (node + 1) / 2 * horizon
        so_far = law.expected_purchases(x, t_x, T, moment)
        total = total + discount * horizon / 2 * weight * np.exp(-discount * moment) * so_far
    return np.asarray(total)


def residual_value(
    buying: Fitted,
    spend: FittedSpend,
    x: Column,
    t_x: Column,
    T: Column,
    orders: Column,
    total: Column,
    *,
    horizon: float,
    discount: float = 0.0,
    draws: int = DRAWS,
    seed: int = 0,
) -> ResidualValue:
    """Of each customer, shapes (n,). x, t_x, T as they were fitted; orders and total: what they paid, as it was fitted.

    horizon and discount (continuous) in the unit of time of T. draws = 0 tells expectations only, low and high NaN.
    A draw takes parameters of both models as uncertain as they are, whether the customer is still there, how often they
    buy, when they stop, and what every purchase is worth. In a draw all purchases are discounted by the mean factor of
    the customer, not each by its own day.
    """
    columns = [np.asarray(column, dtype=float) for column in (x, t_x, T, orders, total)]
    of_buying = (columns[0], columns[1], columns[2])
    rows = len(columns[0])
    if any(column.shape != (rows,) for column in columns):
        raise ValueError("x, t_x, T, orders and total must be lists of one length")
    if horizon <= 0 or discount < 0 or not np.isfinite((horizon, discount)).all():
        raise ValueError(f"a horizon of {horizon:g} and a discount of {discount:g} must be above 0, and 0 or more")
    purchases = buying.law.expected_purchases(*of_buying, horizon)
    discounted = discounted_purchases(buying.law, *of_buying, horizon, discount)
    each = spend.law.expected_spend(columns[3], columns[4])
    low, high = np.full(rows, np.nan), np.full(rows, np.nan)
    if draws:
        factor = np.divide(discounted, purchases, out=np.ones(rows), where=purchases > 0)
        step = max(NUMBERS_AT_ONCE // draws, 1)
        for start in range(0, rows, step):
            part = slice(start, start + step)
            sums = _drawn_sums(buying, spend, [column[part] for column in columns], horizon, draws, seed)
            low[part], high[part] = np.quantile(sums * factor[part], (TAIL, 1 - TAIL), axis=0)
    return ResidualValue(purchases, each, discounted * each, low, high, draws)


def _drawn_sums(
    buying: Fitted, spend: FittedSpend, columns: list[Floats], horizon: float, draws: int, seed: int
) -> Floats:
    """What each customer pays within the horizon, drawn; shape (draws, n)."""
    rng = np.random.default_rng(seed)
    sums = np.zeros((draws, len(columns[0])))
    rows = np.array_split(np.arange(draws), min(OF_PARAMETERS, draws))
    for some, (law, paid) in zip(rows, _drawn_laws(buying, spend, len(rows), seed), strict=True):
        bought = law.drawn(columns[0], columns[1], columns[2], horizon, rng, len(some))
        future, who = np.nonzero(bought)
        come_to = paid.drawn(columns[3][who], columns[4][who], bought[future, who], rng)
        sums[some[future], who] = come_to
    return sums


def _drawn_laws(
    buying: Fitted, spend: FittedSpend, draws: int, seed: int
) -> Iterator[tuple[Law, GammaGamma | PlainMean]]:
    """Parameters as uncertain as they are; the same in every part of the rows."""
    rng = np.random.default_rng((seed, 1))
    of_buying, of_spend = buying.maximum.drawn(draws, rng), spend.maximum.drawn(draws, rng)
    for one, other in zip(of_buying, of_spend, strict=True):
        yield buying.law.with_parameters(one), spend.law.with_parameters(other)
