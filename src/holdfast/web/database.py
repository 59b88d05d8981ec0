"""Where the book of work is kept: a SQLite file in the home, or PostgreSQL when an address says so."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def database(home: Path, url: str) -> dict[str, Any]:
    """The entry for Django's DATABASES. Raises ImproperlyConfigured for an address it cannot read."""
    return _postgresql(url) if url else _sqlite(home)


def _sqlite(home: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": home / "work.sqlite3",
        "CONN_MAX_AGE": 60,  # opening one takes longer than most pages ask of it
        # A transaction that reads and then writes must hold the lock from its first statement:
        # with DEFERRED half of concurrent requests fail with "database is locked".
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-8000;",
        },
        "TEST": {"NAME": home / "test.sqlite3"},
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise ImproperlyConfigured(
            "HOLDFAST_DATABASE_URL is not a PostgreSQL address: write postgresql://user:password@host:5432/name"
        )
    if find_spec("psycopg") is None:
        raise ImproperlyConfigured("HOLDFAST_DATABASE_URL needs one package more: pip install 'holdfast[postgres]'")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
