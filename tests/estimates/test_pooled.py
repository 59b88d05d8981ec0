"""Several comparisons read as one: by hand, against published numbers, by law, and by simulation of the truth."""

from math import exp, log, sqrt

import numpy as np
import pytest

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import Effect, effect
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.moments import Moments
from holdfast.estimates.pooled import Pooled, pooled

NONE = Estimate(0.0, None, None, "")


def ratio_of(y: float, error: float, n: int = 1000) -> Effect:
    """An effect whose logarithm of the ratio is y, with its standard error."""
    r = exp(y) - 1
    return Effect(Estimate(10 * r, None, None, ""), NONE, 10 * (1 + r), 10.0, n, n, 0.0, 1.0, error * (1 + r))


def found(*args, **more):
    answer = pooled(*args, **more)
    assert isinstance(answer, Pooled)
    return answer


def logs(estimate):
    return [log(1 + one) for one in (estimate.point, estimate.low, estimate.high)]


def test_two_that_are_equally_sure_make_their_mean_and_two_thirds_of_the_width():
    """y = 0.1 and 0.3, both ± 0.1: 0.2 with an error of 0.1 ÷ √2; Q = 2 · (0.1 ÷ 0.1)² = 2 on one degree."""
    answer = found([ratio_of(0.1, 0.1), ratio_of(0.3, 0.1)], "fixed")
    assert logs(answer.relative) == pytest.approx(
        [0.2, 0.2 - 1.96 * 0.1 / sqrt(2), 0.2 + 1.96 * 0.1 / sqrt(2)], abs=1e-4
    )
    assert answer.weights == (0.5, 0.5)
    assert answer.alike == pytest.approx(0.1573, abs=1e-4)
    assert answer.apart == pytest.approx(0.5)


def test_the_bcg_vaccine_trials_are_read_as_in_the_literature():
    """Thirteen trials (Colditz et al., JAMA 271 (1994) 698–702), log risk ratios and variances as the metafor package
    prints them for dat.bcg: fixed −0.4303 ± 0.0405, Q = 152.23; Paule–Mandel τ² = 0.3181, mean −0.7150 with Hartung
    and Knapp's error 0.1809 (metafor 4, rma(method="PM", test="knha"))."""
    y = [-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394, 0.4459, -0.0173]  # fmt: skip
    v = [0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124, 0.5325, 0.0714]
    trials = [ratio_of(one, sqrt(of)) for one, of in zip(y, v, strict=True)]
    fixed, random = found(trials, "fixed"), found(trials, "random")
    point, low, high = logs(fixed.relative)
    assert point == pytest.approx(-0.4303, abs=2e-3)
    assert (high - low) / 2 / 1.96 == pytest.approx(0.0405, abs=2e-4)
    assert fixed.apart == pytest.approx(1 - 12 / 152.23, abs=2e-3)
    assert random.spread**2 == pytest.approx(0.3181, abs=2e-3)
    point, low, high = logs(random.relative)
    assert point == pytest.approx(-0.7150, abs=2e-3)
    assert (high - low) / 2 / 2.1788 == pytest.approx(0.1809, abs=5e-4)


def test_where_all_are_alike_both_readings_have_the_same_point():
    """And the random one is never narrower."""
    alike = [ratio_of(0.05, 0.04), ratio_of(0.06, 0.05), ratio_of(0.055, 0.03)]
    fixed, random = found(alike, "fixed"), found(alike, "random")
    assert fixed.relative.point == pytest.approx(random.relative.point)
    assert random.relative.high - random.relative.low > fixed.relative.high - fixed.relative.low
    assert random.spread == 0


def test_too_few_and_effects_that_are_not_known_are_not_read():
    blind = Effect(NONE, Unknown("nothing bought"), 1.0, 0.0, 5, 5, 0.0)
    assert isinstance(pooled([ratio_of(0.1, 0.1), blind], "fixed"), Unknown)
    assert isinstance(pooled([ratio_of(0.1, 0.1)] * 2, "random"), Unknown)
    assert isinstance(pooled([ratio_of(0.1, 0.1)] * 3, "random", planned=9000), Unknown)
    assert len(found([ratio_of(0.1, 0.1)] * 2 + [blind], "fixed").weights) == 2


def test_an_interval_for_every_look_is_wider():
    both = [ratio_of(0.1, 0.1)] * 2
    once, always = found(both, "fixed"), found(both, "fixed", planned=4000)
    assert always.relative.high - always.relative.low > once.relative.high - once.relative.low


def shops(rng, effects, sizes=(900, 300, 1500, 500)):
    """One lot a shop, skewed spending on another level in each."""
    made = []
    for lift, n, level in zip(effects, sizes, (20, 60, 9, 35), strict=False):
        before = rng.gamma(2.0, 1.0, (2, n))
        spent = level * before * rng.gamma(2.0, 0.5, (2, n)) * np.array([[1 + lift], [1.0]])
        made.append(effect(Moments.of(spent[0], None, before[0]), Moments.of(spent[1], None, before[1])))
    return made


def covered(runs, seed, effects):
    """How often the interval holds the true effects' mean by the weights it was made with."""
    rng, held = np.random.default_rng(seed), 0
    for _ in range(runs):
        answer = found(shops(rng, effects), "fixed")
        true = exp(float(np.dot(answer.weights, np.log1p(effects)))) - 1
        held += answer.relative.low <= true <= answer.relative.high
    return held / runs


@pytest.mark.parametrize("effects", [(0.1, 0.1, 0.1, 0.1), (0.3, -0.1, 0.0, 0.2)])
def test_the_mean_over_these_lots_is_held_95_times_in_100(effects):
    """1,000 pools of four shops each, alike and unlike; 20,000 below."""
    assert covered(1_000, 31, effects) == pytest.approx(0.95, abs=0.02)


def covered_by_random(runs, seed):
    rng, held = np.random.default_rng(seed), 0
    for _ in range(runs):
        true = np.exp(rng.normal(np.log(1.1), 0.08, 8)) - 1
        answer = found([*shops(rng, true[:4]), *shops(rng, true[4:])], "random")
        held += answer.relative.low <= 0.1 <= answer.relative.high
    return held / runs


def test_the_mean_of_all_such_shops_is_held_at_least_95_times_in_100():
    """400 pools of eight shops whose true effects are drawn around one; 5,000 below."""
    assert covered_by_random(400, 32) >= 0.92


def looked(runs, seed, lift):
    """(how often every one of 30 daily looks holds the truth, how often any look finds an effect)."""
    rng, days, daily, kept, claimed = np.random.default_rng(seed), 30, 40, 0, 0
    for _ in range(runs):
        level = np.array([20.0, 60.0, 9.0])
        spent = rng.gamma(1.5, 1 / 1.5, (3, 2, days * daily)) * level[:, None, None]
        spent[:, 0] *= 1 + lift
        ends = np.arange(1, days + 1) * daily
        sums, squares = (np.cumsum(one, axis=2)[..., ends - 1] for one in (spent, spent**2))
        good, any_effect = True, False
        for look, n in enumerate(ends):
            arms = [
                [Moments(int(n), np.array([sums[s, a, look], n]),
                         np.array([[squares[s, a, look], sums[s, a, look]], [sums[s, a, look], n]])) for a in (0, 1)]
                for s in range(3)
            ]  # fmt: skip
            answer = pooled([effect(*arm, planned=2 * days * daily) for arm in arms], "fixed", planned=6 * days * daily)
            if isinstance(answer, Pooled):
                good &= answer.relative.low <= lift <= answer.relative.high
                any_effect |= not answer.relative.low <= 0 <= answer.relative.high
        kept, claimed = kept + good, claimed + any_effect
    return kept / runs, claimed / runs


def test_daily_looks_at_a_pool_hold_the_truth_at_least_95_times_in_100_and_find_nothing_where_nothing_is():
    kept, _ = looked(100, 33, 0.1)
    _, claimed = looked(100, 34, 0.0)
    assert kept >= 0.95
    assert claimed < 0.05


@pytest.mark.slow
def test_pools_in_full():
    """20,000 pools of four shops, alike and unlike, and 5,000 of eight shops drawn around one effect."""
    alike, unlike = covered(20_000, 37, (0.1,) * 4), covered(20_000, 38, (0.3, -0.1, 0.0, 0.2))
    random = covered_by_random(5_000, 39)
    print({"alike": alike, "unlike": unlike, "random": random})
    assert alike == pytest.approx(0.95, abs=0.015)
    assert unlike == pytest.approx(0.95, abs=0.015)
    assert random >= 0.935


@pytest.mark.slow
def test_daily_looks_at_many_pools_hold_the_truth_at_least_95_times_in_100():
    """4,000 pools of three shops, thirty looks each, with an effect of a tenth and with none."""
    kept, _ = looked(2_000, 35, 0.1)
    _, claimed = looked(2_000, 36, 0.0)
    print({"pools, always valid": kept, "false": claimed})
    assert kept >= 0.95, kept
    assert claimed < 0.05, claimed
