"""Many segments asked of many customers in one pass: one query, with a true or false for each segment (0120)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from holdfast.commerce.currency import minor_digits
from holdfast.metrics.needs import shops_with
from holdfast.segments.condition import All, AnyOf, Condition, Leaf, Not, leaves
from holdfast.segments.cuts import Cuts
from holdfast.segments.facts.declare import Fact, Source
from holdfast.segments.facts.predicted import Beside
from holdfast.segments.facts.profile import everybody
from holdfast.segments.facts.purchases import PURCHASES
from holdfast.segments.facts.registry import FACTS, SOURCE_OF, SOURCES
from holdfast.segments.segment import Segment
from holdfast.warehouse.engine import compiled, quoted
from holdfast.warehouse.home import Shop

_COMPARED = {"at_least": ">=", "at_most": "<=", "above": ">", "below": "<", "since": ">=", "until": "<="}


@dataclass(slots=True)
class Asking:
    """One query as it grows: its shops and days, what is beside the snapshot, and the values bound to it.

    cuts: the merchant's own, by shop. ruled_on: the day whose rules hold; None: the last one asked about. kept: sources
    whose rows of the one day asked about are kept, as `kept_<source>`. everybody_too: also customers who never bought;
    else buyers only, which is less work.
    """

    shops: Sequence[Shop]
    days: Sequence[date]
    beside: Beside
    cuts: Mapping[int, Cuts] = field(default_factory=dict)
    ruled_on: date | None = None
    everybody_too: bool = False
    kept: frozenset[str] = frozenset()
    given: dict[str, object] = field(default_factory=dict)

    def bound(self, value: object) -> str:
        """A named parameter with this value; the same value has one name."""
        for name, known in self.given.items():
            if type(known) is type(value) and known == value:
                return f"${name}"
        name = f"v{len(self.given)}"
        self.given[name] = value
        return f"${name}"

    def belongs(self, segment: Segment) -> str:
        """Whether a row belongs to a segment, as SQL."""
        truth = self.truth(segment.when)
        if segment.universe == "buyers" and self.everybody_too:
            return f"(s_{PURCHASES.id}.customer_id IS NOT NULL AND {truth})"
        return truth

    def truth(self, condition: Condition) -> str:
        """SQL that is true or false of every row, never null."""
        match condition:
            case Not(part):
                return f"NOT {self.truth(part)}"
            case All(parts):
                return "(" + " AND ".join(self.truth(part) for part in parts) + ")"
            case AnyOf(parts):
                return "(" + " OR ".join(self.truth(part) for part in parts) + ")"
            case Leaf():
                return self._leaf(condition)

    def _leaf(self, leaf: Leaf) -> str:
        fact = FACTS[leaf.fact]
        said = self.value(fact)
        asked = [self._test(fact, said, test, value) for test, value in leaf.tests]
        if fact.gated and not leaf.even_descriptive:
            asked.append(f"{self._at(fact, fact.gated)} = 'predictive'")
        return f"coalesce({' AND '.join(asked)}, false)"

    def _test(self, fact: Fact, said: str, test: str, value: object) -> str:
        if test == "known":
            return f"({said}) IS {'NOT ' if value else ''}NULL"
        if test == "within_days":
            return f"u.as_of - {said} <= {self.bound(int(value))}"  # type: ignore[call-overload]
        if test == "older_than_days":
            return f"u.as_of - {said} > {self.bound(int(value))}"  # type: ignore[call-overload]
        if test == "has":
            return f"list_has_any({said}, {self.bound(list(value))})"  # type: ignore[call-overload]
        if test in ("is", "in") and fact.kind == "word":
            word = said if fact.choices else f"lower({said})"
            return f"{word} IN ({', '.join(self.bound(one) for one in value)})"  # type: ignore[attr-defined]
        return f"{said} {_COMPARED.get(test, '=')} {self.bound(value)}"

    def value(self, fact: Fact) -> str:
        """What a row says of a fact; money in whole units of its shop's currency."""
        if fact.cut:
            return self._class(fact)
        said = self._at(fact, fact.named)
        if fact.absent is not None:
            has = f"u.shop_id IN (SELECT shop_id FROM has_{SOURCE_OF[fact.id].id})"
            said = f"(CASE WHEN {has} THEN coalesce({said}, {fact.absent:g}) END)"
        return f"({said} / {self._minors()})" if fact.unit == "money" else said

    def _class(self, fact: Fact) -> str:
        """1 and one more for each of the merchant's cuts that is reached; null in a shop without cuts."""
        of = FACTS[fact.cut]
        told = [
            f"WHEN {shop} THEN 1" + "".join(
                f" + ({self.value(of)} {'<=' if fact.cut == 'recency' else '>='} {self.bound(at)})::BIGINT"
                for at in cuts.of(fact.cut)
            )
            for shop, cuts in self.cuts.items()
        ]  # fmt: skip
        return f"(CASE u.shop_id {' '.join(told)} END)" if told else "NULL::BIGINT"

    def _minors(self) -> str:
        by_shop = {shop.shop_id: 10 ** minor_digits(shop.currency) for shop in self.shops}
        if len(set(by_shop.values())) <= 1:
            return f"{next(iter(by_shop.values()), 1)}::DOUBLE"
        told = " ".join(f"WHEN {shop} THEN {minors}" for shop, minors in by_shop.items())
        return f"(CASE u.shop_id {told} END)::DOUBLE"

    def rows(self, asked: Sequence[Fact], columns: Mapping[str, str]) -> str:
        """A SELECT of columns (name → SQL) over one row a day and customer. asked: the facts that columns speak of."""
        sources = [s for s in SOURCES if s is PURCHASES or any(SOURCE_OF[fact.id] is s for fact in asked)]
        told = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())
        joined = sources if self.everybody_too else sources[1:]
        joins = "".join(
            f" LEFT JOIN s_{s.id} ON s_{s.id}.as_of = u.as_of AND s_{s.id}.shop_id = u.shop_id"
            f" AND s_{s.id}.customer_id = u.customer_id"
            for s in joined
        )
        base = "s_everybody" if self.everybody_too else f"s_{PURCHASES.id}"
        return f"WITH {self._tables(sources)} SELECT {told} FROM {base} AS u{joins} WHERE u.shop_id IN {self._listed()}"

    def of_source(self, id: str) -> str:
        """Every row of one source that lies in the snapshot, or of everybody."""
        return f"WITH {', '.join(self._days())} {sql_of(id, False)}"

    def _days(self) -> list[str]:
        days = ", ".join(f"(DATE '{day}', {place}::BIGINT)" for place, day in enumerate(self.days))
        ruled = self.ruled_on or self.days[-1]
        return [f"asked_day(as_of, place) AS (VALUES {days})", f"rule_day(as_of) AS (VALUES (DATE '{ruled}'))"]

    def _tables(self, sources: Sequence[Source]) -> str:
        told = self._days()
        told += [f"{name} AS ({select})" for name, select in self.beside.tables.items()]
        if self.everybody_too:
            told.append(f"s_everybody AS ({self._rows_of('everybody', False)})")
        for source in sources:
            told.append(f"s_{source.id} AS ({self._rows_of(source.id, len(self.days) > 1)})")
            told.append(f"has_{source.id} AS ({shops_with(source.needs)[0]})")
        return ", ".join(told)

    def _rows_of(self, source: str, several: bool) -> str:
        return f"SELECT * FROM kept_{source}" if source in self.kept else sql_of(source, several)

    def _at(self, fact: Fact, column: str) -> str:
        source = SOURCE_OF[fact.id]
        return f"{'u' if source is PURCHASES and not self.everybody_too else 's_' + source.id}.{quoted(column)}"

    def _listed(self) -> str:
        return f"({', '.join(str(shop.shop_id) for shop in self.shops) or 'NULL'})"


def facts_of(conditions: Sequence[Condition]) -> list[Fact]:
    """The facts that conditions speak of, each once, in order."""
    return list(dict.fromkeys(FACTS[leaf.fact] for one in conditions for leaf in leaves(one)))


@lru_cache(maxsize=64)
def sql_of(source: str, several: bool) -> str:
    if source == "everybody":
        return compiled(everybody(several))
    return compiled(next(one for one in SOURCES if one.id == source).make(several))
