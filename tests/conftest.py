"""Laws are told by their values: how long an example takes says how busy the machine is, not whether it is right."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from saltmarsh import built_saltmarsh, saltmarsh_folder, saltmarsh_home  # noqa: F401 (fixtures)

settings.register_profile("holdfast", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("holdfast")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The book of work of tests is a real file, so that threads have connections of their own."""
    from django.db import connections

    database = connections["default"].settings_dict
    if "sqlite" in database["ENGINE"]:
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("book") / "work.sqlite3")


@pytest.fixture
def quick_passwords(settings: Any) -> None:
    """Hashing a password takes a third of a second by design; tests make many."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
