"""One account whole: its people, what happened, what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING

from holdfast.accounts.access import access_account, accounts_of, may, may_own
from holdfast.accounts.models import Account, Audit, Contact, Entry, Task, Touchpoint

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
        timeline=timeline(account, before),
        parent=seen.filter(pk=account.parent_id).first() if account.parent_id else None,
        children=tuple(seen.filter(parent=account)),
        owners=tuple(may_own(account)),
        may_note=may(user, "note"),
        may_plan=may(user, "plan"),
        may_assign=may(user, "assign"),
    )


def timeline(account: Account, before: datetime | None = None, limit: int = SHOWN) -> tuple[Moment, ...]:
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
    found += [Moment(one.at, "deed", told(one), one.by_name) for one in deeds[:limit]]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:limit])


def _called(user: User | None) -> str:
    return user.get_username() if user is not None else ""


# Of no interest beside the deed itself, or told in full on the page of the plan.
QUIET = frozenset({"changed_at", "fields", "assents", "digest"})


def told(deed: Audit) -> str:
    """ "change account: tier named → pooled" """
    made = (
        str(next((change["after"][name] for name in ("what", "name", "text") if change["after"].get(name)), ""))
        for change in deed.changes
        if change["before"] is None and change["after"] is not None
    )
    moved = (
        f"{name.removesuffix('_id')} {_word(change['before'][name])} → {_word(value)}"
        for change in deed.changes
        if change["before"] is not None and change["after"] is not None
        for name, value in change["after"].items()
        if name not in QUIET
    )
    said = list(islice(filter(None, chain(made, moved)), 4))  # of thousands no more are looked at than are told
    return deed.verb[:1].upper() + deed.verb[1:] + (f": {', '.join(said)}" if said else "")


def _word(value: object) -> str:
    if value in (None, "", [], {}):
        return "nothing"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
