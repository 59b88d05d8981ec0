"""What cannot be taken back by undoing: what was said, what a customer agreed to, and a word that is not ours to give.

Without this, taking an acceptance back, changing the terms and undoing the first would leave the customer's name under
terms they never saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.kinds.declare import Machine, Who
from holdfast.accounts.models import GuestLink, GuestVisit, Line, Rating, Remark, WorkObject

THEIRS = (Who.CUSTOMER, Who.BOTH, Who.PAIR)
STANDS = {
    Remark: "what was said stays said: write another line of the log",
    Rating: "a score is changed by scoring again",
    GuestLink: "revoke the link, or make a new one",
    GuestVisit: "a visit happened",
}
# What was removed and is not made again: no entry holds its secret.
GONE_FOR_GOOD = {"mfa.Authenticator": "a second factor is set up anew by whose it is"}
CONTENT = frozenset({"fields", "state", "assents", "assent_to"})  # of a work object; its account may be put back


def why_not(row: models.Model, before: Mapping[str, Any] | None) -> str:
    """Why this row cannot be put back to what it was (None: to not being there); empty when it can."""
    for model, why in STANDS.items():
        if isinstance(row, model):
            return why
    if said := getattr(row, "stands", ""):  # a row of a layer above says it of itself
        return str(said)
    if isinstance(row, WorkObject):
        return _of_object(row, before)
    if isinstance(row, Line):
        return _of_line(row, before)
    return ""


def _of_object(work: WorkObject, before: Mapping[str, Any] | None) -> str:
    if before is not None and not before.keys() & CONTENT:
        return ""
    machine = kind_of(work.kind).machine
    if before is not None and "state" in before:
        return _back_to(machine, before["state"])
    return _fixed(machine, work.state)


def _of_line(line: Line, before: Mapping[str, Any] | None) -> str:
    kind = kind_of(line.work.kind)
    machine = kind.part(line.part).machine
    if before is not None and "state" in before:
        return _back_to(machine, before["state"]) or _fixed(kind.machine, line.work.state)
    return _fixed(machine, line.state) or _fixed(kind.machine, line.work.state)


def _back_to(machine: Machine, state: str) -> str:
    """A state that takes more than us to reach is not reached by undoing."""
    if any(move.end == state and move.who in THEIRS for move in machine.moves):
        return f"it would be {machine.state(state).label.lower()} again, which is not for us alone to say"
    return ""


def _fixed(machine: Machine, name: str) -> str:
    state = machine.state(name)
    if state.fixed or state.agreed or state.sealed:
        return f"it is {state.label.lower()}: change it in the open, with a reason"
    return ""
