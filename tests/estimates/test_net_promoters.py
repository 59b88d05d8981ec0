"""The Net Promoter Score: known values, its error, and what may not be put into it."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.differences import difference
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.net_promoters import net_promoters
from holdfast.estimates.tally import NOTHING, Tally


def answers(promoters, passives, detractors):
    return Tally.of([1] * promoters + [0] * passives + [-1] * detractors)


def test_of_200_answers_half_promoters_and_a_fifth_detractors_are_30_give_or_take_10_point_8():
    found = net_promoters(answers(100, 60, 40))
    assert (found.point, found.high - found.point) == (30, pytest.approx(10.8, abs=0.05))


def test_passives_stay_below_the_line():
    assert net_promoters(answers(1, 8, 0)).point == pytest.approx(100 / 9)


@given(st.lists(st.sampled_from([1, 0, -1]), min_size=2, max_size=60))
def test_the_error_is_that_of_a_mean_of_tickets_drawn_with_replacement(tickets):
    found = net_promoters(Tally.of(tickets))
    half = 1.959963984540054 * 100 * np.std(tickets) / sqrt(len(tickets))
    assert found.point == pytest.approx(100 * np.mean(tickets))
    assert found.low == pytest.approx(max(-100, found.point - half), abs=1e-6)
    assert found.high == pytest.approx(min(100, found.point + half), abs=1e-6)


def test_no_end_lies_beyond_100():
    found = net_promoters(answers(9, 1, 0))
    assert (found.point, found.high) == (90, 100)


def test_without_answers_nothing_is_said():
    assert isinstance(net_promoters(NOTHING), Unknown)
    assert isinstance(difference(NOTHING, answers(1, 1, 1), "net"), Unknown)
    assert isinstance(difference(answers(1, 1, 1), NOTHING, "net"), Unknown)


@pytest.mark.parametrize("units", [[9, 10, 3], [0.5, -1, 1], [2, 0, 0]])
def test_raw_answers_are_refused(units):
    with pytest.raises(ValueError, match="1, 0 or −1"):
        net_promoters(Tally.of(units))


def test_two_scores_are_compared_by_the_sum_of_their_variances():
    """39.84 of 2,746 and 30.98 of 2,650, the airport's two years: 8.86 apart, ± 3.88."""
    found = difference(answers(1436, 968, 342), answers(1268, 935, 447), "net")
    assert isinstance(found, Estimate)
    errors = [sqrt(p + d - (p - d) ** 2) / sqrt(n) for p, d, n in
              ((1436 / 2746, 342 / 2746, 2746), (1268 / 2650, 447 / 2650, 2650))]  # fmt: skip
    assert found.point == pytest.approx(8.859, abs=5e-4)
    assert found.high - found.point == pytest.approx(196 * sqrt(errors[0] ** 2 + errors[1] ** 2), rel=1e-4)


def test_95_of_100_intervals_hold_the_true_score():
    rng = np.random.default_rng(35)
    held = 0
    for _ in range(4000):
        drawn = rng.multinomial(150, [0.45, 0.35, 0.20])
        found = net_promoters(answers(*drawn))
        held += found.low <= 25 <= found.high
    assert 0.935 <= held / 4000 <= 0.965
