"""Telling people what they should know, once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from holdfast.accounts.access import NotThere, accounts_of, role_of
from holdfast.accounts.act import By, act, keep_marks, mark
from holdfast.accounts.actions.scheduled import only_scheduled
from holdfast.accounts.decide.approving import may_decide
from holdfast.accounts.decide.due import WORDS
from holdfast.accounts.decide.expiring import AHEAD_DAYS
from holdfast.accounts.decide.ranking import NOTICE_AHEAD_DAYS
from holdfast.accounts.decide.renewing import ENTER_BY
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.models import (
    Approval,
    Audit,
    MailChoice,
    Notice,
    Person,
    Renewal,
    Task,
    Touchpoint,
    WorkObject,
)
from holdfast.accounts.reading.renewals import standings

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NEWS_DAYS = 7  # how long a decision, a word of a guest or a step from somebody else is news


def make_notices(*, now: datetime, by: By) -> int:
    """What came due for its owner or was given to them, what guests said, approvals asked and decided, and what ends
    soon; only of accounts the person sees.

    Says how many are new. A second run the same day finds them all told.
    """
    only_scheduled(by)
    told = [
        *_of_guests(now),
        *_of_given(now),
        *_of_tasks(now),
        *_of_touchpoints(now),
        *_of_renewals(now),
        *_of_approvals(now),
        *_of_ends(now),
    ]
    people = get_user_model().objects.filter(pk__in={one.user_id for one in told}, is_active=True)
    of_person: dict[int, list[Notice]] = defaultdict(list)
    for one in told:
        of_person[one.user_id].append(one)
    before = Notice.objects.count()
    for user in people:
        _tell(user, of_person[user.pk])
    return Notice.objects.count() - before


def _tell(user: User, notices: Sequence[Notice]) -> None:
    """What is new of these, of accounts the person sees. Where nothing is, nothing is written: that would hold up
    whoever else writes."""
    seen = set(accounts_of(user).values_list("pk", flat=True))
    known = set(Notice.objects.filter(user=user).values_list("key", flat=True))
    keep_marks([one for one in notices if one.key not in known and one.account_id in seen])


def see_notices(notice_ids: Iterable[int], *, at: datetime, by: By) -> int:
    """Of this person's own; those of others are not there. Says how many were new to them."""
    return mark(Notice.objects.filter(pk__in=list(notice_ids), user=by.key, seen_at=None), seen_at=at)


def choose_mail(*, digest: bool, by: By) -> None:
    """Whether this person wants the day's mail."""
    if by.key is None:
        raise NotThere("there is nobody to write to")
    with act("choose mail", by=by) as doing:
        found = MailChoice.objects.filter(user_id=by.key).first()
        if found is None:
            doing.create(MailChoice, user_id=by.key, digest=digest)
        else:
            doing.change(found, digest=digest)


def _of_guests(now: datetime) -> list[Notice]:
    """To the owner of a plan: what a person of the customer said of the whole; once a day, that they worked on it."""
    rows = Audit.objects.filter(at__range=(now - timedelta(days=NEWS_DAYS), now), via="guest", account__isnull=False)
    rows = rows.exclude(verb="guest visits")
    keys = {int(one.about.partition(":")[2]) for one in rows}
    works = {w.pk: w for w in WorkObject.objects.filter(pk__in=keys, owner__isnull=False).select_related("account")}
    told = []
    for one in rows:
        work = works.get(int(one.about.partition(":")[2]))
        if work is None:
            continue
        labels = {f"guest: {state.name}": state.label for state in kind_of(work.kind).machine.states}
        said, day = labels.get(one.verb), one.at.date()
        key = f"guest:{one.pk}" if said else f"guest:{work.pk}:{day}:{one.by_name}"
        text = f"says: {said.lower()}" if said else f"worked on it on {day}"
        told.append(
            _notice(work.owner_id, one.account_id, key, f"{work.account}, {work.title}: {one.by_name} {text}.", now)
        )
    return told


def _of_given(now: datetime) -> list[Notice]:
    """Steps that somebody else gave them, while these are open."""
    rows = Audit.objects.filter(at__range=(now - timedelta(days=NEWS_DAYS), now), verb="add task")
    givers = {change["id"]: one for one in rows for change in one.changes if change["model"] == Task._meta.label}
    tasks = Task.objects.filter(pk__in=givers, done_at=None, owner__isnull=False).select_related("account")
    return [
        _notice(
            t.owner_id, t.account_id, f"task:{t.pk}:given",
            f"{t.account}: {givers[t.pk].by_name} gave you a step until {t.due}: {t.what}", now,
        )
        for t in tasks if t.owner_id != givers[t.pk].by_id
    ]  # fmt: skip


def _of_tasks(now: datetime) -> list[Notice]:
    rows = Task.objects.filter(done_at=None, due__lt=now.date(), owner__isnull=False).select_related("account")
    rows = rows.exclude(snoozed_until__gt=now.date())
    return [
        _notice(
            t.owner_id, t.account_id, f"task:{t.pk}:late:{t.due}", f"{t.account}: {t.what} was due on {t.due}.", now
        )
        for t in rows
    ]  # fmt: skip


def _of_touchpoints(now: datetime) -> list[Notice]:
    rows = Touchpoint.objects.filter(held_at=None, called_off="", due__lte=now.date(), owner__isnull=False)
    return [
        _notice(
            t.owner_id, t.account_id, f"touchpoint:{t.pk}:due:{t.due}",
            f"{t.account}: a {WORDS[t.kind]} is due by {t.due}.", now,
        )
        for t in rows.select_related("account")
    ]  # fmt: skip


def _of_renewals(now: datetime) -> list[Notice]:
    told, day = [], now.date()
    until = day + timedelta(days=NOTICE_AHEAD_DAYS)
    near = Q(contract__ends__lte=day + timedelta(days=max(ENTER_BY.values())))  # before that no stage is late
    rows = Renewal.objects.filter(near | Q(contract__notice_on__range=(day, until)), stage__in=Renewal.OPEN)
    for one in standings(rows.filter(owner__isnull=False), day):
        key = f"renewal:{one.renewal_id}"
        if one.notice_on and day <= one.notice_on <= until:
            text = f"{one.account}: the last day for notice of {one.contract} is {one.notice_on}."
            told.append(_notice(one.owner_id, one.account_id, f"{key}:notice:{one.notice_on}", text, now))
        if one.late:
            text = f"{one.account}, {one.contract}: {one.late[-1]}"
            told.append(_notice(one.owner_id, one.account_id, f"{key}:late:{one.stage}:{len(one.late)}", text, now))
    return told


def _of_ends(now: datetime) -> list[Notice]:
    """To who owns it, before what a customer was given holds no longer: proof of security, an approved story."""
    day = now.date()
    rows = WorkObject.objects.filter(
        ended_on=None, owner__isnull=False, account__isnull=False,
        expires_on__range=(day, day + timedelta(days=AHEAD_DAYS)),
    )  # fmt: skip
    return [
        _notice(
            w.owner_id, w.account_id, f"ends:{w.pk}:{w.expires_on}",
            f"{w.account}: {w.title} holds until {w.expires_on}.", now,
        )
        for w in rows.select_related("account")
    ]  # fmt: skip


def _of_approvals(now: datetime) -> list[Notice]:
    told: list[Notice] = []
    asked = Approval.objects.filter(state=Approval.State.ASKED, expires_on__gte=now.date())
    people = [p.user for p in Person.objects.select_related("user")] if asked.exists() else []
    roles = {user.pk: role_of(user) for user in people}
    for a in asked.select_related("account", "contract", "asked_by"):
        text = f"{a.account}: {a.asked_by} asks for {_change(a)} on {a.contract}, until {a.expires_on}."
        for user in people:
            if not may_decide(roles[user.pk], user.pk, a.asked_by_id, tuple(a.roles), a.contract.approver_id):
                told.append(_notice(user.pk, a.account_id, f"approval:{a.pk}:asked", text, now))
    since = now.date() - timedelta(days=NEWS_DAYS)
    decided = Approval.objects.filter(
        decided_on__gte=since, state__in=[Approval.State.APPROVED, Approval.State.REFUSED]
    )
    for a in decided.select_related("account", "contract"):
        text = f"{a.account}: {_change(a)} on {a.contract} was {a.get_state_display().lower()}. {a.why}".strip()
        told.append(_notice(a.asked_by_id, a.account_id, f"approval:{a.pk}:{a.state}", text, now))
    return told


def _change(approval: Approval) -> str:
    return f"{approval.percent:+.1f} %" if approval.percent is not None else f"a change by {approval.amount_minor:+d}"


def _notice(user_id: Any, account_id: Any, key: str, text: str, at: datetime) -> Notice:
    return Notice(user_id=user_id, account_id=account_id, key=key[:80], text=text[:300], at=at)
