"""Laws are told by their values: how long an example takes says how busy the machine is, not whether it is right."""

import gc
from pathlib import Path
from typing import Any

import pytest
from drawn import LONG as LONG_LAWS
from hypothesis import HealthCheck, settings
from saltmarsh import built_saltmarsh, saltmarsh_folder, saltmarsh_home  # noqa: F401 (fixtures)

settings.register_profile(
    "holdfast", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=100 if LONG_LAWS else 40
)
settings.load_profile("holdfast")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The book of work of tests is a real file, so that threads have connections of their own; on PostgreSQL a database
    for each worker, which is what was asked for first."""
    from django.db import connections

    database = connections["default"].settings_dict
    if "sqlite" in database["ENGINE"]:
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("book") / "work.sqlite3")


@pytest.fixture
def quick_passwords(settings: Any) -> None:
    """Hashing a password takes a third of a second by design; tests make many."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


# A file goes to one worker, so that what it builds is built once. These take longest: begun last, one worker would
# wait for the other at the end.
LONG = (
    "test_journeys.py", "test_killed.py", "test_parts.py", "test_the_numbers.py", "test_plain_tables.py",
    "test_laws.py", "test_incremental.py", "test_marts.py", "test_mrr_ledger.py", "test_values_over_time.py",
    "test_shops_of_known_truth.py", "test_who_is_one.py", "test_file_parquet.py", "test_builds.py",
)  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Long files first; within that, the order drawn for this run stays.

    What was loaded up to here stays to the end: looking through it for garbage again and again found none.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    rank = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(Path(item.fspath).name, len(LONG)))


def pytest_unconfigure():
    """The engine's own look for what was left open at the end finds it only among what is not frozen."""
    gc.unfreeze()
