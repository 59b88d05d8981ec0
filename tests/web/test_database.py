"""Where the book of work is kept: one setting, read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from holdfast.web import database as setting
from holdfast.web.database import database


def test_without_an_address_it_is_a_file_of_the_home(tmp_path: Path) -> None:
    found = database(tmp_path, "")
    assert (found["ENGINE"], found["NAME"]) == ("django.db.backends.sqlite3", tmp_path / "work.sqlite3")


def test_an_address_names_the_server_the_user_and_what_the_driver_needs(tmp_path: Path) -> None:
    found = database(tmp_path, "postgresql://ann:p%40ss@db.example.com:5433/book?sslmode=verify-full")
    told = [found[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME", "OPTIONS")]
    assert told == ["ann", "p@ss", "db.example.com", "5433", "book", {"sslmode": "verify-full"}]
    socket = database(tmp_path, "postgresql://ann@/book?host=/run/postgresql")
    assert (socket["HOST"], socket["OPTIONS"]) == ("", {"host": "/run/postgresql"})


@pytest.mark.parametrize("address", ["mysql://ann@host/book", "postgresql://ann@host", "book"])
def test_an_address_of_something_else_is_refused_and_says_how_one_looks(tmp_path: Path, address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="postgresql://user:password@host:5432/name"):
        database(tmp_path, address)


def test_without_the_driver_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setting, "find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured, match=r"pip install 'holdfast\[postgres\]'"):
        database(tmp_path, "postgresql://ann@host/book")
