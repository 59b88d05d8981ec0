"""What the form of a segment holds: rows of conditions that a person chose, made a segment, and back again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from holdfast.metrics.section import FrameworkProblem
from holdfast.segments.condition import DAYS, All, AnyOf, Condition, Leaf, Not, Value, tests_for
from holdfast.segments.facts.declare import Fact
from holdfast.segments.facts.registry import FACTS
from holdfast.segments.segment import Segment, read_text, segment

MOST = 12  # rows of a form; of more, a file is easier to read
FIRST = "state"
NAMELESS = "new_segment"
WORDS = {
    "at_least": "is at least", "at_most": "is at most", "above": "is above", "below": "is below", "is": "is",
    "in": "is one of", "has": "include one of", "since": "on or after", "until": "on or before",
    "within_days": "at most so many days ago", "older_than_days": "more than so many days ago", "known": "is known",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One condition as it was typed. problem: why it cannot be read, empty where it can, or where nothing was typed."""

    fact: str
    test: str
    value: str
    negated: bool = False
    problem: str = ""

    @property
    def of(self) -> Fact:
        return FACTS[self.fact]

    @property
    def blank(self) -> bool:
        """Nothing is said yet, so that it asks nothing."""
        return not self.value and self.test != "known"

    @property
    def tests(self) -> tuple[str, ...]:
        return tests_for(self.of)


@dataclass(frozen=True, slots=True)
class Composed:
    """made: the segment, None where something cannot be read. toml: what was written as a text instead of rows."""

    name: str
    says: str
    universe: str
    every: bool
    rows: tuple[Row, ...]
    made: Segment | None
    toml: str = ""
    problem: str = ""


def composed(sent: Mapping[str, str]) -> Composed:
    """What a form of rows sent. Rows whose fact is unknown are left out, blank ones ask nothing, and a test that does
    not suit its fact becomes the first that does."""
    if sent.get("toml", "").strip():
        return _written(sent["toml"])
    rows = tuple(_row(sent, n) for n in range(MOST) if sent.get(f"fact{n}") in FACTS) or (Row(FIRST, "is", ""),)
    rows = rows[:-1] if sent.get("do") == "less" and len(rows) > 1 else rows
    if sent.get("do") == "more" and len(rows) < MOST:
        rows += (Row(FIRST, "is", ""),)
    every = sent.get("every", "all") == "all"
    universe = "everybody" if sent.get("universe") == "everybody" else "buyers"
    name, says = sent.get("name", "").strip()[:120], sent.get("says", "").strip()[:300]
    made = None
    parts = tuple(_condition(row) for row in rows if not row.blank and not row.problem)
    if parts and not any(row.problem for row in rows):
        when = parts[0] if len(parts) == 1 else All(parts) if every else AnyOf(parts)
        made = segment(sent.get("id", "") or id_of(name), name or "New segment", says, universe, when)  # type: ignore[arg-type]
    return Composed(name, says, universe, every, rows, made)


def of_segment(given: Segment) -> Composed | None:
    """An existing segment as rows; None where its conditions stand deeper in one another than a form shows."""
    found = _rows_of(given.when)
    if found is None or len(found[1]) > MOST:
        return None
    return Composed(given.name, given.says, given.universe, *found, given)


def id_of(name: str) -> str:
    """Late spenders, 2nd → late_spenders_2nd"""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60]
    return plain if plain[:1].isalpha() else f"s_{plain}" if plain else NAMELESS


def _written(toml: str) -> Composed:
    try:
        made = read_text(toml)
    except FrameworkProblem as problem:
        return Composed("", "", "buyers", True, (Row(FIRST, "is", ""),), None, toml, str(problem))
    rows = of_segment(made)
    if rows is None:
        return Composed(made.name, made.says, made.universe, True, (), made, toml)
    return Composed(made.name, made.says, made.universe, rows.every, rows.rows, made, toml)


def _row(sent: Mapping[str, str], n: int) -> Row:
    fact = FACTS[sent[f"fact{n}"]]
    suits = tests_for(fact)
    test = sent.get(f"test{n}", "")
    row = Row(
        fact.id, test if test in suits else suits[0], sent.get(f"value{n}", "").strip(), sent.get(f"not{n}") == "1"
    )
    try:
        if not row.blank:
            _value(row)
    except ValueError as problem:
        return Row(row.fact, row.test, row.value, row.negated, str(problem))
    return row


def _condition(row: Row) -> Condition:
    leaf = Leaf(row.fact, ((row.test, _value(row)),))
    return Not(leaf) if row.negated else leaf


def _value(row: Row) -> Value:
    """Raises ValueError, with a sentence."""
    fact, said = row.of, row.value
    if row.test == "known":
        return True
    if row.test in DAYS:
        if not said.isdigit():
            raise ValueError("write a whole number of days")
        return float(said)
    if fact.kind == "number":
        return _number(said.removesuffix("%").strip()) / (100 if fact.unit == "share" else 1)
    if fact.kind == "day":
        try:
            return date.fromisoformat(said)
        except ValueError:
            raise ValueError("choose a day") from None
    told = tuple(dict.fromkeys(word.strip() for word in said.split(",") if word.strip()))
    if not told:
        raise ValueError("choose one" if fact.choices else "write one or more, with commas between")
    if fact.choices and not set(told) <= set(fact.choices):
        raise ValueError("choose one")
    told = told if fact.choices else tuple(word.lower() for word in told)
    return told[:1] if row.test == "is" else told


def _number(said: str) -> float:
    try:
        found = float(said.replace(" ", "").replace("\u00a0", "").replace("\u202f", ""))
    except ValueError:
        raise ValueError("write a number") from None
    if abs(found) >= 1e15 or found != found:
        raise ValueError("write a number")
    return found


def _rows_of(when: Condition) -> tuple[bool, tuple[Row, ...]] | None:
    """Whether all of them must hold, and the rows."""
    every = not isinstance(when, AnyOf)
    parts = when.parts if isinstance(when, All | AnyOf) else (when,)
    rows: list[Row] = []
    for part in parts:
        leaf, negated = (part.part, True) if isinstance(part, Not) else (part, False)
        if not isinstance(leaf, Leaf) or leaf.even_descriptive or (len(leaf.tests) > 1 and (negated or not every)):
            return None
        for test, value in leaf.tests:
            hidden = test == "known" and value is False
            rows.append(Row(leaf.fact, test, _typed(FACTS[leaf.fact], test, value), negated != hidden))
    return every, tuple(rows)


def _typed(fact: Fact, test: str, value: Value) -> str:
    if test == "known":
        return ""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, date):
        return value.isoformat()
    return f"{value * 100 if fact.unit == 'share' and test not in DAYS else value:g}"
