"""What a staggered start and several shops together could find, held to the general formula worked out in full."""

import numpy as np
import pytest

from holdfast.estimates.planning import smallest_effect, stepped_effect, together


def by_matrices(each, variation, alike, groups):
    """Generalised least squares over every unit and period: the slow way to the same number."""
    periods = groups + 1
    begins = np.repeat(np.arange(groups), each)
    x = np.array([[float(period > begin) for period in range(periods)] for begin in begins])
    design = [np.column_stack([np.eye(periods), row]) for row in x]
    shape = variation**2 * ((1 - alike) * np.eye(periods) + alike * np.ones((periods, periods)))
    inverse = np.linalg.inv(shape)
    variance = np.linalg.inv(sum(one.T @ inverse @ one for one in design))[-1, -1]
    return (1.959963984540054 + 0.8416212335729143) * variance**0.5


@pytest.mark.parametrize(
    ("each", "variation", "alike", "groups"), [(5, 2.0, 0.3, 4), (3, 1.0, 0.0, 2), (2, 3.0, 0.9, 6)]
)
def test_a_staggered_start_finds_what_least_squares_over_all_periods_says(each, variation, alike, groups):
    expected = by_matrices(each, variation, alike, groups)
    assert stepped_effect(each * groups, variation, alike, groups) == pytest.approx(expected, rel=1e-9)


def test_with_too_few_units_for_its_groups_a_staggered_start_finds_nothing():
    assert stepped_effect(3, 1.0, 0.2, 4) == float("inf")
    assert stepped_effect(100, 1.0, 0.2, 1) == float("inf")


def test_four_like_shops_find_half_of_what_one_finds_and_a_blind_one_adds_nothing():
    one = smallest_effect(500, 500, 2.0)
    assert together([one] * 4) == pytest.approx(one / 2)
    assert together([one, float("inf")]) == pytest.approx(one)
    assert together([]) == float("inf")
