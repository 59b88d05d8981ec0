"""Effects that were published, found again: a job training drawn by lot, a trial of sleep, a split that was broken."""

from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.special import stdtr

from holdfast.estimates.effects import Effect, effect
from holdfast.estimates.moments import Moments
from holdfast.estimates.sample_ratio import split


@pytest.fixture(scope="module")
def training():
    """National Supported Work, the men of Dehejia and Wahba's sample: treated, earnings of 1975 and of 1978."""
    return np.loadtxt(Path(__file__).with_name("nsw.csv"), delimiter=",", skiprows=1).T


def found(*arms):
    answer = effect(*arms)
    assert isinstance(answer, Effect)
    return answer


def test_the_training_raised_earnings_by_1794_dollars_with_an_error_of_671(training):
    """LaLonde (1986) as Dehejia and Wahba (J. Am. Statist. Assoc. 94 (1999) 1053–1062, table 2) give the experiment:
    1,794 by 185 men against 260; its error 671 where both arms have a spread of their own, 633 where they share one."""
    treated, _, after = training
    answer = found(Moments.of(after[treated == 1]), Moments.of(after[treated == 0]))
    assert (answer.n_treated, answer.n_held_out) == (185, 260)
    assert answer.absolute.point == pytest.approx(1794.34, abs=0.01)
    assert (answer.absolute.high - answer.absolute.low) / 2 / 1.968 == pytest.approx(671, abs=1)
    assert answer.relative.point == pytest.approx(1794.34 / 4554.80, abs=1e-4)
    assert answer.absolute.low > 0


def test_adjusting_the_training_for_earnings_before_moves_it_little(training):
    """A lot needs no adjusting: the effect stays within a quarter of its error, and the interval gets no wider."""
    treated, before, after = training
    plain = found(*(Moments.of(after[treated == one]) for one in (1, 0)))
    adjusted = found(*(Moments.of(after[treated == one], None, before[treated == one]) for one in (1, 0)))
    assert abs(adjusted.absolute.point - plain.absolute.point) < 671 / 4
    assert adjusted.absolute.high - adjusted.absolute.low <= plain.absolute.high - plain.absolute.low


def test_students_sleep_is_told_apart_as_r_tells_it():
    """R 4: t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p = 0.07939, from -3.3654832 to 0.2054832."""
    one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    other = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    answer = found(Moments.of(one), Moments.of(other))
    assert (answer.absolute.low, answer.absolute.high) == pytest.approx((-3.3654832, 0.2054832), abs=1e-6)
    assert answer.chance == pytest.approx(0.07939, abs=5e-6)
    assert 2 * stdtr(17.776, -1.8608) == pytest.approx(answer.chance, abs=2e-5)


def test_a_split_that_was_broken_at_a_large_site_is_broken_here():
    """821,588 in one arm and 815,482 in the other of an even split: p = 1.8e-6 (Kohavi, Tang and Xu, Trustworthy Online
    Controlled Experiments, 2020, chapter 3)."""
    found = split([821_588, 815_482], [0.5, 0.5])
    assert found.broken
    assert found.chance == pytest.approx(1.8e-6, abs=0.05e-6)


def test_the_relative_interval_of_the_training_is_fiellers_worked_out_by_itself(training):
    """Two roads: the roots of the quadratic in r, from means and errors alone."""
    treated, _, after = training
    t, c = after[treated == 1], after[treated == 0]
    answer = found(Moments.of(t), Moments.of(c))
    reach = (answer.absolute.high - answer.absolute.low) / 2 / sqrt(t.var(ddof=1) / len(t) + c.var(ddof=1) / len(c))
    of_t, of_c = t.var(ddof=1) / len(t), c.var(ddof=1) / len(c)
    roots = np.roots([c.mean() ** 2 - reach**2 * of_c, -2 * t.mean() * c.mean(), t.mean() ** 2 - reach**2 * of_t])
    assert (answer.relative.low, answer.relative.high) == pytest.approx(tuple(sorted(roots - 1)), abs=1e-9)
