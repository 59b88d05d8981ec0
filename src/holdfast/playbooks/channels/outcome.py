"""What can come of handing a message over, and the one thing that every channel can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from holdfast.playbooks.models import Outbox


@dataclass(frozen=True, slots=True)
class Taken:
    """The other side has it."""


@dataclass(frozen=True, slots=True)
class Later:
    """It did not go, and may go later."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not go and never will. dead: the address is at fault."""

    why: str
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Unsure:
    """The line broke after it was handed over and before anybody said so."""

    why: str


Outcome = Taken | Later | Refused | Unsure


class Channel(Protocol):
    """again: handing the same message over twice does nothing, so that a crash needs no person to decide."""

    again: bool

    def hand_over(self, message: Outbox) -> Outcome: ...

    def close(self) -> None: ...
