"""Who acts in tests of the book of work, and how a process of its own finds the book of a test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection

from holdfast.accounts.act import By

SCHEDULE = By(AnonymousUser(), "schedule", "a test")


def by(user: Any) -> By:
    return By(user, "web")


def same_book(home: Path) -> dict[str, str]:
    """The variables with which a process of its own works in a test's book of work. home: an empty one."""
    told = os.environ | {"HOLDFAST_HOME": str(home), "DJANGO_SETTINGS_MODULE": "holdfast.web.settings"}
    if connection.vendor == "sqlite":
        (home / "work.sqlite3").symlink_to(connection.settings_dict["NAME"])
        return told
    before, _, options = os.environ["HOLDFAST_DATABASE_URL"].partition("?")
    name = connection.settings_dict["NAME"]
    return told | {"HOLDFAST_DATABASE_URL": f"{before.rpartition('/')[0]}/{name}?{options}"}
