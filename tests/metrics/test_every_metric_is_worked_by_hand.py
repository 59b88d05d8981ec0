"""Every metric has an example counted by hand over Saltmarsh, and Holdfast finds what was counted."""

from __future__ import annotations

from functools import cache

import pytest

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.published import open_published
from holdfast.metrics.registry import METRICS
from holdfast.metrics.worked import every_worked


def test_every_metric_has_a_worked_example_and_nothing_else_has():
    assert list(every_worked()) == list(METRICS)


def test_an_example_is_read_in_a_minute_and_ends_in_its_number_or_says_why_there_is_none():
    for metric_id, worked in every_worked().items():
        assert 5 <= len(worked.told.split()) <= 110, metric_id
        assert (worked.value is None) == bool(worked.why), metric_id


@pytest.fixture(scope="module")
def published(saltmarsh_folder):
    """Folder → what Holdfast found there, built when a metric first asks for it."""
    return cache(lambda folder: open_published(saltmarsh_folder(folder)))


@pytest.mark.parametrize("metric_id", METRICS)
def test_holdfast_finds_what_was_counted_by_hand(published, metric_id):
    worked = every_worked()[metric_id]
    found = published(worked.folder).value(metric_id)
    assert (found.n, found.still_open) == (worked.n, worked.still_open)
    assert found.counted == pytest.approx(worked.counted)
    assert found.out_of == pytest.approx(worked.out_of)
    if worked.value is None:
        assert isinstance(found.reading, Unknown)
        assert found.reading.why == worked.why
    else:
        assert found.reading.point == pytest.approx(worked.value, rel=2e-6)
