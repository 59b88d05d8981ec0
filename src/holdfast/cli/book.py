"""The book of work for commands: opened by whoever has the home's files, who acts as one of its people or its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.failure import CannotBeDone, did_you_mean

if TYPE_CHECKING:
    from holdfast.accounts.act import By
    from holdfast.warehouse.home import Home

OWN_NAME = "the command line"  # as the activity tells it
ANOTHER_VERSION = "the book of work is of another version: run `holdfast serve` once"
AsOption = Annotated[
    str | None,
    typer.Option("--as", help="Act as this person, with their rights (default: as administrator).", metavar="NAME"),
]


def there_is_a_book(home: Home) -> bool:
    return (home.path / "work.sqlite3").is_file() or bool(os.environ.get("HOLDFAST_DATABASE_URL"))


@contextmanager
def opened(home: Home) -> Iterator[None]:
    """The book of this home, for as long as a command needs it. Raises CannotBeDone where there is none to be read."""
    if not there_is_a_book(home):
        raise CannotBeDone("there is no book of work here yet: run `holdfast serve` once, which makes it")
    import django

    os.environ["HOLDFAST_HOME"] = str(home.path)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.web.settings")
    from django.apps import apps

    if not apps.ready:  # once a process: setting up again would begin its log anew
        django.setup()
    from django.core.exceptions import ValidationError
    from django.db import DatabaseError

    try:
        yield
    except ValidationError as refused:
        raise CannotBeDone("; ".join(refused.messages)) from refused
    except DatabaseError as problem:
        locked = "locked" in str(problem)
        raise CannotBeDone("somebody else is writing: try again" if locked else ANOTHER_VERSION) from problem


def acting(name: str | None) -> By:
    """Somebody who signs in, by name; else whoever has the home's files, who may do everything."""
    from django.contrib.auth import get_user_model

    from holdfast.accounts.act import By

    people = get_user_model().objects
    if name is None:
        return By(get_user_model()(username="cli", is_superuser=True), "cli", OWN_NAME)
    user = people.filter(username=name, is_active=True).first()
    if user is None:
        known = people.filter(is_active=True).values_list("username", flat=True)
        raise CannotBeDone(f"nobody called {name!r} signs in here; {did_you_mean(name, known)}")
    return By(user, "cli")
