"""Concentration on paper, and by what must hold of any values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.concentration import Concentration, concentration

values = st.lists(st.integers(0, 10**9), min_size=1, max_size=300).filter(lambda held: sum(held) > 0)


def found(held: Sequence[float]) -> Concentration:
    told = concentration(held)
    assert isinstance(told, Concentration)
    return told


def test_one_two_three_and_four_have_a_quarter() -> None:
    """2 (1·1 + 2·2 + 3·3 + 4·4) / (4 · 10) − 5/4 = 0.25; the top one holds 4 of 10, the top two 7."""
    told = found([3, 1, 4, 2])
    assert told.gini == pytest.approx(0.25)
    assert np.array(told.curve) == pytest.approx(np.array([(0, 0), (0.25, 0.4), (0.5, 0.7), (0.75, 0.9), (1, 1)]))
    assert told.half == 0.5
    assert told.held_by(0.25) == pytest.approx(0.4)


def test_where_all_hold_alike_nobody_holds_more() -> None:
    told = found([7.0] * 40)
    assert told.gini == pytest.approx(0, abs=1e-12)
    assert told.half == 0.5


def test_one_of_a_hundred_holds_everything() -> None:
    told = found([0.0] * 99 + [5.0])
    assert told.gini == pytest.approx(0.99)
    assert told.held_by(0.01) == pytest.approx(1)
    assert told.half == 0.01


@given(values, st.floats(1e-3, 1e3))
def test_the_curve_rises_above_the_line_and_no_unit_of_money_moves_it(held: list[int], unit: float) -> None:
    told = found(held)
    shares, parts = np.array(told.curve).T
    assert (np.diff(shares) > 0).all() and (np.diff(parts) >= -1e-9).all()
    assert (parts >= shares - 1e-9).all()
    assert 0 <= told.gini < 1
    assert found([unit * one for one in held]).gini == pytest.approx(told.gini, abs=1e-9)


@given(values)
def test_gini_is_the_mean_difference_over_twice_the_mean(held: list[int]) -> None:
    """Its other definition, counted pair by pair."""
    x = np.array(held)
    assert found(held).gini == pytest.approx(np.abs(x[:, None] - x).mean() / (2 * x.mean()), abs=1e-9)


@pytest.mark.parametrize("held", [[], [0.0, 0.0]])
def test_of_nothing_nobody_holds_a_share(held: list[float]) -> None:
    assert isinstance(concentration(held), Unknown)


@pytest.mark.parametrize("held", [[1.0, -1.0], [1.0, float("nan")]])
def test_what_is_below_zero_or_no_number_is_refused(held: list[float]) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        concentration(held)
