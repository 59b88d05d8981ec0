"""Segments as data: who belongs to one is a condition in a file, read strictly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args

from holdfast.metrics.section import FrameworkProblem, Section
from holdfast.segments.condition import DAYS, TESTS, All, AnyOf, Condition, Leaf, Not, Value, leaves, said, tests_for
from holdfast.segments.facts.declare import Fact
from holdfast.segments.facts.registry import FACTS

Universe = Literal["buyers", "everybody"]
PARTS = ("all", "any", "not", "fact")
DEEPEST = 8  # conditions inside conditions
MOST = 100  # conditions of one segment


@dataclass(frozen=True, slots=True)
class Segment:
    """universe: out of whom; says: what it is for. digest: the version, the same wherever files say the same."""

    id: str
    name: str
    says: str
    universe: Universe
    when: Condition
    digest: str

    @property
    def sentence(self) -> str:
        whose = "Who has bought" if self.universe == "buyers" else "Everybody known"
        return f"{whose}, where {said(self.when)}."


def read(path: Path) -> Segment:
    """Raises FrameworkProblem, which names the file, the key and what is wrong."""
    return read_section(Section.read(path), path.stem)


def read_text(text: str) -> Segment:
    """As `read`, of a text whose id may be any. Raises FrameworkProblem."""
    told = Section.read_text(Path("segment.toml"), text)
    return read_section(told, told.text("id"))


def read_section(file: Section, stem: str) -> Segment:
    id = file.text("id")
    if id != stem:
        raise file.problem("id", f"must be the file's name, {stem!r}")
    name, says = file.text("name"), file.text_or_none("says") or ""
    universe = file.text_or_none("universe") or "buyers"
    if universe not in get_args(Universe):
        raise file.problem("universe", f"must be buyers or everybody, not {universe!r}")
    with file.table("when") as when:
        condition = _condition(when, 0)
    file.finish()
    if sum(1 for _ in leaves(condition)) > MOST:
        raise file.problem("when", f"has more than {MOST} conditions: make several segments of it")
    return segment(id, name, says, "everybody" if universe == "everybody" else "buyers", condition)


def segment(id: str, name: str, says: str, universe: Universe, when: Condition) -> Segment:
    digest = sha256(repr((universe, when)).encode()).hexdigest()[:12]
    return Segment(id, name, says, universe, when, digest)


def _condition(section: Section, depth: int) -> Condition:
    if depth > DEEPEST:
        raise section.problem("when", f"conditions stand more than {DEEPEST} deep in one another")
    found = [part for part in PARTS if part in section]
    if len(found) != 1:
        raise section.problem("fact", f"must have one of {', '.join(PARTS)}, and has {', '.join(found) or 'none'}")
    match found[0]:
        case "not":
            with section.table("not") as inner:
                return Not(_condition(inner, depth + 1))
        case "fact":
            return _leaf(section)
        case which:
            parts = tuple(_condition(inner, depth + 1) for inner in section.tables(which))
            if not parts:
                raise section.problem(which, "must hold one condition or more")
            return All(parts) if which == "all" else AnyOf(parts)


def _leaf(section: Section) -> Leaf:
    id = section.text("fact")
    if id not in FACTS:
        near = get_close_matches(id, FACTS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(FACTS)}"
        raise section.problem("fact", f"nothing is called {id!r}; {hint}")
    fact = FACTS[id]
    for test, (kinds, _) in TESTS.items():
        if test in section and fact.kind not in kinds:
            raise section.problem(test, f"cannot be asked of {id}; it takes {', '.join(tests_for(fact))}")
    tests = tuple((test, _value(section, fact, test)) for test in tests_for(fact) if test in section)
    if not tests:
        raise section.problem("fact", f"{id} needs one of {', '.join(tests_for(fact))}")
    if "even_descriptive" in section and not fact.gated:
        raise section.problem("even_descriptive", f"is for what models say, and {id} is not")
    return Leaf(id, tests, section.yes("even_descriptive"))


def _value(section: Section, fact: Fact, test: str) -> Value:
    if test == "known":
        return section.yes("known")
    if test in DAYS:
        return float(section.whole(test))
    reads: dict[str, Callable[[str], Value]] = {"number": section.number, "day": section.day}
    if fact.kind in reads:
        return reads[fact.kind](test)
    told = (section.text(test),) if test == "is" else section.texts(test)
    if not told:
        raise section.problem(test, "must name one or more")
    for word in told:
        if fact.choices and word not in fact.choices:
            raise section.problem(test, f"{fact.id} is one of {', '.join(fact.choices)}, not {word!r}")
    return told if fact.choices else tuple(word.strip().lower() for word in told)


__all__ = ["FrameworkProblem", "Segment", "Universe", "read", "read_section", "read_text", "segment"]
