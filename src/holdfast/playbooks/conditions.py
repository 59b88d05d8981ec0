"""Conditions on facts, as people write them, on one person in Python and on everybody in SQL.

    recency >= 90                   a number
    renewal_on <= today+120         a day
    country in DE, AT               a word
    loyalty_member                  a flag; `not loyalty_member`
    known renewal_on                whether anything is known; `unknown renewal_on`
    orders = 1 or loyalty_member    one of several

What is not known meets no condition but `unknown`, and not its opposite either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Literal

from holdfast.playbooks.facts import Kind, UnknownFact, Who, find
from holdfast.warehouse.engine import quoted, text

Value = float | str | bool | date | None
Op = Literal["=", "!=", "<", "<=", ">", ">=", "in", "is", "is not", "known", "unknown"]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
_COMPARED = re.compile(r"^([\w:.\-]+)\s*(<=|>=|!=|=|<|>|\bin\b)\s*(.+)$")
_ALONE = re.compile(r"^(?:(not|known|unknown)\s+)?([\w:.\-]+)$")
_DAY = re.compile(r"^today(?:\s*([+-])\s*(\d+))?$")


class ConditionProblem(Exception):
    """A condition cannot be understood; the message says how one is written."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar, or so many days from today."""

    on: date | None = None
    plus: int = 0

    def at(self, today: date) -> date:
        return today + timedelta(days=self.plus) if self.on is None else self.on


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison. values: what it is held against, of the fact's own kind."""

    fact: str
    op: Op
    values: tuple[float | str | Day, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """Met when one of its tests is."""

    said: str
    tests: tuple[Test, ...]


def conditions(who: Who, *said: str) -> tuple[Condition, ...]:
    """All of them must be met. Raises ConditionProblem."""
    return tuple(condition(who, one) for one in said)


def condition(who: Who, said: str) -> Condition:
    """Raises ConditionProblem."""
    try:
        return Condition(said, tuple(_test(who, part.strip()) for part in re.split(r"\s+or\s+", said.strip())))
    except UnknownFact as problem:
        raise ConditionProblem(f"{said!r}: {problem}") from problem


def _test(who: Who, said: str) -> Test:
    if alone := _ALONE.match(said):
        word, fact = alone.group(1), find(who, alone.group(2))
        if word in ("known", "unknown"):
            return Test(fact.id, "known" if word == "known" else "unknown")
        if fact.kind != "flag":
            raise ConditionProblem(f"{said!r}: {fact.id} is a {fact.kind}; compare it, as in `{EXAMPLES[fact.kind]}`")
        return Test(fact.id, "is not" if word else "is")
    compared = _COMPARED.match(said)
    if compared is None:
        raise ConditionProblem(
            f"{said!r} is no condition; write `FACT >= NUMBER`, `FACT in A, B`, `FACT` or `not FACT`"
        )
    fact, op = find(who, compared.group(1)), compared.group(2)
    parts = [one.strip() for one in compared.group(3).split(",")] if op == "in" else [compared.group(3).strip()]
    if fact.kind == "flag":
        raise ConditionProblem(f"{said!r}: {fact.id} is true or false; write `{fact.id}` or `not {fact.id}`")
    if fact.kind == "word" and op not in ("=", "!=", "in"):
        raise ConditionProblem(f"{said!r}: {fact.id} is a word; words are compared with =, != or in")
    return Test(fact.id, op, tuple(_value(fact.kind, part, said) for part in parts))  # type: ignore[arg-type]


EXAMPLES: dict[Kind, str] = {"number": "… >= 3", "day": "… <= today+14", "word": "… in DE, AT", "flag": "…"}


def _value(kind: Kind, told: str, said: str) -> float | str | Day:
    try:
        if kind == "number":
            return float(told)
        if kind == "day":
            moved = _DAY.match(told)
            if moved is None:
                return Day(date.fromisoformat(told))
            days = int(moved.group(2) or 0)
            return Day(plus=-days if moved.group(1) == "-" else days)
    except ValueError:
        raise ConditionProblem(f"{said!r}: {told!r} is no {kind}, as in `{EXAMPLES[kind]}`") from None
    return told.strip("\"'")


def all_hold(wanted: Sequence[Condition], facts: Mapping[str, Value], today: date) -> bool:
    return all(any(_holds(test, facts.get(test.fact), today) for test in one.tests) for one in wanted)


def _holds(test: Test, value: Value, today: date) -> bool:
    if test.op in ("known", "unknown"):
        return (value is not None) == (test.op == "known")
    if value is None:
        return False
    if test.op in ("is", "is not"):
        return bool(value) == (test.op == "is")
    against = [one.at(today) if isinstance(one, Day) else one for one in test.values]
    return value in against if test.op == "in" else COMPARE[test.op](value, against[0])


def all_hold_sql(wanted: Sequence[Condition], today: date, of: str = "f") -> str:
    """`all_hold` over a relation `of` that has a column for each fact; true or false, never null."""
    if not wanted:
        return "true"
    each = (" OR ".join(_sql(test, today, of) for test in one.tests) for one in wanted)
    return " AND ".join(f"coalesce({one}, false)" for one in each)


def _sql(test: Test, today: date, of: str) -> str:
    column = f"{of}.{quoted(test.fact)}"
    match test.op:
        case "known" | "unknown":
            return f"{column} IS {'NOT ' if test.op == 'known' else ''}NULL"
        case "is" | "is not":
            return f"{'NOT ' if test.op == 'is not' else ''}{column}"
        case "in":
            return f"{column} IN ({', '.join(_literal(one, today) for one in test.values)})"
        case _:
            return f"{column} {'<>' if test.op == '!=' else test.op} {_literal(test.values[0], today)}"


def _literal(value: float | str | Day, today: date) -> str:
    if isinstance(value, Day):
        return f"DATE '{value.at(today)}'"
    return text(value) if isinstance(value, str) else repr(value)


def facts_of(*groups: Sequence[Condition]) -> frozenset[str]:
    """The facts that conditions ask for."""
    return frozenset(test.fact for group in groups for one in group for test in one.tests)
