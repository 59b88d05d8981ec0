"""Work objects in lists: those of an account, of a kind, mine, due, stale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from holdfast.accounts.access import work_of
from holdfast.accounts.decide.theatre import STALE_DAYS, stale_from
from holdfast.accounts.kinds.catalog import KINDS
from holdfast.accounts.models import WorkObject

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
    found = _asked_for(_with_lines(work_of(user)), wanted, today).select_related("account", "book", "owner")
    return [_row(work, today) for work in found.order_by("-changed_at", "-id")[first : first + rows]]


def how_many(user: Anybody, wanted: Wanted, today: date) -> int:
    return _asked_for(_with_lines(work_of(user)), wanted, today).count()


def _with_lines(found: QuerySet[WorkObject]) -> QuerySet[WorkObject]:
    unfinished = Q(lines__finished_on=None)
    owned = [(kind.id, part.name) for kind in KINDS.values() for part in kind.parts if part.owned]
    parts = Q()
    for kind_id, part in owned:
        parts |= Q(kind=kind_id, lines__part=part)
    bare = Q(lines__our_owner=None, lines__customer_owner=None) | Q(lines__due=None)
    return found.annotate(
        line_due=Min("lines__due", filter=unfinished), open_lines=Count("lines", filter=unfinished & parts),
        bare_lines=Count("lines", filter=unfinished & parts & bare),
        alive_on=Coalesce("decided_on", "created_on"),
    )  # fmt: skip


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
        found = found.filter(Q(line_due__lte=by) | Q(decision_on__lte=by) | Q(review_by__lte=by))
    if wanted.stale is not None:
        gone_stale = Q(ended_on=None, alive_on__lt=today - timedelta(days=STALE_DAYS))
        found = found.filter(gone_stale) if wanted.stale else found.exclude(gone_stale)
    return found


def _row(work: WorkObject, today: date) -> WorkRow:
    kind = KINDS[work.kind]
    line_due, open_lines, bare_lines = work.line_due, work.open_lines, work.bare_lines  # type: ignore[attr-defined]
    ended = work.ended_on is not None
    days = [day for day in (line_due, work.decision_on, work.review_by) if day is not None and not ended]
    return WorkRow(
        work.pk, kind.id, kind.name, work.title, work.account_id, work.account.name if work.account else "",
        work.book.name if work.book else "", work.owner.get_username() if work.owner else "", work.state,
        kind.machine.state(work.state).label, work.decision, work.decision_on, work.decider,
        min(days, default=None), open_lines, bare_lines, work.review_by, work.expires_on,
        not ended and today >= stale_from(work.created_on, work.decided_on), bool(work.assents), work.visibility,
        work.changed_at,
    )  # fmt: skip
