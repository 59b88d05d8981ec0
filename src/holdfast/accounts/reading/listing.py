"""The list of accounts: filtered, ordered, a page at a time, always in the same number of queries."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count, F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value

from holdfast.accounts.access import accounts_of, books_of
from holdfast.accounts.filed.columns import CUSTOM
from holdfast.accounts.models import Account, Book, Contact, SavedView, Task, Touchpoint

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

FILTERS = ("q", "book", "owner", "tier", "stage", "segment", "tag", "due")
# Filters on a field of the merchant's own, as addresses name them: what it says, or what it contains.
OWN, HOLDS = "own:", "has:"
NOT_SAID = "!"
CHOOSABLE = 40  # values of an own field up to which they are offered to choose from
COLUMNS = (
    "id", "name", "source", "book", "owner", "parent", "segment", "archetype", "motion", "tier", "stage", "since",
    "tags", "next_step", "next_step_due", "last_contact",
)  # fmt: skip
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
    for number, (name, said) in enumerate(own_asked(asked).items()):
        how, _, field = name.partition(":")
        found = found.alias(**{f"own_{number}": _own(field)})
        found = found.filter(_of_own(f"own_{number}", how, said.strip()))
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


def own_asked(asked: Mapping[str, str]) -> dict[str, str]:
    """What was asked of the merchant's own fields."""
    return {name: said for name, said in asked.items() if name.startswith((OWN, HOLDS)) and said.strip()}


def _own(field: str) -> Func:
    """What an account says in a field of the merchant's own. Django takes a name such as 2024 for a place in a list."""
    if connection.vendor == "postgresql":
        return Func(F("custom"), Value(field), function="jsonb_extract_path_text", output_field=TextField())
    return Func(
        F("custom"), Value(field), template="(SELECT value FROM json_each(%(expressions)s))",
        arg_joiner=") WHERE (key = ", output_field=TextField(),
    )  # fmt: skip


def _of_own(field: str, how: str, said: str) -> Q:
    if said == NOT_SAID:
        return Q(**{f"{field}__isnull": True})
    return Q(**{f"{field}__icontains" if f"{how}:" == HOLDS else field: said})


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


def cells_of(rows: Sequence[AccountRow]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Columns and rows of a file of accounts, own fields last; it can be changed and taken in again."""
    own = sorted({name for row in rows for name in row.account.custom})
    return (*COLUMNS, *(CUSTOM + name for name in own)), [_cells(row, own) for row in rows]


def _cells(row: AccountRow, own: Sequence[str]) -> tuple[Any, ...]:
    a = row.account
    return (
        a.pk, a.name, a.source, str(a.book or ""), a.owner.get_username() if a.owner else "", row.parent,
        a.segment, a.archetype, a.motion, a.tier, a.stage, a.since, ", ".join(a.tags), row.next_what, row.next_due,
        row.last_held, *(a.custom.get(name) for name in own),
    )  # fmt: skip


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


def own_fields(user: Anybody) -> dict[str, tuple[str, ...]]:
    """The merchant's own fields in use on the accounts a person may see, each with the values it has."""
    found: dict[str, set[str]] = {}
    for custom in accounts_of(user).exclude(custom={}).order_by().values_list("custom", flat=True):
        for name, said in custom.items():
            found.setdefault(name, set()).add(str(said))
    return {name: tuple(sorted(found[name])) for name in sorted(found)}
