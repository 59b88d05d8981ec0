"""Who works here, and what was done: for those who look after the installation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.db.models import Q

from holdfast.accounts.access import accounts_of, may, must, role_of
from holdfast.accounts.models import Account, Audit, Book, Person, Role, Seat, Team

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
    second_factor: bool


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
    guarded = set(Authenticator.objects.filter(type=Authenticator.Type.TOTP).values_list("user", flat=True))
    roles = dict(Person.objects.values_list("user", "role"))
    people = [
        Colleague(one, role := role_of(one, roles), Role(role).label, seats.get(one.pk, []), one.pk in guarded)
        for one in get_user_model().objects.order_by("username")
    ]
    return House(people, tuple(Team.objects.all()), tuple(Book.objects.select_related("team", "owner")))


def deeds(user: Anybody, *, limit: int, offset: int = 0) -> tuple[list[Audit], int]:
    """What was done to the accounts a person may see, and what they did to many or to none; newest first.

    To everything, for who looks after people.
    """
    found = Audit.objects.select_related("account", "undone_by")
    if not may(user, "people"):
        of_theirs = Q(account__in=accounts_of(user, merged=True).values("pk"))
        found = found.filter(of_theirs | Q(account=None, by=user.pk) if user.pk else of_theirs)
    return list(found[offset : offset + limit]), found.count()


def untold(user: Anybody, entries: Iterable[Audit]) -> frozenset[int]:
    """Of a person's own entries over many accounts, those that touch one they see no more: told without a name."""
    if may(user, "people"):
        return frozenset()
    touched = {entry.pk: _accounts_in(entry) for entry in entries if entry.account_id is None}
    every = set[int]().union(*touched.values())
    seen = set(accounts_of(user, merged=True).filter(pk__in=every).values_list("pk", flat=True))
    return frozenset(pk for pk, accounts in touched.items() if accounts - seen)


def _accounts_in(entry: Audit) -> set[int]:
    found = {change["id"] for change in entry.changes if change["model"] == Account._meta.label}
    told = ({**(change["before"] or {}), **(change["after"] or {})} for change in entry.changes)
    return found | {one["account_id"] for one in told if one.get("account_id") is not None}
