"""Lines of work objects: added, changed, brought from state to state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError

from holdfast.accounts.act import Act, By, act, only
from holdfast.accounts.actions.works import (
    agree_to_change,
    beside_the_agreed,
    fitted,
    hold,
    known_to,
    must_be_open,
    open_of_work,
    open_work,
    ours,
    touched,
)
from holdfast.accounts.as_facts import line_facts, object_facts
from holdfast.accounts.decide.asking import may_ask
from holdfast.accounts.decide.moving import Refused, line_moving
from holdfast.accounts.kinds.declare import Kind, Part
from holdfast.accounts.kinds.facts import Actor
from holdfast.accounts.models import Line, WorkObject

FRAME = frozenset({"what", "our_owner_id", "customer_owner_id", "due", "under_id", "depends_on_id"})


def add_line(
    work_id: int,
    part: str,
    what: str,
    *,
    by: By,
    at: datetime,
    fields: Mapping[str, Any] | None = None,
    note: str = "",
    **frame: Any,
) -> Line:
    """A new line in the first state of its part. Raises ValidationError."""
    work, kind = open_work(work_id, by)
    with act("add line", by=by, account=work.account, about=work) as doing:
        work = hold(work)
        must_be_open(kind, work)
        if note and not kind.machine.state(work.state).sealed:
            agree_to_change(doing, kind, work, by, at, note)
        return added(doing, kind, work, part, at, fields or {}, {**frame, "what": what})


def change_line(
    line_id: int, *, by: By, at: datetime, fields: Mapping[str, Any] | None = None, note: str = "", **frame: Any
) -> Line:
    """Change what is given. A date the customer agreed to moves with a reason only (`note`), which they read."""
    line, work, kind = open_of_work(Line, line_id, by)
    with act("change line", by=by, account=work.account, about=work) as doing:
        work = hold(work)
        must_be_open(kind, work)
        line = Line.objects.get(pk=line.pk)
        changes = changed(kind, work, line, fields, frame)
        if any(getattr(line, name) != value for name, value in changes.items()):
            if not kind.machine.state(work.state).sealed:  # its lines are not the words that were approved
                agree_to_change(doing, kind, work, by, at, note)
            doing.change(line, **changes)
            touched(doing, work, at)
        return line


def move_line(line_id: int, end: str, *, by: By, at: datetime, fields: Mapping[str, Any] | None = None) -> Line:
    """Bring a line to another state of its part; `fields` are filled in first. Raises ValidationError."""
    line, work, kind = open_of_work(Line, line_id, by)
    with act(f"line to {end}"[:60], by=by, account=work.account, about=work) as doing:
        work = hold(work)
        line = Line.objects.get(pk=line.pk)
        if fields:
            state = kind.machine.state(work.state)
            if state.agreed or state.fixed:
                beside_the_agreed(kind.part(line.part).machine, line.state, end, fields, always=True)
            doing.change(line, **changed(kind, work, line, fields, {}))
        line_moved(doing, kind, work, line, end, ours(by), at)
        return line


def finish_line(line_id: int, *, by: By, at: datetime) -> Line:
    """Done; refused for a line without an owner or a date."""
    line, _, kind = open_of_work(Line, line_id, by)
    ends = [state.name for state in kind.part(line.part).machine.states if state.done]
    if not ends:
        raise ValidationError(f"{kind.part(line.part).label.lower()} are written down, and not finished")
    return move_line(line_id, ends[0], by=by, at=at)


# --- what ours and the guest's actions share ---


def added(
    doing: Act, kind: Kind, work: WorkObject, part_name: str, at: datetime, fields: Mapping[str, Any],
    frame: Mapping[str, Any],
) -> Line:  # fmt: skip
    part = _part(kind, part_name)
    framed = _framed(work, part, frame)
    kept = fitted(part.columns, fields, work)
    if part.under and framed.get("under_id") is None:
        raise ValidationError(f"say under which {part.under} it stands")
    if (kind.id, part.name) == ("A27", "ask"):
        _may_ask(work, kept, at.date())
    line = doing.create(Line, work=work, part=part.name, state=part.machine.first, fields=kept, **framed)
    touched(doing, work, at)
    return line


def changed(
    kind: Kind, work: WorkObject, line: Line, fields: Mapping[str, Any] | None, frame: Mapping[str, Any]
) -> dict[str, Any]:
    """What is to be written. Raises ValidationError for what does not fit, and for what was agreed to."""
    part = kind.part(line.part)
    state = part.machine.state(line.state)
    if state.fixed:
        raise ValidationError(f"“{line.what}” is {state.label.lower()}: take it back before you change it")
    changes = _framed(work, part, frame, line)
    if fields is not None:
        changes["fields"] = fitted(part.columns, {**line.fields, **fields}, work)
    return changes


def line_moved(doing: Act, kind: Kind, work: WorkObject, line: Line, end: str, actor: Actor, at: datetime) -> None:
    """Raises ValidationError that says what to mend."""
    told = next(one for one in line_facts(work) if one.id == line.pk)
    answer = line_moving(kind, object_facts(work, at), told, end, actor)
    if isinstance(answer, Refused):
        raise ValidationError([answer.why, *answer.mend])
    state = kind.part(line.part).machine.state(end)
    doing.change(line, state=end, finished_on=at.date() if state.done or state.final else None)
    touched(doing, work, at)


def _part(kind: Kind, name: str) -> Part:
    try:
        return kind.part(name)
    except KeyError:
        raise ValidationError(f"a {kind.name.lower()} has no {name} lines") from None


def _framed(work: WorkObject, part: Part, frame: Mapping[str, Any], line: Line | None = None) -> dict[str, Any]:
    framed = only(frame, FRAME, of="a line")
    known = known_to(work)
    if frame.get("our_owner_id") not in {None, *known.people}:
        raise ValidationError({"our_owner": "this person may not work on it"})
    if frame.get("customer_owner_id") not in {None, *known.contacts}:
        raise ValidationError({"customer_owner": "nobody of this account has that key"})
    for name, wanted in (("under_id", part.under), ("depends_on_id", "")):
        if frame.get(name) is not None:
            _stands(work, name.removesuffix("_id"), frame[name], wanted, line)
    return framed | ({"what": frame["what"].strip()} if "what" in frame else {})


def _stands(work: WorkObject, name: str, key: int, part: str, line: Line | None) -> None:
    """Raises ValidationError for a line of something else, of another part, or that would close a circle."""
    other = Line.objects.filter(pk=key, work=work).first()
    if other is None or (name == "under" and other.part != part):
        raise ValidationError({name: f"there is no such {part or 'line'} in it"})
    seen = other
    while line is not None and seen is not None:
        if seen.pk == line.pk:
            raise ValidationError({name: "a line cannot wait for itself"})
        seen = getattr(seen, name)


def _may_ask(work: WorkObject, fields: Mapping[str, Any], today: date) -> None:
    asked = [
        date.fromisoformat(line.fields["asked_on"])
        for line in Line.objects.filter(work__account=work.account_id, work__kind="A27", part="ask")
        if line.state != "dropped" and "asked_on" in line.fields
    ]
    on = date.fromisoformat(fields["asked_on"]) if "asked_on" in fields else today
    refused = may_ask(asked, on)
    if refused:
        raise ValidationError(refused)
