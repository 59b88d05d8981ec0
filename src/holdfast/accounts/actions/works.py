"""Work objects: begun, filled in, moved from state to state, shared with the customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model

from holdfast.accounts.access import NotThere, access_account, access_book, access_work, may_work_on, must, work_of
from holdfast.accounts.act import Act, By, act, locked, only
from holdfast.accounts.as_facts import line_facts, object_facts
from holdfast.accounts.decide.expiring import ends_on, not_to_share
from holdfast.accounts.decide.moving import Refused, asked_for, moving, voice, voices
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.kinds.declare import Kind, Machine, State
from holdfast.accounts.kinds.facts import Actor
from holdfast.accounts.kinds.fields import Field, Known, Misfit, fitting
from holdfast.accounts.models import Contact, Line, Participant, Remark, WorkObject

M = TypeVar("M", bound=Model)
FRAME = frozenset(
    {"title", "owner_id", "objective_id", "decision", "decision_on", "decider", "review_by", "expires_on", "redaction"}
)


def create_work(
    kind_id: str,
    title: str,
    *,
    by: By,
    at: datetime,
    account_id: int | None = None,
    book_id: int | None = None,
    fields: Mapping[str, Any] | None = None,
    **frame: Any,
) -> WorkObject:
    """Begin one, in its kind's first state, for an account or for a book, as its kind says.

    Without a day for the review it gets the one its kind asks for. Raises ValidationError, NotThere or MayNot.
    """
    kind = kind_of(kind_id)
    if kind.scope == "house":
        raise ValidationError(f"{kind.name}: these are kept in the bank of questions")
    place = {"account": account_id, "book": book_id}
    if place.pop(kind.scope) is None or any(one is not None for one in place.values()):
        raise ValidationError(f"a {kind.name.lower()} belongs to one {kind.scope}")
    account = access_account(by.user, account_id, kind.need) if account_id is not None else None
    book = access_book(by.user, book_id, kind.need) if book_id is not None else None
    with act(f"begin {kind.name.lower()}"[:60], by=by, account=account) as doing:
        work = WorkObject(kind=kind.id, account=account, book=book, state=kind.machine.first)
        given = {"review_by": at.date() + timedelta(days=kind.review_days)} | _framed(work, frame)
        doing.about = made = doing.create(
            WorkObject, kind=kind.id, account=account, book=book, title=title.strip(), state=kind.machine.first,
            fields=fitted(kind.fields, fields or {}, work), made_by_id=by.key, created_on=at.date(), changed_at=at,
            **given,
        )  # fmt: skip
        return made


def edit_work(
    work_id: int, *, by: By, at: datetime, fields: Mapping[str, Any] | None = None, note: str = "", **frame: Any
) -> WorkObject:
    """Change what is given and leave the rest; a field given as None or "" is emptied.

    What the customer has agreed to is changed with a reason only (`note`), which goes into the log they see.
    """
    work, kind = open_work(work_id, by)
    with act("edit work", by=by, account=work.account, about=work) as doing:
        work = hold(work)
        must_be_open(kind, work)
        changes = _framed(work, frame)
        if kind.expires_with and changes.get("expires_on", work.expires_on) != work.expires_on:
            raise ValidationError("it holds until the first of its documents ends: change the day of that document")
        if fields is not None:
            changes["fields"] = fitted(kind.fields, {**work.fields, **fields}, work)
        if "fields" in changes and changes["fields"] != work.fields:
            agree_to_change(doing, kind, work, by, at, note)
        written(doing, work, at, **changes)
        return work


def move_work(work_id: int, end: str, *, by: By, at: datetime, fields: Mapping[str, Any] | None = None) -> WorkObject:
    """Bring it to another state; `fields` are filled in first. Raises ValidationError that says what to mend.

    Where two have to agree, the first to say so is written down and the second moves it.
    """
    work, kind = open_work(work_id, by)
    with act(f"move to {end}"[:60], by=by, account=work.account, about=work) as doing:
        work = hold(work)
        if fields:
            beside_the_agreed(kind.machine, work.state, end, fields)
            written(doing, work, at, fields=fitted(kind.fields, {**work.fields, **fields}, work))
        moved(doing, kind, work, end, ours(by), at)
        return work


def share_work(work_id: int, *, by: By, at: datetime, visibility: str) -> WorkObject:
    """Let the customer see it, or no longer; links to what they no longer see open nothing."""
    work, _ = open_work(work_id, by)
    if work.account_id is None and visibility == WorkObject.Visibility.CUSTOMER:
        raise ValidationError("what belongs to a book has no customer to see it")
    if visibility == WorkObject.Visibility.CUSTOMER:
        must_hold(work, at)
    with act("share work", by=by, account=work.account, about=work) as doing:
        doing.change(hold(work), visibility=visibility, changed_at=at)
        work.refresh_from_db()
        return work


def changed_a_decision(work_id: int, what: str, *, by: By, at: datetime) -> None:
    """It changed a decision, and which: that keeps it from going stale."""
    work, _ = open_work(work_id, by)
    if not what.strip():
        raise ValidationError("say which decision is another one because of it")
    with act("changed a decision", by=by, account=work.account, about=work) as doing:
        doing.create(
            Remark, work=work, at=at, kind=Remark.Kind.DECISION, text=what.strip(), by_name=by.called, internal=True,
        )  # fmt: skip
        doing.change(hold(work), decided_on=at.date(), changed_at=at)


def add_participant(
    work_id: int, *, by: By, at: datetime, user_id: int | None = None, contact_id: int | None = None
) -> None:
    work, _ = open_work(work_id, by)
    known = known_to(work)
    if user_id is not None and user_id not in known.people:
        raise ValidationError("this person may not work on it")
    if contact_id is not None and contact_id not in known.contacts:
        raise ValidationError("nobody of this account has that key")
    with act("add participant", by=by, account=work.account, about=work) as doing:
        doing.create(Participant, work=work, user_id=user_id, contact_id=contact_id)
        doing.change(work, changed_at=at)


def remove_participant(participant_id: int, *, by: By, at: datetime) -> None:
    found, work, _ = open_of_work(Participant, participant_id, by)
    with act("remove participant", by=by, account=work.account, about=work) as doing:
        doing.remove(found)
        doing.change(work, changed_at=at)


def review_decision(
    work_id: int, end: str, result: str, *, by: By, at: datetime, superseded_by: str = ""
) -> WorkObject:
    """A decision of the log looked at again: held, reversed or superseded, and what came of it."""
    fields = {"result": result} | ({"superseded_by": superseded_by} if superseded_by else {})
    return move_work(work_id, end, by=by, at=at, fields=fields)


# --- what every action on a work object shares, ours and the guest's ---


def open_work(work_id: int, by: By) -> tuple[WorkObject, Kind]:
    """For one of us who may work on it. Raises NotThere or MayNot."""
    work = access_work(by.user, work_id)
    kind = kind_of(work.kind)
    must(by.user, kind.need)
    return work, kind


def open_of_work(model: type[M], row_id: int, by: By) -> tuple[M, WorkObject, Kind]:
    """A row that hangs on a work object (its `work`), as open_work. Raises NotThere or MayNot."""
    row = model._default_manager.filter(pk=row_id, work__in=work_of(by.user)).first()
    if row is None:
        raise NotThere(f"there is no {model._meta.verbose_name} {row_id}")
    return row, *open_work(row.work_id, by)  # type: ignore[attr-defined]


def ours(by: By) -> Actor:
    return Actor("we", by.key, by.called)


def hold(work: WorkObject) -> WorkObject:
    """The row as it stands now, which nobody else changes until the action is over."""
    return locked(WorkObject.objects.filter(pk=work.pk)).get()


def moved(doing: Act, kind: Kind, work: WorkObject, end: str, actor: Actor, at: datetime) -> None:
    """Make the move, or write down that one of two has agreed to it. Raises ValidationError."""
    of = object_facts(work, at)
    answer = moving(kind, of, end, actor)
    if isinstance(answer, Refused):
        raise ValidationError([answer.why, *answer.mend])
    if answer.waits_for:
        given = [one for one in work.assents if work.assent_to == end and one["voice"] in voices(answer.move, of)]
        mine = {"voice": voice(answer.move, actor), "name": actor.name, "at": at.isoformat()}
        kept = [one for one in given if one["voice"] != mine["voice"]] + [mine]
        doing.change(work, assent_to=end, assents=kept, changed_at=at)
        return
    arrive(doing, kind, work, end, at)
    after = AFTER.get((kind.id, end))
    if after is not None:
        after(doing, work, actor, at)


def arrive(doing: Act, kind: Kind, work: WorkObject, end: str, at: datetime) -> None:
    """Set a state with what follows from it: the next review, when it expires, what it decided, whether it is over."""
    state, today = kind.machine.state(end), at.date()
    changes: dict[str, Any] = {
        "state": end, "assent_to": "", "assents": [], "changed_at": at, "ended_on": today if state.final else None,
        "review_by": None if state.final else today + timedelta(days=kind.review_days),
    }  # fmt: skip
    if state.decides:
        changes["decided_on"] = today
    if kind.expires_days is not None and end == kind.expires_in:
        changes["expires_on"] = today + timedelta(days=kind.expires_days)
    doing.change(work, **changes)


def written(doing: Act, work: WorkObject, at: datetime, **changes: Any) -> None:
    """Change the object; whoever had agreed to it as it was has to agree again."""
    if doing.change(work, **changes) if changes else False:
        touched(doing, work, at)


def touched(doing: Act, work: WorkObject, at: datetime) -> None:
    """Something of it was changed; what rests on documents holds until the first of them ends."""
    kind, changes = kind_of(work.kind), {"changed_at": at, "assent_to": "", "assents": []}
    if kind.expires_with:
        changes["expires_on"] = ends_on(kind, line_facts(work))
    doing.change(work, **changes)


def must_be_open(kind: Kind, work: WorkObject) -> State:
    state = kind.machine.state(work.state)
    if state.fixed:
        raise ValidationError(f"it is {state.label.lower()}, and stays as it is")
    return state


def must_hold(work: WorkObject, at: datetime, line_id: int | None = None) -> None:
    """What is over is not handed to a customer. Raises ValidationError."""
    if said := not_to_share(kind_of(work.kind), object_facts(work, at), line_id):
        raise ValidationError(said)


def beside_the_agreed(
    machine: Machine, start: str, end: str, fields: Mapping[str, Any], *, always: bool = False
) -> None:
    """On a move only what it asks for is filled in, where (or `always`) the rest was agreed to.

    Raises ValidationError.
    """
    state, move = machine.state(start), machine.move(start, end)
    if always or state.agreed or state.sealed or state.fixed:
        strange = sorted(fields.keys() - (asked_for(move) if move is not None else frozenset()))
        if strange:
            raise ValidationError(f"{', '.join(strange)}: change it first, with a reason")


def agree_to_change(doing: Act, kind: Kind, work: WorkObject, by: By, at: datetime, note: str) -> None:
    """What was agreed is changed in the open: the reason goes into the log. Words they approved are not changed."""
    if kind.machine.state(work.state).sealed:
        raise ValidationError("the customer approved these very words: take it back to a draft first")
    if not kind.machine.state(work.state).agreed:
        return
    if not note.strip():
        raise ValidationError("the customer agreed to this: say why it changes, and they will read it")
    doing.create(
        Remark, work=work, at=at, kind=Remark.Kind.CHANGE, text=note.strip(), by_name=by.called,
        from_customer=by.via == "guest",
    )  # fmt: skip


def fitted(fields: tuple[Field, ...], values: Mapping[str, Any], work: WorkObject) -> dict[str, Any]:
    """The values as they are kept. Raises ValidationError that names each field that is wrong."""
    try:
        return fitting(fields, values, known_to(work))
    except Misfit as misfit:
        called = {field.name: field.label for field in fields}
        told = [f"“{called.get(name, name)}”: {why}" for name, why in misfit.why.items()]
        raise ValidationError(told) from misfit


def known_to(work: WorkObject) -> Known:
    from holdfast.metrics.registry import METRICS  # a second to load, which only those who write pay

    contacts = Contact.objects.filter(account=work.account_id).values_list("pk", flat=True)
    people = may_work_on(work).values_list("pk", flat=True)
    return Known(frozenset(METRICS), frozenset(contacts) if work.account_id else frozenset(), frozenset(people))


def _framed(work: WorkObject, frame: Mapping[str, Any]) -> dict[str, Any]:
    framed = only(frame, FRAME, of="a work object")
    owner, objective = frame.get("owner_id"), frame.get("objective_id")
    if owner is not None and not may_work_on(work).filter(pk=owner).exists():
        raise ValidationError({"owner": "this person may not work on it"})
    if objective is not None and not _objectives(work).filter(pk=objective).exists():
        raise ValidationError({"objective": "this account has no such objective"})
    return framed


def _objectives(work: WorkObject) -> Any:
    return Line.objects.filter(part="objective", work__kind="A02", work__account=work.account_id)


def _log_decision(doing: Act, work: WorkObject, actor: Actor, at: datetime) -> None:
    """A trade-off that was decided stands in the decision log."""
    told = work.fields
    options = [line.what for line in work.lines.all() if line.part == "option" and line.state != "dropped"]
    fields = {name: told[name] for name in ("question", "choice", "decider", "decided_on", "reason") if name in told}
    doing.create(
        WorkObject, kind="A05", account=work.account, book=work.book, title=work.title, state="proposed",
        fields=fields | {"options": options}, owner=work.owner, made_by_id=actor.key, created_on=at.date(),
        changed_at=at, review_by=at.date() + timedelta(days=kind_of("A05").review_days), visibility=work.visibility,
    )  # fmt: skip


def _promise(doing: Act, work: WorkObject, actor: Actor, at: datetime) -> None:
    """Bad news that is sent is the first update, and promises the next."""
    doing.create(
        Remark, work=work, at=at, kind=Remark.Kind.UPDATE, text=work.fields["happened"], by_name=actor.name,
        promised_at=datetime.fromisoformat(work.fields["next_update"]),
        internal=work.visibility == WorkObject.Visibility.INTERNAL,
    )  # fmt: skip


AFTER = {("A15", "decided"): _log_decision, ("A22", "sent"): _promise}
