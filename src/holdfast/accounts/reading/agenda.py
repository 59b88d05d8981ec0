"""What there is to talk about at a touchpoint, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from holdfast.accounts.access import access_of_account
from holdfast.accounts.decide.due import WORDS
from holdfast.accounts.decide.renewing import WORDS as STAGES
from holdfast.accounts.models import Contact, Renewal, Task, Touchpoint
from holdfast.accounts.reading.item import Health
from holdfast.accounts.reading.renewals import standings
from holdfast.accounts.telling.agenda import Agenda, Recap, Step
from holdfast.commerce.money import Money

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody


@dataclass(frozen=True, slots=True)
class Beside:
    """What other layers know of this account; everything may be empty."""

    health: Health | None = None
    theirs: Sequence[Step] = ()  # steps of the customer's people
    promises: Sequence[Step] = ()
    outcomes: Sequence[Step] = ()


def agenda(user: Anybody, touchpoint_id: int, today: date, beside: Beside = Beside()) -> Agenda:
    """Raises NotThere for a touchpoint of an account this person does not see."""
    row = access_of_account(user, Touchpoint, touchpoint_id)
    before = Touchpoint.objects.filter(account=row.account, held_at__isnull=False).exclude(pk=row.pk)
    last = before.order_by("-held_at", "-id").first()
    people = Contact.objects.filter(account=row.account, left_on=None)
    return Agenda(
        account=row.account.name, kind=_kind(row.kind), when=row.at or row.due, owner=_name(row.owner),
        people=tuple(f"{c.name}, {c.title}" if c.title else c.name for c in people),
        last=last.recap if last else "", last_on=last.held_at.date() if last and last.held_at else None,
        ours=_open_steps(row, Task.objects.all()), theirs=tuple(beside.theirs), promises=tuple(beside.promises),
        outcomes=tuple(beside.outcomes), health=_health(beside.health),
        reasons=beside.health.reasons if beside.health else (), renewal=_renewals(row, today), notes=row.agenda,
    )  # fmt: skip


def recap(user: Anybody, touchpoint_id: int, beside: Beside = Beside()) -> Recap:
    """Raises NotThere as agenda does, ValidationError for one that was not held with a next step."""
    row = access_of_account(user, Touchpoint, touchpoint_id)
    if row.held_at is None or row.next_step is None:
        raise ValidationError("this touchpoint was not held, or ended without a next step")
    step = row.next_step
    # The customer reads this: only what was agreed with them, never a step we set ourselves.
    agreed = Task.objects.filter(agreed_in__isnull=False).exclude(pk=step.pk)
    others = _open_steps(row, agreed)
    return Recap(
        row.account.name, _kind(row.kind), row.held_at.date(), _name(row.owner), row.recap,
        Step(step.what, _name(step.owner), step.due), (*others, *beside.theirs),
    )  # fmt: skip


def _open_steps(row: Touchpoint, among: QuerySet[Task]) -> tuple[Step, ...]:
    rows = among.filter(account=row.account, done_at=None).select_related("owner")
    return tuple(Step(task.what, _name(task.owner), task.due) for task in rows)


def _renewals(row: Touchpoint, today: date) -> tuple[str, ...]:
    open_ = standings(Renewal.objects.filter(account=row.account, stage__in=Renewal.OPEN), today)
    said = []
    for one in open_:
        worth = f", {Money(one.value_minor, one.currency)} a year" if one.value_minor is not None else ""
        notice = f" Last day for notice: {one.notice_on}." if one.notice_on else ""
        said.append(f"{one.contract} ends on {one.ends}{worth}; {STAGES[one.stage].lower()}.{notice}")
        said += one.late
    return tuple(said)


def _health(health: Health | None) -> str:
    if health is None:
        return ""
    return health.status if health.score is None else f"{health.status}, {health.score} points"


def _kind(kind: str) -> str:
    return WORDS[kind][:1].upper() + WORDS[kind][1:]


def _name(user: object) -> str:
    return user.get_username() if user is not None and hasattr(user, "get_username") else ""
