"""What a person finds by typing the beginnings of words: accounts, people, plans and colleagues they may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from holdfast.accounts.access import EVERYWHERE, accounts_of, books_of, role_of
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.models import Account, Contact, Seat, Word, WorkObject
from holdfast.accounts.words import words_in

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

FOUND = 6  # of each kind
MOST_WORDS = 6
LAST = "\U0010ffff"  # no word has a character behind it


@dataclass(frozen=True, slots=True)
class Hit:
    """One row that was found. about: what stands beside its name; account_id: of its account, None for a book's."""

    kind: str
    row_id: int
    name: str
    about: str
    account_id: int | None = None


def search(user: Anybody, said: str, *, most: int = FOUND) -> tuple[Hit, ...]:
    """Rows that hold a word beginning with each word said; accounts first. Nothing for nothing said."""
    words = words_in(said)[:MOST_WORDS]
    if not words or not role_of(user):
        return ()
    return (
        *_accounts(_keys(user, Word.Kind.ACCOUNT, words, most)),
        *_contacts(_keys(user, Word.Kind.CONTACT, words, most)),
        *_works(_keys(user, Word.Kind.WORK, words, most)),
        *_colleagues(user, words, most),
    )


def _begins(word: str) -> Q:
    """A question that an index answers: SQLite's LIKE reads every row, PostgreSQL's order is that of a language."""
    if connection.vendor == "postgresql":
        return Q(word__startswith=word)
    return Q(word__gte=word, word__lt=word + LAST)


def _keys(user: Anybody, kind: str, words: Sequence[str], most: int) -> list[int]:
    """Keys of rows of one kind, those first whose word is the shortest that begins so."""
    longest, *others = sorted(words, key=len, reverse=True)
    found = _seen(user, Word.objects.filter(_begins(longest), kind=kind))
    for word in others:  # a list made once; asked of each row apart, it took seconds with a hundred thousand people
        found = found.filter(row_id__in=Word.objects.filter(_begins(word), kind=kind).values("row_id"))
    rows = found.order_by("word", "row_id").values_list("row_id", flat=True)
    return list(dict.fromkeys(rows[: most * 3]))[:most]  # a row may hold several words that begin so


def _seen(user: Anybody, found: QuerySet[Word]) -> QuerySet[Word]:
    if role_of(user) in EVERYWHERE:
        return found.filter(Q(account=None) | Q(account__merged_into=None))
    books = books_of(user).values("pk")
    return found.filter(Q(account__merged_into=None, account__book__in=books) | Q(account=None, book__in=books))


def _accounts(keys: list[int]) -> Iterable[Hit]:
    rows = Account.objects.select_related("book", "owner").in_bulk(keys)
    for key in (key for key in keys if key in rows):
        one = rows[key]
        told = (one.get_stage_display().lower(), one.owner.get_username() if one.owner else "")
        yield Hit("account", key, one.name, ", ".join(filter(None, told)), key)


def _contacts(keys: list[int]) -> Iterable[Hit]:
    rows = Contact.objects.select_related("account").in_bulk(keys)
    for key in (key for key in keys if key in rows):
        one = rows[key]
        about = ", ".join(filter(None, (one.title, one.account.name, "left" if one.left_on else "")))
        yield Hit("contact", key, one.name, about, one.account_id)


def _works(keys: list[int]) -> Iterable[Hit]:
    rows = WorkObject.objects.select_related("account", "book").in_bulk(keys)
    for key in (key for key in keys if key in rows):
        one = rows[key]
        whose = one.account or one.book
        yield Hit("work", key, one.title, f"{kind_of(one.kind).name}, {whose}", one.account_id)


def _colleagues(user: Anybody, words: Sequence[str], most: int) -> Iterable[Hit]:
    """Those with a seat in a book the person sees, or who own an account there."""
    mine = books_of(user).values("pk")
    seated = Seat.objects.filter(Q(book__in=mine) | Q(team__books__in=mine), user=OuterRef("pk"))
    owning = accounts_of(user).filter(owner=OuterRef("pk"))
    found = get_user_model().objects.filter(Exists(seated) | Exists(owning), is_active=True).select_related("person")
    hits = 0
    for one in found.order_by("username"):
        person = getattr(one, "person", None)
        named = words_in(f"{one.get_username()} {person.name if person else ''}")
        if hits < most and all(any(name.startswith(word) for name in named) for word in words):
            hits += 1
            yield Hit("colleague", one.pk, str(person or one.get_username()), "the accounts they own")
