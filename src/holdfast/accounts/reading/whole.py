"""One account whole: its people, what happened, what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from holdfast.accounts.access import access_account, accounts_of, may, may_own
from holdfast.accounts.models import Account, Audit, Contact, Entry, Task, Touchpoint
from holdfast.accounts.reading.deeds import told

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from holdfast.accounts.access import Anybody

SHOWN = 30  # lines of the timeline on a page


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline. kind: of the entry, "touchpoint" or "deed"."""

    at: datetime
    kind: str
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Whole:
    """What the page of one account shows from the book of work."""

    account: Account
    contacts: Sequence[Contact]
    tasks: Sequence[Task]  # open, the soonest first
    touchpoints: Sequence[Touchpoint]  # open, the soonest first
    timeline: Sequence[Moment]
    parent: Account | None  # as far as the person may see it, and so its children
    children: Sequence[Account]
    owners: Sequence[User]  # who may be given its next steps
    may_note: bool
    may_plan: bool
    may_assign: bool


def whole(user: Anybody, account_id: int, *, before: datetime | None = None) -> Whole:
    """before: the timeline older than a moment. Raises NotThere."""
    account, seen = access_account(user, account_id), accounts_of(user)
    return Whole(
        account=account,
        contacts=tuple(account.contacts.select_related("reports_to")),
        tasks=tuple(account.tasks.filter(done_at=None).select_related("owner")),
        touchpoints=tuple(account.touchpoints.filter(held_at=None, called_off="").select_related("owner")),
        timeline=timeline(user, account, before),
        parent=seen.filter(pk=account.parent_id).first() if account.parent_id else None,
        children=tuple(seen.filter(parent=account)),
        owners=tuple(may_own(account)),
        may_note=may(user, "note"),
        may_plan=may(user, "plan"),
        may_assign=may(user, "assign"),
    )


def timeline(user: Anybody, account: Account, before: datetime | None = None, limit: int = SHOWN) -> tuple[Moment, ...]:
    """Notes, contacts held and deeds, the newest first."""
    entries = Entry.objects.filter(account=account).select_related("by")
    held = (
        Touchpoint.objects.filter(account=account, held_at__isnull=False).order_by("-held_at").select_related("owner")
    )
    deeds = Audit.objects.filter(account=account).exclude(verb__in=("note", "hold touchpoint"))
    if before is not None:
        entries, held = entries.filter(at__lt=before), held.filter(held_at__lt=before)
        deeds = deeds.filter(at__lt=before)
    found = [Moment(one.at, one.kind, one.text, _called(one.by)) for one in entries[:limit]]
    found += [
        Moment(one.held_at, "touchpoint", f"{one.get_kind_display()}: {one.recap}", _called(one.owner))
        for one in held[:limit]
        if one.held_at is not None
    ]
    done = list(deeds[:limit])
    found += [Moment(one.at, "deed", said, one.by_name) for one, said in zip(done, told(user, done), strict=True)]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:limit])


def _called(user: User | None) -> str:
    return user.get_username() if user is not None else ""
