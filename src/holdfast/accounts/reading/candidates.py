"""What may stand in a queue of the day: as little of each as ranking needs, so that ten thousand accounts are ranked
before anything is said of the hundred that are shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Count, FloatField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Cast

from holdfast.accounts.decide.ranking import NO_CHANCE, NO_VALUE, NOTICE_AHEAD_DAYS, Rates, together
from holdfast.accounts.decide.renewing import ENTER_BY, Case, late
from holdfast.accounts.models import Account, Contract, Forecast, Renewal, Task, Touchpoint
from holdfast.accounts.reading.item import Kind
from holdfast.commerce.money import Money
from holdfast.commerce.unknown import Unknown

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody


PLACES = 3  # of a probability that somebody forecast
FIRST_DAYS = max(ENTER_BY.values())  # before the term ends, of the first stage that can be late


class Candidate(NamedTuple):
    """A row that is due. value, chance: its own, where it has any."""

    key: str
    kind: Kind
    account_id: int
    due: date
    owner_id: int | None
    row_id: int
    value: Money | Unknown = NO_VALUE
    chance: float | Unknown = NO_CHANCE


class OpenRenewal(NamedTuple):
    """An open renewal with its newest forecast."""

    renewal_id: int
    account_id: int
    owner_id: int | None  # its own, else the account's
    stage: str
    ends: date
    notice_on: date | None
    value_minor: int | None  # of a year
    currency: str
    probability: Decimal | None

    @property
    def chance(self) -> float | Unknown:
        return NO_CHANCE if self.probability is None else float(1 - self.probability)

    def due(self, day: date) -> date | None:
        """The day it is due by; None where it asks for nothing yet."""
        return _due(self.stage, self.ends, self.notice_on, day)


@lru_cache(maxsize=50_000)
def _due(stage: str, ends: date, notice_on: date | None, day: date) -> date | None:
    """A rule of days alone, which many renewals share and every look asks again."""
    if notice_on is not None and day <= notice_on <= day + timedelta(days=NOTICE_AHEAD_DAYS):
        return notice_on
    if notice_on is None and ends > day + timedelta(days=FIRST_DAYS):
        return None  # as most are: the rules need not look
    return ends if late(Case(stage, ends, notice_on), day) else None


def due_tasks(seen: QuerySet[Account], day: date) -> QuerySet[Task]:
    rows = Task.objects.filter(account__in=seen.order_by().values("pk"), done_at=None, due__lte=day).order_by()
    return rows.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=day))


def due_touchpoints(seen: QuerySet[Account], day: date) -> QuerySet[Touchpoint]:
    rows = Touchpoint.objects.filter(account__in=seen.order_by().values("pk"), held_at=None, called_off="")
    return rows.filter(due__lte=day).order_by()


def candidates(kind: Kind, rows: QuerySet[Task] | QuerySet[Touchpoint]) -> list[Candidate]:
    told = rows.values_list("pk", "account_id", "due", "owner_id")
    return [Candidate(f"{kind}:{pk}", kind, account, due, owner, pk) for pk, account, due, owner in told]


def how_many(rows: QuerySet[Task] | QuerySet[Touchpoint]) -> dict[int, int]:
    """Of each account that has any."""
    return dict(_plain(rows.values_list("account_id").annotate(n=Count("pk"))))


def due_renewals(rows: Iterable[OpenRenewal], day: date) -> Iterator[Candidate]:
    for one in rows:
        if (due := one.due(day)) is not None:
            value = Money(one.value_minor, one.currency) if one.value_minor is not None else NO_VALUE
            yield Candidate(
                f"renewal:{one.renewal_id}", "renewal", one.account_id, due, one.owner_id, one.renewal_id, value,
                one.chance,
            )  # fmt: skip


def open_renewals(accounts: QuerySet[Account], near: date | None = None) -> list[OpenRenewal]:
    """Those that end first come first. near: only those that can be due on this day."""
    newest = Forecast.objects.filter(renewal=OuterRef("pk")).order_by("-on", "-id")
    rows = Renewal.objects.filter(account__in=accounts.order_by().values("pk"), stage__in=Renewal.OPEN)
    if near is not None:
        noticed = near + timedelta(days=NOTICE_AHEAD_DAYS)
        ending = near + timedelta(days=FIRST_DAYS)
        rows = rows.filter(Q(contract__ends__lte=ending) | Q(contract__notice_on__lte=noticed))
    told = rows.order_by("contract__ends", "pk").values_list(
        "pk", "account_id", "owner_id", "account__owner_id", "stage", "contract__ends", "contract__notice_on",
        "contract__value_minor", "contract__currency", Subquery(newest.values("probability")[:1]),
    )  # fmt: skip
    return [OpenRenewal(pk, account, owner or above, *rest) for pk, account, owner, above, *rest in told]


def first_chances(accounts: QuerySet[Account]) -> dict[int, float]:
    """The chance of loss of the open renewal that ends first, by account; none where nobody forecast it."""
    newest = Forecast.objects.filter(renewal=OuterRef("pk")).order_by("-on", "-id")
    rows = Renewal.objects.filter(account__in=accounts.order_by().values("pk"), stage__in=Renewal.OPEN)
    said = Cast(Subquery(newest.values("probability")[:1]), FloatField())  # not a Decimal each: there are very many
    first: dict[int, float | None] = {}
    for account_id, probability in _plain(rows.order_by("contract__ends", "pk").values_list("account_id", said)):
        first.setdefault(account_id, probability)
    return {pk: round(1 - said, PLACES) for pk, said in first.items() if said is not None}


def values_in_force(
    accounts: QuerySet[Account], day: date, rates: Rates | None
) -> Mapping[int, Money | Unknown]:  # fmt: skip
    """What the contracts in force are worth a year, by account."""
    amounts: dict[int, list[Money]] = defaultdict(list)
    for account_id, currency, minor in _in_force(accounts, day):
        amounts[account_id].append(Money(int(minor), currency))
    return {account_id: together(held, rates) for account_id, held in amounts.items()}


def sums_in_force(accounts: QuerySet[Account], day: date, rates: Rates | None) -> dict[int, tuple[str, int]]:
    """The same as currency and minor units, where it is known: of very many accounts."""
    found: dict[int, tuple[str, int]] = {}
    several: dict[int, list[Money]] = {}
    for account_id, currency, minor in _plain(_in_force(accounts, day)):
        if account_id in found:
            several.setdefault(account_id, [Money(found[account_id][1], found[account_id][0])])
            several[account_id].append(Money(int(minor), currency))
        else:
            found[account_id] = (currency, int(minor))
    for account_id, held in several.items():
        del found[account_id]
        if isinstance(one := together(held, rates), Money):
            found[account_id] = (one.currency, one.minor)
    return found


def _in_force(accounts: QuerySet[Account], day: date) -> QuerySet[Contract, tuple[int, str, int]]:
    rows = Contract.objects.filter(
        account__in=accounts.order_by().values("pk"), starts__lte=day, ends__gte=day, value_minor__isnull=False
    )
    return rows.order_by().values_list("account_id", "currency").annotate(minor=Sum("value_minor"))


def _plain(rows: QuerySet[Any, Any]) -> Iterator[tuple[Any, ...]]:
    """Numbers and words as the database gives them: to be asked one by one whether they are what they are took half of
    the time of very many."""
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:  # of nobody's accounts
        return
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, params)
        yield from cursor.fetchall()


def own(user: Anybody) -> Q:
    """Rows of an account that are a person's: they own them, or nobody does and the account is theirs."""
    return Q(owner=user.pk) | Q(owner=None, account__owner=user.pk) if user.pk else Q(pk__in=[])
