"""Where doubles overflow or cancel, we agree with mpmath's sixty digits (sixty_digits.py made the table)."""

import json
from pathlib import Path

import numpy as np
import pytest

from holdfast.estimates.mean_until_dropout import mean_until_dropout
from holdfast.estimates.pareto_nbd import left

TABLE = json.loads(Path(__file__).with_name("sixty_digits.json").read_text())


def test_purchases_until_dropout_up_to_twenty_thousand_repeats_and_through_a_of_one():
    """To ten digits, or to a hundred thousand millionth of a purchase where next to none is expected."""
    for *arguments, told in TABLE["until_dropout"]:
        found = float(mean_until_dropout(*arguments))
        assert found == pytest.approx(float(told), rel=1e-10, abs=1e-11), arguments


def test_the_odds_of_having_left_are_an_integral_that_is_right_to_nine_digits():
    for r, alpha, s, beta, *row, told in TABLE["log_left_odds"]:
        odds, _ = left((r, alpha, s, beta), *(np.array([value], dtype=float) for value in row))
        assert odds[0] == pytest.approx(float(told), rel=1e-12, abs=1e-9), (r, alpha, s, beta, *row)


def test_whole_numbers_at_which_scipy_gives_up_have_a_value_too():
    """r = 99, α = 2, a = 10, b = 108, t = 19: SciPy's hyp2f1 is NaN; mpmath with 60 digits says this."""
    assert float(mean_until_dropout(99, 2, 10, 108, 19)) == pytest.approx(12.99999996577189369, rel=1e-12)
