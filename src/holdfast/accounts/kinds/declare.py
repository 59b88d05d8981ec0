"""What a kind of work object is: its fields, its parts, its states and who may move it from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from holdfast.accounts.kinds.fields import Field
from holdfast.accounts.kinds.needs import Need


class Who(StrEnum):
    """Who may make a move."""

    WE = "we"
    CUSTOMER = "customer"
    EITHER = "either"
    BOTH = "both"  # one side asks, the other agrees
    ANOTHER = "another"  # one of us who had no hand in it
    PAIR = "pair"  # the two of us that the fields giver and receiver name


@dataclass(frozen=True, slots=True)
class State:
    """A place in a kind's life. done: nothing may be missing there. final: nothing follows.

    agreed: the customer agreed to what stands, so a change needs a reason that they are shown. sealed: they agreed to
    the very words, which are not changed at all. locked: nothing is changed, as in final states. decides: coming here
    is a decision that the object brought about.
    """

    name: str
    label: str
    done: bool = False
    final: bool = False
    agreed: bool = False
    sealed: bool = False
    locked: bool = False
    decides: bool = False

    @property
    def fixed(self) -> bool:
        """Whether what stands there stays: it is over, or locked for a time."""
        return self.locked or self.final


@dataclass(frozen=True, slots=True)
class Move:
    start: str
    end: str
    who: Who = Who.WE
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """States, the first one where everything begins, and the moves between them."""

    states: tuple[State, ...]
    moves: tuple[Move, ...]

    @property
    def first(self) -> str:
        return self.states[0].name

    def state(self, name: str) -> State:
        """Raises KeyError for a state it does not have."""
        return {state.name: state for state in self.states}[name]

    def move(self, start: str, end: str) -> Move | None:
        return next((move for move in self.moves if (move.start, move.end) == (start, end)), None)

    def onward(self, start: str) -> tuple[Move, ...]:
        return tuple(move for move in self.moves if move.start == start)


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of one sort: their columns and their own states.

    owned: an open line needs one person and a day. under: the part whose lines these stand under.
    """

    name: str
    label: str
    columns: tuple[Field, ...]
    machine: Machine
    owned: bool = True
    under: str = ""
    theirs: bool = False  # the customer may add lines


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work object.

    scope: an account's, a book's, or the house's own (the bank of questions, which has rows of its own).
    mutual: the customer has lines in it. criterion: where the criterion of success stands: a field, or "part.column".
    review_days, expires_days: how long after the last review, and after coming to `expires_in`, it holds.
    expires_with: it holds until the first day in these columns of what it rests on, "part.column" (decision 0157).
    """

    id: str
    name: str
    question: str  # what it answers
    fields: tuple[Field, ...]
    machine: Machine
    owner: str  # who owns one, in words
    useful: str
    theatre: str
    parts: tuple[Part, ...] = ()
    scope: Literal["account", "book", "house"] = "account"
    mutual: bool = False
    criterion: str = ""
    review_days: int = 90
    expires_days: int | None = None
    expires_in: str = ""
    expires_with: str = ""
    need: Literal["plan", "note"] = "plan"  # what one must be allowed to, to work on it

    def part(self, name: str) -> Part:
        """Raises KeyError for a part it does not have."""
        return {part.name: part for part in self.parts}[name]

    @property
    def labels(self) -> dict[str, str]:
        """What people call its fields and the columns of its lines, by name."""
        columns = {column.name: column.label for part in self.parts for column in part.columns}
        return columns | {field.name: field.label for field in self.fields}


# A line that is open until somebody did it, or decided against it.
TO_DO = Machine(
    (State("open", "Open"), State("done", "Done", done=True), State("dropped", "Dropped", final=True)),
    (Move("open", "done", Who.EITHER), Move("done", "open", Who.EITHER), Move("open", "dropped", Who.EITHER)),
)
# A line that is only written down.
WRITTEN = Machine(
    (State("written", "Written"), State("dropped", "Dropped", final=True)), (Move("written", "dropped", Who.EITHER),)
)
