from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.framework import load
from holdfast.metrics.values import Reading
from holdfast.metrics.verdict import verdict

FRAMEWORK = load()
REPEAT = FRAMEWORK.criterion("marketplace_repeat_purchase")  # 60–80 %, up
CHURN = FRAMEWORK.criterion("subscription_churn")  # 3–5 %, down
RESOLUTION = FRAMEWORK.criterion("marketplace_support_resolution")  # < 2 hours
SATISFACTION = FRAMEWORK.criterion("b2b_satisfaction")  # ≥ 4.4
EFFECT = FRAMEWORK.criterion("activation_order_value")  # +25 %, an effect claim

shares = st.floats(0, 1)


def share(low, high):
    return Reading((low + high) / 2, low, high, "Wilson")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.60, 0.70, "met"),
        (0.70, 0.85, "met"),
        (0.80, 0.85, "stretch"),
        (0.90, 0.99, "stretch"),
        (0.50, 0.599, "missed"),
        (0.50, 0.60, "undecided"),
        (0.599, 0.90, "undecided"),
    ],
)
def test_a_repeat_rate_is_judged_by_its_interval(low, high, expected):
    assert verdict(share(low, high), REPEAT, 1000).verdict == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.035, 0.05, "met"),
        (0.01, 0.03, "stretch"),
        (0.0, 0.01, "stretch"),
        (0.051, 0.08, "missed"),
        (0.04, 0.06, "undecided"),
        (0.05, 0.06, "undecided"),
    ],
)
def test_churn_is_judged_downward(low, high, expected):
    assert verdict(share(low, high), CHURN, 1000).verdict == expected


def test_two_hours_on_the_dot_are_not_under_two_hours():
    assert verdict(Reading(2.0, None, None, "full count"), RESOLUTION, 500).verdict == "missed"
    assert verdict(Reading(1.99, None, None, "full count"), RESOLUTION, 500).verdict == "met"


def test_cdnow_misses_the_repeat_target_and_the_sentence_says_how():
    """10,796 of 23,570 came back within a year; Wilson's interval by hand 45.17 … 46.44 %."""
    found = verdict(Reading(10_796 / 23_570, 0.4517, 0.4644, "Wilson"), REPEAT, 23_570)
    assert found.verdict == "missed"
    assert found.sentence == "Missed: 45.8 % (95 %: 45.2 % to 46.4 %); the target is at least 60 %."


def test_an_undecided_sentence_does_not_take_sides():
    found = verdict(Reading(4.45, 4.31, 4.59, "Student's t"), SATISFACTION, 80)
    assert found.verdict == "undecided"
    assert found.sentence == (
        "Undecided: 4.45 of 5 (95 %: 4.31 of 5 to 4.59 of 5), which reaches over the target of at least 4.4 of 5."
    )


def test_twenty_nine_units_get_no_verdict_and_thirty_do():
    assert verdict(share(0.0, 0.1), REPEAT, 30).verdict == "missed"
    found = verdict(share(0.0, 0.1), REPEAT, 29)
    assert found.verdict == "unknown"
    assert found.sentence == "Unknown: fewer than 30 units are old enough to judge (29 so far)."


def test_an_unknown_reading_keeps_its_reason_and_what_it_needs():
    found = verdict(Unknown("no tickets connected", "connect the help desk"), RESOLUTION, 0)
    assert found.verdict == "unknown"
    assert found.sentence == "Unknown: no tickets connected. It would need: connect the help desk."


def test_an_unknown_reading_without_advice_is_told_what_to_connect():
    found = verdict(Unknown("no account creation moments"), FRAMEWORK.criterion("acquisition_first_purchase"), 0)
    assert "import a customer file with an account creation column" in found.sentence


@pytest.mark.parametrize("criterion", [c for c in FRAMEWORK.criteria if c.needs_holdout], ids=lambda c: c.id)
def test_no_reading_however_good_makes_an_effect_claim_green(criterion):
    found = verdict(Reading(9.0, 8.0, 10.0, "delta method"), criterion, 10**6)
    assert found.verdict == "unknown"
    assert "needs a holdout" in found.sentence


def test_without_a_criterion_there_is_no_verdict():
    assert verdict(share(0.1, 0.2), None, 100).verdict == "no target"


def test_an_interval_without_an_upper_end_cannot_meet_a_target_that_points_down():
    assert verdict(Reading(1.0, 0.5, inf, "Kaplan–Meier"), RESOLUTION, 100).verdict == "undecided"
    assert "0.50 hours or more" in verdict(Reading(1.0, 0.5, inf, "Kaplan–Meier"), RESOLUTION, 100).sentence


@given(shares, shares, shares, st.sampled_from([REPEAT, CHURN]))
def test_moving_the_whole_interval_to_the_good_side_never_worsens_the_verdict(low, width, step, criterion):
    order = ["missed", "undecided", "met", "stretch"]
    good = 1 if criterion.direction == "up" else -1
    before = verdict(share(low, low + width), criterion, 100).verdict
    after = verdict(share(low + good * step, low + width + good * step), criterion, 100).verdict
    assert order.index(after) >= order.index(before)


@given(shares, shares, st.sampled_from([REPEAT, CHURN]))
def test_a_green_verdict_means_every_value_in_the_interval_reaches_the_target(a, b, criterion):
    low, high = min(a, b), max(a, b)
    green = verdict(share(low, high), criterion, 100).verdict in ("met", "stretch")
    assert green == all(criterion.reached(x, criterion.acceptable) for x in (low, (low + high) / 2, high))


@given(st.floats(0.6, 1.0))
def test_the_good_side_of_a_range_is_never_red(value):
    found = verdict(Reading(value, None, None, "full count"), REPEAT, 100)
    assert found.verdict == ("stretch" if value >= 0.8 else "met")
