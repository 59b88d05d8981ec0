"""A home in a temporary folder, invented layers below, and a cast: Ada administers, Rob reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fakes
import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from holdfast.warehouse.home import Home


@pytest.fixture(autouse=True)
def _quick_passwords(quick_passwords: None) -> None:
    """Many are made here."""


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    settings.HOME = made
    return made


@pytest.fixture
def shop(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with something built in it."""
    fakes.install(monkeypatch)
    return home


@pytest.fixture
def empty(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home where nothing was brought in yet."""
    fakes.install(monkeypatch)
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: None)
    monkeypatch.setattr("holdfast.warehouse.receipts.receipts", lambda home: [])
    return home


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    def make(name: str, **facts: Any) -> Any:
        return get_user_model().objects.create_user(name, password=fakes.PASSWORD, **facts)

    return make


@pytest.fixture
def ada(person: Callable[..., Any], client: Client) -> Client:
    """Signed in as Ada, the administrator."""
    client.force_login(person("ada", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def rob(person: Callable[..., Any]) -> Client:
    """Signed in as Rob, who may read everything."""
    from holdfast.accounts.models import Person, Role

    client = Client()
    user = person("rob")
    Person.objects.create(user=user, role=Role.EXECUTIVE)
    client.force_login(user)
    return client
