"""Nelson–Aalen, log-rank and the discrete-time hazard, against published numbers and other tools."""

import json
from itertools import pairwise
from math import exp, inf, log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.churn_hazard import Spells, churn_hazard, person_periods
from holdfast.estimates.log_rank import log_rank
from holdfast.estimates.logistic import clustered, logistic
from holdfast.estimates.nelson_aalen import nelson_aalen
from holdfast.estimates.survival import kaplan_meier

# Fruit flies by group, days until death: lifelines' `waltons` (MIT licence, Cameron Davidson-Pilon).
CONTROL = ([7, 17, 32, 33, 38, 41, 45, 48, 51, 53, 54, 56, 58, 60, 61, 63, 66, 68, 69, 75],
           [1, 1, 1, 1, 2, 7, 9, 8, 3, 7, 2, 18, 4, 15, 9, 9, 3, 9, 12, 1],
           [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 1, 1, 0])  # fmt: skip
MIR_137 = ([6, 9, 13, 15, 19, 22, 26, 29, 33, 36, 43, 47, 62], [1, 3, 3, 2, 3, 4, 5, 5, 2, 2, 1, 1, 2], [0] * 13)

# Singer and Willett, "Applied longitudinal data analysis" (2003), table 11.1: grade of first intercourse of 180 boys,
# by whether their parents had separated: at risk in grade 7 … 12, and events.
AT_RISK = {0: [72, 70, 68, 60, 52, 42], 1: [108, 95, 90, 74, 53, 38]}
EVENTS = {0: [2, 2, 8, 8, 10, 8], 1: [13, 5, 16, 21, 15, 18]}

grouped = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12)


def flies():
    days = sorted({*CONTROL[0], *MIR_137[0]})
    told = {day: [0, 0] for day in days}
    for group in (CONTROL, MIR_137):
        for day, died, lost in zip(*group, strict=True):
            told[day][0] += died
            told[day][1] += lost
    return days, [told[d][0] for d in days], [told[d][1] for d in days]


def boys():
    """Each boy's last grade (7 is period 1), whether it happened in it, and whether his parents had separated."""
    lasted, happened, separated = [], [], []
    for apart, events in EVENTS.items():
        for period, times in enumerate(events, 1):
            lasted += [period] * times
            happened += [True] * times
        never = AT_RISK[apart][-1] - events[-1]
        lasted += [6] * never
        happened += [False] * never
        separated += [apart] * (len(lasted) - len(separated))
    return lasted, happened, np.array(separated)[:, None]


@pytest.mark.parametrize(
    ("day", "hazard", "low", "high"),
    [(19, 0.089600, 0.053275, 0.150691), (41, 0.303904, 0.226161, 0.408372), (60, 1.093933, 0.913237, 1.310382)],
)
def test_the_risk_of_the_fruit_flies_is_that_of_lifelines(day, hazard, low, high):
    """lifelines 0.30.3, NelsonAalenFitter(nelson_aalen_smoothing=False) on `waltons`; its variance of ties is another."""
    said = nelson_aalen(*flies()).at(day)
    assert said.point == pytest.approx(hazard, abs=1e-6)
    assert (said.low, said.high) == pytest.approx((low, high), rel=2e-2)


@pytest.mark.parametrize(
    ("day", "survival", "error"),
    [(19, 0.9136503067484663, 0.022059831817238203), (41, 0.7346242331288344, 0.034687740789156124),
     (60, 0.31152365939559185, 0.03651778009687605)],
)  # fmt: skip
def test_the_plain_band_is_two_errors_of_greenwood_wide(day, survival, error):
    """statsmodels 0.15.0, SurvfuncRight on `waltons`."""
    said = kaplan_meier(*flies(), band="plain").at(day)
    assert (said.point, said.low, said.high) == pytest.approx(
        (survival, survival - 1.959963985 * error, survival + 1.959963985 * error), abs=1e-9
    )


def test_the_groups_of_fruit_flies_differ_as_lifelines_says():
    """lifelines 0.30.3, logrank_test on `waltons`."""
    found = log_rank([CONTROL, MIR_137])
    assert found.statistic == pytest.approx(122.24912557300615, rel=1e-12)
    assert found.p == pytest.approx(2.0359832222855426e-28, rel=1e-9)
    assert found.events == (122, 34)
    assert sum(found.expected) == pytest.approx(156)


def test_first_intercourse_is_told_as_singer_and_willett_print_it():
    """Table 11.3, models A and B: deviances 651.96 and 634.66, parental transition 0.8736 (0.2174)."""
    lasted, happened, separated = boys()
    alone = churn_hazard(person_periods(lasted, happened, np.empty((180, 0))))
    assert alone.baseline == pytest.approx([-2.3979, -3.1167, -1.7198, -1.2867, -1.1632, -0.7309], abs=6e-5)
    assert -2 * alone.log_likelihood == pytest.approx(651.96, abs=5e-3)
    found = churn_hazard(person_periods(lasted, happened, separated))
    assert found.baseline == pytest.approx([-2.9943, -3.7001, -2.2811, -1.8226, -1.6542, -1.1791], abs=6e-5)
    assert found.coefficients == pytest.approx([0.8736], abs=6e-5)
    assert -2 * found.log_likelihood == pytest.approx(634.66, abs=5e-3)
    assert found.customers == 180


def test_errors_clustered_by_boy_are_those_of_statsmodels():
    """statsmodels 0.15.0, Logit with cov_type="cluster" and no correction, of which ours has G ÷ (G − 1)."""
    lasted, happened, separated = boys()
    found = churn_hazard(person_periods(lasted, happened, separated))
    assert found.errors == pytest.approx([0.21711669 * (180 / 179) ** 0.5], rel=1e-7)
    ratio = found.odds_ratio(0)
    assert ratio.point == pytest.approx(exp(0.8736184), rel=1e-6)
    assert log(ratio.high / ratio.low) == pytest.approx(2 * 1.959963985 * found.errors[0])


def test_released_men_are_told_apart_as_by_coxs_regression():
    """Efron's partial likelihood (lifelines 0.30.3, Rossi's data) is the limit of short periods. In weeks, in which one
    man in 400 is taken, the log odds are its coefficients to within a fifth of an error; the errors hold for rows that
    hang together, and are up to 16 % from Efron's."""
    rows = np.loadtxt(Path(__file__).with_name("rossi.csv"), delimiter=",", skiprows=3)
    told = json.loads(Path(__file__).with_name("buying_reference.json").read_text())["rossi_cox_efron"]
    found = churn_hazard(person_periods(rows[:, 0], rows[:, 1] == 1, rows[:, 2:]))
    coefficients, errors = (np.array(list(told[name].values())) for name in ("coef", "se"))
    assert (np.abs(found.coefficients - coefficients) < errors / 5).all()
    assert found.errors == pytest.approx(errors, rel=0.16)
    # The likelihood with the columns over that without is Cox's ratio of likelihoods.
    none = churn_hazard(person_periods(rows[:, 0], rows[:, 1] == 1, rows[:, 2:2]))
    assert 2 * (found.log_likelihood - none.log_likelihood) == pytest.approx(told["LRT"], rel=0.02)


def test_without_columns_the_hazard_is_the_life_table():
    lasted, happened, _ = boys()
    found = churn_hazard(person_periods(lasted, happened, np.empty((180, 0))))
    curve = kaplan_meier(*_tallied(lasted, happened))
    assert found.survival(np.empty((1, 0)))[0] == pytest.approx(curve.survival, abs=1e-9)


def _tallied(lasted, happened):
    times, gone = np.array(lasted), np.array(happened)
    known = np.unique(times)
    return known, [(gone & (times == t)).sum() for t in known], [(~gone & (times == t)).sum() for t in known]


def test_a_period_in_which_nobody_left_has_no_chance_of_its_own():
    found = churn_hazard(person_periods([1, 1, 3, 3, 3, 3, 2, 3], [1, 1, 1, 1, 0, 0, 0, 0], np.empty((8, 0))))
    assert list(found.periods) == [1, 3]
    assert found.chance(np.empty((1, 0)))[0] == pytest.approx([2 / 8, 0, 2 / 5])


@pytest.mark.parametrize(
    ("lasted", "left", "columns", "why"),
    [
        ([], [], np.empty((0, 1)), "nobody was followed"),
        ([2, 3], [0, 0], np.zeros((2, 0)), "nobody left"),
        ([1, 1], [1, 1], np.zeros((2, 0)), "in every period all left"),
        ([1], [1], np.zeros((1, 0)), "in every period all left"),
        ([1, 1, 2, 2], [1, 1, 0, 0], [[1], [1], [0], [0]], "without a mistake"),
        ([1, 2], [1, 0], np.zeros((2, 1)), "says it without a mistake"),
    ],
)
def test_what_cannot_be_told_is_unknown_with_its_reason(lasted, left, columns, why):
    found = churn_hazard(person_periods(lasted, left, columns))
    assert isinstance(found, Unknown)
    assert why in found.why


@pytest.mark.parametrize("odd", [0, -2, 1.5, float("nan"), inf])
def test_an_absurd_period_is_named(odd):
    assert "is no period" in person_periods([odd], [1], np.zeros((1, 1))).why


def test_three_customers_do_not_tell_three_coefficients_apart():
    columns, left = [[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [0.0, 0.0]], [0, 1, 0, 1]
    fit = logistic(columns, left, ridge=1.0)
    assert "3 customers do not tell 3 coefficients apart" in clustered(fit, columns, left, [1, 1, 2, 3]).why


@example(
    [(1, False, 1.764912067644273), (1, True, 1.764912067644273)]
)  # one column says nothing, and rounding hides it
@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.booleans(), st.floats(-2, 2)), min_size=1, max_size=40))
def test_the_order_of_rows_changes_nothing(customers):
    lasted, left, column = (np.array(x) for x in zip(*customers, strict=True))
    spells = person_periods(lasted, left, column[:, None])
    turned = Spells(*(part[::-1] for part in spells))
    one, other = churn_hazard(spells), churn_hazard(turned)
    assert type(one) is type(other)
    if not isinstance(one, Unknown):
        assert one.coefficients == pytest.approx(other.coefficients, rel=1e-5, abs=1e-7)
        assert (one.chance([[0.0]]) <= 1).all() and (one.chance([[0.0]]) >= 0).all()


@settings(max_examples=40, deadline=None)
@given(grouped)
def test_added_up_risk_is_never_more_than_minus_log_survival(pairs):
    """−log(1 − x) ≥ x, event by event; and both rise together."""
    times = np.arange(len(pairs))
    died, lost = zip(*pairs, strict=True)
    hazard, curve = nelson_aalen(times, died, lost), kaplan_meier(times, died, lost)
    left = curve.survival > 0
    assert (hazard.cumulative[left] <= -np.log(curve.survival[left]) + 1e-12).all()
    assert all(a <= b for a, b in pairwise(hazard.cumulative))
    assert ((hazard.low <= hazard.cumulative) & (hazard.cumulative <= hazard.high)).all()


@settings(max_examples=40, deadline=None)
@given(grouped, grouped)
def test_the_log_rank_test_does_not_mind_which_group_is_named_first(one, other):
    groups = [(np.arange(len(g)), *zip(*g, strict=True)) for g in (one, other)]
    forth, back = log_rank(groups), log_rank(groups[::-1])
    assert type(forth) is type(back)
    if not isinstance(forth, Unknown):
        assert forth.statistic == pytest.approx(back.statistic, rel=1e-6, abs=1e-9)
        assert 0 <= forth.p <= 1
        assert sum(forth.expected) == pytest.approx(sum(forth.events))


@pytest.mark.parametrize(
    ("groups", "why"),
    [
        ([CONTROL], "one group only"),
        ([CONTROL, ([], [], [])], "nobody was followed in group 2"),
        ([([1, 2], [0, 0], [3, 4]), ([1], [0], [9])], "nobody yet"),
        ([([1], [5], [0]), ([1], [7], [0])], "never at risk together"),
    ],
)
def test_groups_that_cannot_be_told_apart_are_said_to_be(groups, why):
    assert why in log_rank(groups).why


def test_before_the_first_event_the_risk_has_an_upper_limit():
    """Nobody of 20 had it: a rate whose chance of that is 2.5 % ends the interval."""
    said = nelson_aalen([5, 9], [0, 1], [3, 16]).at(6)
    assert (said.point, said.low) == (0, 0)
    assert exp(-20 * said.high) == pytest.approx(0.025)


def test_nobody_followed_and_beyond_the_follow_up_are_unknown():
    assert nelson_aalen([], [], []).at(3).why == "nobody was followed yet"
    assert "longer than 9" in nelson_aalen([5, 9], [0, 1], [3, 16]).at(10).why


@pytest.mark.slow
def test_intervals_of_a_hazard_hold_the_truth_when_customers_hang_together():
    """300 invented shops; a customer's rows share a mood, so that errors without clusters would be too small."""
    rng, held = np.random.default_rng(20261128), 0
    for _ in range(300):
        mood, plan = rng.choice([-1.0, 1.0], 250), rng.choice([0.0, 1.0], 250)
        person = np.repeat(np.arange(250), 6)
        chance = 1 / (1 + np.exp(1.5 - mood[person] - 0.0 * plan[person]))
        rows = Spells(person, np.tile(np.arange(1, 7), 250), rng.random(1500) < chance, plan[person][:, None])
        found = churn_hazard(rows)
        held += abs(found.coefficients[0]) <= 1.959963985 * found.errors[0]
    assert 0.915 <= held / 300 <= 0.985
