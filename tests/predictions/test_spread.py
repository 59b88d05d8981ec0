"""Bands of value between round amounts, on paper and for any values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.predictions.spread import BANDS, bands


def test_customers_stand_between_round_amounts() -> None:
    """In cents: 0, 3.00, 4.99, 5.00, 20.00 and 21.00. Whole units 5, 10 and 20 part them; 2 is below all of them."""
    found = bands(np.array([0.0, 300, 499, 500, 2000, 2100]), 100)
    assert [(band.low, band.high, band.customers, band.value) for band in found] == [
        (0, 500, 3, 799), (500, 1000, 1, 500), (1000, 2000, 0, 0), (2000, None, 2, 4100),
    ]  # fmt: skip


def test_where_all_are_worth_alike_there_are_two_bands() -> None:
    found = bands(np.full(9, 700.0), 100)
    assert [(band.low, band.high, band.customers) for band in found] == [(0, 500, 0), (500, None, 9)]


@given(st.lists(st.floats(0, 1e12), max_size=200), st.sampled_from([1, 100, 1000]))
def test_everybody_is_in_one_band_and_nothing_is_lost(each: list[float], minors: int) -> None:
    found = bands(np.array(each), minors)
    if not any(each):
        assert found == ()
        return
    assert len(found) <= BANDS
    assert sum(band.customers for band in found) == len(each)
    assert sum(band.value for band in found) == pytest.approx(sum(each))
    assert [band.high for band in found[:-1]] == [band.low for band in found[1:]]
