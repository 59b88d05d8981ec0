from math import isfinite, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import exact_proportion, growth, mean, proportion, quotient, ratio, total
from holdfast.estimates.tally import NOTHING, Tally


def yes(counted, out_of):
    return Tally(out_of, counted, counted, out_of, out_of, counted)


@pytest.mark.parametrize(
    ("counted", "out_of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_intervals_of_newcombes_table(counted, out_of, low, high):
    """Newcombe, Statistics in Medicine 17 (1998) 857–872, table I, method 3."""
    found = proportion(yes(counted, out_of))
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.method == "Wilson"


@pytest.mark.parametrize(
    ("counted", "out_of", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0000, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_the_exact_interval_gives_those_of_newcombes_table(counted, out_of, low, high):
    """The same table, method 5 (Clopper–Pearson)."""
    found = exact_proportion(yes(counted, out_of))
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@settings(max_examples=30)
@given(st.integers(1, 400), st.data())
def test_both_intervals_of_a_share_agree_with_scipy(out_of, data):
    counted = data.draw(st.integers(0, out_of))
    oracle = stats.binomtest(counted, out_of)
    for interval, method in ((proportion, "wilson"), (exact_proportion, "exact")):
        found, theirs = interval(yes(counted, out_of)), oracle.proportion_ci(method=method)
        assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(st.integers(1, 10**9), st.data())
def test_a_share_lies_inside_its_interval_and_its_interval_inside_0_and_1(out_of, data):
    counted = data.draw(st.integers(0, out_of))
    for found in (proportion(yes(counted, out_of)), exact_proportion(yes(counted, out_of))):
        assert 0 <= found.low <= found.point <= found.high <= 1


def test_the_mean_of_students_sleep_data_is_1_58_hours_within_0_70_and_2_46():
    """Student, Biometrika 6 (1908); interval as R's t.test(extra, paired) prints it: 0.7001142 2.4598858."""
    found = mean(Tally.of([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]))
    assert found.point == pytest.approx(1.58)
    assert (found.low, found.high) == pytest.approx((0.7001142, 2.4598858), abs=1e-7)


def test_average_order_value_counted_by_hand():
    """Three buyers spent 10, 30, 20 in 1, 2, 3 orders: 60/6 = 10 an order.

    Residuals c − 10 d are 0, 10, −10: variance 100, error √(100/3) ÷ 2 orders a buyer = 2.8868; t(2) = 4.3027.
    """
    found = ratio(Tally.of([10, 30, 20], [1, 2, 3]))
    assert found.point == 10
    assert found.high - 10 == pytest.approx(4.302653 * 2.886751, rel=1e-6)
    assert found.method == "delta method"


@given(st.lists(st.tuples(st.integers(-999, 9999), st.integers(1, 30)), min_size=2, max_size=40))
def test_the_error_of_a_ratio_is_that_of_its_residuals(pairs):
    """Linearization, the other road to the delta method: Cochran, Sampling Techniques, 3rd ed. 1977, eq. 6.13."""
    c, d = np.array(pairs, dtype=float).T
    found = ratio(Tally.of(c, d))
    error = np.std(c - found.point * d, ddof=1) / np.sqrt(len(c)) / d.mean()
    assert found.high - found.point == pytest.approx(stats.t.ppf(0.975, len(c) - 1) * error, rel=1e-5, abs=1e-5)


@given(st.lists(st.integers(0, 100_000), min_size=2, max_size=40))
def test_a_ratio_over_units_out_of_one_is_their_mean(counted):
    by_ratio, by_mean = ratio(Tally.of(counted)), mean(Tally.of(counted))
    assert (by_ratio.point, by_ratio.low, by_ratio.high) == pytest.approx((by_mean.point, by_mean.low, by_mean.high))


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=40), st.integers(1, 100))
def test_pounds_turned_into_pence_scale_the_mean_and_its_interval(counted, k):
    once, scaled = mean(Tally.of(counted)), mean(Tally.of(np.array(counted) * k))
    expected = (once.point * k, once.low * k, once.high * k)
    assert (scaled.point, scaled.low, scaled.high) == pytest.approx(expected, abs=1e-4)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=30), st.integers(2, 50))
def test_a_shop_that_took_k_times_last_year_from_everyone_grew_by_exactly_k_minus_1(last_year, k):
    last_year = [*last_year, 1]
    found = growth(Tally.of(np.array(last_year) * k, last_year))
    assert (found.point, found.low, found.high) == pytest.approx((k - 1, k - 1, k - 1))


def test_growth_from_80_to_100_is_a_quarter():
    assert growth(Tally.of([60, 40], [50, 30])).point == pytest.approx(0.25)


def test_a_full_count_has_no_interval():
    found = total(Tally.of([1, 0, 1, 1]))
    assert (found.point, found.low, found.high, found.method) == (3.0, None, None, "full count")


def test_one_whole_month_is_a_full_count_and_several_say_how_they_differ():
    assert quotient(Tally.of([60], [3])) == Estimate(20.0, None, None, "full count")
    assert quotient(Tally.of([0, 0], [3, 2])) == Estimate(0.0, None, None, "full count")
    months = Tally.of([60, 40, 90, 0], [3, 2, 2, 1])
    found, plain = quotient(months), ratio(months)
    assert found.point == plain.point == 23.75
    assert found.low * found.high == pytest.approx(23.75**2)  # as far down as up, by factors
    assert log(found.high / found.point) == pytest.approx((plain.high - plain.point) / plain.point)
    skew = Tally.of([500, 0, 1], [1, 9, 0])
    assert ratio(skew).low < 0 < quotient(skew).low
    assert isinstance(quotient(Tally.of([60], [0])), Unknown)


@pytest.mark.parametrize("interval", [proportion, exact_proportion, mean, ratio, growth, total, quotient])
def test_nothing_to_count_is_unknown_and_says_so(interval):
    found = interval(NOTHING)
    assert isinstance(found, Unknown)
    assert found.why == "nothing to count yet"


@pytest.mark.parametrize("interval", [ratio, growth])
def test_a_ratio_to_zero_is_unknown_not_a_division_by_zero(interval):
    found = interval(Tally.of([5, 7], [0, 0]))
    assert isinstance(found, Unknown)
    assert found.why == "none of the 2 units has anything to be measured against"


def test_growth_on_a_year_of_net_returns_is_unknown():
    assert isinstance(growth(Tally.of([5, 7], [-9, 1])), Unknown)


@pytest.mark.parametrize("interval", [mean, ratio, growth])
def test_one_unit_shows_no_spread(interval):
    found = interval(Tally.of([5.0]))
    assert isinstance(found, Unknown)
    assert "one unit" in found.why


@pytest.mark.parametrize("interval", [mean, ratio])
def test_units_that_all_count_the_same_have_an_interval_of_no_width(interval):
    found = interval(Tally.of([7, 7, 7, 7]))
    assert (found.low, found.point, found.high) == (7, 7, 7)


def test_money_is_refused_as_a_share():
    with pytest.raises(ValueError, match="yes or no"):
        proportion(Tally.of([1250, 0, 399]))


def test_a_mean_per_order_is_refused_as_a_mean_per_unit():
    with pytest.raises(ValueError, match="use ratio"):
        mean(Tally.of([10, 20], [1, 2]))


@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(0, 1e6)), max_size=30))
def test_no_input_gives_a_number_that_is_not_one(pairs):
    tally = Tally.of([c for c, _ in pairs], [d for _, d in pairs])
    for found in (ratio(tally), growth(tally)):
        if not isinstance(found, Unknown) and tally.out_of > 1e-3:
            assert all(isfinite(x) for x in (found.point, found.low, found.high))
            assert found.low <= found.point <= found.high
