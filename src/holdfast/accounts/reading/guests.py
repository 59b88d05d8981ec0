"""Who comes in by a link: one person of a customer, to one work object, for a time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.core import signing
from django.db.models import Q, QuerySet

from holdfast.accounts.as_facts import object_facts
from holdfast.accounts.decide.blackening import NAME, blackened, blackened_text, hides_names
from holdfast.accounts.decide.moving import moves
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.kinds.declare import Machine, Part, Who
from holdfast.accounts.kinds.facts import Actor
from holdfast.accounts.models import Contact, GuestLink, Line, Participant, WorkObject
from holdfast.accounts.reading.work import (
    EvidenceRow,
    FieldRow,
    LineRow,
    MoveRow,
    PartRows,
    RemarkRow,
    evidence_row,
    field_rows,
    in_words,
    move_rows,
    names_for,
    part_rows,
    remark_row,
    whole,
)

SALT = "holdfast.guest"


@dataclass(frozen=True, slots=True)
class Guest:
    link_id: int
    work_id: int
    contact_id: int
    name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """why: one sentence for whoever opened the link; it says nothing about what the link led to."""

    why: str


NO_LINK = TurnedAway("This link opens nothing. Ask whoever sent it for a new one.")


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def guest_of(token: str, now: datetime) -> Guest | TurnedAway:
    """Who this token lets in at a moment. A token we never signed is turned away without asking the database."""
    try:
        secret = signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return NO_LINK
    link = GuestLink.objects.select_related("work", "contact").filter(digest=digest_of(secret)).first()
    if link is None or link.revoked_at is not None:
        return NO_LINK
    if now >= link.expires_at:
        return TurnedAway("This link has expired. Ask whoever sent it for a new one.")
    shown = link.work.visibility == WorkObject.Visibility.CUSTOMER
    theirs = link.contact.account_id == link.work.account_id and link.contact.left_on is None
    if not shown or not theirs:
        return NO_LINK
    return Guest(link.pk, link.work_id, link.contact_id, link.contact.name, link.expires_at)


@dataclass(frozen=True, slots=True)
class GuestLine:
    """A line as the guest sees it. theirs: they may change it; moves: states they may bring it to."""

    id: int
    what: str
    our_owner: str
    customer_owner: str
    due: date | None
    state_label: str
    open: bool
    theirs: bool
    customer_owner_id: int | None
    fields: tuple[FieldRow, ...]
    moves: tuple[MoveRow, ...]


@dataclass(frozen=True, slots=True)
class GuestPart:
    name: str
    label: str
    may_add: bool
    owned: bool
    lines: tuple[GuestLine, ...]


@dataclass(frozen=True, slots=True)
class GuestPage:
    """The one object a guest sees, without what is only ours, and blackened as its profile says."""

    guest: Guest
    kind_name: str
    question: str
    title: str
    account: str
    facts_name: str  # of the account
    state_label: str
    owner: str
    decision: str
    decision_on: date | None
    decider: str
    fields: tuple[FieldRow, ...]
    parts: tuple[GuestPart, ...]
    evidence: tuple[EvidenceRow, ...]
    log: tuple[RemarkRow, ...]
    moves: tuple[MoveRow, ...]  # what the guest may say of the whole
    waits: bool  # for their word on a move that we have asked for
    colleagues: tuple[tuple[int, str], ...]  # whom a line of their side can be handed to, themselves among them


def colleagues(work_id: int) -> QuerySet[Contact]:
    """People of the customer whom the object names already: who owns a line of it, takes part, or has a link to it.

    Whom else we know there is not told to a guest (decision 0108).
    """
    owns = Line.objects.filter(work=work_id).values("customer_owner")
    takes_part = Participant.objects.filter(work=work_id).values("contact")
    comes = GuestLink.objects.filter(work=work_id).values("contact")
    named = Q(pk__in=owns) | Q(pk__in=takes_part) | Q(pk__in=comes)
    return Contact.objects.filter(named, left_on=None).order_by("name", "pk")


def guest_page(token: str, now: datetime) -> GuestPage | TurnedAway:
    """What a link shows: one object and nothing beside it."""
    guest = guest_of(token, now)
    if isinstance(guest, TurnedAway):
        return guest
    work = whole(guest.work_id)
    kind, of = kind_of(work.kind), object_facts(work, now)
    actor = Actor("customer", guest.contact_id, guest.name)
    copy = _Copy(work, guest)
    parts = part_rows(kind, work, of, actor, copy.names)
    follow = move_rows(kind.machine, moves(kind, of, actor))
    may_say = tuple(row for row in follow if _theirs_to_say(kind.machine, of.state, row))
    return GuestPage(
        guest, kind.name, kind.question, copy.text(work.title), work.account.name if work.account else "",
        work.account.facts_name if work.account else "", kind.machine.state(work.state).label,
        copy.name(work.owner.get_username() if work.owner else ""),
        copy.text(work.decision), work.decision_on, copy.name(work.decider),
        copy.fields(field_rows(kind.fields, work.fields, copy.names)),
        tuple(copy.part(kind.part(rows.name), rows) for rows in parts),
        tuple(copy.evidence(evidence_row(one)) for one in work.evidence.all()),
        tuple(copy.remark(remark_row(one)) for one in work.remarks.all() if not one.internal), may_say,
        any(one["voice"] == "we" for one in work.assents), copy.colleagues(),
    )  # fmt: skip


def _theirs_to_say(machine: Machine, start: str, row: MoveRow) -> bool:
    """Moves that are for us to make are not shown to a guest, not even as refused."""
    move = machine.move(start, row.end)
    return move is not None and move.who in (Who.CUSTOMER, Who.EITHER, Who.BOTH)


class _Copy:
    """Rows of one object as they leave the house."""

    def __init__(self, work: WorkObject, guest: Guest) -> None:
        self.work_id, self.profile = work.pk, work.redaction
        self.names = names_for(work)
        self.known = [name for name in self.names.values() if name != guest.name]

    def text(self, text: str) -> str:
        return blackened_text(text, self.known, self.profile)

    def name(self, name: str) -> str:
        return NAME if name in self.known and hides_names(self.profile) else self.text(name)

    def colleagues(self) -> tuple[tuple[int, str], ...]:
        """None where names are blackened: a list of "(name withheld)" helps nobody."""
        if hides_names(self.profile):
            return ()
        return tuple(colleagues(self.work_id).values_list("pk", "name"))

    def fields(self, rows: tuple[FieldRow, ...]) -> tuple[FieldRow, ...]:
        return tuple(self._field(row) for row in rows if not row.field.ours)

    def part(self, part: Part, rows: PartRows) -> GuestPart:
        return GuestPart(rows.name, rows.label, part.theirs, part.owned, tuple(self._line(line) for line in rows.lines))

    def evidence(self, row: EvidenceRow) -> EvidenceRow:
        return replace(row, text=self.text(row.text), said_by=self.name(row.said_by))

    def remark(self, row: RemarkRow) -> RemarkRow:
        text, by_name, shared = self.text(row.text), self.name(row.by_name), self.name(row.shared_with)
        return replace(row, text=text, by_name=by_name, shared_with=shared)

    def _field(self, row: FieldRow) -> FieldRow:
        if row.value is None:
            return row
        columns = tuple(column for column in row.field.columns if not column.ours)
        shown = {column.name for column in columns}
        value = row.value
        if row.field.type == "rows":
            value = [{name: one for name, one in line.items() if name in shown} for line in value]
        value = blackened(row.field, value, self.known, self.profile)
        return FieldRow(replace(row.field, columns=columns), value, in_words(row.field, value, self.names))

    def _line(self, line: LineRow) -> GuestLine:
        may_move = tuple(row for row in line.moves if row.allowed)
        return GuestLine(
            line.id, self.text(line.what), self.name(line.our_owner), self.name(line.customer_owner), line.due,
            line.state_label, line.open, line.customer_owner_id is not None, line.customer_owner_id,
            self.fields(line.fields), may_move,
        )  # fmt: skip
