"""What needs a person today: one queue over everything that is due, each with why it is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from holdfast.accounts.access import accounts_of
from holdfast.accounts.decide.ranking import NO_VALUE, Rates, Stake, ranked, together
from holdfast.accounts.models import Account, Contract, Renewal, Snooze, Task, Touchpoint
from holdfast.accounts.reading.item import (
    NOTHING,
    REASONS_SHOWN,
    Alarm,
    Given,
    Item,
    Promise,
    chance_of,
    forecast_said,
    of_alarms,
    of_health,
    of_promises,
    of_renewals,
    of_task,
    of_touchpoint,
)
from holdfast.accounts.reading.renewals import Standing, standings
from holdfast.commerce.money import Money
from holdfast.commerce.unknown import Unknown

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody


@dataclass(frozen=True, slots=True)
class _Around:
    """The accounts in play: who they are, what they are worth, how their renewals stand."""

    names: Mapping[int, str]
    owners: Mapping[int, int | None]
    values: Mapping[int, Money | Unknown]
    renewals: Mapping[int, Standing]  # the one that ends first, by account


def today(user: Anybody, day: date, given: Given = NOTHING, *, everybodys: bool = False) -> tuple[Item, ...]:
    """What is due by `day` and not out of sight, first things first. Eight queries, whatever there is.

    Theirs: what they own, and what nobody owns of accounts they own; with `everybodys` all of the accounts they see.
    """
    seen = accounts_of(user)
    tasks, touchpoints = _tasks(seen, user, day, everybodys), _touchpoints(seen, user, day, everybodys)
    concerned = seen if everybodys else _concerned(seen, user, [*tasks, *touchpoints], given)
    around, open_renewals = _around(concerned, given, day)
    items = (
        *(of_task(task, day) for task in tasks),
        *(of_touchpoint(touchpoint, day) for touchpoint in touchpoints),
        *of_renewals(open_renewals, day),
        *of_promises(given.promises, day),
        *of_health(given.health, day),
        *of_alarms(given.alarms, day),
    )
    hidden = set(Snooze.objects.filter(user=user.pk, until__gt=day).values_list("item", flat=True))
    shown = [item for item in items if item.account_id in around.names and item.key not in hidden]
    mine = [_told(item, around, given) for item in shown if everybodys or _theirs(item, around, user)]
    return _in_order(mine, given.rates)


def _in_order(items: Sequence[Item], rates: Rates | None) -> tuple[Item, ...]:
    by_key = {item.key: item for item in items}
    places = ranked((Stake(i.key, i.due, i.value, i.chance) for i in by_key.values()), rates)
    return tuple(
        replace(by_key[p.key], rank=p.rank, evidence=(*by_key[p.key].evidence, p.by)) for p in places
    )  # fmt: skip


def _concerned(
    seen: QuerySet[Account], user: Anybody, rows: Sequence[Task | Touchpoint], given: Given
) -> QuerySet[Account]:
    """Accounts that are theirs, or have something that is."""
    told: list[Promise | Alarm] = [*given.promises, *given.alarms]
    in_play = {row.account_id for row in rows} | {one.account_id for one in told if one.owner_id == user.pk}
    led = Renewal.objects.filter(owner=user.pk, stage__in=Renewal.OPEN).values("account")
    return seen.filter(Q(pk__in=in_play) | Q(owner=user.pk) | Q(pk__in=led))


def _theirs(item: Item, around: _Around, user: Anybody) -> bool:
    owner = item.owner_id if item.owner_id is not None else around.owners[item.account_id]
    return owner is not None and owner == user.pk


def _tasks(seen: QuerySet[Account], user: Anybody, day: date, everybodys: bool) -> list[Task]:
    rows = Task.objects.filter(account__in=seen, done_at=None, due__lte=day)
    rows = rows.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=day))
    return list(rows if everybodys else rows.filter(_own(user)))


def _touchpoints(seen: QuerySet[Account], user: Anybody, day: date, everybodys: bool) -> list[Touchpoint]:
    rows = Touchpoint.objects.filter(account__in=seen, held_at=None, called_off="", due__lte=day)
    return list(rows if everybodys else rows.filter(_own(user)))


def _own(user: Anybody) -> Q:
    return Q(owner=user.pk) | Q(owner=None, account__owner=user.pk) if user.pk else Q(pk__in=[])


def _around(accounts: QuerySet[Account], given: Given, day: date) -> tuple[_Around, tuple[Standing, ...]]:
    rows = list(accounts.order_by("pk").values_list("pk", "name", "owner_id"))
    ids = accounts.order_by().values("pk")
    open_ = standings(Renewal.objects.filter(account__in=ids, stage__in=Renewal.OPEN), day)
    amounts: dict[int, list[Money]] = defaultdict(list)
    in_force = Contract.objects.filter(account__in=ids, starts__lte=day, ends__gte=day, value_minor__isnull=False)
    for account_id, minor, currency in in_force.values_list("account_id", "value_minor", "currency"):
        amounts[account_id].append(Money(minor or 0, currency))
    values = {account_id: together(held, given.rates) for account_id, held in amounts.items()}
    first: dict[int, Standing] = {}
    for one in sorted(open_, key=lambda s: (s.ends, s.renewal_id)):
        first.setdefault(one.account_id, one)
    names = {pk: name for pk, name, _ in rows}
    return _Around(names, {pk: owner for pk, _, owner in rows}, values, first), open_


def _told(item: Item, around: _Around, given: Given) -> Item:
    """With the account's name, what is at stake and how likely it is lost."""
    health, renewal = given.health.get(item.account_id), around.renewals.get(item.account_id)
    value, chance, said = item.value, item.chance, []
    if isinstance(value, Unknown):
        value = around.values.get(item.account_id, NO_VALUE)
    if isinstance(chance, Unknown) and health is not None and health.loss is not None:
        chance = health.loss
        said.append(f"Accounts like this one were lost {chance:.0%} of the time.")
    elif item.kind != "renewal" and renewal is not None:
        chance = chance_of(renewal)
        said += forecast_said(renewal)
    if isinstance(value, Money):
        said.append(f"{value} a year is at stake.")
    if health is not None and item.kind != "health" and health.reasons:
        said.append(f"Health is {health.status}: {' '.join(health.reasons[:REASONS_SHOWN])}")
    stake = Stake(item.key, item.due, value, chance)
    name = around.names[item.account_id]
    evidence = (*item.evidence, *said)
    return replace(item, account=name, value=value, chance=chance, loss=stake.loss, evidence=evidence)
