"""Intervals of parameters and of forecasts must hold the truth about 95 times in 100, in shops whose truth is known.

`make test` draws few shops with a fixed seed and asks that the share is not refuted; the slow test draws enough to tell
95 from 93.5 and 96.5.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import binomtest

from holdfast.estimates.beta_geometric import BetaGeometric
from holdfast.estimates.buying_model import Fitted, fit
from holdfast.estimates.gamma_gamma import GammaGamma, spend
from holdfast.estimates.pareto_nbd import ParetoNbd
from holdfast.estimates.repeat_buying import group
from holdfast.estimates.residual_value import FittedSpend, fit_spend, residual_value

CUSTOMERS, HORIZON = 2500, 120.0
BG = BetaGeometric(0.6, 20.0, 0.9, 2.2, False)
LAWS = {
    "BG/NBD": BG,
    "MBG/NBD": BetaGeometric(0.6, 20.0, 0.9, 2.2, True),
    "Pareto/NBD": ParetoNbd(0.7, 20.0, 0.8, 60.0),
}
MONEY = GammaGamma(5.0, 4.0, 60.0)


@dataclass(frozen=True)
class Shop:
    """Customers of known truth: what was seen by T, and what they bought and paid within HORIZON after it."""

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    orders: np.ndarray
    total: np.ndarray
    later: np.ndarray
    paid_later: np.ndarray


def a_shop(law, rng):
    """Moments are exact, so nothing is lost to days. Purchases are drawn one after the other for all customers at once."""
    n = CUSTOMERS
    T = rng.uniform(150, 300, n)
    rate = rng.gamma(law.r, 1 / law.alpha, n)
    if isinstance(law, ParetoNbd):
        stops, leaves = np.zeros(n), rng.exponential(1 / rng.gamma(law.s, 1 / law.beta, n))
    else:
        stops, leaves = rng.beta(law.a, law.b, n), np.full(n, np.inf)
    there = np.ones(n, dtype=bool)
    if getattr(law, "stops_at_first", False):
        there = rng.random(n) >= stops
    moment, x, t_x, later = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    while there.any():
        moment = moment + rng.exponential(1 / rate)
        there &= moment < np.minimum(leaves, T + HORIZON)
        seen, after = there & (moment <= T), there & (moment > T)
        x, t_x, later = x + seen, np.where(seen, moment, t_x), later + after
        there &= rng.random(n) >= stops
    own = rng.gamma(MONEY.q, 1 / MONEY.gamma, n)
    total, paid_later = (np.where(k > 0, rng.gamma(np.maximum(MONEY.p * k, 1e-9)) / own, 0.0) for k in (x, later))
    return Shop(x, t_x, T, x, total, later, paid_later)


def held(name, shops, seed):
    """How often each interval held: every parameter, the total, and the shares of customers below and above their ends."""
    law, rng = LAWS[name], np.random.default_rng(seed)
    parameters, totals, of_spend, inside, below = [], [], [], [], []
    for _ in range(shops):
        shop = a_shop(law, rng)
        histories = group(shop.x, shop.t_x, shop.T)
        fitted, money = fit(histories, name), fit_spend(spend(shop.orders, shop.total))
        assert isinstance(fitted, Fitted) and isinstance(money, FittedSpend)
        parameters.append(_inside(fitted.maximum, law.parameters))
        of_spend.append(_inside(money.maximum, MONEY.parameters))
        total = fitted.expected_total(histories, HORIZON)
        totals.append(total.low <= shop.later.sum() <= total.high)
        some = rng.integers(0, CUSTOMERS, 100)
        columns = [column[some] for column in (shop.x, shop.t_x, shop.T, shop.orders, shop.total)]
        value = residual_value(fitted, money, *columns, horizon=HORIZON, draws=200)
        inside.append(np.mean((value.low <= shop.paid_later[some]) & (shop.paid_later[some] <= value.high)))
        below.append(np.mean(shop.paid_later[some] > value.high))
    return np.mean(parameters, axis=0), np.mean(totals), np.mean(of_spend, axis=0), np.mean(inside), np.mean(below)


def _inside(maximum, truth):
    low, high = maximum.intervals()
    return (low <= np.array(truth)) & (np.array(truth) <= high)


@pytest.mark.parametrize("name", LAWS)
def test_five_shops_do_not_refute_the_intervals(name):
    shops = 5
    parameters, totals, of_spend, inside, above = held(name, shops, seed=20261128)
    for share in (*parameters, totals, *of_spend):
        assert binomtest(round(share * shops), shops, 0.95).pvalue > 0.001
    assert 0.92 <= inside <= 1 and above <= 0.06


@pytest.mark.slow
@pytest.mark.parametrize("name", LAWS)
def test_the_intervals_hold_the_truth_about_95_times_in_100(name):
    """1,000 shops: one standard error of a share is 0.7 points, so 95 ± 1.5 leaves two of them, for a fixed seed.

    Twelve shares are of parameters of buying: 95 ± 2.1 leaves three errors to each, since that one of so many lies 2.7
    errors off is chance once in fourteen seeds. With this seed it is MBG/NBD's a, 96.9. Its interval is not too wide: of
    400 shops with another seed it held 95.0, and the logarithm of a was spread by 0.117 where errors of 0.114 were told,
    without a bias (0.008) or much of a skew (0.3).

    A customer's value is nothing for most, so the lower end is nothing too and holds always: their interval may hold up
    to 97.5 times in 100, with as many above its upper end as is promised.
    """
    parameters, totals, of_spend, inside, above = held(name, 1000, seed=1)
    assert ((parameters >= 0.929) & (parameters <= 0.971)).all()
    for share in (totals, *of_spend):
        assert 0.935 <= share <= 0.965
    assert 0.935 <= inside <= 0.985 and 0.01 <= above <= 0.035
