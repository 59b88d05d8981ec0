"""What needs a person today: one queue over everything that is due, each with why it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from holdfast.accounts.access import accounts_of
from holdfast.accounts.decide.ranking import NO_VALUE, Place, Stake, ranked
from holdfast.accounts.models import Account, Renewal, Snooze, Task, Touchpoint
from holdfast.accounts.reading.candidates import (
    Candidate,
    OpenRenewal,
    due_renewals,
    due_tasks,
    due_touchpoints,
    open_renewals,
    values_in_force,
)
from holdfast.accounts.reading.item import (
    NOTHING,
    REASONS_SHOWN,
    Alarm,
    Given,
    Item,
    Promise,
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

Due = Candidate | Item


@dataclass(frozen=True, slots=True)
class Queue:
    """keys: of everything that is due, first things first. items: those of them that are told."""

    keys: tuple[str, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class _Around:
    """The accounts in play: what they are worth, how their renewals stand, how they are."""

    values: Mapping[int, Money | Unknown]
    renewals: Mapping[int, OpenRenewal]  # the one that ends first, by account
    given: Given

    def stake(self, due: Due) -> Stake:
        """What hangs on it: its own value and chance, else its account's."""
        value, chance = due.value, due.chance
        if isinstance(value, Unknown):
            value = self.values.get(due.account_id, NO_VALUE)
        if isinstance(chance, Unknown):
            health, renewal = self.given.health.get(due.account_id), self.renewals.get(due.account_id)
            if health is not None and health.loss is not None:
                chance = health.loss
            elif due.kind != "renewal" and renewal is not None:
                chance = renewal.chance
        return Stake(due.key, due.due, value, chance)


def today(user: Anybody, day: date, given: Given = NOTHING, *, everybodys: bool = False) -> tuple[Item, ...]:
    """The whole queue, each item told."""
    return queue(user, day, given, everybodys=everybodys).items


def queue(
    user: Anybody, day: date, given: Given = NOTHING, *, everybodys: bool = False,
    first: int | None = None, also: str = "",
) -> Queue:  # fmt: skip
    """What is due by `day` and not out of sight. Ten queries, whatever there is, and one for what is given.

    Theirs: what they own, and what nobody owns of accounts they own; with `everybodys` all of the accounts they see.
    first: how many are told, None: all of them; also: the key of one that is told wherever it stands.
    """
    seen = accounts_of(user)
    rows = [*due_tasks(seen, user, day, everybodys), *due_touchpoints(seen, user, day, everybodys)]
    concerned = seen if everybodys else _concerned(seen, user, rows, given)
    open_ = open_renewals(concerned)
    theirs = open_ if everybodys else [one for one in open_ if one.owner_id is not None and one.owner_id == user.pk]
    told = _seen_by(seen, user, _of_given(given, day), everybodys)
    hidden = set(Snooze.objects.filter(user=user.pk, until__gt=day).values_list("item", flat=True))
    every: list[Due] = [*rows, *due_renewals(theirs, day), *told]
    due = {one.key: one for one in every if one.key not in hidden}
    around = _Around(values_in_force(concerned, day, given.rates), _first_of_each(open_), given)
    places = ranked(map(around.stake, due.values()), given.rates)
    shown = [place for place in places[:first] if place.key != also]
    shown += [place for place in places if place.key == also]
    shown.sort(key=lambda place: place.rank)
    return Queue(tuple(place.key for place in places), _told(shown, due, around, day))


def _first_of_each(open_: Sequence[OpenRenewal]) -> dict[int, OpenRenewal]:
    first: dict[int, OpenRenewal] = {}
    for one in open_:
        first.setdefault(one.account_id, one)
    return first


def _concerned(
    seen: QuerySet[Account], user: Anybody, rows: Sequence[Candidate], given: Given
) -> QuerySet[Account]:  # fmt: skip
    """Accounts that are theirs, or have something that is."""
    told: list[Promise | Alarm] = [*given.promises, *given.alarms]
    in_play = {row.account_id for row in rows} | {one.account_id for one in told if one.owner_id == user.pk}
    led = Renewal.objects.filter(owner=user.pk, stage__in=Renewal.OPEN).values("account")
    return seen.filter(Q(pk__in=in_play) | Q(owner=user.pk) | Q(pk__in=led))


def _of_given(given: Given, day: date) -> list[Item]:
    """What other layers know that is due."""
    promises, alarms = of_promises(given.promises, day), of_alarms(given.alarms, day)
    return [*promises, *of_health(given.health, day), *alarms]


def _seen_by(seen: QuerySet[Account], user: Anybody, items: Sequence[Item], everybodys: bool) -> list[Item]:
    """Those of accounts that a person sees and, unless it is everybody's, that are theirs."""
    if not items:
        return []
    owners = dict(seen.filter(pk__in={item.account_id for item in items}).values_list("pk", "owner_id"))
    found = [item for item in items if item.account_id in owners]
    if everybodys:
        return found
    owned = ((item, item.owner_id if item.owner_id is not None else owners[item.account_id]) for item in found)
    return [item for item, owner in owned if owner is not None and owner == user.pk]


def _told(places: Sequence[Place], due: Mapping[str, Due], around: _Around, day: date) -> tuple[Item, ...]:
    """As items, with the account's name, what is at stake and how likely it is lost."""
    chosen = [due[place.key] for place in places]
    accounts = {one.account_id for one in chosen}
    names = dict(Account.objects.filter(pk__in=accounts).values_list("pk", "name"))
    wanted = {one.renewal_id for pk in accounts if (one := around.renewals.get(pk))} | _rows(chosen, "renewal")
    standing = {one.renewal_id: one for one in standings(Renewal.objects.filter(pk__in=wanted), day)}
    items = {item.key: item for item in _items(chosen, standing, day)}
    return tuple(
        _with_reasons(items[place.key], names[items[place.key].account_id], place, around, standing)
        for place in places
        if place.key in items
    )


def _rows(chosen: Sequence[Due], kind: str) -> set[int]:
    return {one.row_id for one in chosen if one.kind == kind and one.row_id is not None}


def _items(chosen: Sequence[Due], standing: Mapping[int, Standing], day: date) -> list[Item]:
    renewals = _rows(chosen, "renewal")
    return [
        *(of_task(task, day) for task in Task.objects.filter(pk__in=_rows(chosen, "task"))),
        *(of_touchpoint(one, day) for one in Touchpoint.objects.filter(pk__in=_rows(chosen, "touchpoint"))),
        *of_renewals((one for one in standing.values() if one.renewal_id in renewals), day),
        *(one for one in chosen if isinstance(one, Item)),
    ]


def _with_reasons(
    item: Item, name: str, place: Place, around: _Around, standing: Mapping[int, Standing]
) -> Item:  # fmt: skip
    health, first = around.given.health.get(item.account_id), around.renewals.get(item.account_id)
    stake, said = place.stake, []
    if isinstance(item.chance, Unknown) and health is not None and health.loss is not None:
        said.append(f"Accounts like this one were lost {health.loss:.0%} of the time.")
    elif item.kind != "renewal" and first is not None and first.renewal_id in standing:
        said += forecast_said(standing[first.renewal_id])
    if isinstance(stake.value, Money):
        said.append(f"{stake.value} a year is at stake.")
    if health is not None and item.kind != "health" and health.reasons:
        said.append(f"Health is {health.status}: {' '.join(health.reasons[:REASONS_SHOWN])}")
    evidence = (*item.evidence, *said, place.by)
    return replace(
        item, account=name, value=stake.value, chance=stake.chance, loss=stake.loss, evidence=evidence, rank=place.rank
    )
