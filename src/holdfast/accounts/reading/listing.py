"""The list of accounts: filtered, ordered, a page at a time, always in the same number of queries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from holdfast.accounts.access import accounts_of, books_of
from holdfast.accounts.models import Account, Book, Contact, SavedView, Task, Touchpoint

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

FILTERS = ("q", "book", "owner", "tier", "stage", "segment", "tag", "due")
DUE = {"late": "Late next step", "none": "No next step", "silent": "No contact in 30 days"}
SILENT_DAYS = 30


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account as the list shows it. next_due, last_held: null where there is none."""

    account: Account
    next_what: str
    next_due: date | None
    last_held: datetime | None
    parent: str = ""  # the name of one above it that the person may see

    def late(self, today: date) -> bool:
        return self.next_due is not None and self.next_due < today


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of accounts, and how many the filters let through."""

    rows: tuple[AccountRow, ...]
    total: int


def listing(user: Anybody, asked: Mapping[str, str], *, today: date, limit: int | None, offset: int = 0) -> Listing:
    """The accounts a person may see that the filters let through, by name. Raises ValueError for an odd filter."""
    found = filtered(user, asked, today=today)
    above = accounts_of(user).filter(pk=OuterRef("parent"))
    rows = found.select_related("book", "owner").annotate(parent_name=Subquery(above.values("name")[:1]))
    if limit is not None:  # what stands beside an account is asked only of those on the page
        rows = rows.filter(pk__in=list(found.values_list("pk", flat=True)[offset : offset + limit]))
    return Listing(tuple(_row(account) for account in rows), found.count())


def filtered(user: Anybody, asked: Mapping[str, str], *, today: date) -> QuerySet[Account]:
    """With `next_what`, `next_due` and `last_held` beside each account."""
    open_tasks = Task.objects.filter(account=OuterRef("pk"), done_at=None).order_by("due", "id")
    held = Touchpoint.objects.filter(account=OuterRef("pk"), held_at__isnull=False).order_by("-held_at")
    found = accounts_of(user).annotate(
        next_what=Subquery(open_tasks.values("what")[:1]),
        next_due=Subquery(open_tasks.values("due")[:1]),
        last_held=Subquery(held.values("held_at")[:1]),
    )
    for name in FILTERS:
        if said := asked.get(name, "").strip():
            found = found.filter(_condition(name, said, today))
    return found.order_by("name", "pk")


def named(user: Anybody, said: str) -> int:
    """The key of the account that a person means, by its number or its whole name. Raises ValidationError."""
    said = said.strip()
    means = Q(pk=int(said)) if said.isdecimal() else Q(name__iexact=said)
    found = list(accounts_of(user).filter(means).values_list("pk", flat=True)[:2])
    if not found:
        raise ValidationError(f"there is no account {said}")
    if len(found) > 1:
        raise ValidationError(f"several accounts are called {said}: say the number, which stands in its address")
    return found[0]


def alike(user: Anybody, account: Account, most: int) -> list[str]:
    """Names that begin with the same word: where an account has a twin, this is mostly how it shows."""
    first = (account.name.split() or [""])[0]
    found = accounts_of(user).filter(name__istartswith=first).exclude(pk=account.pk)
    return list(found.order_by("name").values_list("name", flat=True)[:most])


def _condition(name: str, said: str, today: date) -> Q:
    match name:
        case "q":
            return Q(name__icontains=said) | Q(pk__in=Contact.objects.filter(name__icontains=said).values("account"))
        case "book":
            return Q(book=None) if said == "none" else Q(book=int(said))
        case "owner":
            return Q(owner=None) if said == "none" else Q(owner=int(said))
        case "tag":
            return _tagged(said)
        case "due" if said == "late":
            return Q(next_due__lt=today)
        case "due" if said == "none":
            return Q(next_due=None)
        case "due" if said == "silent":
            return Q(last_held=None) | Q(last_held__date__lt=today - timedelta(days=SILENT_DAYS))
        case "due":
            raise ValueError(f"there is no filter due={said}")
    return Q(**{name: said})


def _tagged(tag: str) -> Q:
    """SQLite holds a list as its JSON text."""
    if connection.features.supports_json_field_contains:
        return Q(tags__contains=[tag])
    return Q(tags__icontains=json.dumps(tag))


def _row(account: Account) -> AccountRow:
    told: Any = account
    return AccountRow(account, told.next_what or "", told.next_due, told.last_held, told.parent_name or "")


@dataclass(frozen=True, slots=True)
class Coverage:
    """One book: how many accounts, how many without an owner, what is late in it."""

    book: Book
    accounts: int
    unowned: int
    late: int


def coverage(user: Anybody, today: date) -> tuple[Coverage, ...]:
    """The books a person may see, by name."""
    books = list(books_of(user).select_related("owner", "team"))
    living = Account.objects.filter(merged_into=None, book__in=books).order_by()
    counted = living.values_list("book").annotate(n=Count("pk"), unowned=Count("pk", filter=Q(owner=None)))
    accounts = {book_id: (n, unowned) for book_id, n, unowned in counted}
    steps = Task.objects.filter(done_at=None, due__lt=today, account__book__in=books).order_by()
    late = dict(steps.values_list("account__book").annotate(n=Count("pk")))
    return tuple(Coverage(book, *accounts.get(book.pk, (0, 0)), late.get(book.pk, 0)) for book in books)


def views_of(user: Anybody) -> tuple[SavedView, ...]:
    """A person's own saved views, then those that others share."""
    if user.pk is None:
        return ()
    found = SavedView.objects.filter(Q(user=user.pk) | Q(shared=True)).order_by("name")
    return tuple(sorted(found, key=lambda view: view.user_id != user.pk))


def tags_of(user: Anybody) -> tuple[str, ...]:
    """Every tag in use on the accounts a person may see."""
    tagged = accounts_of(user).exclude(tags=[]).order_by().values_list("tags", flat=True)
    return tuple(sorted({tag for tags in tagged for tag in tags}))
