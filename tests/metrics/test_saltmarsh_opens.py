"""Every number of Saltmarsh opens as many units as it counts and holds open, and each of them is found by itself."""

import pytest

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.counted import units_listed
from holdfast.metrics.drill import units
from holdfast.metrics.published import open_published
from holdfast.metrics.registry import METRICS
from holdfast.metrics.unit import find_unit

LATER = ("adoption", "operations", "value")  # in test-all; the shop without them, and two with, in every run


@pytest.mark.parametrize(
    "folder", ["", "acquisition", "identity", *(pytest.param(name, marks=pytest.mark.slow) for name in LATER)]
)
def test_every_number_opens_its_units(saltmarsh_folder, folder):
    home = saltmarsh_folder(folder)
    published, opened = open_published(home), 0
    for metric in METRICS.values():
        value = published.value(metric.id)
        if isinstance(value.reading, Unknown):
            continue
        page = units(home, metric.id, status="all", limit=1000)
        assert page.total == len(page.rows) == units_listed(metric, value, "all"), metric.id
        assert page.rows, metric.id
        assert find_unit(home, metric.id, page.rows[0][0]).unit_id == page.rows[0][0], metric.id
        opened += 1
    assert opened > 20
