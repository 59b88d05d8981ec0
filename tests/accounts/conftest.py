"""A team of two books with a cast: Ada administers, Mia manages, Cas and Dot each look after a book, Eve sees nothing."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from acting import SCHEDULE
from django.contrib.auth import get_user_model

from holdfast.accounts.act import act
from holdfast.accounts.models import Account, Book, Person, Role, Seat, Team


@pytest.fixture(autouse=True)
def _quick_passwords(quick_passwords):
    """Many are made here."""


@pytest.fixture
def cast(db):
    """People by name, books north and south of team sea, and an account in each: kelp (Cas) and dune (Dot)."""
    made = SimpleNamespace()
    roles = {"ada": Role.ADMINISTRATOR, "mia": Role.MANAGER, "cas": Role.CSM, "dot": Role.CSM, "sup": Role.SUPPORT,
             "exe": Role.EXECUTIVE, "eve": Role.CSM}  # fmt: skip
    with act("set the scene", by=SCHEDULE) as doing:
        for name, role in roles.items():
            user = doing.create(get_user_model(), username=name, password="-")
            doing.create(Person, user=user, role=role)
            setattr(made, name, user)
        made.sea = doing.create(Team, name="Sea")
        made.north, made.south = (doing.create(Book, name=n, team=made.sea) for n in ("North", "South"))
        for user, book in ((made.cas, made.north), (made.sup, made.north), (made.dot, made.south)):
            doing.create(Seat, user=user, book=book)
        doing.create(Seat, user=made.mia, team=made.sea)
        made.kelp = doing.create(Account, name="Kelp", book=made.north, source="shops:Kelp", owner=made.cas)
        made.dune = doing.create(Account, name="Dune", book=made.south)
    return made


@pytest.fixture
def today():
    return date(2026, 3, 2)
