"""Who acts in tests of the book of work."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser

from holdfast.accounts.act import By

SCHEDULE = By(AnonymousUser(), "schedule", "a test")


def by(user: Any) -> By:
    return By(user, "web")
