"""What a move needs before it can be made. Each need answers with what is missing, in words, or with nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from holdfast.accounts.kinds.fields import criterion_gaps, empty

if TYPE_CHECKING:
    from holdfast.accounts.kinds.facts import Line, Object


class Need(Protocol):
    def missing(self, of: Object, line: Line | None) -> str:
        """What to mend, as a sentence without its full stop; empty when nothing is missing."""
        ...


@dataclass(frozen=True, slots=True)
class Filled:
    """These fields of the object, or of the line that moves, are filled in."""

    names: tuple[str, ...]

    def missing(self, of: Object, line: Line | None) -> str:
        held = of.fields if line is None else line.fields
        gaps = [name for name in self.names if empty(held.get(name))]
        return f"fill in {of.called(*gaps)}" if gaps else ""


@dataclass(frozen=True, slots=True)
class Is:
    """A field holds one of these answers."""

    name: str
    answers: tuple[Any, ...]
    says: str

    def missing(self, of: Object, line: Line | None) -> str:
        return "" if (of.fields if line is None else line.fields).get(self.name) in self.answers else self.says


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion of success with its metric, baseline, target and day."""

    name: str = "criterion"

    def missing(self, of: Object, line: Line | None) -> str:
        gaps = criterion_gaps((of.fields if line is None else line.fields).get(self.name))
        return f"the criterion of success lacks {', '.join(gaps)}" if gaps else ""


@dataclass(frozen=True, slots=True)
class Lines:
    """So many lines of a part, of these states where states are named."""

    part: str
    at_least: int = 1
    at_most: int = 10_000
    states: tuple[str, ...] = ()

    def missing(self, of: Object, line: Line | None) -> str:
        count = sum(one.state in self.states or not self.states for one in of.of(self.part) if one.state != "dropped")
        states = f" {'that is' if self.at_least == 1 else 'that are'} {' or '.join(self.states)}" if self.states else ""
        which = f"{self.part.replace('_', ' ')} line{'' if self.at_least == 1 else 's'}{states}"
        if count < self.at_least:
            return f"write at least {self.at_least} {which}; there are {count}"
        return f"keep at most {self.at_most} {which}; there are {count}" if count > self.at_most else ""


@dataclass(frozen=True, slots=True)
class Every:
    """Every line of a part that was not dropped is in one of these states, or has these columns filled in."""

    part: str
    states: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()

    def missing(self, of: Object, line: Line | None) -> str:
        for one in (one for one in of.of(self.part) if one.state != "dropped"):
            if self.states and one.state not in self.states:
                return f"“{one.what}” is still {one.state.replace('_', ' ')}"
            gaps = [name for name in self.filled if empty(one.fields.get(name))]
            if gaps:
                return f"“{one.what}” lacks {of.called(*gaps)}"
        return ""


@dataclass(frozen=True, slots=True)
class Below:
    """There are lines of a part under the line that moves, and all are in one of these states."""

    part: str
    states: tuple[str, ...]

    def missing(self, of: Object, line: Line | None) -> str:
        states = [state for part, state in (line.below if line else ()) if part == self.part and state != "dropped"]
        if not states:
            return f"nothing stands under it yet: write its {self.part}"
        waiting = sum(state not in self.states for state in states)
        return f"{waiting} of its {len(states)} {self.part} lines are not {' or '.join(self.states)}" if waiting else ""


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """Somebody on the customer's side owns a line."""

    def missing(self, of: Object, line: Line | None) -> str:
        owned = any(one.customer_owner is not None for one in of.lines)
        return "" if owned else "nobody on the customer's side owns a line"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something is linked that shows it."""

    at_least: int = 1

    def missing(self, of: Object, line: Line | None) -> str:
        return "" if of.evidence >= self.at_least else "link what shows it: a value, a document or a dated quote"


@dataclass(frozen=True, slots=True)
class NextDecision:
    """The next decision is named, with its day and who takes it."""

    def missing(self, of: Object, line: Line | None) -> str:
        text, on, decider = of.decision
        gaps = [word for word, held in (("what", text), ("when", on), ("by whom", decider)) if not held]
        return f"say of the next decision {', '.join(gaps)}" if gaps else ""


@dataclass(frozen=True, slots=True)
class Owned:
    """One of us owns it."""

    def missing(self, of: Object, line: Line | None) -> str:
        return "" if of.owner is not None else "name one person who owns it"


@dataclass(frozen=True, slots=True)
class Reached:
    """The day in a field has come."""

    name: str

    def missing(self, of: Object, line: Line | None) -> str:
        day = _day_of(of, self.name)
        if day is None:
            return f"fill in {of.called(self.name)}"
        return "" if day <= of.today else f"{of.called(self.name)} is {day}, which is still to come"


@dataclass(frozen=True, slots=True)
class Lately:
    """The day in a field lies no more than so many days back, and not ahead."""

    name: str
    days: int

    def missing(self, of: Object, line: Line | None) -> str:
        day = _day_of(of, self.name)
        if day is None or not of.today - timedelta(days=self.days) <= day <= of.today:
            return f"{of.called(self.name)} has to lie within the last {self.days} days"
        return ""


@dataclass(frozen=True, slots=True)
class DaysBefore:
    """One day lies at least so many days before another."""

    name: str
    other: str
    days: int

    def missing(self, of: Object, line: Line | None) -> str:
        day, other = _day_of(of, self.name), _day_of(of, self.other)
        if day is not None and other is not None and (other - day).days >= self.days:
            return ""
        return f"{of.called(self.name)} has to lie {self.days} days before {of.called(self.other)}"


@dataclass(frozen=True, slots=True)
class Expired:
    """Its time is over."""

    def missing(self, of: Object, line: Line | None) -> str:
        over = of.expires_on is not None and of.expires_on <= of.today
        return "" if over else f"it holds until {of.expires_on or 'a day that nobody set'}"


@dataclass(frozen=True, slots=True)
class Holds:
    """Its time is not over."""

    def missing(self, of: Object, line: Line | None) -> str:
        if of.expires_on is None:
            return "say until when it holds"
        return "" if of.expires_on > of.today else f"it held until {of.expires_on}: renew it first"


@dataclass(frozen=True, slots=True)
class Good:
    """The day in a field of the line, until which it is good, is still to come."""

    name: str

    def missing(self, of: Object, line: Line | None) -> str:
        told = (of.fields if line is None else line.fields).get(self.name)
        if empty(told) or date.fromisoformat(str(told)) > of.today:
            return ""  # that it is empty, another need says
        return f"it was good until {told}: put the renewed document in first"


@dataclass(frozen=True, slots=True)
class Told:
    """The log holds an entry of this kind."""

    kind: str
    says: str

    def missing(self, of: Object, line: Line | None) -> str:
        return "" if of.told.get(self.kind) else self.says


@dataclass(frozen=True, slots=True)
class Promise:
    """How the last promised update fared, as measured."""

    stands: str
    says: str

    def missing(self, of: Object, line: Line | None) -> str:
        return "" if of.promise == self.stands else self.says


@dataclass(frozen=True, slots=True)
class NothingOwed:
    """No further update is promised."""

    def missing(self, of: Object, line: Line | None) -> str:
        return "an update is still promised: give it, and promise no further one" if of.owes else ""


@dataclass(frozen=True, slots=True)
class Raters:
    """Two people scored every sample, neither seeing the other's scores."""

    at_least: int = 2

    def missing(self, of: Object, line: Line | None) -> str:
        return "" if of.raters >= self.at_least else f"{of.raters} of {self.at_least} people have scored every sample"


@dataclass(frozen=True, slots=True)
class Short:
    """All that is written fits one page."""

    characters: int = 3_000

    def missing(self, of: Object, line: Line | None) -> str:
        length = sum(len(value) for value in of.fields.values() if isinstance(value, str))
        return "" if length <= self.characters else f"{length:,} characters are more than a page of {self.characters:,}"


@dataclass(frozen=True, slots=True)
class Months:
    """The last months of a table of {"month", share} stay below, or have reached, a share of the threshold."""

    table: str
    column: str
    threshold: str
    times: float
    months: int = 1
    below: bool = False

    def missing(self, of: Object, line: Line | None) -> str:
        limit = of.fields.get(self.threshold)
        rows = sorted(of.fields.get(self.table) or (), key=lambda row: str(row.get("month", "")))
        last = [row[self.column] for row in rows if not empty(row.get(self.column))][-self.months :]
        if limit is None or len(last) < self.months:
            return f"fill in {of.called(self.threshold)} and {self.months} months of {of.called(self.table)}"
        line_at = limit * self.times
        if all(value < line_at for value in last) if self.below else last[-1] >= line_at:
            return ""
        return f"the last value is {last[-1]:.2%}, and {line_at:.2%} is {'reached' if self.below else 'not reached'}"


def _day_of(of: Object, name: str) -> date | None:
    value = of.fields.get(name)
    return None if empty(value) else date.fromisoformat(str(value)[:10])
