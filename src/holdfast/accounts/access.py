"""The only ways to reach an account, a book or what hangs on them: as somebody who may.

Roles say what a person may do, seats say where. A row that a person may not see does not exist for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404

from holdfast.accounts.models import SHOPS, Account, Audit, Book, Person, Role, Seat, WorkObject

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User

    Anybody = User | AbstractBaseUser | AnonymousUser

# read: see it. note: tasks, touchpoints, the timeline. plan: the account and its plans. assign: books, owners, many
# accounts at once. people: who works here.
Need = Literal["read", "note", "plan", "assign", "people"]

MAY: dict[str, frozenset[str]] = {
    Role.ADMINISTRATOR: frozenset({"read", "note", "plan", "assign", "people"}),
    Role.MANAGER: frozenset({"read", "note", "plan", "assign"}),
    Role.CSM: frozenset({"read", "note", "plan"}),
    Role.SUPPORT: frozenset({"read", "note"}),
    Role.ANALYST: frozenset({"read"}),
    Role.EXECUTIVE: frozenset({"read"}),
    Role.READER: frozenset({"read"}),
}
EVERYWHERE = frozenset({Role.ADMINISTRATOR, Role.EXECUTIVE, Role.ANALYST})  # roles that need no seat

M = TypeVar("M", bound=Model)


class NotThere(LookupError, Http404):
    """There is no such row, or not for this person: both are told alike."""


class MayNot(PermissionError, PermissionDenied):
    """The person sees the row and may not do this to it."""


def role_of(user: Anybody, roles: Mapping[int, str] | None = None) -> str:
    """Empty for nobody. Who was an administrator before there were roles is one. Asked once for each request.

    roles: of everybody by user, where many are asked for.
    """
    if not user.is_authenticated:
        return ""
    known: str | None = getattr(user, "_role", None)
    if known is None:
        if roles is None:
            known = Person.objects.filter(user_id=user.pk).values_list("role", flat=True).first()
        elif user.pk is not None:
            known = roles.get(user.pk)
        known = known or str(Role.ADMINISTRATOR if getattr(user, "is_superuser", False) else Role.READER)
        setattr(user, "_role", known)  # noqa: B010 (no field of it)
    return known


def may(user: Anybody, need: Need) -> bool:
    return need in MAY.get(role_of(user), frozenset())


def must(user: Anybody, need: Need) -> None:
    """Raises MayNot."""
    if not may(user, need):
        raise MayNot(f"this needs somebody who may {need}")


def books_of(user: Anybody) -> QuerySet[Book]:
    """The books in which a person has a seat, or that belong to a team they are over."""
    role = role_of(user)
    if role in EVERYWHERE:
        return Book.objects.all()
    if not role or user.pk is None:
        return Book.objects.none()
    mine = Seat.objects.filter(user_id=user.pk)
    reached = Q(pk__in=mine.values("book"))
    if role == Role.MANAGER:
        reached |= Q(team__in=mine.values("team"))
    return Book.objects.filter(reached)


def accounts_of(user: Anybody, *, merged: bool = False) -> QuerySet[Account]:
    """The accounts a person may see; those that were merged away only when asked for."""
    role = role_of(user)
    found = Account.objects.all() if merged else Account.objects.filter(merged_into=None)
    if role in EVERYWHERE:
        return found
    if not role or user.pk is None:
        return found.none()
    return found.filter(book__in=_books_known(user))


def sees_accounts(user: Anybody, keys: Collection[int]) -> bool:
    """Whether a person sees every one of these accounts, and what they were merged into; of no keys: all there are."""
    if role_of(user) in EVERYWHERE:
        return True
    asked, into = set(keys), set(keys)
    while into:  # what one was merged into may have been merged itself
        into = set(Account.objects.filter(absorbed__in=into).values_list("pk", flat=True)) - asked
        asked |= into
    found = Account.objects.filter(pk__in=asked)
    if not keys or not found.exists():  # where all are gone, nobody's book says any more who saw them
        return accounts_of(user).count() == Account.objects.filter(merged_into=None).count()
    return not found.exclude(pk__in=accounts_of(user, merged=True).values("pk")).exists()


_kept: ContextVar[dict[int, tuple[int, ...]] | None] = ContextVar("kept", default=None)


@contextmanager
def asked_once() -> Iterator[None]:
    """For a door: within one request it is asked once which books a person has a seat in.

    A page asks for the accounts a dozen times, each time within another question, and working out the books anew in
    each was a third of its time.
    """
    before = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(before)


def _books_known(user: Anybody) -> tuple[int, ...] | QuerySet[Book, Any]:
    """Keys of the books within a request; elsewhere the question itself, so that the answer is never an old one."""
    asked, kept = books_of(user).order_by().values("pk"), _kept.get()
    if kept is None or user.pk is None:
        return asked
    if user.pk not in kept:
        kept[user.pk] = tuple(row["pk"] for row in asked)
    return kept[user.pk]


def access_account(user: Anybody, account_id: int, need: Need = "read") -> Account:
    """Raises NotThere or MayNot."""
    account = accounts_of(user, merged=True).filter(pk=account_id).first()
    if account is None:
        raise NotThere(f"there is no account {account_id}")
    must(user, need)
    return account


def access_of_account(user: Anybody, model: type[M], row_id: int, need: Need = "read") -> M:
    """A row that hangs on an account (its `account`). Raises NotThere or MayNot."""
    rows = model._default_manager.filter(pk=row_id, account__in=accounts_of(user, merged=True).values("pk"))
    row = rows.first()
    if row is None:
        raise NotThere(f"there is no {model._meta.verbose_name} {row_id}")
    must(user, need)
    return row


def access_book(user: Anybody, book_id: int, need: Need = "read") -> Book:
    """Raises NotThere or MayNot."""
    book = books_of(user).filter(pk=book_id).first()
    if book is None:
        raise NotThere(f"there is no book {book_id}")
    must(user, need)
    return book


def may_own(account: Account) -> QuerySet[User]:
    """Who can be made the owner of something of this account: whoever may work on it."""
    doing = [role for role, needs in MAY.items() if "note" in needs]
    seated = Q(seats__book=account.book_id) if account.book_id else Q(pk__in=[])
    over = Q(person__role=Role.MANAGER, seats__team__books=account.book_id) if account.book_id else Q(pk__in=[])
    everywhere = Q(person__role=Role.ADMINISTRATOR) | Q(person=None, is_superuser=True)
    can = (seated & Q(person__role__in=doing)) | over | everywhere
    return get_user_model().objects.filter(can, is_active=True).distinct().order_by("username")


def facts_of(user: Anybody) -> frozenset[str] | None:
    """The names of the accounts whose shops a person may see numbers of; None: of all."""
    if role_of(user) in EVERYWHERE:
        return None
    return frozenset(
        account.facts_name for account in accounts_of(user).filter(source__startswith=SHOPS).only("source")
    )


def work_of(user: Anybody) -> QuerySet[WorkObject]:
    """The work objects a person may see: of their accounts, and of their books."""
    if role_of(user) in EVERYWHERE:
        return WorkObject.objects.all()
    books = books_of(user).values("pk")
    return WorkObject.objects.filter(Q(account__book__in=books) | Q(book__in=books))


def access_work(user: Anybody, work_id: int, need: Need = "read") -> WorkObject:
    """Raises NotThere or MayNot."""
    work = work_of(user).select_related("account", "book").filter(pk=work_id).first()
    if work is None:
        raise NotThere(f"there is no work object {work_id}")
    must(user, need)
    return work


def access_library(user: Anybody, need: Need = "read") -> None:
    """What belongs to the house and to no account, such as the bank of questions: for whoever works in some book.

    Raises NotThere or MayNot.
    """
    if not books_of(user).exists() and role_of(user) not in EVERYWHERE:
        raise NotThere("there is no library for you")
    must(user, need)


def may_work_on(work: WorkObject) -> QuerySet[User]:
    """Who can be made the owner of a work object or of a line of it: as `may_own`, for its account or its book."""
    return may_own(work.account or Account(book_id=work.book_id))


PEOPLE = frozenset(
    {"auth.User", "accounts.Person", "accounts.Team", "accounts.Book", "accounts.Seat", "mfa.Authenticator"}
)
ASSIGNED = frozenset({"book_id", "owner_id", "merged_into_id"})  # of an account


def may_undo(user: Anybody, entry: Audit) -> bool:
    """Whoever looks after people takes every deed back; anybody else their own, while they may still do it."""
    if may(user, "people"):
        return True
    if entry.by_id is None or entry.by_id != user.pk or not may(user, "note"):
        return False
    if any(change["model"] in PEOPLE for change in entry.changes):
        return False
    changes = [change for change in entry.changes if change["model"] == Account._meta.label]
    accounts = {change["id"] for change in changes}
    assigned = len(accounts) > 1 or any(ASSIGNED & (change["before"] or {}).keys() for change in changes)
    if assigned and not may(user, "assign"):
        return False
    return not accounts or accounts_of(user, merged=True).filter(pk__in=accounts).count() == len(accounts)
