"""What may stand in a queue of the day: as little of each as ranking needs, so that ten thousand accounts are ranked
before anything is said of the hundred that are shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from holdfast.accounts.decide.ranking import NO_CHANCE, NO_VALUE, NOTICE_AHEAD_DAYS, Rates, together
from holdfast.accounts.decide.renewing import Case, late
from holdfast.accounts.models import Account, Contract, Forecast, Renewal, Task, Touchpoint
from holdfast.accounts.reading.item import Kind
from holdfast.commerce.money import Money
from holdfast.commerce.unknown import Unknown

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody


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

    def notice_near(self, day: date) -> bool:
        return self.notice_on is not None and day <= self.notice_on <= day + timedelta(days=NOTICE_AHEAD_DAYS)

    def due(self, day: date) -> date | None:
        """The day it is due by; None where it asks for nothing yet."""
        if self.notice_near(day):
            return self.notice_on
        return self.ends if late(Case(self.stage, self.ends, self.notice_on), day) else None


def due_tasks(seen: QuerySet[Account], user: Anybody, day: date, everybodys: bool) -> list[Candidate]:
    rows = Task.objects.filter(account__in=seen, done_at=None, due__lte=day)
    rows = rows.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=day))
    found = rows if everybodys else rows.filter(own(user))
    told = found.order_by().values_list("pk", "account_id", "due", "owner_id")
    return [Candidate(f"task:{pk}", "task", account, due, owner, pk) for pk, account, due, owner in told]


def due_touchpoints(seen: QuerySet[Account], user: Anybody, day: date, everybodys: bool) -> list[Candidate]:
    rows = Touchpoint.objects.filter(account__in=seen, held_at=None, called_off="", due__lte=day)
    found = rows if everybodys else rows.filter(own(user))
    told = found.order_by().values_list("pk", "account_id", "due", "owner_id")
    return [Candidate(f"touchpoint:{pk}", "touchpoint", account, due, owner, pk) for pk, account, due, owner in told]


def due_renewals(rows: Iterable[OpenRenewal], day: date) -> Iterator[Candidate]:
    for one in rows:
        if (due := one.due(day)) is not None:
            value = Money(one.value_minor, one.currency) if one.value_minor is not None else NO_VALUE
            yield Candidate(
                f"renewal:{one.renewal_id}", "renewal", one.account_id, due, one.owner_id, one.renewal_id, value,
                one.chance,
            )  # fmt: skip


def open_renewals(accounts: QuerySet[Account]) -> list[OpenRenewal]:
    """Those that end first come first."""
    newest = Forecast.objects.filter(renewal=OuterRef("pk")).order_by("-on", "-id")
    rows = Renewal.objects.filter(account__in=accounts.order_by().values("pk"), stage__in=Renewal.OPEN)
    told = rows.order_by("contract__ends", "pk").values_list(
        "pk", "account_id", "owner_id", "account__owner_id", "stage", "contract__ends", "contract__notice_on",
        "contract__value_minor", "contract__currency", Subquery(newest.values("probability")[:1]),
    )  # fmt: skip
    return [OpenRenewal(pk, account, owner or above, *rest) for pk, account, owner, above, *rest in told]


def values_in_force(
    accounts: QuerySet[Account], day: date, rates: Rates | None
) -> Mapping[int, Money | Unknown]:  # fmt: skip
    """What the contracts in force are worth a year, by account."""
    in_force = Contract.objects.filter(
        account__in=accounts.order_by().values("pk"), starts__lte=day, ends__gte=day, value_minor__isnull=False
    )
    amounts: dict[int, list[Money]] = defaultdict(list)
    sums = in_force.order_by().values_list("account_id", "currency").annotate(minor=Sum("value_minor"))
    for account_id, currency, minor in sums:
        amounts[account_id].append(Money(int(minor), currency))
    return {account_id: together(held, rates) for account_id, held in amounts.items()}


def own(user: Anybody) -> Q:
    """Rows of an account that are a person's: they own them, or nobody does and the account is theirs."""
    return Q(owner=user.pk) | Q(owner=None, account__owner=user.pk) if user.pk else Q(pk__in=[])
