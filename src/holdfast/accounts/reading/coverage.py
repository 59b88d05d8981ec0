"""Who looks after how much, what is due of it, and what the touchpoint rules ask of whom: by person or by book.

The same few queries for any number of accounts; each number has the accounts behind it (`behind`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal

from django.contrib.auth import get_user_model
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from holdfast.accounts.access import MAY, accounts_of, books_of
from holdfast.accounts.decide.capacity import TOUCHPOINTS_A_WEEK, asked_a_week, silent_after
from holdfast.accounts.decide.due import TALKS, Rules
from holdfast.accounts.models import Account, Book, Contract, Renewal, Task, Touchpoint, WorkObject
from holdfast.commerce.money import Money

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

WEEK = timedelta(days=7)
SPANS = ("late", "today", "week")  # week: the six days after today
DUE = ("tasks", "touchpoints", "renewals")
ESCALATION = "A14"
Lens = Literal["person", "book"]
Key = int | None | Literal["all"]  # of a person or book; None: of nobody; all: of anybody, and of nobody
WHAT = ("accounts", *SPANS, "escalations", "silent", "unowned")


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at: of whose accounts, through which lens, on which day, by which rules.

    at_risk: accounts whose health is, which the rules ask more for.
    """

    user: Anybody
    by: Lens
    today: date
    known: Rules
    at_risk: Collection[int] = ()
    book: int | None = None
    tier: str = ""
    segment: str | None = None  # empty: of none

    @property
    def accounts(self) -> QuerySet[Account]:
        """Those that somebody has to look after: who left is nobody's work."""
        found = accounts_of(self.user).exclude(stage=Account.Stage.LEFT).order_by()
        asked: dict[str, Any] = {"book": self.book, "tier": self.tier or None, "segment": self.segment}
        return found.filter(**{name: value for name, value in asked.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Row:
    """One person or book, or nobody (key None). due: span → kind → how many. money: of a year, by currency.

    asked: touchpoints a week; capacity: as many as the person can hold, None for a book; said: somebody said so.
    """

    key: int | None
    name: str
    of: str = ""  # a book's owner
    tiers: Mapping[str, int] = field(default_factory=dict)
    segments: Mapping[str, int] = field(default_factory=dict)
    money: tuple[Money, ...] = ()
    due: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    escalations: int = 0
    silent: int = 0
    unowned: int = 0
    asked: float = 0.0
    capacity: int | None = None
    said: bool = False

    @property
    def accounts(self) -> int:
        return sum(self.tiers.values())

    def of_span(self, span: str) -> int:
        return sum(self.due.get(span, {}).values())

    @property
    def load(self) -> float | None:
        """Share of the capacity that the rules ask for."""
        return self.asked / self.capacity if self.capacity else None


def coverage(look: Look) -> tuple[Row, ...]:
    """By name; nobody last, where something is nobody's. Nine queries, whatever there is."""
    tiers: dict[Any, Counter[str]] = {}
    segments: dict[Any, Counter[str]] = {}
    asked: Counter[Any] = Counter()
    unowned: Counter[Any] = Counter()
    for key, tier, stage, segment, n, without in _grouped(look):
        tiers.setdefault(key, Counter())[tier] += n
        segments.setdefault(key, Counter())[segment] += n
        asked[key] += n * asked_a_week(look.known, tier, stage)
        unowned[key] += without
    for key, tier, stage, n in _red(look):
        asked[key] += n * (asked_a_week(look.known, tier, stage, red=True) - asked_a_week(look.known, tier, stage))
    money, due = _money(look), _due(look)
    escalations, silent = _counted(_escalations(look), _key(look, "account")), _counted(_silent(look), F(_own(look)))
    worked = {*tiers, *escalations, *(key for key, _ in due)}
    names = _named(look, worked)
    rows = [
        Row(
            key, *names.get(key, NOBODY)[:2], tiers.get(key, {}), segments.get(key, {}),
            tuple(money.get(key, ())), {s: {k: due.get((key, s), {}).get(k, 0) for k in DUE} for s in SPANS},
            escalations.get(key, 0), silent.get(key, 0), unowned[key], asked[key], *names.get(key, NOBODY)[2:],
        )
        for key in dict.fromkeys((*names, *worked))
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.key is None, row.name.lower())))


def name_of(look: Look, key: int | None, *, works: bool) -> str:
    """Of a row; empty for nobody. works: accounts stand behind it, without which only who has a seat here is named."""
    return _named(look, {key} if works else ()).get(key, NOBODY)[0]


def _named(look: Look, worked: Collection[int | None]) -> dict[Any, tuple[str, str, int | None, bool]]:
    return _people(look, worked) if look.by == "person" else _books(look)


NOBODY: tuple[str, str, int | None, bool] = ("", "", None, False)


def behind(look: Look, key: Key, what: str) -> QuerySet[Account]:
    """The accounts behind a number of a row, with `last_talk` and `next_due`. Raises ValueError for no such number."""
    if what not in WHAT:
        raise ValueError(f"there is no number called {what}")
    found = look.accounts if what in SPANS or what == "escalations" else look.accounts.filter(**_is(_own(look), key))
    if what == "silent":
        found = found.filter(_not_spoken(look))
    elif what == "unowned":
        found = found.filter(owner=None)
    elif what != "accounts":
        rows = [_escalations(look)] if what == "escalations" else [_in(kind, look, what) for kind in DUE]
        theirs = Q()
        for one in rows:
            theirs |= Q(Exists(_keyed(one, look).filter(account=OuterRef("pk"), **_is("whose", key))))
        found = found.filter(theirs)
    talks = Touchpoint.objects.filter(account=OuterRef("pk"), kind__in=TALKS, held_at__isnull=False)
    steps = Task.objects.filter(account=OuterRef("pk"), done_at=None)
    told: QuerySet[Account] = found.annotate(
        last_talk=Subquery(talks.order_by("-held_at").values("held_at")[:1]),
        next_due=Subquery(steps.order_by("due").values("due")[:1]),
    )
    return told.select_related("owner", "book").order_by("name", "pk")


# --- queries ---


def _own(look: Look) -> str:
    return "owner" if look.by == "person" else "book"


def _key(look: Look, account: str) -> Any:
    """Whose a row of work is: its owner's, else its account's owner's; or its account's book."""
    return Coalesce("owner", f"{account}__owner") if look.by == "person" else F(f"{account}__book")


def _keyed(rows: QuerySet[Any], look: Look) -> QuerySet[Any]:
    keyed: QuerySet[Any] = rows.annotate(whose=_key(look, "account"))
    return keyed


def _is(name: str, key: Key) -> dict[str, Any]:
    if key == "all":
        return {}
    return {f"{name}__isnull": True} if key is None else {name: key}


def _grouped(look: Look) -> Iterable[tuple[Any, ...]]:
    rows = look.accounts.values_list(_own(look), "tier", "stage", "segment")
    return rows.annotate(n=Count("pk"), without=Count("pk", filter=Q(owner=None)))


def _red(look: Look) -> Iterable[tuple[Any, ...]]:
    rows = look.accounts.filter(pk__in=look.at_risk).values_list(_own(look), "tier", "stage")
    return rows.annotate(n=Count("pk"))


def _money(look: Look) -> dict[Any, list[Money]]:
    """Of the contracts in force, of a year; those without a value add nothing."""
    held = Contract.objects.filter(
        account__in=look.accounts.values("pk"), starts__lte=look.today, ends__gte=look.today, value_minor__isnull=False
    )
    rows = held.order_by().values_list(f"account__{_own(look)}", "currency").annotate(minor=Sum("value_minor"))
    found: dict[Any, list[Money]] = {}
    for key, currency, minor in sorted(rows, key=lambda row: -row[2]):
        found.setdefault(key, []).append(Money(minor, currency))
    return found


def _rows(kind: str, look: Look) -> QuerySet[Any]:
    """Open work on these accounts, and the day it is due, as `day`."""
    ids = look.accounts.values("pk")
    match kind:
        case "tasks":
            return Task.objects.filter(account__in=ids, done_at=None).annotate(day=F("due"))
        case "touchpoints":
            return Touchpoint.objects.filter(account__in=ids, held_at=None, called_off="").annotate(day=F("due"))
    return Renewal.objects.filter(account__in=ids, stage__in=Renewal.OPEN).annotate(day=F("closes_on"))


def _in(kind: str, look: Look, span: str) -> QuerySet[Any]:
    return _rows(kind, look).filter(_span(look, span))


def _span(look: Look, span: str) -> Q:
    if span == "late":
        return Q(day__lt=look.today)
    return Q(day=look.today) if span == "today" else Q(day__gt=look.today, day__lt=look.today + WEEK)


def _due(look: Look) -> dict[tuple[Any, str], dict[str, int]]:
    found: dict[tuple[Any, str], dict[str, int]] = {}
    for kind in DUE:
        rows = _keyed(_rows(kind, look).filter(day__lt=look.today + WEEK), look).order_by().values("whose")
        counts = {span: Count("pk", filter=_span(look, span)) for span in SPANS}
        for row in rows.annotate(**counts):
            for span in SPANS:
                if row[span]:
                    found.setdefault((row["whose"], span), {})[kind] = row[span]
    return found


def _escalations(look: Look) -> QuerySet[WorkObject]:
    return WorkObject.objects.filter(account__in=look.accounts.values("pk"), kind=ESCALATION, ended_on=None)


def _silent(look: Look) -> QuerySet[Account]:
    return look.accounts.filter(_not_spoken(look))


def _not_spoken(look: Look) -> Q:
    """Of no talk within as many days as the tier's rule has between two, and an account for longer than that."""
    found = Q(pk__in=[])
    for tier in look.known.tiers:
        for stage in (Account.Stage.ONBOARDING, Account.Stage.STEADY, Account.Stage.LEAVING):
            after = silent_after(look.known, tier, stage)
            if after is None:
                continue
            since = look.today - timedelta(days=round(after))
            talks = Touchpoint.objects.filter(
                account=OuterRef("pk"), kind__in=TALKS, held_at__gte=datetime.combine(since, time(), UTC)
            )
            old = Q(since=None) | Q(since__lt=since)
            found |= Q(tier=tier, stage=stage) & old & ~Q(Exists(talks))
    return found


def _counted(rows: QuerySet[Any], key: Any) -> dict[Any, int]:
    return dict(rows.order_by().annotate(whose=key).values_list("whose").annotate(n=Count("pk")))


def _people(look: Look, worked: Collection[int | None]) -> dict[Any, tuple[str, str, int | None, bool]]:
    """Name, nothing, capacity, and if it is said: of whoever looks after accounts in one of these books, and of those
    with work here. Who could own anything, as administrators and managers, is there where they do."""
    working = [role for role, needs in MAY.items() if "note" in needs and "assign" not in needs]
    seated = Q(seats__book__in=_seen_books(look).values("pk"), person__role__in=working, is_active=True)
    here = Q(pk__in=[key for key in worked if key is not None])
    users = get_user_model().objects.filter(seated | here).select_related("person").distinct()
    found = {}
    for user in users:
        person = getattr(user, "person", None)
        own = None if person is None else person.touchpoints_a_week
        found[user.pk] = (str(person or user.get_username()), "", own or TOUCHPOINTS_A_WEEK, own is not None)
    return found


def _books(look: Look) -> dict[Any, tuple[str, str, int | None, bool]]:
    books = _seen_books(look).select_related("owner")
    return {b.pk: (b.name, b.owner.get_username() if b.owner else "", None, False) for b in books}


def _seen_books(look: Look) -> QuerySet[Book]:
    books = books_of(look.user)
    return books if look.book is None else books.filter(pk=look.book)
