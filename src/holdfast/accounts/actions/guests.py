"""Links for guests, and all that a guest may do: to one work object, by the same write path, under their own name.

Every action takes the token, not a guest: whether it still lets anybody in is asked each time.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.core.exceptions import ValidationError

from holdfast.accounts.access import NotThere
from holdfast.accounts.act import Act, By, act
from holdfast.accounts.actions.lines import added, changed, line_moved
from holdfast.accounts.actions.remarks import line_of, said
from holdfast.accounts.actions.works import hold, moved, must_be_open, must_hold, open_of_work, open_work, touched
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.kinds.declare import Kind
from holdfast.accounts.kinds.facts import Actor
from holdfast.accounts.models import Contact, GuestLink, GuestVisit, Line, Remark, WorkObject
from holdfast.accounts.reading.guests import SALT, Guest, TurnedAway, colleagues, digest_of, guest_of

DAYS, LONGEST = 14, 30  # that a link holds: usually, and at most
GUEST_FRAME = frozenset({"what", "due", "customer_owner_id"})


def make_guest_link(work_id: int, contact_id: int, *, by: By, at: datetime, days: int = DAYS) -> str:
    """A token for one person; it is told once and kept nowhere. Raises ValidationError."""
    work, _ = open_work(work_id, by)
    contact = Contact.objects.filter(pk=contact_id, account=work.account_id).first() if work.account_id else None
    if contact is None or contact.left_on is not None:
        raise ValidationError("nobody who works for this customer has that key")
    if work.visibility != WorkObject.Visibility.CUSTOMER:
        raise ValidationError("share it with the customer first: now only we see it")
    must_hold(work, at)
    if not 1 <= days <= LONGEST:
        raise ValidationError(f"a link holds for 1 to {LONGEST} days")
    secret = secrets.token_urlsafe(32)
    with act("make guest link", by=by, account=work.account, about=work) as doing:
        doing.create(
            GuestLink, work=work, contact=contact, digest=digest_of(secret), made_by_id=by.key, made_at=at,
            expires_at=at + timedelta(days=days),
        )  # fmt: skip
    return signing.Signer(salt=SALT).sign(secret)


def revoke_guest_link(link_id: int, *, by: By, at: datetime) -> None:
    """It opens nothing from now on."""
    link, work, _ = open_of_work(GuestLink, link_id, by)
    with act("revoke guest link", by=by, account=work.account, about=work) as doing:
        doing.change(link, revoked_at=link.revoked_at or at)


def guest_visits(token: str, *, at: datetime) -> Guest:
    """Write down that the link was used. Raises NotThere with what to tell whoever used it."""
    with _as_guest("guest visits", token, at) as came:
        came.doing.create(GuestVisit, link_id=came.guest.link_id, at=at)
        return came.guest


def guest_moves(token: str, end: str, *, at: datetime) -> None:
    """The customer's word on the whole: accepted, verified, blocked, closed. Raises ValidationError or NotThere."""
    with _as_guest(f"guest: {end}", token, at) as came:
        moved(came.doing, came.kind, came.work, end, came.actor, at)


def guest_moves_line(token: str, line_id: int, end: str, *, at: datetime) -> None:
    """The customer's word on one line: an outcome accepted or verified, a step of their own done."""
    with _as_guest(f"guest: line {end}", token, at) as came:
        line_moved(came.doing, came.kind, came.work, _line(came.work, line_id), end, came.actor, at)


def guest_changes_line(
    token: str, line_id: int, *, at: datetime, fields: Mapping[str, Any] | None = None, note: str = "", **frame: Any
) -> None:
    """A line of their own side: its words, its day, who of them owns it, and the columns that are theirs."""
    with _as_guest("guest changes line", token, at) as came:
        must_be_open(came.kind, came.work)
        line = _line(came.work, line_id)
        if line.customer_owner_id is None:
            raise ValidationError(f"“{line.what}” is not yours to change: write a comment")
        _theirs(came.kind, line.part, fields, frame)
        if "customer_owner_id" in frame and frame["customer_owner_id"] is None:
            raise ValidationError("name who of you owns it instead")
        _must_be_named(came.work, frame)
        due, owner = line.due, line.customer_owner_id
        if came.doing.change(line, **changed(came.kind, came.work, line, fields, frame)):
            touched(came.doing, came.work, at)
            if note.strip() or came.kind.machine.state(came.work.state).agreed:
                told = note.strip() or _moved_in_words(line, due, owner)
                said(came.doing, came.work, told, came.by, at, kind=Remark.Kind.CHANGE, line=line)


def guest_adds_line(
    token: str, part: str, what: str, *, at: datetime, fields: Mapping[str, Any] | None = None, **frame: Any
) -> Line:
    """A line of their own side, owned by the guest unless they name a colleague."""
    with _as_guest("guest adds line", token, at) as came:
        must_be_open(came.kind, came.work)
        parts = {one.name for one in came.kind.parts if one.theirs}
        if part not in parts:
            raise ValidationError("you cannot add lines here: write a comment")
        _theirs(came.kind, part, fields, frame)
        _must_be_named(came.work, frame)
        owner = {"customer_owner_id": frame.get("customer_owner_id") or came.guest.contact_id}
        return added(came.doing, came.kind, came.work, part, at, fields or {}, {**frame, **owner, "what": what})


def guest_comments(token: str, text: str, *, at: datetime, line_id: int | None = None) -> None:
    with _as_guest("guest comments", token, at) as came:
        line = line_of(came.work, line_id)
        said(came.doing, came.work, text, came.by, at, kind=Remark.Kind.COMMENT, line=line)


def guest_corrects(token: str, text: str, *, at: datetime) -> None:
    """The customer says what is wrong in it. A recap that was sent counts as corrected from then on."""
    with _as_guest("guest corrects", token, at) as came:
        said(came.doing, came.work, text, came.by, at, kind=Remark.Kind.CORRECTION)
        if came.kind.machine.move(came.work.state, "corrected") is not None:
            moved(came.doing, came.kind, came.work, "corrected", came.actor, at)


@dataclass(frozen=True, slots=True)
class _Came:
    doing: Act
    guest: Guest
    work: WorkObject
    kind: Kind
    by: By
    actor: Actor


@contextmanager
def _as_guest(verb: str, token: str, at: datetime) -> Iterator[_Came]:
    """One action of a guest. Raises NotThere with what to tell whoever used the link."""
    guest = guest_of(token, at)
    if isinstance(guest, TurnedAway):
        raise NotThere(guest.why)
    by = By(AnonymousUser(), "guest", guest.name)
    work = WorkObject.objects.select_related("account").get(pk=guest.work_id)
    with act(verb[:60], by=by, account=work.account, about=work) as doing:
        actor = Actor("customer", guest.contact_id, guest.name)
        yield _Came(doing, guest, hold(work), kind_of(work.kind), by, actor)


def _line(work: WorkObject, line_id: int) -> Line:
    line = Line.objects.filter(pk=line_id, work=work).first()
    if line is None:
        raise NotThere(f"there is no line {line_id}")
    return line


def _must_be_named(work: WorkObject, frame: Mapping[str, Any]) -> None:
    """Raises ValidationError for a colleague whom the object does not name: a guest cannot try who is known to us."""
    wanted = frame.get("customer_owner_id")
    if wanted is not None and not colleagues(work.pk).filter(pk=wanted).exists():
        raise ValidationError({"customer_owner": "nobody who is named here has that key: say in a comment who it is"})


def _moved_in_words(line: Line, due: date | None, owner: int | None) -> str:
    """What of a line that was agreed to is different now; its words alone where those changed."""
    told = [f"{due or 'no day'} became {line.due or 'no day'}"] if due != line.due else []
    if line.customer_owner is not None and owner != line.customer_owner_id:
        told.append(f"handed to {line.customer_owner.name}")
    return f"“{line.what}”: {'; '.join(told)}" if told else line.what


def _theirs(kind: Kind, part: str, fields: Mapping[str, Any] | None, frame: Mapping[str, Any]) -> None:
    """Raises ValidationError for what is not the customer's to fill in."""
    columns = {column.name for column in kind.part(part).columns if column.theirs}
    strange = sorted((set(fields or {}) - columns) | (frame.keys() - GUEST_FRAME))
    if strange:
        raise ValidationError(f"{', '.join(strange)}: not yours to change, write a comment")
