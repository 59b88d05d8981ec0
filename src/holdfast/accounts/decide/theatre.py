"""The theatre test: is this work, or does it only look like work? Findings are sentences a person can act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from holdfast.accounts.kinds.declare import Kind
from holdfast.accounts.kinds.facts import Line, Object
from holdfast.accounts.kinds.fields import criterion_gaps

STALE_DAYS = 90  # metrics.md 6: a document that changed no decision for so long counts nowhere


@dataclass(frozen=True, slots=True)
class Finding:
    """What is missing. line: the line's key, None for the object itself."""

    code: str  # owner, date, customer, criterion
    says: str
    line: int | None = None


def theatre(kind: Kind, of: Object) -> tuple[Finding, ...]:
    """What keeps an object from being called done, lines first."""
    found = [finding for line in of.lines if line.open for finding in line_theatre(kind, line)]
    found += _criteria(kind, of)
    if kind.mutual and of.lines and not any(line.customer_owner is not None for line in of.lines):
        found.append(Finding("customer", "Nobody on the customer's side owns a line."))
    return tuple(found)


def line_theatre(kind: Kind, line: Line) -> tuple[Finding, ...]:
    """What keeps a line from being called done."""
    if not kind.part(line.part).owned:
        return ()
    found = []
    if not line.owned:
        found.append(Finding("owner", f"“{line.what}” has no owner: name one person.", line.id))
    if line.due is None:
        found.append(Finding("date", f"“{line.what}” has no date: say by when.", line.id))
    return tuple(found)


def stale_from(created: date, decided_on: date | None) -> date:
    """The first day on which an object that changes no further decision is stale."""
    return max(created, decided_on or created) + timedelta(days=STALE_DAYS + 1)


def is_stale(kind: Kind, of: Object) -> bool:
    """Of one whose life is not over: it leaves the lists and counts nowhere."""
    return not kind.machine.state(of.state).final and of.today >= stale_from(of.created, of.decided_on)


def _criteria(kind: Kind, of: Object) -> list[Finding]:
    if not kind.criterion:
        return []
    part, _, column = kind.criterion.rpartition(".")
    if not part:
        gaps = criterion_gaps(of.fields.get(column))
        return [Finding("criterion", f"The criterion of success lacks {', '.join(gaps)}.")] if gaps else []
    return [
        Finding("criterion", f"“{line.what}” lacks {', '.join(gaps)} of its criterion.", line.id)
        for line in of.of(part)
        if line.open and (gaps := criterion_gaps(line.fields.get(column)))
    ]
