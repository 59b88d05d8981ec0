"""Scores of forecasts by hand and by law; ranges of totals against SciPy's Poisson-binomial."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson_binom

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.forecast_score import DRAWN, EXACT, NORMAL, deciles, range_of, score

chances = st.lists(st.integers(0, 100).map(lambda n: n / 100), min_size=1, max_size=12)


def test_four_forecasts_by_hand():
    """(0.9 − 1)² + (0.8 − 1)² + (0.7 − 0)² + (0.2 − 0)² = 0.01 + 0.04 + 0.49 + 0.04, over 4; half of them came."""
    found = score([0.9, 0.8, 0.7, 0.2], [1, 1, 0, 0])
    assert (found.n, found.came, found.base) == (4, 2, 0.25)
    assert found.brier == pytest.approx(0.145)
    assert found.skill == pytest.approx(1 - 0.145 / 0.25)


def test_who_knows_all_earns_nothing_and_who_is_surely_wrong_earns_one():
    assert score([1, 0, 1], [1, 0, 1]).brier == 0
    assert score([0, 1], [1, 0]).brier == 1


def test_the_share_that_came_said_every_time_has_no_skill():
    assert score([0.25] * 4, [1, 0, 0, 0]).skill == pytest.approx(0)


def test_without_a_way_to_be_wrong_skill_is_unknown_rather_than_a_division_by_nothing():
    assert isinstance(score([0.9, 0.8], [1, 1]).skill, Unknown)
    assert isinstance(score([], []), Unknown)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=1, max_size=40))
def test_no_forecast_beats_honesty_on_average(pairs):
    """The score is proper: shifting every forecast to the share that came cannot do worse than any constant."""
    came = [y for _, y in pairs]
    constant = float(np.mean([p for p, _ in pairs]))
    assert score([np.mean(came)] * len(came), came).brier <= score([constant] * len(came), came).brier + 1e-12


def test_forecasts_are_told_by_tenths_with_how_many_came():
    rows = deciles([0.3, 0.3, 0.39, 0.7, 1.0, 0.0], [1, 0, 0, 1, 1, 0])
    assert [(r.n, r.came) for r in rows] == [
        (1, 0),
        (0, 0),
        (0, 0),
        (3, 1),
        (0, 0),
        (0, 0),
        (0, 0),
        (1, 1),
        (0, 0),
        (1, 1),
    ]
    assert rows[3].said == pytest.approx(0.33) and rows[3].share.point == pytest.approx(1 / 3)
    assert rows[1].said is None and isinstance(rows[1].share, Unknown)


@given(chances)
def test_a_total_of_ones_is_poisson_binomial(p):
    """SciPy's poisson_binom says the same mean and the same ends."""
    found = range_of(p, [1] * len(p))
    if sum(p) > 0 and any(0 < x < 1 for x in p):
        law = poisson_binom(p)
        assert found.expected == pytest.approx(law.mean())
        for end, q in ((found.low, 0.1), (found.high, 0.9)):
            assert law.cdf(end) >= q - 1e-9 and (end == 0 or law.cdf(end - 1) < q + 1e-9)
    assert found.method == EXACT


def test_two_renewals_by_hand():
    """Of 20 ways: 1 nothing, 3 only the small, 4 only the large, 12 both; the tenth in 100 lies among the 3."""
    found = range_of([0.75, 0.8], [100, 1000])
    assert (found.expected, found.low, found.high) == (875, 100, 1100)


def test_many_are_drawn_with_a_fixed_seed_and_land_where_the_law_says():
    p = np.linspace(0.05, 0.95, 60)
    found = range_of(p, np.ones(60))
    law = poisson_binom(p)
    assert found == range_of(p, np.ones(60)) and found.method == DRAWN
    assert abs(found.low - law.ppf(0.1)) <= 1 and abs(found.high - law.ppf(0.9)) <= 1


def test_very_many_are_as_good_as_normal_and_what_one_of_them_decides_is_drawn():
    """The law of 900 ones of unequal chances, folded one by one; 1,500 uneven amounts against 20,000 draws of them."""
    p, law = np.linspace(0.02, 0.6, 900), np.ones(1)
    for chance in p:
        law = np.convolve(law, [1 - chance, chance])
    found, ends = range_of(p, np.ones(900)), np.searchsorted(np.cumsum(law), [0.1, 0.9])
    assert found.method == NORMAL
    assert abs(found.low - ends[0]) <= 1 and abs(found.high - ends[1]) <= 1
    draw = np.random.default_rng(3)
    p, a = draw.random(1_500) ** 2, draw.lognormal(10, 0.5, 1_500)
    told, drawn = range_of(p, a), (draw.random((20_000, 1_500), np.float32) < p) @ a
    assert told.method == NORMAL and told.expected == pytest.approx(p @ a)
    assert (drawn < told.low).mean() == pytest.approx(0.1, abs=0.01)
    assert (drawn > told.high).mean() == pytest.approx(0.1, abs=0.01)
    assert range_of([0.5] * 900 + [0.5], [1] * 900 + [1000]).method == DRAWN


def test_what_is_no_probability_is_refused():
    for bad in ([1.2], [-0.1], [float("nan")]):
        with pytest.raises(ValueError, match="between 0 and 1"):
            score(bad, [1])
    with pytest.raises(ValueError, match="outcome"):
        score([0.5], [0.5])
    with pytest.raises(ValueError, match="amount"):
        range_of([0.5], [float("inf")])
    assert isinstance(range_of([], []), Unknown)
