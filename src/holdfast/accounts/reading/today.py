"""What needs a person today: one queue over everything that is due, each with why it is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from django.db.models import Q, QuerySet

from holdfast.accounts.access import accounts_of
from holdfast.accounts.decide.due import WORDS
from holdfast.accounts.decide.ranking import (
    FELL_WITHIN_DAYS,
    NO_CHANCE,
    NO_VALUE,
    NOTICE_AHEAD_DAYS,
    PROMISE_AHEAD_DAYS,
    Rates,
    Stake,
    ranked,
    together,
)
from holdfast.accounts.decide.renewing import WORDS as STAGES
from holdfast.accounts.models import Account, Contract, Renewal, Snooze, Task, Touchpoint
from holdfast.accounts.reading.renewals import Standing, standings
from holdfast.commerce.money import Money
from holdfast.commerce.unknown import Unknown

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

Kind = Literal["task", "touchpoint", "renewal", "promise", "health", "alarm"]
REASONS_SHOWN = 2  # of health, with something else that is due


@dataclass(frozen=True, slots=True)
class Health:
    """How an account is, as the layer that reads it says. loss: the tested chance that it is lost, None without one."""

    status: str
    score: int | None = None
    reasons: tuple[str, ...] = ()
    loss: float | None = None
    fell_on: date | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """An update that was promised, or another word that was given. key: "bad_news:12"."""

    key: str
    account_id: int
    text: str
    due: date
    owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that rang, such as a champion who left. key: "single_thread:7"."""

    key: str
    account_id: int
    text: str
    since: date
    evidence: tuple[str, ...] = ()
    owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is due. evidence: sentences that say why it is here and why at this rank."""

    key: str
    kind: Kind
    account_id: int
    account: str
    what: str
    due: date
    owner_id: int | None
    evidence: tuple[str, ...]
    value: Money | Unknown = NO_VALUE  # of a year, at stake
    chance: float | Unknown = NO_CHANCE  # that it is lost
    loss: Money | Unknown = NO_VALUE
    rank: int = 0
    row_id: int | None = None  # of the task, touchpoint or renewal


@dataclass(frozen=True, slots=True)
class Given:
    """What other layers know, by account where it says so; everything may be empty."""

    health: Mapping[int, Health] = field(default_factory=dict)
    promises: Sequence[Promise] = ()
    alarms: Sequence[Alarm] = ()
    rates: Rates | None = None


@dataclass(frozen=True, slots=True)
class _Around:
    """The accounts in play: who they are, what they are worth, how their renewals stand."""

    names: Mapping[int, str]
    owners: Mapping[int, int | None]
    values: Mapping[int, Money | Unknown]
    renewals: Mapping[int, Standing]  # the one that ends first, by account


def today(user: Anybody, day: date, given: Given = Given(), *, everybodys: bool = False) -> tuple[Item, ...]:
    """What is due by `day` and not out of sight, first things first. Eight queries, whatever there is.

    Theirs: what they own, and what nobody owns of accounts they own; with `everybodys` all of the accounts they see.
    """
    seen = accounts_of(user)
    tasks, touchpoints = _tasks(seen, user, day, everybodys), _touchpoints(seen, user, day, everybodys)
    told: list[Promise | Alarm] = [*given.promises, *given.alarms]
    in_play = {task.account_id for task in tasks} | {touchpoint.account_id for touchpoint in touchpoints}
    in_play |= {one.account_id for one in told if one.owner_id == user.pk}
    led = Renewal.objects.filter(owner=user.pk, stage__in=Renewal.OPEN).values("account")
    concerned = seen if everybodys else seen.filter(Q(pk__in=in_play) | Q(owner=user.pk) | Q(pk__in=led))
    around, open_renewals = _around(concerned, given, day)
    items = [
        *(_of_task(task, day) for task in tasks),
        *(_of_touchpoint(touchpoint, day) for touchpoint in touchpoints),
        *_of_renewals(open_renewals, day),
        *_of_promises(given.promises, day),
        *_of_health(given.health, day),
        *_of_alarms(given.alarms, day),
    ]
    snoozed = set(Snooze.objects.filter(user=user.pk, until__gt=day).values_list("item", flat=True))
    mine = [
        _told(item, around, given)
        for item in items
        if item.account_id in around.names and item.key not in snoozed and (everybodys or _theirs(item, around, user))
    ]
    places = {place.key: place for place in ranked((Stake(i.key, i.due, i.value, i.chance) for i in mine), given.rates)}
    return tuple(
        sorted(
            (replace(i, rank=places[i.key].rank, evidence=(*i.evidence, places[i.key].by)) for i in mine),
            key=lambda item: item.rank,
        )
    )


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


def _of_task(task: Task, day: date) -> Item:
    because = (task.why[:1].upper() + task.why[1:].rstrip(".") + ".",) if task.why.strip() else ()
    said = (f"This next step {_was_due(task.due, day)}.", *because)
    return Item(
        f"task:{task.pk}", "task", task.account_id, "", task.what, task.due, task.owner_id, said, row_id=task.pk
    )


def _of_touchpoint(t: Touchpoint, day: date) -> Item:
    what = WORDS[t.kind][:1].upper() + WORDS[t.kind][1:]
    rule = (t.agenda,) if t.agenda.startswith("Due by rule") else ()
    said = (f"A {WORDS[t.kind]} {_was_due(t.due, day)}.", *rule)
    return Item(f"touchpoint:{t.pk}", "touchpoint", t.account_id, "", what, t.due, t.owner_id, said, row_id=t.pk)


def _of_renewals(rows: Iterable[Standing], day: date) -> Iterable[Item]:
    for one in rows:
        said = list(one.late)
        due = one.ends
        if one.notice_on and day <= one.notice_on <= day + timedelta(days=NOTICE_AHEAD_DAYS):
            due = one.notice_on
            auto = " and it renews itself unless notice is given" if one.auto_renew else ""
            said.insert(0, f"The last day for notice is {one.notice_on}, {_in(one.notice_on, day)}{auto}.")
        if said:
            said.append(f"It stands at: {STAGES[one.stage].lower()}.")
            value = Money(one.value_minor, one.currency) if one.value_minor is not None else NO_VALUE
            yield Item(
                f"renewal:{one.renewal_id}", "renewal", one.account_id, "", f"Renewal of {one.contract}", due,
                one.owner_id, tuple(said), value=value, chance=_chance_of(one), row_id=one.renewal_id,
            )  # fmt: skip


def _of_promises(promises: Iterable[Promise], day: date) -> Iterable[Item]:
    for one in promises:
        if one.due <= day + timedelta(days=PROMISE_AHEAD_DAYS):
            said = (f"It was promised for {one.due}, {_in(one.due, day)}.",)
            yield Item(one.key, "promise", one.account_id, "", one.text, one.due, one.owner_id, said)


def _of_health(health: Mapping[int, Health], day: date) -> Iterable[Item]:
    for account_id, one in health.items():
        if one.fell_on is not None and day - timedelta(days=FELL_WITHIN_DAYS) <= one.fell_on <= day:
            what = f"Health fell to {one.status}" + (f", {one.score} points" if one.score is not None else "")
            said = (f"It fell on {one.fell_on}.", *one.reasons)
            yield Item(f"health:{account_id}:{one.fell_on}", "health", account_id, "", what, one.fell_on, None, said)


def _of_alarms(alarms: Iterable[Alarm], day: date) -> Iterable[Item]:
    for one in alarms:
        if one.since <= day:
            yield Item(one.key, "alarm", one.account_id, "", one.text, one.since, one.owner_id, one.evidence)


def _told(item: Item, around: _Around, given: Given) -> Item:
    """With the account's name, what is at stake and how likely it is lost."""
    health, renewal = given.health.get(item.account_id), around.renewals.get(item.account_id)
    value, chance, said = item.value, item.chance, []
    if isinstance(value, Unknown):
        value = around.values.get(item.account_id, NO_VALUE)
    if isinstance(chance, Unknown) and health is not None and health.loss is not None:
        chance = health.loss
        said.append(f"Accounts like this one were lost {chance:.0%} of the time.")
    elif isinstance(chance, Unknown) and renewal is not None:
        chance = _chance_of(renewal)
    if isinstance(chance, float) and renewal is not None and renewal.probability is not None and not said:
        said.append(f"Its renewal was forecast at {renewal.probability:.0%} on {renewal.forecast_on}.")
    if isinstance(value, Money):
        said.append(f"{value} a year is at stake.")
    if health is not None and item.kind != "health" and health.reasons:
        said.append(f"Health is {health.status}: {' '.join(health.reasons[:REASONS_SHOWN])}")
    stake = Stake(item.key, item.due, value, chance)
    name = around.names[item.account_id]
    evidence = (*item.evidence, *said)
    return replace(item, account=name, value=value, chance=chance, loss=stake.loss, evidence=evidence)


def _chance_of(renewal: Standing) -> float | Unknown:
    return NO_CHANCE if renewal.probability is None else float(1 - renewal.probability)


def _was_due(due: date, day: date) -> str:
    return f"is due today, {due}" if due == day else f"was due on {due}, {_in(due, day)}"


def _in(due: date, day: date) -> str:
    n = (due - day).days
    if n == 0:
        return "today"
    days = "1 day" if abs(n) == 1 else f"{abs(n)} days"
    return f"in {days}" if n > 0 else f"{days} ago"
