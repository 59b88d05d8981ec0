"""Designs for what cannot be drawn by lot: by hand, by two roads, and by simulation of a known truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.discontinuity import Jump, jump
from holdfast.estimates.effects import effect
from holdfast.estimates.matching import match
from holdfast.estimates.moments import Moments
from holdfast.estimates.staggered import Staggered, staggered

NEVER = -1


def held(truth, estimate):
    return estimate.low <= truth <= estimate.high


# --- groups that begin at different times -------------------------------------------------------------


def test_two_groups_two_periods_are_the_difference_of_differences():
    """Treated 10→16 and 12→18; others 5→7 and 7→9: 6 − 2 = 4."""
    answer = staggered([[10, 16], [12, 18], [5, 7], [7, 9]], [1, 1, NEVER, NEVER])
    assert answer.overall.point == pytest.approx(4)
    assert [one.periods for one in answer.since] == [0]
    assert answer.before_chance is None


def test_a_period_is_compared_as_changes_of_two_arms_are():
    """The error equals Welch's, with the normal quantile in place of Student's."""
    rng = np.random.default_rng(2)
    y = rng.normal(20, 6, (60, 2))
    begins = np.where(np.arange(60) < 25, 1, NEVER)
    answer, moved = staggered(y, begins), y[:, 1] - y[:, 0]
    other = effect(Moments.of(moved[:25]), Moments.of(moved[25:]))
    assert answer.overall.point == pytest.approx(other.absolute.point)
    ratio = (answer.overall.high - answer.overall.low) / (other.absolute.high - other.absolute.low)
    assert ratio == pytest.approx(1.96 / 2.0, abs=0.02)


def test_a_group_that_began_later_is_no_yardstick_after_its_start():
    """Early +10 from period 1, late +10 from period 2; nobody never: period 2 has nobody left to be held against."""
    y = [[0, 10, 10], [2, 12, 12], [0, 0, 10], [1, 1, 11]]
    answer = staggered(y, [1, 1, 2, 2])
    assert answer.overall.point == pytest.approx(10)
    assert [(one.periods, one.groups) for one in answer.since] == [(0, 1)]


def test_effects_that_grow_are_told_period_by_period_where_two_way_fixed_effects_would_mix_them():
    rng = np.random.default_rng(9)
    units, periods = 300, 8
    begins = rng.choice([3, 5, NEVER], units)
    grown = np.arange(periods)[None, :] - begins[:, None] + 1
    y = rng.normal(0, 5, (units, 1)) + np.arange(periods) * 2.0 + rng.normal(0, 1, (units, periods))
    y += np.where((begins[:, None] != NEVER) & (grown > 0), grown, 0)
    answer = staggered(y, begins)
    for one in answer.since:
        assert one.effect.point == pytest.approx(max(0, one.periods + 1), abs=0.5)
    assert answer.before_chance > 0.001


def test_trends_that_part_before_the_start_are_seen():
    rng = np.random.default_rng(3)
    begins = np.where(np.arange(200) < 100, 5, NEVER)
    y = rng.normal(0, 1, (200, 8)) + np.where(begins == 5, 1.0, 0.0)[:, None] * np.arange(8)
    assert staggered(y, begins).before_chance < 0.001


def test_who_was_treated_from_the_first_period_on_is_in_neither_group_and_counted():
    y = [[1, 2, 3], [2, 3, 4], [0, 0, 1], [1, 1, 1], [5, 6, 7], [6, 7, 7]]
    assert staggered(y, [0, 0, 1, 1, NEVER, NEVER]).never_left_out == 2
    assert isinstance(staggered(y, [0] * 6), Unknown)
    with pytest.raises(ValueError, match="one row"):
        staggered([1, 2], [0, 1])


def test_intervals_of_staggered_starts_hold_the_truth_95_times_in_100():
    """600 panels of 90 units with their own levels and growth in common."""
    rng, kept = np.random.default_rng(21), []
    for _ in range(600):
        begins = rng.choice([2, 4, NEVER], 90)
        y = rng.normal(50, 20, (90, 1)) + rng.normal(0, 3, 6) + rng.normal(0, 6, (90, 6))
        y += np.where((begins[:, None] != NEVER) & (np.arange(6) >= begins[:, None]), 4.0, 0.0)
        kept.append(held(4.0, staggered(y, begins).overall))
    assert np.mean(kept) == pytest.approx(0.95, abs=0.027)  # three standard errors of 600


# --- pairs ------------------------------------------------------------------------------------------


def test_pairs_are_of_one_stratum_near_in_every_covariate_and_each_is_used_once():
    treated, control = [[1.0, 10], [1.0, 10], [9.0, 90]], [[1.01, 10.1], [9.0, 90], [5.0, 50], [1.0, 10]]
    found = match(treated, control, [0, 0, 1], [0, 0, 0, 0])
    assert list(found.treated) == [0, 1]
    assert sorted(found.control) == [0, 3]
    assert found.left_out == 1  # its twin is of another stratum


def test_matching_balances_what_it_is_given_and_says_how_it_was_before():
    rng = np.random.default_rng(6)
    treated, control = rng.normal(0.4, 1, (300, 2)), rng.normal(0, 1, (3000, 2))
    found = match(treated, control, np.zeros(300, int), np.zeros(3000, int))
    assert (np.abs(found.before) > 0.25).all()
    assert found.balanced
    assert found.left_out < 30


@given(st.permutations(list(range(8))))
def test_the_order_of_untreated_rows_changes_no_closest_pairs(order):
    control = np.array([[0.0], [0.5], [1.0], [1.5], [2.0], [2.5], [3.0], [3.5]])
    found = match([[0.01], [2.02]], control[order], [0, 0], [0] * 8)
    assert sorted(float(x) for x in control[order][found.control, 0]) == [0.0, 2.0]


def test_nobody_alike_leaves_everybody_out():
    found = match([[1.0]], [[50.0], [60.0]], [0], [0, 0])
    assert len(found.treated) == 0
    assert found.left_out == 1
    assert not found.balanced


# --- a threshold -----------------------------------------------------------------------------------


def _scored(rng, n, lift):
    score = rng.beta(2, 4, n)
    return score, 10 + 30 * score - 25 * score**2 + np.where(score >= 0.3, lift, 0.0) + rng.normal(0, 3, n)


def test_the_interval_at_a_threshold_holds_the_truth_95_times_in_100():
    """500 shops of 2,000 customers whose outcome bends over the score."""
    rng, kept, width = np.random.default_rng(14), [], []
    for _ in range(500):
        answer = jump(*_scored(rng, 2000, 2.0), 0.3)
        kept.append(held(2.0, answer.effect))
        width.append(answer.effect.high - answer.effect.low)
    assert np.mean(kept) == pytest.approx(0.95, abs=0.03)
    assert np.median(width) < 4  # and it is not kept by being wide


def test_scores_steered_over_the_threshold_are_seen():
    rng = np.random.default_rng(1)
    score, y = _scored(rng, 4000, 0.0)
    nudged = np.where((score > 0.28) & (score < 0.3) & (rng.random(4000) < 0.7), 0.3 + rng.random(4000) / 100, score)
    assert jump(score, y, 0.3).crowding > 0.01
    assert jump(nudged, y, 0.3).crowding < 0.001


def test_too_few_on_one_side_or_too_coarse_a_score_is_unknown():
    rng = np.random.default_rng(1)
    assert isinstance(jump(rng.random(40), rng.random(40), 0.9), Unknown)
    assert isinstance(jump(rng.integers(0, 3, 400), rng.random(400), 1), Unknown)
    assert isinstance(jump(np.r_[rng.random(400), -rng.random(400)], np.ones(800), 0), Jump)
    assert isinstance(staggered([[1.0, 2.0]] * 4, [1, 1, NEVER, NEVER]), Staggered)
