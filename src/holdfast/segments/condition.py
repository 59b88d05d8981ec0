"""What a segment asks: a tree of conditions, each on one fact, put together with all, any and not.

What is not known does not hold: a condition is true or false of everybody, so that a segment and its opposite are
everybody together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from holdfast.segments.facts.declare import Fact, Kind
from holdfast.segments.facts.registry import FACTS

Value = float | date | tuple[str, ...] | bool
# Test → the kinds of facts it suits, and how it reads behind the fact's name.
TESTS: dict[str, tuple[tuple[Kind, ...], str]] = {
    "at_least": (("number",), "{} or more"),
    "at_most": (("number",), "{} or less"),
    "above": (("number",), "more than {}"),
    "below": (("number",), "less than {}"),
    "is": (("number", "word"), "{}"),
    "in": (("word",), "{}"),
    "has": (("words",), "{}"),
    "since": (("day",), "{} or later"),
    "until": (("day",), "{} or earlier"),
    "within_days": (("day",), "at most {} days ago"),
    "older_than_days": (("day",), "more than {} days ago"),
    "known": (("number", "day", "word", "words"), "known"),
}
DAYS = ("within_days", "older_than_days")


def tests_for(fact: Fact) -> tuple[str, ...]:
    return tuple(test for test, (kinds, _) in TESTS.items() if fact.kind in kinds)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A fact and what is asked of it; several tests must all hold. even_descriptive: what a model says counts even
    where it may not be called predictive."""

    fact: str
    tests: tuple[tuple[str, Value], ...]
    even_descriptive: bool = False

    @property
    def said(self) -> str:
        fact = FACTS[self.fact]
        told = " and ".join(_told(fact, test, value) for test, value in self.tests)
        return f"{fact.name}: {told}"


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


Condition = Leaf | All | AnyOf | Not


def leaves(condition: Condition) -> Iterator[Leaf]:
    """From left to right."""
    match condition:
        case Leaf():
            yield condition
        case Not(part):
            yield from leaves(part)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)


def said(condition: Condition) -> str:
    """The whole of it in one sentence."""
    match condition:
        case Leaf():
            return condition.said
        case Not(part):
            return f"not ({said(part)})"
        case All(parts):
            return "; and ".join(_inside(part) for part in parts)
        case AnyOf(parts):
            return "; or ".join(_inside(part) for part in parts)


def _inside(condition: Condition) -> str:
    return said(condition) if isinstance(condition, Leaf | Not) else f"({said(condition)})"


def _told(fact: Fact, test: str, value: Value) -> str:
    if test == "known":
        return "known" if value else "not known"
    if isinstance(value, tuple):
        return " or ".join(value)
    return TESTS[test][1].format(shown(fact, value) if test not in DAYS else f"{value:g}")


def shown(fact: Fact, value: object) -> str:
    """A fact's value as a person reads it: money in whole units of the shop's currency."""
    if value is None:
        return "not known"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if fact.unit == "share":
        return f"{value:.0%}"
    if fact.unit == "money":
        return f"{value:,.2f}"
    return f"{value:,.1f}" if isinstance(value, float) and not value.is_integer() else f"{value:,.0f}"
