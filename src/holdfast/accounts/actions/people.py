"""People, teams, books and seats."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from holdfast.accounts.access import EVERYWHERE, NotThere, books_of, must, role_of
from holdfast.accounts.act import By, act, keep_marks
from holdfast.accounts.models import Book, Notice, Person, Role, Seat, Team

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def add_person(username: str, password: str, *, by: By, role: str, name: str = "", email: str = "") -> User:
    """Somebody who may sign in, once they have a second factor if the administrator wants one.

    Raises ValidationError for a name that is taken and for a password that is too easy.
    """
    must(by.user, "people")
    model = get_user_model()
    validate_password(password, model(username=username, email=email))
    with act("add person", by=by) as doing:
        user = doing.create(
            model, username=username.strip(), email=email, password=make_password(password),
            is_staff=role == Role.ADMINISTRATOR, is_superuser=role == Role.ADMINISTRATOR,
        )  # fmt: skip
        doing.create(Person, user=user, role=role, name=name)
        return user


def change_person(
    user_id: int, *, by: By, role: str | None = None, name: str | None = None, active: bool | None = None
) -> None:
    """A person who may no longer sign in loses every session at the next request; their work stays under their name."""
    must(by.user, "people")
    user = _user(user_id)
    if user.pk == by.key and (active is False or (role and role != role_of(user))):
        raise ValidationError("nobody takes their own keys away: let another administrator do it")
    with act("change person", by=by) as doing:
        person = Person.objects.filter(user=user).first() or doing.create(Person, user=user, role=role_of(user))
        if name is not None:
            doing.change(person, name=name)
        if role is not None:
            doing.change(person, role=role)
            doing.change(user, is_staff=role == Role.ADMINISTRATOR, is_superuser=role == Role.ADMINISTRATOR)
        if active is not None:
            doing.change(user, is_active=active)


def take_second_factor(user_id: int, *, at: datetime, by: By, password: str = "") -> None:
    """Of somebody who lost it, with its recovery codes: their password alone signs them in until they set up another.

    Whoever is signed in under their name is signed out, and they are told. password: of who takes their own away, so
    that a page left open is no way around it.

    Raises MayNot, NotThere, and ValidationError where there is none and for a password that is not theirs.
    """
    must(by.user, "people")
    user = _user(user_id)
    if user.pk == by.key and not user.check_password(password):
        raise ValidationError("your own second factor is taken away with your password, and this is not it")
    with act("take second factor", by=by, note=user.get_username()) as doing:
        found = list(Authenticator.objects.filter(user=user))
        if not found:
            raise ValidationError(f"there is no second factor of {user.get_username()}")
        doing.remove_all(found)
        for session in UserSession.objects.filter(user=user):
            session.end()
        text = f"{by.called} took your second factor away. Set up a new one under Settings, Second factor."
        keep_marks([Notice(user=user, key=f"second factor:{found[0].pk}", text=text, at=at)])


def set_capacity(user_id: int, touchpoints: int | None, *, by: By) -> None:
    """How many touchpoints a week somebody can hold; None: as many as is usual. One's own to say, or a manager's.

    Raises NotThere for somebody in none of one's books, MayNot, and ValidationError for less than one.
    """
    if user_id != by.key:
        must(by.user, "assign")
        if (
            role_of(by.user) not in EVERYWHERE
            and not Seat.objects.filter(user=user_id, book__in=books_of(by.user).values("pk")).exists()
        ):
            raise NotThere(f"there is no person {user_id}")
    user = _user(user_id)
    with act("set capacity", by=by) as doing:
        person = Person.objects.filter(user=user).first() or doing.create(Person, user=user, role=role_of(user))
        doing.change(person, touchpoints_a_week=touchpoints)


def add_team(name: str, *, by: By) -> Team:
    must(by.user, "people")
    with act("add team", by=by) as doing:
        return doing.create(Team, name=name.strip())


def add_book(name: str, *, by: By, team_id: int | None = None, owner_id: int | None = None) -> Book:
    """The owner gets a seat in it."""
    must(by.user, "people")
    with act("add book", by=by) as doing:
        book = doing.create(Book, name=name.strip(), team_id=team_id, owner_id=owner_id)
        if owner_id is not None:
            doing.create(Seat, book=book, user_id=owner_id)
        return book


def change_book(
    book_id: int, *, by: By, name: str | None = None, team_id: int | None = None, owner_id: int | None = None
) -> None:
    must(by.user, "people")
    book = Book.objects.filter(pk=book_id).first()
    if book is None:
        raise NotThere(f"there is no book {book_id}")
    with act("change book", by=by) as doing:
        doing.change(book, name=book.name if name is None else name.strip(), team_id=team_id, owner_id=owner_id)
        if owner_id is not None and not Seat.objects.filter(book=book, user_id=owner_id).exists():
            doing.create(Seat, book=book, user_id=owner_id)


def seat(user_id: int, *, by: By, book_id: int | None = None, team_id: int | None = None) -> None:
    """Give a person a seat in a book, or over a team; a seat they have stays."""
    must(by.user, "people")
    user, mine = _user(user_id), Seat.objects.filter(user_id=user_id)
    same = mine.filter(book=book_id) if book_id is not None else mine.filter(team=team_id)
    if same.exists():
        return
    try:
        with act("give seat", by=by) as doing:
            doing.create(Seat, user=user, book_id=book_id, team_id=team_id)
    except ValidationError:
        if not same.exists():  # somebody else gave it since we looked
            raise


def unseat(seat_id: int, *, by: By) -> None:
    must(by.user, "people")
    found = Seat.objects.filter(pk=seat_id).first()
    if found is None:
        raise NotThere(f"there is no seat {seat_id}")
    with act("take seat", by=by) as doing:
        doing.remove(found)


def _user(user_id: int) -> User:
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is None:
        raise NotThere(f"there is no person {user_id}")
    return user
