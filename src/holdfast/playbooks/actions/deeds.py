"""Tasks, touchpoints and work objects that a playbook begins for an account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from holdfast.accounts.access import MayNot, NotThere
from holdfast.accounts.act import Act, By, act, keep_marks
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.models import Account, Audit, Task, Touchpoint, WorkObject
from holdfast.playbooks.declare import Step
from holdfast.playbooks.models import Deed

DUE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Doing:
    """One step of one run that is to be done. about: whom the text names."""

    playbook: str
    name: str
    version: int
    run: int
    step: Step
    turn: int
    account: Account
    about: Mapping[str, str]

    @property
    def key(self) -> dict[str, object]:
        return {"playbook": self.playbook, "version": self.version, "run": self.run, "step": self.step.id,
                "turn": self.turn}  # fmt: skip


def do(it: Doing, *, by: By, at: datetime) -> bool:
    """Do it once; False where it was done before, also where somebody has undone it since. What cannot be done is kept
    with why, and holds up nobody else."""
    if Deed.objects.filter(**it.key).exists():
        return False
    try:
        with transaction.atomic():
            with act(f"playbook {it.step.do}", by=by, account=it.account, note=f"{it.name}, run {it.run}") as doing:
                DEEDS[it.step.do](doing, it, at)
            keep_marks([Deed(**it.key, account=it.account, audit=doing.entry, at=at)])
    except (ValidationError, NotThere, MayNot) as problem:
        keep_marks([Deed(**it.key, account=it.account, at=at, problem=str(problem)[:200])])
    return True


def entry_of(playbook: str, run: int) -> list[Audit]:
    """The audit entries of what a run did, to be looked at or undone."""
    return [one.audit for one in Deed.objects.filter(playbook=playbook, run=run).select_related("audit") if one.audit]


def _task(doing: Act, it: Doing, at: datetime) -> None:
    doing.create(
        Task, account=it.account, what=_filled(it, "what")[:200], why=_filled(it, "why") or it.name,
        due=_due(it, at), owner_id=it.account.owner_id,
    )  # fmt: skip


def _touchpoint(doing: Act, it: Doing, at: datetime) -> None:
    doing.create(
        Touchpoint, account=it.account, kind=str(it.step.says["kind"]), due=_due(it, at),
        agenda=_filled(it, "agenda"), owner_id=it.account.owner_id,
    )  # fmt: skip


def _work(doing: Act, it: Doing, at: datetime) -> None:
    kind = kind_of(str(it.step.says["kind"]))
    if kind.scope != "account":
        raise ValidationError(f"a {kind.name.lower()} is not of an account")
    doing.about = doing.create(
        WorkObject, kind=kind.id, account=it.account, title=_filled(it, "title")[:160], state=kind.machine.first,
        fields={}, made_by_id=doing.by.key, owner_id=it.account.owner_id, created_on=at.date(), changed_at=at,
        review_by=at.date() + timedelta(days=kind.review_days),
    )  # fmt: skip


DEEDS: dict[str, Callable[[Act, Doing, datetime], None]] = {"task": _task, "touchpoint": _touchpoint, "work": _work}


def _due(it: Doing, at: datetime) -> object:
    return at.date() + timedelta(days=int(it.step.says.get("due_days", DUE_DAYS)))


def _filled(it: Doing, key: str) -> str:
    said = str(it.step.says.get(key, ""))
    for name, value in it.about.items():
        said = said.replace(f"{{{name}}}", value)
    return said
