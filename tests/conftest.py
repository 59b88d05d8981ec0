"""Laws are told by their values: how long an example takes says how busy the machine is, not whether it is right."""

import gc
import os
from collections import Counter
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


# A file goes to one worker, so that what it builds is built once. These took longest in a whole run; where there has been
# one, what took longest in that goes first (`pytest_sessionfinish`). Begun last, one worker would wait for the other.
LONG = (
    "test_journeys.py", "test_killed.py", "test_carry.py", "test_the_numbers.py", "test_incremental.py",
    "test_parts.py", "test_plain_tables.py", "test_laws.py", "test_file_parquet.py", "test_drill.py",
    "test_shops_of_known_truth.py", "test_playbook_pages.py", "test_killed_ticks.py", "test_marts.py",
    "test_mrr_ledger.py", "test_builds.py", "test_file_load.py", "test_online_retail.py", "test_identity.py",
)  # fmt: skip
SECONDS = "holdfast/seconds"  # in the cache of pytest: file → seconds of the newest whole run
_took = Counter()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Long files first; within that, the order drawn for this run stays.

    What was loaded up to here stays to the end: looking through it for garbage again and again found none.
    """
    rank = {name: len(LONG) - place for place, name in enumerate(LONG)}
    cache = getattr(config, "cache", None)
    took = cache.get(SECONDS, {}) if cache else {}
    items.sort(key=lambda item: took.get(_file(item.nodeid), rank.get(Path(item.fspath).name, 0)), reverse=True)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def pytest_runtest_logreport(report):
    _took[_file(report.nodeid)] += report.duration


def pytest_sessionfinish(session, exitstatus):
    """Workers have a part of the files each; only who hands them out knows the whole."""
    config, cache = session.config, getattr(session.config, "cache", None)
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.keyword
    to_its_end = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if whole and to_its_end and cache and not hasattr(config, "workerinput"):
        cache.set(SECONDS, {file: round(seconds) for file, seconds in _took.items()})


def pytest_configure():
    """What a test writes has to outlive a killed process, which the system sees to, and no cut of the power; waiting for
    the disk at every file takes longer than writing most homes."""
    os.fsync = lambda handle: None


def pytest_unconfigure():
    """The engine's own look for what was left open at the end finds it only among what is not frozen."""
    gc.unfreeze()
