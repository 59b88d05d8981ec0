"""Laws are told by their values: how long an example takes says how busy the machine is, not whether it is right."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from saltmarsh import built_saltmarsh, saltmarsh_folder, saltmarsh_home  # noqa: F401 (fixtures)

settings.register_profile("holdfast", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("holdfast")

# A file goes to one worker, so that what it builds is built once. These take longest: begun last, one worker would
# wait for the other at the end.
LONG = (
    "test_journeys.py", "test_killed.py", "test_parts.py", "test_the_numbers.py", "test_plain_tables.py",
    "test_laws.py", "test_incremental.py", "test_marts.py", "test_mrr_ledger.py", "test_values_over_time.py",
    "test_shops_of_known_truth.py", "test_who_is_one.py", "test_file_parquet.py", "test_builds.py",
)  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Long files first; within that, the order drawn for this run stays."""
    rank = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(Path(item.fspath).name, len(LONG)))
