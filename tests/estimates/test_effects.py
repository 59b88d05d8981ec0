"""What a treatment changed: by hand, by law, by two roads that meet, and by simulation of the truth."""

from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.always_valid import chance, standard_errors
from holdfast.estimates.differences import difference
from holdfast.estimates.effects import Effect, effect
from holdfast.estimates.false_discovery import adjusted
from holdfast.estimates.moments import Moments
from holdfast.estimates.planning import smallest_effect, units_needed
from holdfast.estimates.sample_ratio import split
from holdfast.estimates.tally import Tally

MONEY = st.lists(st.integers(0, 500), min_size=3, max_size=30)


def found(*given_, **more):
    answer = effect(*given_, **more)
    assert isinstance(answer, Effect)
    return answer


# --- by hand ----------------------------------------------------------------------------------------


def test_two_small_arms_are_compared_as_on_paper():
    """Treated 10, 14, 12; held out 8, 9, 7: 12 − 8 = 4, errors √(4/3) and √(1/3), so √(5/3) on 2.94 degrees."""
    answer = found(Moments.of([10, 14, 12]), Moments.of([8, 9, 7]))
    assert answer.absolute.point == pytest.approx(4)
    assert answer.relative.point == pytest.approx(0.5)
    assert (answer.absolute.high - answer.absolute.low) / 2 == pytest.approx(sqrt(5 / 3) * 3.216, rel=1e-3)
    assert answer.narrowed == 0


def test_what_was_known_before_takes_off_the_luck_of_the_draw():
    """y = 10 + 2 x (+ 5 where treated), so the covariate explains everything and the effect is 5 exactly."""
    x_t, x_h = np.array([1.0, 2, 3]), np.array([4.0, 6, 5])
    answer = found(
        Moments.of(15 + 2 * x_t, None, x_t), Moments.of(10 + 2 * x_h, None, x_h)
    )  # plain means: 19 and 20, so an effect below zero
    assert answer.treated < answer.held_out
    assert answer.absolute.point == pytest.approx(5)
    assert answer.narrowed == pytest.approx(1)


def test_an_arm_held_out_that_bought_nothing_gives_no_per_cent():
    answer = found(Moments.of([1, 0, 2]), Moments.of([0, 0, 0]))
    assert isinstance(answer.relative, Unknown)
    assert answer.absolute.point == 1


@pytest.mark.parametrize("arms", [([1], [1, 2]), ([1, 2], []), ([], [])])
def test_an_arm_of_one_shows_no_effect(arms):
    assert isinstance(effect(*map(Moments.of, arms)), Unknown)


def test_a_ratio_over_nothing_is_unknown():
    assert isinstance(effect(Moments.of([0, 0], [0, 0]), Moments.of([1, 2], [1, 1])), Unknown)


# --- two roads ---------------------------------------------------------------------------------------


@given(MONEY, MONEY)
def test_without_covariates_it_is_welchs_test(a, b):
    answer = found(Moments.of(a), Moments.of(b))
    if len({*a}) > 1 and len({*b}) > 1:  # theirs warns of arms that show no spread
        theirs = ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
        assert answer.absolute.low == pytest.approx(theirs.low, rel=1e-6, abs=1e-6)
        assert answer.absolute.high == pytest.approx(theirs.high, rel=1e-6, abs=1e-6)


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 5)), min_size=6, max_size=20))
def test_a_ratio_differs_as_differences_say(rows):
    money, orders = np.array(rows, dtype=float).T
    half = len(rows) // 2
    answer = found(Moments.of(money[:half], orders[:half]), Moments.of(money[half:], orders[half:]))
    other = difference(Tally.of(money[:half], orders[:half]), Tally.of(money[half:], orders[half:]), "ratio")
    assert answer.absolute.point == pytest.approx(other.point)
    assert answer.absolute.low == pytest.approx(other.low, rel=1e-5, abs=1e-5)


def test_adjusting_equals_the_regression_on_arm_and_covariate():
    """θ within arms is the slope of y on arm and x together; so is the effect its coefficient of the arm."""
    rng = np.random.default_rng(4)
    x, arm = rng.gamma(2, 30, 200), np.arange(200) % 2
    y = 20 + 3 * arm + 0.7 * x + rng.normal(0, 8, 200)
    known = np.column_stack([np.ones(200), arm, x])
    slope = np.linalg.lstsq(known, y, rcond=None)[0][1]
    answer = found(*(Moments.of(y[arm == one], None, x[arm == one]) for one in (1, 0)))
    assert answer.absolute.point == pytest.approx(slope, rel=1e-9)


def test_the_relative_interval_is_nearly_the_delta_methods_where_arms_are_large():
    """σ²C μT² / (μC⁴ nC) + σ²T / (μC² nT), the delta method as experiment platforms print it."""
    rng = np.random.default_rng(8)
    t, c = rng.gamma(2, 33, 40_000), rng.gamma(2, 30, 30_000)
    answer = found(Moments.of(t), Moments.of(c))
    var = np.var(c, ddof=1) * t.mean() ** 2 / (c.mean() ** 4 * 30_000) + np.var(t, ddof=1) / (c.mean() ** 2 * 40_000)
    width = (answer.relative.high - answer.relative.low) / 2
    assert width == pytest.approx(1.96 * sqrt(var), rel=1e-3)


@given(MONEY, MONEY, MONEY, MONEY)
def test_the_relative_interval_leaves_nothing_out_exactly_where_the_absolute_one_does(t, c, before_t, before_c):
    """Or a page would say "worked" beside an interval that holds nothing."""
    n, m = min(len(t), len(before_t)), min(len(c), len(before_c))
    answer = found(Moments.of(t[:n], None, before_t[:n]), Moments.of(c[:m], None, before_c[:m]))
    one, other = answer.absolute, answer.relative
    if isinstance(other, Unknown) or min(abs(one.low), abs(one.high)) < 1e-6:
        return
    assert (one.low <= 0 <= one.high) == (other.low <= 0 <= other.high)


# --- laws --------------------------------------------------------------------------------------------


@given(MONEY, st.integers(1, 2))
def test_moments_of_parts_add_up(values, cut):
    whole, parts = Moments.of(values), Moments.of(values[:cut]) + Moments.of(values[cut:])
    assert whole.n == parts.n
    assert np.allclose(whole.products, parts.products)
    assert np.allclose(whole.sums, parts.sums)


def test_a_covariate_that_is_the_same_for_all_changes_nothing():
    a, b = [3, 4, 9, 1], [2, 2, 5]
    plain = found(Moments.of(a), Moments.of(b))
    with_it = found(Moments.of(a, None, [7] * 4), Moments.of(b, None, [7] * 3))
    assert with_it.absolute.low == pytest.approx(plain.absolute.low)
    assert with_it.narrowed == pytest.approx(0, abs=1e-12)


def test_the_always_valid_reach_is_beyond_two_errors_and_tightest_as_planned():
    reaches = [standard_errors(n, 5000) for n in (50, 500, 5000, 50_000)]
    assert min(reaches) > 1.96
    assert all(a > b for a, b in pairwise(reaches[:3]))
    assert standard_errors(5000, 5000) <= min(standard_errors(5000, p) for p in (1000, 3000, 9000, 50_000)) + 1e-9


@pytest.mark.parametrize("bad", [{"counted": [1, float("nan")]}, {"counted": [1, 2], "out_of": [1]}])
def test_units_that_are_no_numbers_are_refused(bad):
    with pytest.raises(ValueError, match=r"finite|inhomogeneous"):
        Moments.of(**bad)


# --- oracles -----------------------------------------------------------------------------------------


def test_chances_are_raised_as_in_the_paper_of_benjamini_and_hochberg():
    """Their table of fifteen (1995, section 4): four are found at 5 %."""
    p = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1.0]  # fmt: skip
    raised = adjusted(p[::-1])[::-1]
    assert (raised <= 0.05).sum() == 4
    assert raised[3] == pytest.approx(0.0095 * 15 / 4)
    assert (np.diff(raised) >= 0).all()


def test_a_split_of_a_thousand_is_judged_as_chi_square_does():
    assert split([500, 500], [0.5, 0.5]).chance == 1.0
    assert split([531, 469], [0.5, 0.5]).chance == pytest.approx(0.04995, abs=5e-4)  # χ² = 3.844 at one degree
    assert not split([531, 469], [0.5, 0.5]).broken
    assert split([60_000, 50_000, 10_000], [0.5, 0.4, 0.1]).broken
    assert split([0, 0], [0.9, 0.1]).chance == 1.0


@pytest.mark.parametrize("shares", [[0.5, 0.6], [1.0], [1.0, 0.0]])
def test_shares_that_are_none_are_refused(shares):
    with pytest.raises(ValueError, match="share"):
        split([1] * len(shares), shares)


def test_a_plan_needs_as_many_as_the_rule_of_thumb_says():
    """16 s² ÷ δ² an arm (van Belle): exactly 15.7 at 80 % power; a tenth of a unit whose spread is its mean: 1,570."""
    assert units_needed(0.1, 1.0) == pytest.approx(2 * 1570, rel=1e-3)
    assert smallest_effect(1570, 1570, 1.0) == pytest.approx(0.1, rel=1e-3)
    assert units_needed(0.1, 1.0, held_out=0.1) > units_needed(0.1, 1.0)
    assert units_needed(0.1, 1.0, narrowed=0.5) == pytest.approx(1570, abs=1)
    assert smallest_effect(100, 0, 1.0) == float("inf")


# --- simulation --------------------------------------------------------------------------------------


def _shop(rng, n, lift):
    """Spending before and after of n customers, skewed and correlated as shops' are."""
    taste = rng.gamma(1.5, 20, n)
    return taste * rng.gamma(3, 1 / 3, n), taste * rng.gamma(3, 1 / 3, n) * (1 + lift)


def _holds(truth, estimate):
    return estimate.low <= truth <= estimate.high


def _at_the_horizon(runs, seed):
    """(share of intervals that hold the truth: absolute, relative; mean narrowing; ρ² of the shop's two stretches)."""
    rng, lift, kept, narrowed = np.random.default_rng(seed), 0.08, [], []
    for _ in range(runs):
        (x_t, y_t), (x_h, y_h) = _shop(rng, 900, lift), _shop(rng, 600, 0.0)
        answer = found(Moments.of(y_t, None, x_t), Moments.of(y_h, None, x_h))
        kept.append((_holds(30 * lift, answer.absolute), _holds(lift, answer.relative)))
        narrowed.append(answer.narrowed)
    absolute, relative = np.mean(kept, axis=0)
    rho = np.corrcoef(*_shop(rng, 400_000, 0.0))[0, 1]
    return absolute, relative, np.mean(narrowed), rho**2


def _under_daily_looks(runs, seed, lift=0.0):
    """Forty looks, one a day: how often every always-valid interval holds the truth, how often any leaves nothing out,
    and how often any fixed one does."""
    rng, days, daily = np.random.default_rng(seed), 40, 60
    ends = np.arange(1, days + 1) * daily
    reach = np.array([standard_errors(int(2 * n), 2 * days * daily) for n in ends])
    kept = claimed = claimed_fixed = 0
    for _ in range(runs):
        y = rng.exponential(30, (2, days * daily)) * np.array([[1 + lift], [1.0]])
        sums, squares = np.cumsum(y, axis=1)[:, ends - 1], np.cumsum(y * y, axis=1)[:, ends - 1]
        mean = sums / ends
        error = np.sqrt(((squares / ends - mean**2) / ends).sum(axis=0))
        apart = mean[0] - mean[1]
        kept += bool((np.abs(apart - 30 * lift) <= reach * error).all())
        claimed += bool((np.abs(apart) > reach * error).any())
        claimed_fixed += bool((np.abs(apart) > 1.96 * error).any())
    return kept / runs, claimed / runs, claimed_fixed / runs


def _broken_splits_caught(runs, seed):
    """A lot of 20,000 that loses one in eight of those held out, and one that loses nobody: how often each is caught."""
    rng = np.random.default_rng(seed)
    torn = [split([16_000, int(rng.binomial(4_000, 7 / 8))], [0.8, 0.2]).broken for _ in range(runs)]
    held = rng.binomial(20_000, 0.2, runs)
    whole = [split([20_000 - int(one), int(one)], [0.8, 0.2]).broken for one in held]
    return np.mean(torn), np.mean(whole)


def test_intervals_at_the_horizon_hold_the_truth_95_times_in_100():
    """2,000 shops; absolute and relative, adjusted: 95 ± 1.5, and CUPED narrows by ρ² as theory says."""
    absolute, relative, narrowed, theory = _at_the_horizon(2_000, 11)
    assert absolute == pytest.approx(0.95, abs=0.015)
    assert relative == pytest.approx(0.95, abs=0.015)
    assert narrowed == pytest.approx(theory, abs=0.02)


def test_daily_looks_find_nothing_where_nothing_is():
    """40 looks at an A/A comparison, 1,000 shops: fewer than 5 % ever find an effect; a fixed interval errs often."""
    kept, claimed, claimed_fixed = _under_daily_looks(1_000, 5)
    assert kept >= 0.95
    assert claimed < 0.05
    assert claimed_fixed > 0.2  # so the test can tell the two apart


def test_a_split_that_lost_one_in_eight_is_caught_and_one_that_lost_nobody_hardly_ever():
    torn, whole = _broken_splits_caught(500, 6)
    assert torn == 1.0
    assert whole <= 0.01


@pytest.mark.slow
def test_the_proofs_of_effects_in_full(record_property):
    """The same at length: 20,000 shops at the horizon, 10,000 of forty looks each with an effect and without, 20,000
    splits. One standard error at 95 in 100 of 20,000 is 0.15."""
    absolute, relative, narrowed, theory = _at_the_horizon(20_000, 41)
    kept, *_ = _under_daily_looks(10_000, 42, lift=0.1)
    _, claimed, claimed_fixed = _under_daily_looks(10_000, 43)
    torn, whole = _broken_splits_caught(20_000, 44)
    told = {
        "absolute": absolute, "relative": relative, "narrowed": narrowed, "theory": theory, "always valid": kept,
        "false always": claimed, "false fixed": claimed_fixed, "torn": torn, "whole": whole,
    }  # fmt: skip
    for name, number in told.items():
        record_property(name, float(number))
    print({name: round(float(number), 5) for name, number in told.items()})
    assert absolute == pytest.approx(0.95, abs=0.015)
    assert relative == pytest.approx(0.95, abs=0.015)
    assert narrowed == pytest.approx(theory, abs=0.01)
    assert kept >= 0.95
    assert claimed < 0.05 < claimed_fixed
    assert torn > 0.999 and whole < 0.002


# --- chances ----------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 99), min_size=3, max_size=20), st.lists(st.integers(0, 99), min_size=3, max_size=20))
def test_the_chance_of_one_look_is_welchs(treated, held_out):
    """Two roads: moments here, SciPy's test over the values."""
    if 1 in (len(set(treated)), len(set(held_out))):
        return
    answer = found(Moments.of(treated), Moments.of(held_out))
    assert answer.chance == pytest.approx(ttest_ind(treated, held_out, equal_var=False).pvalue, abs=1e-9)


@given(st.integers(2, 10_000), st.integers(2, 10_000))
def test_the_chance_at_every_look_is_a_twentieth_where_the_interval_just_holds_nothing(n, planned):
    assert chance(standard_errors(n, planned), n, planned) == pytest.approx(0.05)
    assert chance(0.0, n, planned) == 1.0
