import warnings
from fractions import Fraction
from math import inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.survival import kaplan_meier

# Remission of 21 leukaemia patients on 6-MP, weeks (relapsed, still in remission): Freireich et al., Blood 21 (1963).
SIX_MP = ([6, 7, 9, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 34, 35],
          [3, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0],
          [1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 2, 1, 1])  # fmt: skip

# Days until death of 163 fruit flies, from lifelines' `waltons` (MIT licence, Cameron Davidson-Pilon).
WALTONS = ([6, 7, 9, 13, 15, 17, 19, 22, 26, 29, 32, 33, 36, 38, 41, 43,
            45, 47, 48, 51, 53, 54, 56, 58, 60, 61, 62, 63, 66, 68, 69, 75],
           [1, 1, 3, 3, 2, 1, 3, 4, 5, 5, 1, 3, 2, 2, 7, 1, 9, 1, 8, 3, 7, 2, 18, 4, 15, 9, 2, 9, 3, 9, 12, 1],
           [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 1, 0])  # fmt: skip

grouped = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=15)


def lung():
    rows = np.loadtxt(Path(__file__).with_name("lung.csv"), delimiter=",")
    return kaplan_meier(*rows.T)


@pytest.mark.parametrize(
    ("weeks", "survival", "low", "high"),
    [
        (6, 0.857, 0.620, 0.952),
        (7, 0.807, 0.563, 0.923),
        (10, 0.753, 0.503, 0.889),
        (13, 0.690, 0.432, 0.849),
        (16, 0.627, 0.368, 0.805),
        (22, 0.538, 0.268, 0.747),
        (23, 0.448, 0.188, 0.680),
    ],
)
def test_the_6_mp_patients_survive_as_in_the_textbooks(weeks, survival, low, high):
    """Kalbfleisch and Prentice, table 1.2; band as R's survfit(conf.type = "log-log") prints it."""
    found = kaplan_meier(*SIX_MP).at(weeks)
    assert (found.point, found.low, found.high) == pytest.approx((survival, low, high), abs=6e-4)


def test_half_of_the_6_mp_patients_relapse_by_week_23_and_the_upper_end_is_open():
    """R: median 23, lower 13, upper NA."""
    found = kaplan_meier(*SIX_MP).median()
    assert (found.point, found.low, found.high) == (23, 13, inf)


@pytest.mark.parametrize(
    ("day", "survival"),
    [(20, 0.9136503067), (30, 0.8272239264), (40, 0.7778374233), (50, 0.6168168456), (60, 0.3115236594)],
)
def test_the_fruit_flies_survive_as_lifelines_says(day, survival):
    """lifelines 0.30.3, KaplanMeierFitter on `waltons`: n = 163, 156 events."""
    assert kaplan_meier(*WALTONS).at(day).point == pytest.approx(survival, abs=1e-10)


def test_the_median_fruit_fly_lives_56_days():
    assert kaplan_meier(*WALTONS).median().point == 56


def test_the_median_lung_patient_lives_310_days_within_284_and_361():
    """lifelines 0.30.3 and R's survfit(conf.type = "log-log") on the NCCTG lung data."""
    found = lung().median()
    assert (found.point, found.low, found.high, found.method) == (310, 284, 361, "Kaplan–Meier")


@settings(max_examples=40)
@given(grouped)
def test_curve_and_band_agree_with_scipy_where_scipy_has_them(pairs):
    times = np.arange(1, len(pairs) + 1)
    events, censored = np.array(pairs).T
    if not events.sum():
        return
    curve = kaplan_meier(times, events, censored)
    uncensored, right = np.repeat(times, events), np.repeat(times, censored)
    oracle = stats.ecdf(stats.CensoredData(uncensored=uncensored, right=right)).sf
    assert curve.survival == pytest.approx(oracle.evaluate(curve.times), abs=1e-12)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # scipy warns where its band is not defined
        band = oracle.confidence_interval(method="log-log")
    low, high = band.low.evaluate(curve.times), band.high.evaluate(curve.times)
    inside = (curve.survival > 0) & (curve.survival < 1) & np.isfinite(low) & np.isfinite(high)
    assert curve.low[inside] == pytest.approx(low[inside], abs=1e-6)
    assert curve.high[inside] == pytest.approx(high[inside], abs=1e-6)


@given(grouped)
def test_the_curve_never_rises_and_stays_inside_its_band(pairs):
    events, censored = np.array(pairs).T
    curve = kaplan_meier(np.arange(len(pairs)), events, censored)
    assert (np.diff(curve.survival) <= 0).all()
    assert (curve.low <= curve.survival + 1e-12).all()
    assert (curve.survival <= curve.high + 1e-12).all()
    assert ((curve.low >= 0) & (curve.high <= 1)).all()


@given(grouped, st.integers(2, 60))
def test_days_turned_into_hours_move_the_median_and_nothing_else(pairs, k):
    events, censored = np.array(pairs).T
    days, hours = (kaplan_meier(np.arange(len(pairs)) * unit, events, censored) for unit in (1, k))
    assert (days.survival == hours.survival).all()
    once, scaled = days.median(), hours.median()
    if not isinstance(once, Unknown):
        assert (scaled.point, scaled.low, scaled.high) == (once.point * k, once.low * k, once.high * k)


def test_without_censoring_the_curve_is_the_share_left():
    curve = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1], [0, 0, 0, 0])
    assert curve.survival == pytest.approx([0.75, 0.5, 0.25, 0.0])
    assert curve.median().point == 2


def test_a_median_that_is_not_reached_is_unknown_and_says_how_far_it_got():
    found = kaplan_meier([10, 365], [40, 0], [0, 60]).median()
    assert isinstance(found, Unknown)
    assert found.why == "it has happened to 40% only, so the half-way time is not seen yet"
    assert found.would_need == "follow-up beyond 365"


def test_nothing_is_said_beyond_the_longest_follow_up():
    found = kaplan_meier([10, 90], [40, 0], [0, 60]).at(91)
    assert isinstance(found, Unknown)
    assert found.why == "nobody was followed for longer than 90"


def test_before_the_first_event_the_lower_end_is_the_exact_one():
    """None of 20: Clopper–Pearson's 0 … 0.1684 turned around (Newcombe 1998)."""
    found = kaplan_meier([5], [0], [20]).at(5)
    assert (found.point, found.high) == (1, 1)
    assert found.low == pytest.approx(1 - 0.1684, abs=5e-5)


def test_nobody_followed_is_unknown():
    curve = kaplan_meier([], [], [])
    assert isinstance(curve.median(), Unknown)
    assert isinstance(curve.at(3), Unknown)


@pytest.mark.parametrize(
    ("durations", "events", "censored", "says"),
    [
        ([2, 1], [1, 1], [0, 0], "rising"),
        ([-1], [1], [0], "0 or more"),
        ([1], [0.5], [0], "events must be whole"),
        ([1, 2], [1], [0], "one length"),
    ],
)
def test_counts_that_are_not_counts_are_refused(durations, events, censored, says):
    with pytest.raises(ValueError, match=says):
        kaplan_meier(durations, events, censored)


def test_nine_in_ten_of_the_fruit_flies_are_dead_by_the_day_exact_fractions_give():
    """The product-limit estimate in whole fractions: after day 68 a hair more than a tenth is left, after 69 less."""
    left, at_risk, first = Fraction(1), sum(WALTONS[1]) + sum(WALTONS[2]), None
    for day, died, lost in zip(*WALTONS, strict=True):
        left *= 1 - Fraction(died, at_risk)
        at_risk -= died + lost
        first = day if first is None and left <= Fraction(1, 10) else first
    assert kaplan_meier(*WALTONS).quantile(0.9).point == first == 69


def test_without_censoring_a_quantile_is_that_of_the_sample():
    curve = kaplan_meier(range(1, 11), [1] * 10, [0] * 10)
    assert [curve.quantile(share).point for share in (0.1, 0.5, 0.9)] == [1, 5, 9]


def test_a_share_that_is_not_reached_says_how_far_it_went():
    found = kaplan_meier(*SIX_MP).quantile(0.9)
    assert isinstance(found, Unknown)
    assert found.why == "it has happened to 55% only, so the time of 90% is not seen yet"


@pytest.mark.parametrize("share", [0, 1, 1.5])
def test_a_share_must_lie_between_none_and_all(share):
    with pytest.raises(ValueError, match="not between 0 and 1"):
        kaplan_meier(*SIX_MP).quantile(share)
