"""A work object and its lines as rules see them: plain facts, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Side = Literal["we", "customer"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line. below: the states of the lines under it, by their part."""

    id: int
    part: str
    state: str
    what: str
    our_owner: int | None = None
    customer_owner: int | None = None
    due: date | None = None
    open: bool = True
    fields: Mapping[str, Any] = field(default_factory=dict)
    below: tuple[tuple[str, str], ...] = ()

    @property
    def owned(self) -> bool:
        return self.our_owner is not None or self.customer_owner is not None


@dataclass(frozen=True, slots=True)
class Object:
    """A work object on the day `today`.

    close: those of us who had a hand in it (owner, participants, maker). assents: who agreed to `assent_to` so far, as
    "we", "customer" or "user:<key>". told: what the log holds, by kind, newest day first. promise: how the
    last promised update that came or fell due fared: "kept", "missed", or "" for none yet; owes: one is promised still.
    labels: what people call its fields and columns, by name.
    """

    state: str
    today: date
    created: date
    owner: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    evidence: int = 0
    decision: tuple[str, date | None, str] = ("", None, "")  # what is to be decided, when, by whom
    decided_on: date | None = None  # it last changed a decision
    expires_on: date | None = None
    close: frozenset[int] = frozenset()
    raters: int = 0  # who scored everything there was to score
    assent_to: str = ""
    assents: frozenset[str] = frozenset()
    told: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    promise: str = ""
    owes: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)

    def called(self, *names: str) -> str:
        """ "deciding" → “How it is decided”, as its form calls it."""
        return ", ".join(f"“{self.labels.get(name, name.replace('_', ' '))}”" for name in names)

    def of(self, part: str) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.part == part)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. key: of the user on our side, of the contact on the customer's."""

    side: Side
    key: int | None
    name: str
