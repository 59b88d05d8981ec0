"""Too little, too much and wrong data: each has an answer, or a reason why there is none."""

import numpy as np
import pytest
from invented_buyers import shop

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.beta_geometric import BetaGeometric
from holdfast.estimates.buying_model import MODELS, Fitted, fit
from holdfast.estimates.gamma_gamma import gamma_gamma, spend
from holdfast.estimates.held_out_forecast import choose
from holdfast.estimates.pareto_nbd import ParetoNbd
from holdfast.estimates.plain_spend import SAID, PlainMean
from holdfast.estimates.repeat_buying import RepeatBuying, group
from holdfast.estimates.residual_value import fit_spend, residual_value
from holdfast.estimates.value_gate import value_gate

SHOP = BetaGeometric(0.6, 30.0, 0.8, 2.4, True)


def a_shop(n=900, seed=3, law=SHOP, days=300):
    return shop(law, n, np.random.default_rng(seed), days)


def said(found):
    assert isinstance(found, Unknown)
    return found.why


@pytest.mark.parametrize("name", MODELS)
def test_nobody_one_customer_no_repeats_and_a_single_day_are_unknown_with_a_reason(name):
    assert said(fit(group([], [], []), name)) == "nobody has bought yet"
    assert said(fit(group([3], [20], [90]), name)) == "one customer has bought again"
    assert said(fit(group([0] * 500, [0] * 500, [90] * 500), name)) == "nobody has bought again"
    assert said(fit(group([0] * 500, [0] * 500, [0] * 500), name)) == "all that is known happened on one day"
    few = group([2] * 29 + [0] * 900, [9] * 29 + [0] * 900, [90] * 929)
    assert said(fit(few, name)) == "29 customers have bought again"


def test_a_purchase_after_the_end_of_the_data_is_told():
    found = group([1, 1, 0], [40, 41, 0], [40, 40, 12])
    assert said(found) == "1 of the customers bought after the data end"
    assert said(fit(found)) == said(found)
    assert said(choose([1], [41], [40], [1], horizon=30)) == said(found)


def test_rows_that_contradict_themselves_are_told():
    assert said(group([1], [0], [40])) == "1 of the customers bought again at the moment they first bought"
    assert said(group([0], [5], [40])) == "a last purchase was told of customers who did not buy again"
    assert said(group([1.5], [5], [40])) == "purchases were counted in parts"
    with pytest.raises(ValueError, match="0 or more"):
        group([1], [5], [-3])
    with pytest.raises(ValueError, match="finite"):
        group([1], [5], [float("nan")])
    with pytest.raises(ValueError, match="one length"):
        group([1, 2], [5], [7])


@pytest.mark.parametrize("name", MODELS)
def test_when_everybody_bought_again_there_is_an_answer(name):
    x, t_x, T = a_shop()
    some = x > 0
    assert isinstance(fit(group(x[some], t_x[some], T[some]), name), Fitted | Unknown)


@pytest.mark.parametrize("name", MODELS)
def test_customers_who_are_all_alike_have_no_spread_to_fit(name):
    """400 people who each bought on every tenth day: no rate is told from another."""
    assert "do not tell" in said(fit(group([10] * 400, [100] * 400, [104] * 400), name))


@pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD", "Pareto/NBD"])
def test_where_nobody_stops_no_chance_of_having_stopped_is_told(name):
    """The flat ridge of dunnhumby (b = 421): buying at random for ever fits as well, so nobody is said to be gone."""
    rng = np.random.default_rng(8)
    T = rng.integers(200, 700, 2500).astype(float)
    x = rng.poisson(rng.gamma(1.4, 1 / 10, 2500) * T).astype(float)
    t_x = np.where(x > 0, np.maximum(T * rng.random(2500) ** (1 / np.maximum(x, 1)), 0.5), 0.0)
    found = fit(group(x, t_x, T), name)
    if isinstance(found, Fitted):
        alive = found.alive(x, t_x, T)
        assert "is not seen" in said(alive) or "not told" in said(alive)
        assert found.warnings
        wanted = (1.4 + x) / (10 + T) * 30
        assert found.expected_purchases(x, t_x, T, 30).sum() == pytest.approx(wanted.sum(), rel=0.05)
    else:
        assert "do not tell" in said(found)


def test_ten_thousand_orders_by_one_buyer_leave_everybody_with_a_number():
    x, t_x, T = (np.append(column, value) for column, value in zip(a_shop(), (10_000, 299.9, 299.9), strict=True))
    for name in MODELS:
        found = fit(group(x, t_x, T), name)
        assert isinstance(found, Fitted)
        expected = found.expected_purchases(x, t_x, T, 365)
        assert np.isfinite(expected).all() and expected[-1] > 1000


def test_bg_nbd_does_not_say_that_who_bought_once_is_still_there():
    x, t_x, T = a_shop()
    bg, mbg = (fit(group(x, t_x, T), name).alive(x, t_x, T) for name in ("BG/NBD", "MBG/NBD"))
    assert (np.isnan(bg) == (x == 0)).all()
    assert (mbg[x == 0] < 0.99).all() and (mbg > 0).all()


def test_a_model_that_is_not_there_is_an_error_that_names_those_that_are():
    with pytest.raises(ValueError, match=r"BG/NBD, MBG/NBD, Pareto/NBD, NBD"):
        fit(group(*a_shop()), "prophet")


def paid(n=600, seed=4):
    rng = np.random.default_rng(seed)
    orders = rng.integers(1, 9, n)
    return orders, rng.gamma(4.0 * orders) / rng.gamma(5.0, 1 / 80, n)


def test_zero_and_negative_spend_are_left_out_and_counted():
    orders, total = paid()
    seen = spend(np.append(orders, [2, 1, 0]), np.append(total, [0.0, -30.0, 0.0]))
    assert (seen.customers, seen.left_out, seen.no_orders) == (600, 2, 1)
    found, plain = fit_spend(seen), fit_spend(spend(orders, total))
    assert found.maximum.parameters.tolist() == plain.maximum.parameters.tolist()
    assert found.warnings[-1] == "customers whose orders came to nothing or less are left out: 2"
    assert found.law.expected_spend([1, 0], [-30.0, 0.0])[1] == pytest.approx(found.law.mean_of_new())


def test_spend_of_too_few_or_of_single_purchases_is_unknown():
    assert said(fit_spend(spend([2, 3], [5.0, 7.0]))) == "purchases of only 2 customers have a value"
    assert (
        said(fit_spend(spend([2, 3], [0.0, -7.0])))
        == "purchases of only 0 customers have a value, 2 paid nothing or less"
    )
    assert said(fit_spend(spend([1] * 50, np.arange(1.0, 51)))) == "nobody has two purchases to compare"


def test_customers_who_pay_alike_have_no_spread_to_fit_and_the_plain_mean_stands_for_each():
    rng = np.random.default_rng(5)
    orders = rng.integers(1, 9, 2000)
    drawn, one_price = spend(orders, rng.gamma(6.0 * orders, 10.0)), spend(orders, orders * 20.0)
    for seen in (drawn, one_price):
        assert isinstance(gamma_gamma(seen), Unknown)
        assert fit_spend(seen).warnings == (SAID,)
    single = fit_spend(drawn).law
    assert single.mean == pytest.approx(60, rel=0.02)
    assert single.deviation == pytest.approx(10 * np.sqrt(6), rel=0.1)  # of a purchase, Gamma(6, 10)
    assert fit_spend(one_price).law.expected_spend([0, 3], [0, 60]).tolist() == [20, 20]


def test_customers_who_each_always_pay_their_own_price_are_not_taken_for_alike():
    rng = np.random.default_rng(6)
    orders, own = rng.integers(1, 9, 500), rng.choice([10.0, 20.0, 40.0], 500)
    found = fit_spend(spend(orders, orders * own))
    assert isinstance(found, Unknown) or not isinstance(found.law, PlainMean)


def test_values_of_a_shop_of_one_price_are_what_is_expected_times_the_price():
    x, t_x, T = a_shop()
    orders = x + 1
    paid_spend = fit_spend(spend(orders, orders * 20.0))
    found = residual_value(fit(group(x, t_x, T)), paid_spend, x, t_x, T, orders, orders * 20.0, horizon=365)
    assert found.value == pytest.approx(found.purchases * 20)
    assert (found.low <= found.high).all() and (found.low >= 0).all()


def test_orders_that_vary_more_than_the_model_allows_and_dependence_are_warned_of():
    rng = np.random.default_rng(6)
    orders = rng.integers(1, 9, 3000)
    wild = fit_spend(spend(orders, rng.gamma(0.45 * orders) / rng.gamma(4.0, 1 / 50, 3000)))
    assert any("vary more" in warning for warning in wild.warnings)
    more = fit_spend(spend(orders, orders * rng.gamma(4.0 * orders) / rng.gamma(5.0, 1 / 80, 3000)))
    assert any("pays more" in warning for warning in more.warnings)
    assert fit_spend(spend(*paid())).warnings == ()


def test_a_value_is_told_for_every_customer_with_its_ends():
    (x, t_x, T), (orders, total) = a_shop(), paid(900)
    orders, total = np.where(x > 0, orders, 0), np.where(x > 0, total, 0.0)
    found = residual_value(
        fit(group(x, t_x, T)),
        fit_spend(spend(orders, total)),
        x,
        t_x,
        T,
        orders,
        total,
        horizon=365,
        discount=0.1 / 365,
    )
    assert (found.low <= found.high).all() and (found.low >= 0).all()
    assert (found.value <= found.purchases * found.spend + 1e-9).all()
    assert (found.value > 0.85 * found.purchases * found.spend).all()
    with pytest.raises(ValueError, match="horizon"):
        residual_value(fit(group(x, t_x, T)), fit_spend(spend(orders, total)), x, t_x, T, orders, total, horizon=0)


def test_the_model_is_chosen_by_what_came_and_says_why():
    """A shop that buys by Pareto/NBD: it, or what forecasts it as well, is within ten in a hundred of what came."""
    rng = np.random.default_rng(11)
    law, n = ParetoNbd(0.8, 20.0, 0.6, 60.0), 6000
    T = rng.integers(150, 300, n).astype(float)
    rate, leave = rng.gamma(law.r, 1 / law.alpha, n), rng.exponential(1 / rng.gamma(law.s, 1 / law.beta, n))
    until = np.minimum(T, leave)
    x = rng.poisson(rate * until).astype(float)
    t_x = np.where(x > 0, until * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    later = rng.poisson(rate * np.clip(leave - T, 0, 150))
    found = choose(x, t_x, T, later, horizon=150)
    assert found.passed and found.chosen.within
    assert found.name != "NBD" and found.because.startswith(found.name)
    assert found.scores[0] is found.chosen and len(found.scores) == 5
    assert found.chosen.capture <= found.chosen.best_capture
    assert said(choose(x, t_x, T, later * 0, horizon=150)) == "nobody bought in the time that was held out"
    gate = value_gate(buyers=n, days=300, days_since_order=1, most_orders=int(x.max()) + 1, choice=found)
    assert gate.predictive


def test_the_gate_names_what_is_missing():
    nothing = Unknown("nobody bought in the time that was held out")
    gate = value_gate(buyers=499, days=179, days_since_order=31, most_orders=2, choice=nothing)
    assert not gate.predictive
    assert [check.found for check in gate.failed] == ["499", "179", "31 days ago", "at most 2", nothing.why]


def test_histories_of_any_real_unit_keep_their_values():
    h = group([1, 1], [1 / 7, 1 / 7], [2.5, 2.5])
    assert isinstance(h, RepeatBuying)
    assert (h.t_x.tolist(), h.T.tolist(), h.count.tolist()) == ([1 / 7], [2.5], [2])
