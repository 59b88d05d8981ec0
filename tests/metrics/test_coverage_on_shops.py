"""The intervals a page prints hold the truth about 95 times in 100, for shops as they are: few big buyers, many small.

Units are customers, as the metrics take them. 1,200 shops give a share with a standard error of 0.6 points, so the
quick run allows 95 ± 2; 8,000 shops (0.24 points) are held to 95 ± 1.5.
"""

import numpy as np
import pytest

from holdfast.estimates.tally import Tally
from holdfast.metrics.measure import HOURS_A_DAY, Slice
from holdfast.metrics.registry import find
from holdfast.metrics.valuation import _ESTIMATORS, _waiting

CUSTOMERS = 600


def buyers(rng):
    """Orders and spend of a year; big buyers order more often and more at a time."""
    size = rng.gamma(4.0, 0.25, CUSTOMERS)
    orders = 1 + rng.poisson(1.5 * size)
    spent = orders * 40 * size * rng.gamma(8.0, 1 / 8, CUSTOMERS)
    return np.round(spent * 100), orders


# E[orders] = 1 + 1.5 E[size] = 2.5; E[spent] = 40 (E[size] + 1.5 E[size²]) = 40 (1 + 1.5 × 1.25) = 115
SPENT, ORDERS = 115.0, 2.5


def repeat_rate(rng):
    """M18: a share of customers."""
    again = rng.random(CUSTOMERS) < 0.31
    return _ESTIMATORS[find("M18").kind](Tally.of(again.astype(float))), 0.31


def revenue_per_customer(rng):
    """M31: a mean over customers."""
    return _ESTIMATORS[find("M31").kind](Tally.of(buyers(rng)[0] / 100)), SPENT


def average_order_value(rng):
    """M11: money of customers over their orders; taking orders for strangers would be too sure."""
    spent, orders = buyers(rng)
    return _ESTIMATORS[find("M11").kind](Tally.of(spent / 100, orders)), SPENT / ORDERS


def revenue_growth(rng):
    """M30: this year and the year before of the same customers, a quarter of whom are new or gone."""
    before = buyers(rng)[0] / 100
    there = rng.random((2, CUSTOMERS)) < 0.75
    after = before * 1.1 * rng.gamma(3.0, 1 / 3, CUSTOMERS)
    return _ESTIMATORS[find("M30").kind](Tally.of(after * there[0], before * there[1])), 0.1


def time_to_first_purchase(rng):
    """M03: half have bought after 12 days; accounts were opened over 40 days, so many still wait."""
    waits, seen = rng.exponential(12 / np.log(2), 200), rng.uniform(0, 40, 200)
    hours = np.round(np.minimum(waits, seen) * HOURS_A_DAY)
    slices = []
    for happened in (True, False):
        bins, n = np.unique(hours[(waits <= seen) == happened], return_counts=True)
        slices += [_bin(float(b), int(k), happened) for b, k in zip(bins, n, strict=True)]
    return _waiting(slices, 0.5, "days"), 12.0


def _bin(hours: float, n: int, happened: bool) -> Slice:
    counted = n if happened else 0
    return Slice(None, None, None, None, 0, Tally(n, counted, 0, 0, 0, 0), 0, None, None, hours)


KINDS = [repeat_rate, revenue_per_customer, average_order_value, revenue_growth, time_to_first_purchase]


def held(one_shop, shops: int) -> float:
    rng = np.random.default_rng(20261123)
    kept = 0
    for _ in range(shops):
        found, truth = one_shop(rng)
        kept += found.low <= truth <= found.high
    return kept / shops


@pytest.mark.parametrize("one_shop", KINDS)
def test_an_interval_on_a_page_holds_the_truth_about_95_times_in_100(one_shop):
    assert 0.93 <= held(one_shop, 1200) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("one_shop", KINDS)
def test_an_interval_on_a_page_holds_the_truth_95_times_in_100_over_many_shops(one_shop):
    assert 0.935 <= held(one_shop, 8_000) <= 0.965


def test_taking_orders_for_strangers_would_break_the_promise():
    """Why money metrics count by customer (decision 0012): by order the same interval holds far too seldom."""
    rng = np.random.default_rng(20261123)
    kept = 0
    for _ in range(400):
        spent, orders = buyers(rng)
        each = np.repeat(spent / 100 / orders, orders)
        found = _ESTIMATORS["mean"](Tally.of(each))
        kept += found.low <= SPENT / ORDERS <= found.high
    assert kept / 400 < 0.85
