"""The targets a merchant is measured against: segments, phases, criteria, strategies, as one frozen framework."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scale = Literal["share", "mean_1_5", "hours", "relative_change", "points"]
Direction = Literal["up", "down"]
Operator = Literal[">=", ">", "<=", "<"]

# Claims that something caused a change; only a randomized holdout can meet them.
EFFECT_CLAIMS = frozenset({"M12", "M24", "M42", "M50"})


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric number the framework names. metric is the declared metric's id, None while nothing computes it."""

    number: str
    name: str
    connect: str  # what data to bring when it cannot be measured
    metric: str | None = None
    needs_holdout: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """Something odd about a target as it is written."""

    id: str
    why: str  # one sentence


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a criterion's question. What it names replaces what the target says; None leaves it."""

    id: str
    says: str  # the answer in words
    metric: str | None = None
    scale: Scale | None = None
    acceptable: float | None = None
    stretch: float | None = None
    aside: bool = False  # the target is not judged


@dataclass(frozen=True, slots=True)
class Criterion:
    """One target. acceptable must be reached, stretch is the further end of a range (None: no range).

    Both in the unit of scale: fractions for share and relative_change, hours, points from 1 to 5, points of a score.
    """

    id: str
    label: str  # in the framework's words
    measure: Measure
    scale: Scale
    direction: Direction
    operator: Operator
    acceptable: float
    stretch: float | None
    source: str  # where the target comes from
    beside: tuple[Measure, ...] = ()  # shown next to it, without a target
    flags: tuple[Flag, ...] = ()
    question: str | None = None  # asked once, when the target can be read in two ways
    read_by: str | None = None  # the declared metric that answers it, where that is not the measure's own
    options: tuple[Option, ...] = ()  # answers the question may have; the first is how the target is read until then
    aside: str = ""  # why it is not judged, where it is left aside

    @property
    def number(self) -> str:
        return self.measure.number

    @property
    def metric(self) -> str | None:
        return self.read_by or self.measure.metric

    @property
    def connect(self) -> str:
        return self.measure.connect

    @property
    def needs_holdout(self) -> bool:
        return self.measure.needs_holdout

    @property
    def range(self) -> tuple[float, float]:
        """[acceptable, stretch]; both the same where the target is a single number."""
        return self.acceptable, self.acceptable if self.stretch is None else self.stretch

    def reached(self, value: float, target: float) -> bool:
        """Whether a value is on the good side of a target by this criterion's operator."""
        if self.operator == ">=":
            return value >= target
        if self.operator == ">":
            return value > target
        return value <= target if self.operator == "<=" else value < target


@dataclass(frozen=True, slots=True)
class Segment:
    id: str
    name: str
    like: str
    decides: tuple[str, ...]  # what decides success
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Phase:
    """Days from the anchor, half-open: from_day counts, until_day does not; None: for good."""

    id: str
    name: str
    from_day: int
    until_day: int | None
    anchor: str
    aim: str
    activities: tuple[str, ...]
    criteria: tuple[Criterion, ...]

    def holds(self, day: int) -> bool:
        return self.from_day <= day and (self.until_day is None or day < self.until_day)


@dataclass(frozen=True, slots=True)
class State:
    """A name for customers that is not a phase."""

    id: str
    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Strategy:
    id: str
    name: str
    parts: tuple[str, ...]
    indicators: tuple[Measure, ...]  # that show it working
    read_as: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Measures every report shows together; `also` are ours, beyond the framework's list."""

    id: str
    name: str
    measures: tuple[Measure, ...]
    also: tuple[Measure, ...] = ()


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Targets of the framework that do not fit each other, and what is done about it."""

    id: str
    between: tuple[str, ...]  # ids of criteria
    arithmetic: str
    treatment: str
    works_out: str = ""  # how the arithmetic follows from the targets as they stand: see `clashes`
    leaves_aside: str = ""  # id of a criterion that is not judged in `in_segment` unless the merchant wants it
    in_segment: str = ""


@dataclass(frozen=True, slots=True)
class System:
    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who looks after an account, and with what in mind."""

    archetypes: tuple[str, ...]
    motions: tuple[str, ...]
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Framework:
    id: str
    version: int
    name: str
    measures: tuple[Measure, ...]
    segments: tuple[Segment, ...]
    phases: tuple[Phase, ...]
    states: tuple[State, ...]
    strategies: tuple[Strategy, ...]
    families: tuple[Family, ...]
    contradictions: tuple[Contradiction, ...]
    systems: tuple[System, ...]
    coverage: Coverage

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """Every criterion, of the segments first, then of the phases."""
        of_segments = [criterion for segment in self.segments for criterion in segment.criteria]
        return (*of_segments, *(criterion for phase in self.phases for criterion in phase.criteria))

    def criterion(self, id: str) -> Criterion:
        for criterion in self.criteria:
            if criterion.id == id:
                return criterion
        raise KeyError(f"framework {self.id} has no criterion {id}")

    def criteria_of(self, metric: str) -> tuple[Criterion, ...]:
        """The criteria a declared metric answers."""
        return tuple(c for c in self.criteria if c.metric == metric)

    def segment(self, id: str) -> Segment:
        for segment in self.segments:
            if segment.id == id:
                return segment
        raise KeyError(f"framework {self.id} has no segment {id}")

    def phase_on(self, day: int) -> Phase:
        """The phase of a customer whose anchor was `day` days ago (0 or more)."""
        for phase in self.phases:
            if phase.holds(day):
                return phase
        raise ValueError(f"day {day} is before the anchor, or the framework's phases end")

    def contradictions_of(self, criterion: str) -> tuple[Contradiction, ...]:
        return tuple(c for c in self.contradictions if criterion in c.between)
