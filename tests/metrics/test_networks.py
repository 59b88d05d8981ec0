"""Thresholds of card networks are data, each with a source and the day from which it holds."""

from datetime import date

import pytest

from holdfast.metrics.networks import OWN_COPY, NetworksProblem, thresholds
from holdfast.metrics.registry import METRICS

VISA = "dispute_activity_visa"


def test_the_threshold_that_holds_on_the_day_is_given_with_its_source(tmp_path):
    (before,) = thresholds(tmp_path, VISA, date(2026, 3, 31))
    (after,) = thresholds(tmp_path, VISA, date(2026, 4, 1))
    assert (before.share, after.share, after.count) == (0.022, 0.015, 1500)
    assert "Checkout.com" in after.source
    assert "0.9 %" in after.note  # sources disagree, and the file says so
    assert {t.count for t in thresholds(tmp_path, "dispute_activity_mastercard", date(2026, 6, 30))} == {100, 300}
    assert thresholds(tmp_path, VISA, date(2020, 1, 1)) == ()


def test_both_the_share_and_the_number_must_be_reached(tmp_path):
    (visa,) = thresholds(tmp_path, VISA, date(2026, 6, 30))
    assert visa.stands(0.66, 2) == "normal"  # two of three is much of very little
    assert visa.stands(0.009, 900) == "watch"
    assert visa.stands(0.015, 1499) == "watch"
    assert visa.stands(0.015, 1500) == "over"


def test_a_copy_in_the_home_overrides_what_ships_and_is_read_strictly(tmp_path):
    row = 'metric = "dispute_activity_visa"\nname = "ours"\nshare = 0.01\ncount = 5\nsource = "statement"\n'
    (tmp_path / OWN_COPY).write_text(f"[[threshold]]\n{row}from = 2026-01-01\nread_on = 2026-02-01\n")
    assert [t.name for t in thresholds(tmp_path, VISA, date(2026, 6, 30))] == ["ours"]
    (tmp_path / OWN_COPY).write_text(f'[[threshold]]\n{row}from = "soon"\nread_on = 2026-02-01\n')
    with pytest.raises(NetworksProblem, match="2026-04-01"):
        thresholds(tmp_path, VISA, date(2026, 6, 30))


def test_every_metric_with_a_threshold_is_declared(tmp_path):
    assert {VISA, "dispute_activity_mastercard"} <= set(METRICS)
