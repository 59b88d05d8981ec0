"""A 95 % interval must hold the truth about 95 times in 100: 2,000 invented shops for each kind.

One standard error of a share of 2,000 is half a point, so 95 ± 1.5 leaves three of them.
"""

import numpy as np
import pytest
from scipy.stats import binom

from holdfast.estimates.differences import difference
from holdfast.estimates.intervals import exact_proportion, growth, mean, proportion, ratio
from holdfast.estimates.order_statistics import quantile
from holdfast.estimates.survival import kaplan_meier
from holdfast.estimates.tally import Tally

SHOPS = 2000


def yes(counted, out_of):
    return Tally(out_of, counted, counted, out_of, out_of, counted)


def a_share(rng):
    return proportion(yes(int(rng.binomial(400, 0.17)), 400)), 0.17


def a_mean(rng):
    return mean(Tally.of(rng.gamma(2.0, 30.0, 200))), 60.0


def buyers(rng, n, spent_per_order):
    """Spend and orders of n buyers; big buyers also spend more an order, so the two are not independent."""
    orders = 1 + rng.poisson(1.5, n)
    return orders * rng.gamma(4.0, spent_per_order / 4, n), orders


def a_ratio(rng):
    return ratio(Tally.of(*buyers(rng, 300, 50.0))), 50.0


def a_growth(rng):
    last_year = rng.gamma(2.0, 40.0, 300)
    return growth(Tally.of(last_year * rng.gamma(5.0, 1.2 / 5, 300), last_year)), 0.2


def a_difference_of_shares(rng):
    a, b = int(rng.binomial(300, 0.3)), int(rng.binomial(200, 0.22))
    return difference(yes(a, 300), yes(b, 200), "proportion"), 0.08


def a_difference_of_means(rng):
    a, b = rng.gamma(2.0, 30.0, 150), rng.gamma(3.0, 10.0, 80)
    return difference(Tally.of(a), Tally.of(b), "mean"), 30.0


def a_difference_of_ratios(rng):
    a, b = Tally.of(*buyers(rng, 200, 50.0)), Tally.of(*buyers(rng, 120, 45.0))
    return difference(a, b, "ratio"), 5.0


def a_median(rng):
    values, counts = np.unique(rng.exponential(57.0, 1500), return_counts=True)
    return quantile(values, counts, 0.5), 57.0 * np.log(2)


def a_ninetieth_percentile(rng):
    values, counts = np.unique(rng.exponential(57.0, 1500), return_counts=True)
    return quantile(values, counts, 0.9), 57.0 * np.log(10)


def followed(rng):
    """300 customers come at random over 200 days and buy after 100 days on average."""
    waits, follow_up = rng.exponential(100.0, 300), rng.uniform(0, 200, 300)
    times, row = np.unique(np.minimum(waits, follow_up), return_inverse=True)
    events = np.bincount(row, weights=waits <= follow_up, minlength=len(times))
    return kaplan_meier(times, events, np.bincount(row, minlength=len(times)) - events)


def a_point_of_a_survival_curve(rng):
    return followed(rng).at(60.0), np.exp(-0.6)


def a_median_of_a_survival_curve(rng):
    return followed(rng).median(), 100.0 * np.log(2)


@pytest.mark.parametrize(
    "one_shop",
    [
        a_share,
        a_mean,
        a_ratio,
        a_growth,
        a_difference_of_shares,
        a_difference_of_means,
        a_difference_of_ratios,
        a_median,
        a_ninetieth_percentile,
        a_point_of_a_survival_curve,
        a_median_of_a_survival_curve,
    ],
)
def test_the_interval_holds_the_truth_about_95_times_in_100(one_shop):
    rng = np.random.default_rng(20261123)
    held = 0
    for _ in range(SHOPS):
        found, truth = one_shop(rng)
        held += found.low <= truth <= found.high
    assert 0.935 <= held / SHOPS <= 0.965


@pytest.mark.parametrize("accounts", [5, 12, 38])
@pytest.mark.parametrize("truth", [0.5, 0.85, 0.95])
def test_the_exact_interval_holds_the_truth_at_least_95_times_in_100_for_few_accounts(accounts, truth):
    """Not simulated: the chances of all outcomes whose interval holds the truth, added up."""
    held = 0.0
    for renewed in range(accounts + 1):
        found = exact_proportion(yes(renewed, accounts))
        if found.low <= truth <= found.high:
            held += binom.pmf(renewed, accounts, truth)
    assert held >= 0.95
