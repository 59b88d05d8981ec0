"""What must hold of every model of buying, whatever the numbers."""

from itertools import pairwise

import numpy as np
import pytest
from drawn import drawn
from hypothesis import given
from hypothesis import strategies as st
from invented_buyers import shop

from holdfast.estimates.beta_geometric import BetaGeometric
from holdfast.estimates.beta_geometric import Likelihood as BetaGeometricLikelihood
from holdfast.estimates.buying_model import MODELS, fit
from holdfast.estimates.gamma_gamma import GammaGamma, spend
from holdfast.estimates.gamma_gamma import Likelihood as SpendLikelihood
from holdfast.estimates.nbd import Likelihood as NbdLikelihood
from holdfast.estimates.nbd import Nbd
from holdfast.estimates.pareto_nbd import Likelihood as ParetoLikelihood
from holdfast.estimates.pareto_nbd import ParetoNbd
from holdfast.estimates.repeat_buying import group

positive = st.floats(-2, 2).map(lambda power: 10**power)


@st.composite
def a_history(draw):
    T = draw(st.integers(1, 2000))
    x = draw(st.one_of(st.integers(0, 12), st.integers(0, 20_000)))
    return x, draw(st.integers(1, T)) if x else 0, T


histories = st.lists(a_history(), min_size=1, max_size=30)
beta_geometrics = st.builds(BetaGeometric, positive, positive, positive, positive, st.booleans())
paretos = st.builds(ParetoNbd, positive, positive, positive, positive)
laws = st.one_of(beta_geometrics, paretos, st.builds(Nbd, positive, positive))


def columns(rows):
    return [np.array(column, dtype=float) for column in zip(*rows, strict=True)]


def likelihoods(rows):
    h = group(*columns(rows))
    return {
        "BG/NBD": (4, BetaGeometricLikelihood(h, stops_at_first=False)),
        "MBG/NBD": (4, BetaGeometricLikelihood(h, stops_at_first=True)),
        "Pareto/NBD": (4, ParetoLikelihood(h)),
        "NBD": (2, NbdLikelihood(h)),
    }


def numeric(likelihood, parameters):
    """Slope in the logarithms by central differences."""
    steps = np.eye(len(parameters)) * 1e-5
    return [
        (likelihood(parameters * np.exp(step))[0] - likelihood(parameters * np.exp(-step))[0]) / 2e-5 for step in steps
    ]


@pytest.mark.parametrize("name", MODELS)
@drawn(25, 200)
@given(rows=histories, logs=st.lists(st.floats(-1.5, 1.5), min_size=4, max_size=4))
def test_the_slope_is_the_numeric_one(name, rows, logs):
    k, likelihood = likelihoods(rows)[name]
    parameters = np.exp(np.array(logs[:k]))
    value, slope = likelihood(parameters)
    assert slope * parameters == pytest.approx(numeric(likelihood, parameters), rel=1e-5, abs=1e-9 * abs(value) + 1e-5)


@drawn(25, 200)
@given(
    rows=st.lists(st.tuples(st.integers(1, 500), st.integers(1, 10**7)), min_size=1, max_size=20),
    logs=st.lists(st.floats(-1.5, 1.5), min_size=3, max_size=3),
)
def test_the_slope_of_spend_is_the_numeric_one(rows, logs):
    likelihood, parameters = SpendLikelihood(spend(*columns(rows))), np.exp(np.array(logs))
    value, slope = likelihood(parameters)
    assert slope * parameters == pytest.approx(numeric(likelihood, parameters), rel=1e-5, abs=1e-9 * abs(value) + 1e-5)


@pytest.mark.parametrize("name", MODELS)
@drawn(20, 150)
@given(rows=histories, seed=st.integers(0, 99), logs=st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_grouping_and_order_change_nothing(name, rows, seed, logs):
    """Twice every customer is a count of two; shuffled rows are the same rows."""
    k, plain = likelihoods(rows)[name]
    parameters = np.exp(np.array(logs[:k]))
    shuffled = np.random.default_rng(seed).permutation(len(rows))
    twice = likelihoods([rows[i] for i in shuffled] * 2)[name][1]
    once, doubled = plain(parameters), twice(parameters)
    assert doubled[0] == pytest.approx(2 * once[0], rel=1e-11, abs=1e-9)
    assert doubled[1] == pytest.approx(2 * once[1], rel=1e-8, abs=1e-6)


def test_a_count_is_as_good_as_so_many_rows():
    counted = group([2, 0], [5, 0], [9, 7], [3, 4])
    rows = group([2] * 3 + [0] * 4, [5] * 3 + [0] * 4, [9] * 3 + [7] * 4)
    for one, other in zip(columns_of(counted), columns_of(rows), strict=True):
        assert one.tolist() == other.tolist()
    assert (counted.customers, counted.repeat_buyers, counted.repeats) == (7, 3, 6)


def columns_of(h):
    return h.x, h.t_x, h.T, h.count


@drawn(40, 300)
@given(beta_geometrics, histories, st.floats(0.01, 40), st.integers(1, 400))
def test_weeks_for_days_change_nothing_in_bg_and_mbg_nbd(law, rows, k, horizon):
    x, t_x, T = columns(rows)
    other = law.with_parameters((law.r, law.alpha * k, law.a, law.b))
    _same(law, other, (x, t_x, T), (x, t_x * k, T * k), horizon, k)


@drawn(40, 300)
@given(paretos, histories, st.floats(0.01, 40), st.integers(1, 400))
def test_weeks_for_days_change_nothing_in_pareto_nbd(law, rows, k, horizon):
    x, t_x, T = columns(rows)
    other = ParetoNbd(law.r, law.alpha * k, law.s, law.beta * k)
    _same(law, other, (x, t_x, T), (x, t_x * k, T * k), horizon, k)


def _same(law, other, days, weeks, horizon, k):
    assert law.chance_alive(*days) == pytest.approx(other.chance_alive(*weeks), rel=1e-6, abs=1e-9, nan_ok=True)
    told, again = law.expected_purchases(*days, horizon), other.expected_purchases(*weeks, horizon * k)
    assert told == pytest.approx(again, rel=1e-6, abs=1e-9)


@drawn(40, 400)
@given(laws, histories, st.integers(1, 2000))
def test_chances_are_chances_and_expectations_are_finite_up_to_twenty_thousand_orders(law, rows, horizon):
    row = columns(rows)
    alive, expected = law.chance_alive(*row), law.expected_purchases(*row, horizon)
    told = alive[~np.isnan(alive)]
    assert ((told >= 0) & (told <= 1)).all()
    assert np.isfinite(expected).all() and (expected >= 0).all()


@drawn(40, 400)
@given(
    st.one_of(beta_geometrics, paretos), st.integers(1, 20_000), st.lists(st.integers(1, 1000), min_size=2, max_size=9)
)
def test_the_longer_ago_the_last_purchase_the_less_likely_still_there(law, x, ages):
    seen = law.chance_alive(np.full(len(ages), x), np.sort(ages), np.full(len(ages), 1000))
    assert (np.diff(seen) >= -1e-9).all()


@drawn(30, 200)
@given(laws, a_history(), st.integers(1, 500), st.integers(1, 500))
def test_a_longer_horizon_never_expects_less(law, row, one, more):
    shorter, longer = (float(law.expected_purchases(*columns([row]), t)[0]) for t in (one, one + more))
    assert longer >= shorter * (1 - 1e-8) - 1e-9


@drawn(25, 150)
@given(
    st.one_of(
        st.builds(
            BetaGeometric, st.floats(0.1, 3), st.floats(1, 30), st.floats(0.1, 5), st.floats(0.1, 5), st.booleans()
        ),
        st.builds(ParetoNbd, st.floats(0.1, 3), st.floats(1, 30), st.floats(0.1, 5), st.floats(0.1, 30)),
        st.builds(Nbd, st.floats(0.1, 3), st.floats(1, 30)),
    ),
    st.floats(0.5, 20),
)
def test_chances_of_so_many_purchases_add_up_to_one_and_to_what_is_expected(law, horizon):
    n = np.arange(3000)
    chance = law.chance_of(n, horizon)
    assert chance.sum() == pytest.approx(1, abs=1e-8)
    assert (chance * n).sum() == pytest.approx(float(law.expected_of_new(horizon)), rel=1e-6)


@given(st.floats(0.6, 5), st.floats(1.1, 6), st.floats(1, 100), st.lists(st.integers(1, 5000), min_size=2, max_size=8))
def test_who_paid_more_is_expected_to_pay_more_and_less_far_from_the_mean(p, q, gamma, means):
    """The expectation lies between the customer's own mean and that of all: p γ/(q−1)."""
    law, own = GammaGamma(p, q, gamma), np.array(sorted(means), dtype=float)
    said = law.expected_spend(np.full(len(own), 3.0), own * 3)
    assert all(a <= b for a, b in pairwise(said))
    everybody = law.mean_of_new()
    assert (said >= np.minimum(own, everybody) - 1e-9).all() and (said <= np.maximum(own, everybody) + 1e-9).all()


@pytest.mark.parametrize("name", MODELS)
def test_days_or_weeks_fit_the_same(name):
    rng = np.random.default_rng(3)
    rows = shop(BetaGeometric(0.6, 30.0, 0.8, 2.4, True), 900, rng)
    days, weeks = fit(group(*rows), name), fit(group(rows[0], rows[1] / 7, rows[2] / 7), name)
    assert days.maximum.log_likelihood == pytest.approx(
        weeks.maximum.log_likelihood - rows[0].sum() * np.log(7), abs=1e-6
    )
    scale = [1, 7, 1, 7] if name == "Pareto/NBD" else [1, 7, 1, 1]
    assert days.maximum.parameters == pytest.approx(
        weeks.maximum.parameters * scale[: len(days.law.parameters)], rel=1e-4
    )
