import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.differences import difference
from holdfast.estimates.tally import NOTHING, Tally

values = st.lists(st.integers(-500, 500), min_size=2, max_size=30)


def yes(counted, out_of):
    return Tally(out_of, counted, counted, out_of, out_of, counted)


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_two_shares_differ_as_in_newcombes_table(a, b, low, high):
    """Newcombe, Statistics in Medicine 17 (1998) 873–890, table II, method 10."""
    found = difference(yes(*a), yes(*b), "proportion")
    assert found.point == pytest.approx(a[0] / a[1] - b[0] / b[1])
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.method == "Newcombe"


def test_the_two_drugs_of_the_sleep_data_differ_as_r_says():
    """R: t.test(extra ~ group, sleep), Welch: −3.3654832, 0.2054832 on 17.776 degrees of freedom."""
    first = Tally.of([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = Tally.of([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    found = difference(first, second, "mean")
    assert found.point == pytest.approx(-1.58)
    assert (found.low, found.high) == pytest.approx((-3.3654832, 0.2054832), abs=1e-6)


@settings(max_examples=40)
@given(values, values)
def test_two_means_agree_with_scipy(a, b):
    assume(np.ptp(a) > 0 and np.ptp(b) > 0)
    found = difference(Tally.of(a), Tally.of(b), "mean")
    theirs = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=1e-6, abs=1e-6)


@given(values, values, st.sampled_from(["mean", "ratio", "growth", "total"]))
def test_swapping_the_groups_turns_the_difference_around(a, b, kind):
    there, back = difference(Tally.of(a), Tally.of(b), kind), difference(Tally.of(b), Tally.of(a), kind)
    assert there.point == pytest.approx(-back.point)
    if kind != "total":
        assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


@given(values, values)
def test_a_ratio_to_one_differs_as_the_means_do(a, b):
    by_ratio, by_mean = (difference(Tally.of(a), Tally.of(b), kind) for kind in ("ratio", "mean"))
    assert (by_ratio.low, by_ratio.high) == pytest.approx((by_mean.low, by_mean.high), rel=1e-6, abs=1e-6)


def test_groups_without_any_spread_differ_for_certain():
    found = difference(Tally.of([3, 3, 3]), Tally.of([1, 1]), "mean")
    assert (found.low, found.point, found.high) == (2, 2, 2)


def test_two_full_counts_differ_without_an_interval():
    found = difference(Tally.of([1, 1, 1]), Tally.of([1]), "total")
    assert (found.point, found.low, found.high) == (2, None, None)


@pytest.mark.parametrize("kind", ["proportion", "mean", "ratio", "growth", "total"])
def test_an_empty_group_makes_the_difference_unknown_and_says_which(kind):
    found = difference(yes(3, 5), NOTHING, kind)
    assert isinstance(found, Unknown)
    assert found.why == "no difference: in the second group, nothing to count yet"
