"""Few units: the drawn lot against all that could have been. By simulation with a fixed seed, and by counting out."""

from math import comb

import numpy as np
import pytest
from scipy.stats import fisher_exact

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import effect
from holdfast.estimates.moments import Moments
from holdfast.estimates.randomization import effect_of_few
from holdfast.estimates.sample_ratio import split

# By how many units: lots of more take longer to draw again, and a case takes a minute at most.
RUNS = {12: 400, 24: 80, 40: 140}


def few(counted, treated, before=None, out_of=None, **how):
    counted = np.asarray(counted, dtype=float)
    nothing, each = np.zeros_like(counted), np.ones_like(counted)
    return effect_of_few(
        counted, each if out_of is None else out_of, nothing if before is None else before, treated, **how
    )


def first(n, of):
    return np.arange(of) < n


def test_darwins_method_on_a_lot_that_can_be_counted_by_hand():
    """4 of 8: 70 lots, of which the one drawn and its mirror lie farthest out."""
    found = few([5, 6, 7, 8, 1, 2, 3, 4], first(4, 8))
    assert found.chance == pytest.approx(2 / 70)
    assert found.absolute.low > 0
    assert found.absolute.point == 4


@pytest.mark.parametrize(("yes", "n", "others", "m"), [(9, 9, 2, 6), (30, 36, 1, 4), (5, 12, 5, 12)])
def test_of_yes_and_no_its_chance_is_fishers(yes, n, others, m):
    counted = [1] * yes + [0] * (n - yes) + [1] * others + [0] * (m - others)
    expected = fisher_exact([[yes, n - yes], [others, m - others]]).pvalue
    assert few(counted, first(n, n + m), yes_or_no=True).chance == pytest.approx(expected)


def test_nothing_is_told_where_all_are_alike_or_so_few_that_no_lot_stands_out():
    assert isinstance(few([3.0] * 10, first(5, 10)), Unknown)
    assert isinstance(few(np.arange(10) * 3.0, first(5, 10), np.arange(10)), Unknown)  # as it was before
    shares = few([1.0] * 10, first(5, 10), yes_or_no=True)
    assert shares.absolute.low < 0 < shares.absolute.high
    assert isinstance(few([5.0, 6.0, 1.0, 2.0], first(2, 4)), Unknown)
    assert isinstance(few([5.0, 6.0, 1.0], first(2, 3)), Unknown)


@pytest.mark.parametrize("before", [[1, 1, 1, 1, 0, 0, 0, 0], [7, 7, 7, 7, 3, 3, 3, 3]])
def test_nothing_is_told_where_what_was_before_sets_the_arms_apart_as_the_lot_does(before):
    """Every account treated had one order before and none of the others: nobody can say which of both it was."""
    found = few([5, 6, 7, 9, 1, 2, 3, 4], first(4, 8), before)
    assert isinstance(found, Unknown)
    assert "as the lot does" in found.why


def test_it_comes_to_welch_where_units_are_many_and_plain():
    rng = np.random.default_rng(5)
    before = rng.normal(100, 20, 300)
    counted = before + rng.normal(0, 10, 300) + 5 * first(150, 300)
    arm = first(150, 300)
    found = few(counted, arm, before)
    plain = effect(Moments.of(counted[arm], None, before[arm]), Moments.of(counted[~arm], None, before[~arm]))
    for of in ("absolute", "relative"):
        one, other = getattr(found, of), getattr(plain, of)
        assert (one.point, one.low, one.high) == pytest.approx((other.point, other.low, other.high), rel=0.12)


def test_a_relative_effect_leaves_nothing_out_exactly_where_the_absolute_one_does():
    rng = np.random.default_rng(6)
    seen = set()
    for n in range(8):
        arm = rng.permutation(first(8, 14))
        counted = rng.lognormal(2, 0.5, 14) * np.where(arm, 1 + (n % 3), 1)
        found = few(counted, arm, rng.lognormal(2, 0.5, 14))
        if not isinstance(found.relative, Unknown):
            apart = tuple((one.low > 0) - (one.high < 0) for one in (found.absolute, found.relative))
            assert apart[0] == apart[1]
            seen.add(apart[0])
    assert seen == {0, 1}


def coverage(make, runs, held_out, n, effect_of_all, **how):
    """Of lots that were drawn, in how many shares the interval holds the truth, and leaves nothing out."""
    rng, holds, apart = np.random.default_rng(2026), 0, 0
    for _ in range(runs):
        arm = rng.permutation(first(n - held_out, n))
        found = few(*make(rng, n, arm, effect_of_all), **how)
        if isinstance(found, Unknown):
            holds += 1
            continue
        holds += found.absolute.low <= effect_of_all <= found.absolute.high
        apart += not found.absolute.low <= 0 <= found.absolute.high
    return holds / runs, apart / runs


def off(runs):
    """Three standard errors of a share of 5 %, the theory's, of so many runs."""
    return 3 * (0.05 * 0.95 / runs) ** 0.5


def spent(rng, n, arm, by):
    before = rng.lognormal(3, 1.2, n)
    return before * rng.lognormal(0, 0.5, n) + by * arm, arm, before


def ordered(rng, n, arm, by):
    return rng.poisson(3, n) + by * arm, arm


def renewed(rng, n, arm, by):
    return (rng.random(n) < 0.85).astype(float), arm


def test_its_intervals_hold_the_truth_of_a_dozen():
    assert coverage(spent, 200, 6, 12, 5.0)[0] >= 0.92  # 95 %, and what 200 runs may be off


@pytest.mark.slow
@pytest.mark.parametrize("make", [spent, ordered])
@pytest.mark.parametrize(("n", "held_out"), [(12, 6), (40, 4), (24, 12)])
def test_its_intervals_hold_the_truth_however_few_and_uneven(make, n, held_out):
    assert coverage(make, RUNS[n], held_out, n, 5.0)[0] >= 0.95 - off(RUNS[n])


@pytest.mark.slow
@pytest.mark.parametrize("make", [spent, ordered, renewed])
@pytest.mark.parametrize(("n", "held_out"), [(12, 6), (40, 4), (40, 20)])
def test_chance_makes_an_effect_of_none_in_five_of_a_hundred_at_most(make, n, held_out):
    assert coverage(make, RUNS[n], held_out, n, 0, yes_or_no=make is renewed)[1] <= 0.05 + off(RUNS[n])


@pytest.mark.parametrize(
    ("n", "m", "p", "q"),
    [(9, 3, 0.9, 0.6), *(pytest.param(*one, marks=pytest.mark.slow) for one in
                        ((20, 4, 0.95, 0.8), (20, 20, 0.9, 0.6), (36, 4, 0.8, 0.8)))],
)  # fmt: skip
def test_shares_hold_the_truth_in_95_of_100_by_counting_every_outcome_out(n, m, p, q):
    holds = 0.0
    for a in range(n + 1):
        for b in range(m + 1):
            likely = comb(n, a) * p**a * (1 - p) ** (n - a) * comb(m, b) * q**b * (1 - q) ** (m - b)
            if likely > 1e-4:
                found = few([1] * a + [0] * (n - a) + [1] * b + [0] * (m - b), first(n, n + m), yes_or_no=True)
                holds += likely * (found.absolute.low <= p - q <= found.absolute.high)
    assert holds >= 0.94


def test_a_split_of_few_is_judged_by_counting():
    assert split([6, 6], [0.9, 0.1]).chance == pytest.approx(0.000541, abs=1e-6)
    assert not split([7, 5], [0.9, 0.1]).broken
    assert split([0, 3], [0.5, 0.5]).chance == pytest.approx(0.25)
