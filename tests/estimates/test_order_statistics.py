import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.order_statistics import fewest_for_interval, quantile


def of_ranks(n, q=0.5):
    """n units worth 1, 2, … n, so that the ends of the interval are the ranks themselves."""
    return quantile(np.arange(1, n + 1), np.ones(n), q)


@pytest.mark.parametrize(("n", "low", "high"), [(6, 1, 6), (10, 2, 9), (20, 6, 15), (30, 10, 21), (100, 40, 61)])
def test_a_median_lies_between_the_ranks_of_the_sign_test_table(n, low, high):
    """Ranks of the 95 % interval for a median: Conover, Practical Nonparametric Statistics; Geigy's tables."""
    found = of_ranks(n)
    assert (found.low, found.high) == (low, high)


@settings(max_examples=40)
@given(st.integers(6, 3000), st.floats(0.05, 0.95))
def test_the_two_ranks_hold_the_quantile_in_95_of_100_and_the_next_inner_ones_may_not(n, q):
    found = of_ranks(n, q)
    if isinstance(found, Unknown):
        assert n < fewest_for_interval(q)
        return
    low, high = int(found.low), int(found.high)
    binomial = stats.binom(n, q)
    assert binomial.cdf(low - 1) <= 0.025 < binomial.cdf(low) + 1e-12
    assert binomial.sf(high - 1) <= 0.025 < binomial.sf(high - 2) + 1e-12


@given(
    st.dictionaries(st.integers(0, 1000), st.integers(1, 50), min_size=1, max_size=30),
    st.sampled_from([0.25, 0.5, 0.9]),
)
def test_a_histogram_has_the_quantile_of_its_units(histogram, q):
    values = sorted(histogram)
    counts = [histogram[v] for v in values]
    found = quantile(values, counts, q)
    if not isinstance(found, Unknown):
        assert found.point == pytest.approx(np.quantile(np.repeat(values, counts), q))
        assert found.low <= found.point <= found.high


def test_a_billion_units_are_no_trouble():
    """The median's ranks lie 1.96 × √n ÷ 2 from the middle: 30,990 of a billion."""
    n = 10**9
    found = quantile([10, 20, 30], [n // 2 - 30_000, 60_000, n // 2 - 30_000], 0.5)
    assert (found.low, found.point, found.high) == (10, 20, 30)
    found = quantile([10, 20, 30], [n // 2 - 32_000, 64_000, n // 2 - 32_000], 0.5)
    assert (found.low, found.point, found.high) == (20, 20, 20)


def test_five_units_are_too_few_for_a_median_and_the_answer_says_how_many_would_do():
    found = of_ranks(5)
    assert isinstance(found, Unknown)
    assert (found.why, found.would_need) == ("only 5 units", "at least 6 units")


def test_a_ninetieth_percentile_needs_thirty_six_units():
    """0.9^35 = 0.0250 just misses; 0.9^36 = 0.0225."""
    assert isinstance(of_ranks(35, 0.9), Unknown)
    assert not isinstance(of_ranks(36, 0.9), Unknown)


def test_an_empty_histogram_is_unknown():
    assert isinstance(quantile([], [], 0.5), Unknown)
    assert isinstance(quantile([3, 4], [0, 0], 0.5), Unknown)


@pytest.mark.parametrize(
    ("values", "counts", "says"),
    [
        ([2, 1], [1, 1], "rising"),
        ([1, 1], [1, 1], "distinct"),
        ([1], [0.5], "whole"),
        ([1], [-1], "0 or more"),
        ([1], [1, 2], "one length"),
    ],
)
def test_what_is_not_a_histogram_is_refused(values, counts, says):
    with pytest.raises(ValueError, match=says):
        quantile(values, counts, 0.5)
