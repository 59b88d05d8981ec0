"""One work object, whole: what is filled in, its lines, its log, its history, what is missing, and what can follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Prefetch

from holdfast.accounts.access import access_work, may, may_work_on
from holdfast.accounts.act import name_of
from holdfast.accounts.as_facts import object_facts, updates
from holdfast.accounts.decide.backwards import Step, too_late
from holdfast.accounts.decide.expiring import AHEAD_DAYS, documents
from holdfast.accounts.decide.moving import Allowed, Refused, line_moves, moves
from holdfast.accounts.decide.theatre import Finding, is_stale, theatre
from holdfast.accounts.decide.timing import Course, Timed, timing
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.kinds.declare import Kind, Machine
from holdfast.accounts.kinds.facts import Actor, Object
from holdfast.accounts.kinds.fields import CRITERION, Field
from holdfast.accounts.models import Audit, Contact, Evidence, GuestLink, Line, Remark, WorkObject

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

HIDDEN = frozenset({"changed_at", "digest"})  # of a history: noise, and what is nobody's business
BLIND = frozenset({"accounts.Rating"})  # scores are given blind: reading.calibration shows them when it is time


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field with its value as it is kept (None: empty), and as words."""

    field: Field
    value: Any
    shown: str


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A state that can follow. refused: why not, for this person; mend: what to do about it."""

    end: str
    label: str
    allowed: bool
    waits_for: tuple[str, ...] = ()
    refused: str = ""
    mend: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineRow:
    id: int
    part: str
    under_id: int | None
    depends_on_id: int | None
    what: str
    our_owner: str
    our_owner_id: int | None
    customer_owner: str
    customer_owner_id: int | None
    due: date | None
    state: str
    state_label: str
    open: bool
    fields: tuple[FieldRow, ...]
    moves: tuple[MoveRow, ...]


@dataclass(frozen=True, slots=True)
class PartRows:
    name: str
    label: str
    owned: bool
    lines: tuple[LineRow, ...]


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    id: int
    line_id: int | None
    what: str
    metric: str
    version: int | None
    scope: str
    as_of: date | None
    snapshot: str
    address: str
    text: str
    said_by: str
    said_on: date | None

    @property
    def claimed(self) -> str:
        """The id of the experiment that a claim is of; empty for what is no claim."""
        return self.said_by.partition(" ")[2] if self.what == "claim" else ""


@dataclass(frozen=True, slots=True)
class RemarkRow:
    id: int
    at: datetime
    kind: str
    kind_label: str
    text: str
    by_name: str
    from_customer: bool
    internal: bool
    line_id: int | None
    promised_at: datetime | None
    shared_with: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One deed. changes: (row, field, before, after); a row is named as "Line 7"."""

    id: int
    at: datetime
    by_name: str
    via: str
    verb: str
    note: str
    changes: tuple[tuple[str, str, Any, Any], ...]


@dataclass(frozen=True, slots=True)
class LinkRow:
    id: int
    contact: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    visits: int
    last_visit: datetime | None


@dataclass(frozen=True, slots=True)
class WorkPage:
    id: int
    kind: Kind
    title: str
    account_id: int | None
    account: str
    facts_name: str  # of the account; empty where the data know nothing of it
    book_id: int | None
    objective: str
    owner: str
    owner_id: int | None
    participants: tuple[str, ...]
    state: str
    state_label: str
    decision: str
    decision_on: date | None
    decider: str
    review_by: date | None
    expires_on: date | None
    visibility: str
    redaction: str
    created_on: date
    changed_at: datetime
    stale: bool
    fields: tuple[FieldRow, ...]
    parts: tuple[PartRows, ...]
    evidence: tuple[EvidenceRow, ...]
    log: tuple[RemarkRow, ...]
    history: tuple[HistoryRow, ...]
    findings: tuple[Finding, ...]
    timing: tuple[Timed, ...]
    moves: tuple[MoveRow, ...]
    assent_to: str
    assents: tuple[str, ...]  # the names of who has agreed to it
    links: tuple[LinkRow, ...]
    may_change: bool


def work_page(user: Anybody, work_id: int, now: datetime, *, entries: int = 100) -> WorkPage:
    """Raises NotThere. entries: how many deeds of its history, newest first."""
    access_work(user, work_id)
    work = whole(work_id)
    kind, of = kind_of(work.kind), object_facts(work, now)
    actor = Actor("we", user.pk, user.get_username())
    deeds, arrived = _history(work)
    names = names_for(work)
    return WorkPage(
        work.pk, kind, work.title, work.account_id, work.account.name if work.account else "",
        work.account.facts_name if work.account else "", work.book_id,
        work.objective.what if work.objective else "", work.owner.get_username() if work.owner else "", work.owner_id,
        tuple(names.get(("person", one.user_id)) or names.get(("contact", one.contact_id), "")
              for one in work.participants.all()),
        work.state, kind.machine.state(work.state).label, work.decision, work.decision_on, work.decider,
        work.review_by, work.expires_on, work.visibility, work.redaction, work.created_on, work.changed_at,
        is_stale(kind, of), field_rows(kind.fields, work.fields, names), part_rows(kind, work, of, actor, names),
        tuple(evidence_row(one) for one in work.evidence.all()), tuple(remark_row(one) for one in work.remarks.all()),
        tuple(deeds[:entries]), theatre(kind, of),
        timing(course(work, arrived, now)) + _planned_back(work) + _documents(of, kind),
        move_rows(kind.machine, moves(kind, of, actor)), work.assent_to, tuple(one["name"] for one in work.assents),
        _links(work), may(user, kind.need),
    )  # fmt: skip


def whole(work_id: int) -> WorkObject:
    """With everything a page of it needs, in a fixed number of queries."""
    lines = Line.objects.select_related("our_owner", "customer_owner")
    remarks = Remark.objects.select_related("shared_with")
    return (
        WorkObject.objects.select_related("account", "book", "owner", "objective")
        .prefetch_related(Prefetch("lines", lines), Prefetch("remarks", remarks), "evidence", "participants")
        .get(pk=work_id)
    )


def names_for(work: WorkObject) -> dict[tuple[str, int | None], str]:
    """The names behind keys: ("contact", key) of the account, ("person", key) of us."""
    found: dict[tuple[str, int | None], str] = {}
    if work.account_id is not None:
        contacts = Contact.objects.filter(account=work.account_id).values_list("pk", "name")
        found |= {("contact", key): name for key, name in contacts}
    return found | {("person", key): name for key, name in may_work_on(work).values_list("pk", "username")}


def field_rows(
    fields: Iterable[Field], values: Mapping[str, Any], names: Mapping[tuple[str, int | None], str]
) -> tuple[FieldRow, ...]:
    return tuple(FieldRow(one, values.get(one.name), in_words(one, values.get(one.name), names)) for one in fields)


def in_words(field: Field, value: Any, names: Mapping[tuple[str, int | None], str]) -> str:
    """A value as a plain cell of text shows it; a page may do better."""
    if value is None:
        return ""
    match field.type:
        case "contact" | "person":
            return names.get((field.type, value), str(value))
        case "yes_no":
            return "yes" if value else "no"
        case "texts":
            return "; ".join(value)
        case "money" if isinstance(value, Mapping):
            return f"{value['minor']} {value['currency']} (smallest unit)"
        case "criterion":
            return ", ".join(f"{name} {value[name]}" for name in CRITERION if name in value)
        case "rows":
            rows = (
                ", ".join(in_words(one, row[one.name], names) for one in field.columns if one.name in row)
                for row in value
            )
            return "; ".join(rows)
    return str(value)


def part_rows(
    kind: Kind, work: WorkObject, of: Object, actor: Actor, names: Mapping[tuple[str, int | None], str]
) -> tuple[PartRows, ...]:
    told = {line.id: line for line in of.lines}
    rows = []
    for part in kind.parts:
        lines = [line for line in work.lines.all() if line.part == part.name]
        rows.append(PartRows(part.name, part.label, part.owned, tuple(
            LineRow(
                line.pk, line.part, line.under_id, line.depends_on_id, line.what,
                line.our_owner.get_username() if line.our_owner else "", line.our_owner_id,
                line.customer_owner.name if line.customer_owner else "", line.customer_owner_id, line.due, line.state,
                part.machine.state(line.state).label, line.finished_on is None,
                field_rows(part.columns, line.fields, names),
                move_rows(part.machine, line_moves(kind, of, told[line.pk], actor)),
            )
            for line in lines
        )))  # fmt: skip
    return tuple(rows)


def move_rows(machine: Machine, found: Iterable[tuple[str, Allowed | Refused]]) -> tuple[MoveRow, ...]:
    rows = []
    for end, answer in found:
        label = machine.state(end).label
        if isinstance(answer, Allowed):
            rows.append(MoveRow(end, label, True, answer.waits_for))
        else:
            rows.append(MoveRow(end, label, False, (), answer.why, answer.mend))
    return tuple(rows)


def evidence_row(one: Evidence) -> EvidenceRow:
    return EvidenceRow(
        one.pk, one.line_id, one.what, one.metric, one.version, one.scope, one.as_of, one.snapshot, one.address,
        one.text, one.said_by, one.said_on,
    )  # fmt: skip


def remark_row(one: Remark) -> RemarkRow:
    return RemarkRow(
        one.pk, one.at, one.kind, one.get_kind_display(), one.text, one.by_name, one.from_customer, one.internal,
        one.line_id, one.promised_at, one.shared_with.name if one.shared_with else "",
    )  # fmt: skip


def course(work: WorkObject, arrived: Mapping[str, date], now: datetime) -> Course:
    told = updates(work.remarks.all())
    return Course(work.kind, work.state, work.fields, work.created_on, arrived, told, now)


def _history(work: WorkObject) -> tuple[list[HistoryRow], dict[str, date]]:
    """What was done to it, newest first, and the first day on which it came to each state."""
    found, arrived = [], {}
    for entry in Audit.objects.filter(about=name_of(work)):
        for change in entry.changes:
            after = change["after"] or {}
            if change["model"] == WorkObject._meta.label and "state" in after and "changed_at" in after:
                arrived[after["state"]] = datetime.fromisoformat(after["changed_at"]).date()
        changes = [told for change in entry.changes if change["model"] not in BLIND for told in _changes(change)]
        found.append(HistoryRow(entry.pk, entry.at, entry.by_name, entry.via, entry.verb, entry.note, tuple(changes)))
    return found, arrived


def _changes(change: Mapping[str, Any]) -> Iterable[tuple[str, str, Any, Any]]:
    before, after = change["before"] or {}, change["after"] or {}
    row = f"{change['model'].rpartition('.')[2]} {change['id']}"
    for name in [*after, *(name for name in before if name not in after)]:
        if name not in HIDDEN and before.get(name) != after.get(name):
            yield row, name, before.get(name), after.get(name)


def _planned_back(work: WorkObject) -> tuple[Timed, ...]:
    """Open steps of a mutual action plan whose day is too late for the day it has to work."""
    value_by = work.fields.get("value_by")
    if work.kind != "A01" or value_by is None:
        return ()
    steps = [
        Step(line.pk, line.what, line.fields.get("lead_days", 0), line.depends_on_id, line.due)
        for line in work.lines.all()
        if line.finished_on is None
    ]
    return tuple(
        Timed(f"“{step.what}” is due on {step.due} and has to end by {latest.end_by} for what follows.", False)
        for step, latest in too_late(steps, date.fromisoformat(value_by))
    )


def _documents(of: Object, kind: Kind) -> tuple[Timed, ...]:
    """What it rests on and has ended, or ends soon."""
    return tuple(
        Timed(
            f"“{line.what}” {'was' if day <= of.today else 'is'} good until {day}.", False if day <= of.today else None
        )
        for day, line in documents(kind, of.lines)
        if day <= of.today + timedelta(days=AHEAD_DAYS)
    )


def _links(work: WorkObject) -> tuple[LinkRow, ...]:
    found = GuestLink.objects.filter(work=work).select_related("contact")
    return tuple(
        LinkRow(one.pk, one.contact.name, one.made_at, one.expires_at, one.revoked_at, one.used, one.last)
        for one in found.annotate(used=Count("visits"), last=Max("visits__at"))
    )
