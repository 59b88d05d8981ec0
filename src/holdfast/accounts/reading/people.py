"""Who works here, and what was done: for those who look after the installation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model

from holdfast.accounts.access import accounts_of, may, must, role_of
from holdfast.accounts.models import Audit, Book, Person, Role, Seat, Team

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from holdfast.accounts.access import Anybody


@dataclass(frozen=True, slots=True)
class Colleague:
    """One who signs in, with their role and seats."""

    user: User
    role: str
    role_name: str
    seats: Sequence[Seat]


@dataclass(frozen=True, slots=True)
class House:
    """Everybody, every team and every book."""

    people: Sequence[Colleague]
    teams: Sequence[Team]
    books: Sequence[Book]


def house(user: Anybody) -> House:
    """Raises MayNot for who does not look after people."""
    must(user, "people")
    seats: dict[int, list[Seat]] = {}
    for seat in Seat.objects.select_related("book", "team"):
        seats.setdefault(seat.user_id, []).append(seat)
    roles = dict(Person.objects.values_list("user", "role"))
    people = [
        Colleague(one, role := role_of(one, roles), Role(role).label, seats.get(one.pk, []))
        for one in get_user_model().objects.order_by("username")
    ]
    return House(people, tuple(Team.objects.all()), tuple(Book.objects.select_related("team", "owner")))


def deeds(user: Anybody, *, limit: int, offset: int = 0) -> tuple[list[Audit], int]:
    """What was done to the accounts a person may see; to everything, for who looks after people. Newest first."""
    found = Audit.objects.select_related("account", "undone_by")
    if not may(user, "people"):
        found = found.filter(account__in=accounts_of(user, merged=True).values("pk"))
    return list(found[offset : offset + limit]), found.count()
