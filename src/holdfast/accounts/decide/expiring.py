"""Until when something holds that rests on documents: until the first of them ends (decision 0157)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from holdfast.accounts.kinds.declare import Kind
from holdfast.accounts.kinds.facts import Line, Object

AHEAD_DAYS = 30  # of an end, from which it is told: time to ask for a renewed report and to have it looked at


def documents(kind: Kind, lines: Iterable[Line]) -> tuple[tuple[date, Line], ...]:
    """What it rests on, each with the first day on which it is no longer good, the first to end first.

    What was only asked for, or is not needed any more, it does not rest on.
    """
    part, _, column = kind.expires_with.partition(".")
    if not part:
        return ()
    machine = kind.part(part).machine
    counted = [
        (date.fromisoformat(line.fields[column]), line)
        for line in lines
        if line.part == part and line.fields.get(column)
        and line.state != machine.first and not machine.state(line.state).final
    ]  # fmt: skip
    return tuple(sorted(counted, key=lambda one: (one[0], one[1].id)))


def ends_on(kind: Kind, lines: Iterable[Line]) -> date | None:
    """The first day on which it no longer holds; None where it rests on nothing yet."""
    return next((day for day, _ in documents(kind, lines)), None)


def not_to_share(kind: Kind, of: Object, line_id: int | None = None) -> str:
    """Why it, or one document of it, is not handed to a customer today; empty where it may be."""
    for day, line in documents(kind, of.lines):
        if day <= of.today and line_id in (None, line.id):
            return f"“{line.what}” was good until {day}: put the renewed document in first"
    if of.expires_on is not None and of.expires_on <= of.today and line_id is None:
        return f"it held until {of.expires_on}: renew it first"
    return ""
