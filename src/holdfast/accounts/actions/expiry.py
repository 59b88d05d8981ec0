"""What the calendar does to work objects: what has expired is called so, and so is a promise that was not kept."""

from __future__ import annotations

from datetime import datetime

from holdfast.accounts.act import By, act
from holdfast.accounts.actions.remarks import measured, to_measure
from holdfast.accounts.actions.works import arrive, hold, touched
from holdfast.accounts.as_facts import line_facts
from holdfast.accounts.decide.expiring import documents, ends_on
from holdfast.accounts.decide.stakeholders import standing
from holdfast.accounts.kinds.catalog import KINDS, kind_of
from holdfast.accounts.models import Account, Line, WorkObject
from holdfast.accounts.reading.stakeholders import all_known

LAPSES = {"A17": "active"}  # where a kind's expiry leads when it has no state called expired


def expire(*, by: By, at: datetime) -> int:
    """For the schedule: bring everything whose time is over to the state that says so. Doing it twice changes nothing.

    Returns how many were changed.
    """
    maps = WorkObject.objects.filter(kind="A06", state="current", account__isnull=False)
    with_documents = [kind.id for kind in KINDS.values() if kind.expires_with]
    packs = WorkObject.objects.filter(kind__in=with_documents, ended_on=None).prefetch_related("lines")
    changed = [_documents(work, by, at) for work in packs]
    over = WorkObject.objects.filter(ended_on=None, expires_on__lte=at.date())
    owing = WorkObject.objects.filter(kind="A22", ended_on=None).exclude(state="draft")
    changed += [_lapsed(work, by, at) for work in over] + [_measured(work, by, at) for work in owing]
    people = all_known(Account.objects.filter(pk__in=maps.values("account")))
    old = [work for work in maps if standing(people.get(work.account_id or 0, ()), at.date()).stale]
    for work in old:
        _aged(work, by, at)
    return sum(changed) + len(old)


def _documents(work: WorkObject, by: By, at: datetime) -> bool:
    """Documents that are no longer good are called expired, and what rests on them holds as long as they say."""
    kind, lines = kind_of(work.kind), line_facts(work)
    over = [
        line.id for day, line in documents(kind, lines)
        if day <= at.date() and kind.part(line.part).machine.move(line.state, "expired") is not None
    ]  # fmt: skip
    if not over and work.expires_on == ends_on(kind, lines):
        return False
    with act("documents expire", by=by, account=work.account, about=work) as doing:
        work = hold(work)
        for line in Line.objects.filter(work=work, pk__in=over):
            doing.change(line, state="expired", finished_on=None)
        touched(doing, work, at)
        return True


def _lapsed(work: WorkObject, by: By, at: datetime) -> bool:
    kind = kind_of(work.kind)
    end = LAPSES.get(kind.id, "expired")
    if kind.machine.move(work.state, end) is None:
        return False
    with act(f"move to {end}", by=by, account=work.account, about=work) as doing:
        arrive(doing, kind, hold(work), end, at)
        return True


def _aged(work: WorkObject, by: By, at: datetime) -> None:
    """A stakeholder map behind which nothing dated of the last 90 days stands is stale."""
    with act("move to stale", by=by, account=work.account, about=work) as doing:
        arrive(doing, kind_of(work.kind), hold(work), "stale", at)


def _measured(work: WorkObject, by: By, at: datetime) -> bool:
    if not to_measure(work, at):  # an action holds up everybody else who writes, so none is begun for nothing
        return False
    with act("measure promise", by=by, account=work.account, about=work) as doing:
        measured(doing, hold(work), at)
        return bool(doing.changes)
