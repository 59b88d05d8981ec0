"""What needs a person today: one queue over everything that is due, each with why it is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Model, Q, QuerySet

from holdfast.accounts.access import accounts_of
from holdfast.accounts.decide.ranking import NO_CHANCE, NO_VALUE, Place, Rates, Stake, commonest, ranked
from holdfast.accounts.models import Account, Renewal, Snooze, Task, Touchpoint
from holdfast.accounts.reading.candidates import (
    Candidate,
    OpenRenewal,
    candidates,
    due_renewals,
    due_tasks,
    due_touchpoints,
    first_chances,
    how_many,
    open_renewals,
    own,
    sums_in_force,
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
from holdfast.commerce.money import Money, minor_digits
from holdfast.commerce.unknown import Unknown

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

Due = Candidate | Item
SAME = 1.0  # major units of money: accounts that are closer may stand either way once rounded
LOOKED = 100  # lines that are ranked at least: whichever of a page's is asked for is among them
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Queue:
    """total: of everything that is due. items: those of them that are told, first things first.

    keys: of everything that was read, which is everything, but where only the dearest accounts were asked for.
    """

    keys: tuple[str, ...]
    items: tuple[Item, ...]
    total: int


class _Monies(Mapping[int, "Money | Unknown"]):
    """Sums as money, made when they are asked for: of ten thousand accounts a few are."""

    def __init__(self, sums: Mapping[int, tuple[str, int]]) -> None:
        self._sums = sums

    def __getitem__(self, account_id: int) -> Money:
        currency, minor = self._sums[account_id]
        return Money(minor, currency)

    def __iter__(self) -> Iterator[int]:
        return iter(self._sums)

    def __len__(self) -> int:
        return len(self._sums)


@dataclass(frozen=True, slots=True)
class _Around:
    """The accounts in play: what they are worth, how their renewals stand, how they are."""

    values: Mapping[int, Money | Unknown]
    renewals: Mapping[int, OpenRenewal]  # the one that ends first, by account
    given: Given
    chances: Mapping[int, float] | None = None  # by account, where they were read without the renewals

    def stake(self, due: Due) -> Stake:
        """What hangs on it: its own value and chance, else its account's."""
        value, chance = due.value, due.chance
        if isinstance(value, Unknown):
            value = self.values.get(due.account_id, NO_VALUE)
        if isinstance(chance, Unknown):
            chance = self.chance(due.account_id, of_renewal=due.kind != "renewal")
        return Stake(due.key, due.due, value, chance)

    def chance(self, account_id: int, *, of_renewal: bool = True) -> float | Unknown:
        """That the account is lost: as tested, else as its first renewal was forecast."""
        health = self.given.health.get(account_id)
        if health is not None and health.loss is not None:
            return health.loss
        if of_renewal and self.chances is not None:
            return self.chances.get(account_id, NO_CHANCE)
        renewal = self.renewals.get(account_id)
        return renewal.chance if of_renewal and renewal is not None else NO_CHANCE


def today(user: Anybody, day: date, given: Given = NOTHING, *, everybodys: bool = False) -> tuple[Item, ...]:
    """The whole queue, each item told."""
    return queue(user, day, given, everybodys=everybodys).items


def queue(
    user: Anybody, day: date, given: Given = NOTHING, *, everybodys: bool = False,
    first: int | None = None, also: str = "", dearest: bool = False,
) -> Queue:  # fmt: skip
    """What is due by `day` and not out of sight. Twelve queries, whatever there is, and one for what is given.

    Theirs: what they own, and what nobody owns of accounts they own; with `everybodys` all of the accounts they see.
    first: how many are told, None: all of them; also: the key of one that is told wherever it stands. dearest: of
    everybody's, steps and touchpoints are read of those accounts only from which the first come; the rest is counted.
    """
    seen = accounts_of(user)
    hidden = set(Snooze.objects.filter(user=user.pk, until__gt=day).values_list("item", flat=True))
    tasks, touchpoints = due_tasks(seen, day), due_touchpoints(seen, day)
    if dearest and everybodys and first is not None:
        found = _dearest(user, day, given, tasks, touchpoints, hidden, first, also)
        if found is not None:
            return found
    if not everybodys:
        tasks, touchpoints = tasks.filter(own(user)), touchpoints.filter(own(user))
    rows = [*candidates("task", tasks), *candidates("touchpoint", touchpoints)]
    concerned = seen if everybodys else _concerned(seen, user, rows, given)
    open_ = open_renewals(concerned)
    theirs = open_ if everybodys else [one for one in open_ if one.owner_id is not None and one.owner_id == user.pk]
    told = _seen_by(seen, user, _of_given(given, day), everybodys)
    every: list[Due] = [*rows, *due_renewals(theirs, day), *told]
    due = {one.key: one for one in every if one.key not in hidden}
    around = _Around(values_in_force(concerned, day, given.rates), _first_of_each(open_), given)
    return _ranked(due, around, ranked(map(around.stake, due.values()), given.rates), day, first, also, len(due))


def _ranked(
    due: Mapping[str, Due], around: _Around, places: Sequence[Place], day: date, first: int | None, also: str,
    total: int,
) -> Queue:  # fmt: skip
    shown = [place for place in places[:first] if place.key != also]
    shown += [place for place in places if place.key == also]
    shown.sort(key=lambda place: place.rank)
    return Queue(tuple(place.key for place in places), _told(shown, due, around, day), total)


def _dearest(
    user: Anybody, day: date, given: Given, tasks: QuerySet[Task], touchpoints: QuerySet[Touchpoint],
    hidden: set[str], first: int, also: str,
) -> Queue | None:  # fmt: skip
    """Everybody's queue, read of the dearest accounts only (decision 0135); None where that does not tell the first.

    What is due of an account stands where the account does: by its value and its chance. So steps and touchpoints are
    counted, accounts ranked, and rows read of as many as it takes; whatever else is due is few, and read whole.
    """
    seen, looked = accounts_of(user), max(first, LOOKED)
    tasks, touchpoints = _in_sight(tasks, "task", hidden), _in_sight(touchpoints, "touchpoint", hidden)
    counted = Counter(how_many(tasks)) + Counter(how_many(touchpoints))
    near = [*due_renewals(open_renewals(seen, day), day)]
    every: list[Due] = [*near, *_seen_by(seen, user, _of_given(given, day), everybodys=True)]
    others = [one for one in every if one.key not in hidden]
    total = counted.total() + len(others)
    values, chances = sums_in_force(seen, day, given.rates), first_chances(seen)
    chances |= {pk: one.loss for pk, one in given.health.items() if one.loss is not None}
    rates = given.rates or commonest(_currencies(counted, others, values))
    scale = _scale(rates)
    dear = {pk: _near(*values[pk], chances[pk], scale) for pk in values.keys() & chances.keys()}
    chosen, least = _until(sorted(((dear[pk], pk) for pk in counted if pk in dear), reverse=True), counted, looked)
    if chosen is None:
        return None
    others = [one for one in others if _own_loss(one, values, chances, scale) >= least]
    around = _Around(_Monies(values), {}, given, chances)
    rows = [
        *candidates("task", tasks.filter(account__in=chosen)),
        *candidates("touchpoint", touchpoints.filter(account__in=chosen)),
    ]
    due: dict[str, Due] = {one.key: one for one in [*rows, *others]}
    places = ranked(map(around.stake, due.values()), rates)[:looked]
    if also and all(place.key != also for place in places):
        return None  # its rank is known only where everything is read
    told = seen.filter(pk__in={due[place.key].account_id for place in places})
    around = replace(around, renewals=_first_of_each(open_renewals(told)))
    return _ranked(due, around, places, day, first, also, total)


def _currencies(
    counted: Mapping[int, int], others: Sequence[Due], values: Mapping[int, tuple[str, int]]
) -> Counter[str]:  # fmt: skip
    """In which currency how much of what is due stands."""
    found: Counter[str] = Counter()
    for pk, n in counted.items():
        if pk in values:
            found[values[pk][0]] += n
    for one in others:
        if isinstance(one.value, Money):
            found[one.value.currency] += 1
        elif one.account_id in values:
            found[values[one.account_id][0]] += 1
    return found


def _scale(rates: Rates) -> dict[str, float]:
    """What one minor unit of a currency is in the one to compare in."""
    found = {currency: float(rate) / 10 ** minor_digits(currency) for currency, rate in rates.of.items()}
    return found | ({rates.to: 1 / 10 ** minor_digits(rates.to)} if rates.to else {})


def _near(currency: str, minor: int, chance: float, scale: Mapping[str, float]) -> float:
    """What would be lost on average, near enough to choose by; less than nothing where it cannot be compared."""
    return minor * chance * scale[currency] if currency in scale else -1.0


def _own_loss(
    one: Due, values: Mapping[int, tuple[str, int]], chances: Mapping[int, float], scale: Mapping[str, float]
) -> float:  # fmt: skip
    chance = one.chance
    if isinstance(chance, Unknown):  # a renewal's own is the account's where it is the first, and else nobody's
        chance = chances.get(one.account_id, NO_CHANCE)
    if isinstance(chance, Unknown):
        return -1.0
    if isinstance(one.value, Money):
        return _near(one.value.currency, one.value.minor, chance, scale)
    return _near(*values[one.account_id], chance, scale) if one.account_id in values else -1.0


def _in_sight(rows: QuerySet[M], kind: str, hidden: set[str]) -> QuerySet[M]:
    """Without those that the person put out of sight."""
    keys = [int(key) for name, _, key in (one.partition(":") for one in hidden) if name == kind and key.isdecimal()]
    return rows.exclude(pk__in=keys) if keys else rows


def _until(
    losses: Sequence[tuple[float, int]], counted: Mapping[int, int], first: int
) -> tuple[list[int] | None, float]:  # fmt: skip
    """The dearest accounts that hold so many lines together, and the least that anything among the first is worth.

    All that may be worth as much as the last of them are with them. None where there are too few whose loss is known.
    """
    chosen: list[int] = []
    held, least = 0, 0.0
    for loss, pk in losses:
        if loss < 0 or (held >= first and loss < least):
            break
        chosen.append(pk)
        if held < first:
            held, least = held + counted[pk], max(loss - SAME, 0.0)
    return (chosen, least) if held >= first else (None, least)


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
        said.append(f"Health is {health.status}. {' '.join(health.reasons[:REASONS_SHOWN])}")
    evidence = (*item.evidence, *said, place.by)
    return replace(
        item, account=name, value=stake.value, chance=stake.chance, loss=stake.loss, evidence=evidence, rank=place.rank
    )
