"""The book of work as the command line reads it: whoever has the home's files may read all of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from holdfast.cli.failure import CannotBeDone
from holdfast.warehouse.home import Home


@contextmanager
def book_of(place: Home) -> Iterator[bool]:
    """Django stands ready within; False where the home has no book of work yet. Raises CannotBeDone."""
    if not (place.path / "work.sqlite3").is_file() and not os.environ.get("HOLDFAST_DATABASE_URL"):
        yield False
        return
    import django

    os.environ["HOLDFAST_HOME"] = str(place.path)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.web.settings")
    django.setup()
    from django.db import DatabaseError

    try:
        yield True
    except DatabaseError as problem:
        raise CannotBeDone("the book of work is of another version: run `holdfast serve` once") from problem
