import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.estimates.tally import NOTHING, Tally

unit = st.tuples(st.integers(-10_000, 10_000), st.integers(0, 50))
units = st.lists(unit, max_size=40)


def tally_of(pairs):
    return Tally.of([c for c, _ in pairs], [d for _, d in pairs])


@given(units, st.integers(0, 40))
def test_a_shop_split_anywhere_adds_up_to_the_whole_shop(pairs, cut):
    assert tally_of(pairs[:cut]) + tally_of(pairs[cut:]) == tally_of(pairs)


@given(units)
def test_adding_nothing_changes_nothing(pairs):
    assert tally_of(pairs) + NOTHING == tally_of(pairs)


@given(st.lists(unit, min_size=2, max_size=40))
def test_the_spread_is_that_of_the_units_themselves(pairs):
    tally, cov = tally_of(pairs), np.cov(np.array(pairs, dtype=float).T)
    assert tally.variance_of_counted == pytest.approx(cov[0, 0], abs=1e-6)
    assert tally.variance_of_out_of == pytest.approx(cov[1, 1], abs=1e-6)
    assert tally.covariance == pytest.approx(cov[0, 1], abs=1e-6)


def test_whole_numbers_keep_their_spread_when_sums_are_far_beyond_a_float():
    """Three orders of a trillion minor units that differ by one: the variance is 1, by hand."""
    big = 10**12
    c = [big - 1, big, big + 1]
    tally = Tally(3, sum(c), sum(x * x for x in c), 3, 3, sum(c))
    assert tally.variance_of_counted == 1.0


def test_a_unit_without_a_number_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        Tally.of([1.0, float("nan")])


def test_lists_of_two_lengths_are_refused():
    with pytest.raises(ValueError, match="one length"):
        Tally.of([1, 2, 3], [1, 1])
