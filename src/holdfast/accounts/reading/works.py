"""Work objects in lists: those of an account, of a kind, mine, due, stale."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

from holdfast.accounts.access import work_of
from holdfast.accounts.as_facts import one_line
from holdfast.accounts.decide.theatre import STALE_DAYS, line_theatre, stale_from
from holdfast.accounts.kinds.catalog import KINDS
from holdfast.accounts.models import Line, WorkObject

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One work object in a list. due: the earliest day among its open lines, its decision and its review."""

    id: int
    kind: str
    kind_name: str
    title: str
    account_id: int | None
    account: str
    book: str
    owner: str
    state: str
    state_label: str
    decision: str
    decision_on: date | None
    decider: str
    due: date | None
    open_lines: int
    bare_lines: int  # open lines without an owner or a date
    review_by: date | None
    expires_on: date | None
    stale: bool
    waits: bool  # one side has agreed to a move and the other not yet
    visibility: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is of. stale, ended: None for all, else only those that are, or are not. due_by: by that day."""

    account_id: int | None = None
    kinds: tuple[str, ...] = ()
    state: str = ""
    owner_id: int | None = None
    stale: bool | None = False
    ended: bool | None = False
    due_by: date | None = None


def works(user: Anybody, wanted: Wanted, today: date, *, first: int = 0, rows: int = 50) -> list[WorkRow]:
    """A page of them, newest change first. What is stale is left out unless it is asked for: it counts nowhere."""
    found = _asked_for(work_of(user), wanted, today).select_related("account", "book", "owner")
    page = list(found.order_by("-changed_at", "-id")[first : first + rows])
    lines: defaultdict[int, list[Line]] = defaultdict(list)
    for line in Line.objects.filter(work__in=[work.pk for work in page], finished_on=None):
        lines[line.work_id].append(line)
    return [_row(work, lines[work.pk], today) for work in page]


def how_many(user: Anybody, wanted: Wanted, today: date) -> int:
    return _asked_for(work_of(user), wanted, today).count()


def _asked_for(found: QuerySet[WorkObject], wanted: Wanted, today: date) -> QuerySet[WorkObject]:
    if wanted.account_id is not None:
        found = found.filter(account=wanted.account_id)
    if wanted.kinds:
        found = found.filter(kind__in=wanted.kinds)
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.owner_id is not None:
        found = found.filter(owner=wanted.owner_id)
    if wanted.ended is not None:
        found = found.filter(ended_on__isnull=not wanted.ended)
    if wanted.due_by is not None:
        by = wanted.due_by
        lines = Line.objects.filter(work=OuterRef("pk"), finished_on=None, due__lte=by)
        found = found.filter(Exists(lines) | Q(decision_on__lte=by) | Q(review_by__lte=by))
    if wanted.stale is not None:
        since = today - timedelta(days=STALE_DAYS)
        gone_stale = Q(ended_on=None, created_on__lt=since) & (Q(decided_on=None) | Q(decided_on__lt=since))
        found = found.filter(gone_stale) if wanted.stale else found.exclude(gone_stale)
    return found


def _row(work: WorkObject, lines: list[Line], today: date) -> WorkRow:
    """lines: those that are open."""
    kind = KINDS[work.kind]
    ended = work.ended_on is not None
    owned = [one_line(line) for line in lines if kind.part(line.part).owned]
    dues = [*(line.due for line in lines), work.decision_on, work.review_by]
    days = [day for day in dues if day is not None and not ended]
    bare = sum(bool(line_theatre(kind, line)) for line in owned)
    return WorkRow(
        work.pk, kind.id, kind.name, work.title, work.account_id, work.account.name if work.account else "",
        work.book.name if work.book else "", work.owner.get_username() if work.owner else "", work.state,
        kind.machine.state(work.state).label, work.decision, work.decision_on, work.decider,
        min(days, default=None), len(owned), bare, work.review_by, work.expires_on,
        not ended and today >= stale_from(work.created_on, work.decided_on), bool(work.assents), work.visibility,
        work.changed_at,
    )  # fmt: skip
