"""The token that lets one person claim a new installation: kept in the home until the first account exists."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from holdfast.warehouse.home import Home

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

NAME = "welcome.token"
KEPT = "whoever-comes-first"  # of the demo: a place in its book for who makes the first account


def nobody_yet() -> bool:
    # Somebody who never could sign in, as the invented colleague of the demo, has not claimed it.
    return not get_user_model().objects.exclude(is_active=False, password__startswith=UNUSABLE_PASSWORD_PREFIX).exists()


def kept_place() -> AbstractBaseUser | None:
    """Somebody who never could sign in and whose place the first account takes, with all that is theirs."""
    unusable = {"is_active": False, "password__startswith": UNUSABLE_PASSWORD_PREFIX}
    return get_user_model().objects.filter(username=KEPT, **unusable).first()


def welcome_token(home: Home) -> str | None:
    """The token to print as part of the address; None once somebody has an account.

    It lives in a file of mode 0600, so that every worker process sees the same one.
    """
    if not nobody_yet():
        return None
    path = _path(home)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
    except FileExistsError:
        pass
    return path.read_text().strip()


def is_right(home: Home, given: str) -> bool:
    path = _path(home)
    kept = path.read_text().strip() if path.is_file() else ""
    return bool(kept) and hmac.compare_digest(kept.encode(), given.encode())


def spend(home: Home) -> None:
    _path(home).unlink(missing_ok=True)


def _path(home: Home) -> Path:
    return home.path / NAME
