"""Scorecards as data: dimensions, inputs, points and what values are worth, read strictly from a file.

One ships for each segment (`scorecards/`); a copy in the home, `health/<segment>.toml`, takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from hashlib import sha256
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path

from holdfast.health.catalogue import INPUTS, SHOWN_ONLY, Input
from holdfast.health.subject import KINDS, Kind
from holdfast.metrics.section import FrameworkProblem, Section

FOLDER = "health"  # in the home
SHIPPED = ("b2c_marketplace", "subscription", "b2b_platform")
ALL_POINTS = 100


@dataclass(frozen=True, slots=True)
class Level:
    """A value with a name, and the share of the input's points that it is worth."""

    name: str
    at: float
    worth: float


@dataclass(frozen=True, slots=True)
class Line:
    """An input on a scorecard: of 100 points, how many; how old what it says may be; levels by kind of subject."""

    input: Input
    points: int
    fresh_days: int
    levels: tuple[tuple[Kind, tuple[Level, ...]], ...]

    def levels_for(self, kind: Kind) -> tuple[Level, ...]:
        """Empty: the input says nothing of such a subject."""
        return dict(self.levels).get(kind, ())

    def worth(self, kind: Kind, value: float) -> float:
        """0…1 of the points, straight from level to level, and that of the outermost level beyond it."""
        levels = self.levels_for(kind)
        if value <= levels[0].at:
            return levels[0].worth
        for low, high in pairwise(levels):
            if value <= high.at:
                return low.worth + (high.worth - low.worth) * (value - low.at) / (high.at - low.at)
        return levels[-1].worth


@dataclass(frozen=True, slots=True)
class Dimension:
    id: str
    name: str
    points: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """good, watch: the score from which each status holds; below `watch` is at risk. coverage: the least share of the
    points, in %, that must be known for a score. digest: the version, the same wherever the file says the same."""

    id: str
    name: str
    good: float
    watch: float
    coverage: float
    dimensions: tuple[Dimension, ...]
    digest: str = ""

    def lines_for(self, kind: Kind) -> Iterator[tuple[Dimension, Line]]:
        """What counts for such a subject, and what is only shown."""
        for dimension in self.dimensions:
            yield from ((dimension, line) for line in dimension.lines if line.levels_for(kind) or not line.points)


def load(id: str, home: Path | None = None) -> Scorecard:
    """The home's own copy where there is one, else what ships. Raises FrameworkProblem, and KeyError for no such id."""
    own = home / FOLDER / f"{id}.toml" if home else None
    if own and own.is_file():
        return read(own)
    if id not in SHIPPED:
        raise KeyError(id)
    return _shipped(id)


@cache
def _shipped(id: str) -> Scorecard:
    with as_file(files("holdfast.health") / "scorecards" / f"{id}.toml") as shipped:
        return read(shipped)


def all_scorecards(home: Path | None = None) -> dict[str, Scorecard]:
    """By id: what ships, and what only the home has. Raises FrameworkProblem."""
    own = sorted(path.stem for path in (home / FOLDER).glob("*.toml")) if home else []
    return {id: load(id, home) for id in dict.fromkeys((*SHIPPED, *own))}


def read(path: Path) -> Scorecard:
    """Raises FrameworkProblem, which names the file, the key and what is wrong."""
    file = Section.read(path)
    if file.text("id") != path.stem:
        raise file.problem("id", f"must be the file's name, {path.stem!r}")
    with file.table("status") as status:
        good, watch, coverage = (status.number(key) for key in ("good", "watch", "coverage"))
        if not 0 < watch < good <= ALL_POINTS:
            raise status.problem("good", f"must lie above watch, which is {watch:g}, and not above 100")
        if not 0 <= coverage <= 100:
            raise status.problem("coverage", "is a share in %, 0 to 100")
    dimensions = tuple(_dimension(section) for section in file.tables("dimension"))
    read = Scorecard(path.stem, file.text("name"), good, watch, coverage, dimensions)
    file.finish()
    _check(file, read)
    return versioned(read)


def versioned(card: Scorecard) -> Scorecard:
    """With the digest of what it says, however its file is laid out."""
    said = repr((card.good, card.watch, card.coverage, card.dimensions))
    return replace(card, digest=sha256(said.encode()).hexdigest()[:12])


def _dimension(section: Section) -> Dimension:
    points = section.whole("points")
    lines = tuple(_line(line) for line in section.tables("input"))
    if sum(line.points for line in lines) != points:
        told = " + ".join(str(line.points) for line in lines)
        raise section.problem(
            "points", f"is {points}, and its inputs have {told or 0} = {sum(x.points for x in lines)}"
        )
    return Dimension(section.text("id"), section.text("name"), points, lines)


def _line(section: Section) -> Line:
    id = section.text("id")
    if id not in INPUTS:
        near = get_close_matches(id, INPUTS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(INPUTS)}"
        raise section.problem("id", f"no input is called {id!r}; {hint}")
    points = section.whole("points")
    if points and id in SHOWN_ONLY:
        raise section.problem("points", f"must be 0: {id} is shown and never counts")
    levels: list[tuple[Kind, tuple[Level, ...]]] = []
    if points:
        with section.table("levels") as by_kind:
            levels = [(kind, _levels(by_kind, kind, INPUTS[id])) for kind in KINDS if kind in by_kind]
            if not levels:
                raise section.problem("levels", f"must say what values are worth, for one of {', '.join(KINDS)}")
    return Line(INPUTS[id], points, section.whole("fresh_days"), tuple(levels))


def _levels(section: Section, kind: Kind, input: Input) -> tuple[Level, ...]:
    if kind not in input.of:
        raise section.problem(kind, f"{input.id} cannot be read of a {kind}, only of {', '.join(input.of)}")
    levels = tuple(Level(s.text("name"), s.number("at"), s.number("worth")) for s in section.tables(kind))
    if len(levels) < 2:
        raise section.problem(kind, "needs two levels or more")
    if any(high.at <= low.at for low, high in pairwise(levels)):
        raise section.problem(kind, "each level must lie `at` a larger value than the one before it")
    if any(not 0 <= level.worth <= 1 for level in levels):
        raise section.problem(kind, "a level is `worth` 0 to 1 of the points")
    return levels


def _check(file: Section, read: Scorecard) -> None:
    total = sum(dimension.points for dimension in read.dimensions)
    if total != ALL_POINTS:
        raise file.problem("dimension", f"the points of all dimensions must add up to 100, not {total}")
    ids = [line.input.id for dimension in read.dimensions for line in dimension.lines]
    twice = sorted({id for id in ids if ids.count(id) > 1})
    if twice:
        raise file.problem("dimension", f"the input {twice[0]!r} stands there twice")


__all__ = ["FOLDER", "SHIPPED", "Dimension", "FrameworkProblem", "Level", "Line", "Scorecard", "all_scorecards", "load"]
