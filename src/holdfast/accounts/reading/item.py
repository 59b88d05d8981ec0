"""One thing that is due, made from a row or from what other layers know, with the sentences that say why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from holdfast.accounts.decide.due import RED, WORDS
from holdfast.accounts.decide.ranking import (
    FELL_WITHIN_DAYS,
    NO_CHANCE,
    NO_VALUE,
    NOTICE_AHEAD_DAYS,
    PROMISE_AHEAD_DAYS,
    Rates,
)
from holdfast.accounts.decide.renewing import WORDS as STAGES
from holdfast.accounts.models import Task, Touchpoint
from holdfast.accounts.reading.renewals import Standing
from holdfast.commerce.money import Money
from holdfast.commerce.unknown import Unknown

Kind = Literal["task", "touchpoint", "renewal", "promise", "health", "alarm"]
REASONS_SHOWN = 2  # of health, with something else that is due
RINGING = (
    "single_thread",
    "champion_left",
    "buyer_left",
)  # somebody has to act; what else is not known stays on the map


@dataclass(frozen=True, slots=True)
class Health:
    """How an account is, as the layer that reads it says. loss: the tested chance that it is lost, None without one.

    status: in words. at_risk: the worst of them, on which touchpoint rules of red accounts hold. told_on: the day on
    which a fall was first known, which is news even where the data end earlier.
    """

    status: str
    score: int | None = None
    reasons: tuple[str, ...] = ()
    loss: float | None = None
    fell_on: date | None = None
    at_risk: bool = False
    told_on: date | None = None

    @property
    def for_the_rule(self) -> str:
        """The status as the rule of touchpoints knows it."""
        return RED if self.at_risk else self.status


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
    """Something that rang, such as a champion who left, or a proof that ends soon. key: "single_thread:7"."""

    key: str
    account_id: int
    text: str
    since: date
    evidence: tuple[str, ...] = ()
    owner_id: int | None = None
    due: date | None = None  # None: since it rings


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

    @property
    def rings(self) -> bool:
        """An alarm that rings since its day, and is due on none."""
        return self.kind == "alarm" and self.key.partition(":")[0] in RINGING


@dataclass(frozen=True, slots=True)
class Given:
    """What other layers know, by account where it says so; everything may be empty."""

    health: Mapping[int, Health] = field(default_factory=dict)
    promises: Sequence[Promise] = ()
    alarms: Sequence[Alarm] = ()
    rates: Rates | None = None


NOTHING = Given()


def of_task(task: Task, day: date) -> Item:
    because = (task.why[:1].upper() + task.why[1:].rstrip(".") + ".",) if task.why.strip() else ()
    said = (f"This next step {_was_due(task.due, day)}.", *because)
    return Item(
        f"task:{task.pk}", "task", task.account_id, "", task.what, task.due, task.owner_id, said, row_id=task.pk
    )


def of_touchpoint(t: Touchpoint, day: date) -> Item:
    what = WORDS[t.kind][:1].upper() + WORDS[t.kind][1:]
    rule = (t.agenda,) if t.agenda.startswith("Due by rule") else ()
    said = (f"A {WORDS[t.kind]} {_was_due(t.due, day)}.", *rule)
    return Item(f"touchpoint:{t.pk}", "touchpoint", t.account_id, "", what, t.due, t.owner_id, said, row_id=t.pk)


def of_renewals(rows: Iterable[Standing], day: date) -> Iterable[Item]:
    for one in rows:
        said = list(one.late)
        due = one.ends
        if one.notice_on and day <= one.notice_on <= day + timedelta(days=NOTICE_AHEAD_DAYS):
            due = one.notice_on
            auto = " and it renews itself unless notice is given" if one.auto_renew else ""
            said.insert(0, f"The last day for notice is {one.notice_on}, {_in(one.notice_on, day)}{auto}.")
        if said:
            said.append(f"It stands at: {STAGES[one.stage].lower()}.")
            said += forecast_said(one)
            value = Money(one.value_minor, one.currency) if one.value_minor is not None else NO_VALUE
            yield Item(
                f"renewal:{one.renewal_id}", "renewal", one.account_id, "", f"Renewal of {one.contract}", due,
                one.owner_id, tuple(said), value=value, chance=chance_of(one), row_id=one.renewal_id,
            )  # fmt: skip


def of_promises(promises: Iterable[Promise], day: date) -> Iterable[Item]:
    for one in promises:
        if one.due <= day + timedelta(days=PROMISE_AHEAD_DAYS):
            said = (f"It was promised for {one.due}, {_in(one.due, day)}.",)
            yield Item(one.key, "promise", one.account_id, "", one.text, one.due, one.owner_id, said)


def of_health(health: Mapping[int, Health], day: date) -> Iterable[Item]:
    for account_id, one in health.items():
        if one.fell_on is None:
            continue
        news = one.told_on or one.fell_on
        if day - timedelta(days=FELL_WITHIN_DAYS) <= news <= day:
            what = f"Health fell: {one.status}" + (f", {one.score} points" if one.score is not None else "")
            late = f", in data that were read on {news}" if news != one.fell_on else ""
            said = (f"It fell on {one.fell_on}{late}.", *one.reasons)
            yield Item(f"health:{account_id}:{one.fell_on}", "health", account_id, "", what, news, None, said)


def of_alarms(alarms: Iterable[Alarm], day: date) -> Iterable[Item]:
    for one in alarms:
        if one.since <= day:
            yield Item(one.key, "alarm", one.account_id, "", one.text, one.due or one.since, one.owner_id, one.evidence)


def chance_of(renewal: Standing) -> float | Unknown:
    return NO_CHANCE if renewal.probability is None else float(1 - renewal.probability)


def _was_due(due: date, day: date) -> str:
    return f"is due today, {due}" if due == day else f"was due on {due}, {_in(due, day)}"


def _in(due: date, day: date) -> str:
    n = (due - day).days
    if n == 0:
        return "today"
    days = "1 day" if abs(n) == 1 else f"{abs(n)} days"
    return f"in {days}" if n > 0 else f"{days} ago"


def forecast_said(renewal: Standing) -> list[str]:
    """A sentence, or none where nobody forecast it."""
    if renewal.probability is None:
        return []
    return [f"Its renewal was forecast at {renewal.probability:.0%} on {renewal.forecast_on}."]
