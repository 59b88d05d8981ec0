"""Ranking, calibration, drift and logistic regression, against scikit-learn 1.9.1, by hand and by law."""

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.calibration import brier, calibration, reliability
from holdfast.estimates.drift import stability, stability_index
from holdfast.estimates.logistic import Fit, logistic
from holdfast.estimates.ranking import Ranking
from holdfast.estimates.resampling import by_cluster

# What scikit-learn 1.9.1 was asked about as well; its answers stand in the tests.
ROW = np.arange(400)
SCORE = (ROW * 37 % 101) / 10
EVENT = (ROW * 53 % 97) / 97 < 0.1 + 0.06 * SCORE
WEIGHT = 1.0 + (ROW * 7 % 3)
CHANCE = 0.05 + 0.08 * SCORE
COLUMNS = np.column_stack([SCORE, (ROW * 29 % 83) / 83, (ROW * 11 % 7) - 3.0])


def test_auc_and_average_precision_are_those_of_scikit_learn():
    ranking = Ranking.of(EVENT, SCORE)
    once, weighed = ranking.weighed(), ranking.weighed(WEIGHT)
    assert once.auc() == pytest.approx(0.7070235501608052, abs=1e-14)  # roc_auc_score
    assert weighed.auc() == pytest.approx(0.708627104092411, abs=1e-14)
    assert once.average_precision() == pytest.approx(0.5602356521845526, abs=1e-14)  # average_precision_score
    assert weighed.average_precision() == pytest.approx(0.5641655201076243, abs=1e-14)


def test_brier_and_logistic_regression_are_those_of_scikit_learn():
    assert brier(EVENT, CHANCE) == pytest.approx(0.21674847999999997, abs=1e-14)  # brier_score_loss
    plain, bent = logistic(COLUMNS, EVENT), logistic(COLUMNS, EVENT, ridge=2.0)  # C = 1e12 and C = 0.5
    assert [plain.intercept, *plain.coefficients] == pytest.approx(
        [-1.8305567, 0.26759218, 0.10999991, 0.01600512], abs=1e-7
    )
    assert [bent.intercept, *bent.coefficients] == pytest.approx(
        [-1.81367598, 0.26670167, 0.08550335, 0.01583613], abs=1e-7
    )
    told = calibration(EVENT, CHANCE)
    assert (told.intercept, told.slope) == pytest.approx((-0.25186593, 0.68795076), abs=1e-7)


def test_the_error_of_a_coefficient_is_that_of_the_log_odds_ratio_of_a_fourfold_table():
    counts = {(0, 0): 30, (0, 1): 10, (1, 0): 12, (1, 1): 28}  # (exposed, happened): n
    rows = [key for key, n in counts.items() for _ in range(n)]
    fit = logistic([[x] for x, _ in rows], [y for _, y in rows])
    assert isinstance(fit, Fit)
    assert fit.coefficients[0] == pytest.approx(log(28 * 30 / (10 * 12)))
    assert fit.errors[1] == pytest.approx(sqrt(1 / 30 + 1 / 10 + 1 / 12 + 1 / 28))  # Woolf 1955
    assert fit.chance([[1.0]])[0] == pytest.approx(28 / 40)


def test_what_a_column_says_without_a_mistake_has_no_best_chance():
    assert isinstance(logistic([[0.0], [1.0], [2.0], [3.0]], [False, False, True, True]), Unknown)
    assert isinstance(logistic([[0.0], [1.0]], [True, True]), Unknown)
    assert isinstance(logistic([[0.0], [1.0], [2.0], [3.0]], [False, False, True, True], ridge=1.0), Fit)


def test_lift_and_recall_by_hand():
    #        score 9: hit   8: hit, miss   1: two hits among seven
    event = [1, 1, 0, 1, 1, 0, 0, 0, 0, 0]
    score = [9, 8, 8, 1, 1, 1, 1, 1, 1, 1]
    ranking = Ranking.of(event, score).weighed()
    assert ranking.lift(0.1) == pytest.approx(1 / 0.4)
    assert ranking.lift(0.3) == pytest.approx((2 / 3) / 0.4)
    assert ranking.recall(2) == pytest.approx(1.5 / 4)  # of the tie of two, half of its one hit
    assert ranking.recall(100) == 1.0
    assert np.isnan(Ranking.of([0, 0], [1, 2]).weighed().auc())


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(1, 3)), min_size=2, max_size=25))
def test_auc_counts_pairs_and_a_weight_is_a_row_told_again(rows):
    event, score, weight = (np.array(x) for x in zip(*rows, strict=True))
    if not 0 < event.sum() < len(event):
        return
    pairs = [(a > b) + (a == b) / 2 for a in score[event] for b in score[~event]]
    ranking = Ranking.of(event, score)
    once, weighed = ranking.weighed(), ranking.weighed(weight)
    assert once.auc() == pytest.approx(np.mean(pairs))
    assert Ranking.of(event, -score).weighed().auc() == pytest.approx(1 - once.auc())
    assert Ranking.of(event, np.exp(score)).weighed().auc() == once.auc()
    told = Ranking.of(event.repeat(weight), score.repeat(weight)).weighed()
    for name in ("auc", "average_precision", "lift"):
        assert getattr(weighed, name)() == pytest.approx(getattr(told, name)())


def test_a_customer_told_twice_narrows_no_interval():
    ranking, twice = Ranking.of(EVENT, SCORE), Ranking.of(EVENT.repeat(2), SCORE.repeat(2))
    once = by_cluster(ROW, lambda w: [ranking.weighed(w).auc()], draws=60)
    again = by_cluster(ROW.repeat(2), lambda w: [twice.weighed(w).auc()], draws=60)
    assert (once[0].point, once[0].low, once[0].high) == pytest.approx((again[0].point, again[0].low, again[0].high))
    assert 0.6 < once[0].low < once[0].point < once[0].high < 0.8
    alone = by_cluster(ROW.repeat(2) * 2 + np.tile([0, 1], 400), lambda w: [twice.weighed(w).auc()], draws=60)
    assert alone[0].high - alone[0].low < once[0].high - once[0].low


def test_a_bootstrap_says_when_there_is_nothing_to_draw():
    ranking = Ranking.of([0, 0, 0], [1, 2, 3])
    assert isinstance(by_cluster([1, 2, 3], lambda w: [ranking.weighed(w).auc()], draws=10)[0], Unknown)


def test_reliability_tells_what_was_said_and_what_happened():
    bins = reliability([0, 0, 1, 1, 1, 0], [0.1, 0.1, 0.1, 0.9, 0.9, 0.9], bins=2)
    assert [(b.n, b.said, b.happened) for b in bins] == [
        (3, pytest.approx(0.1), pytest.approx(1 / 3)),
        (3, pytest.approx(0.9), pytest.approx(2 / 3)),
    ]
    assert sum(b.n for b in reliability(EVENT, CHANCE)) == 400
    assert isinstance(calibration([0, 1, 0, 1], [0.5] * 4), Unknown)


def test_chances_that_are_right_have_slope_one_and_chances_twice_too_sure_one_half():
    rng = np.random.default_rng(1)
    odds = rng.normal(0, 1.5, 20_000)
    event = rng.random(20_000) < 1 / (1 + np.exp(-odds))
    right = calibration(event, 1 / (1 + np.exp(-odds)))
    assert right.slope == pytest.approx(1, abs=3 * right.error)
    assert right.intercept == pytest.approx(0, abs=0.06)
    assert calibration(event, 1 / (1 + np.exp(-2 * odds))).slope == pytest.approx(right.slope / 2)


def test_the_stability_index_by_hand():
    expected = (0.6 - 0.5) * log(0.6 / 0.5) + (0.4 - 0.5) * log(0.4 / 0.5)
    assert stability_index([50, 50], [60, 40]) == pytest.approx(expected)
    assert stability(SCORE, SCORE) == 0.0
    assert stability(SCORE, SCORE + 3) > 0.25
    gone = SCORE.copy()
    gone[:200] = np.nan
    assert stability(SCORE, gone) > 0.25  # that half is no longer known is a change too
