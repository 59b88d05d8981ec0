"""Why is this not the number my shop shows? Each meaning of a word on this merchant's data, and what leads to ours."""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose

from holdfast.commerce.money import minor_digits
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Metric, Scale
from holdfast.metrics.paritysums import Sums, read_sums
from holdfast.metrics.parityterms import TERMS, Definition, Pair, Term, Told, terms_of
from holdfast.metrics.published import Published
from holdfast.metrics.registry import METRICS, UnknownMetric, find
from holdfast.metrics.shown import Shown, read_shown
from holdfast.metrics.values import Scope, Value

REST = "Not told apart further"
SEVERAL = Unknown("these shops report in several currencies, which cannot be added", "choose one shop")
NO_SUMS = Unknown("not added up by this snapshot", "run `holdfast build`")


@dataclass(frozen=True, slots=True)
class Step:
    """One reason: how it changes what is counted and what it is out of, and the number after it."""

    reason: str
    counted: float
    out_of: float
    after: float | None


@dataclass(frozen=True, slots=True)
class Theirs:
    """A number that a tool shows, against our reading of its definition.

    unexplained: theirs − ours of the same definition; None where the two speak of different days.
    """

    shown: Shown
    unexplained: float | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A definition with its number here, and the steps that lead from it to `leads_to`."""

    definition: Definition
    number: float | Unknown
    counted: float
    out_of: float
    steps: tuple[Step, ...]
    ends: Value | None  # the number the steps end at
    theirs: Theirs | None


@dataclass(frozen=True, slots=True)
class Parity:
    """A word: our number, and every other meaning of it."""

    term: Term
    ours: Metric
    value: Value
    meanings: tuple[Meaning, ...]
    currency: str | None
    scope: Scope
    strangers: int  # purchases of unknown buyers in the window, which no number of customers holds

    @property
    def scale(self) -> Scale:
        """What amounts of the term are in, for definitions that are no metrics."""
        return self.ours.scale

    def scale_of(self, meaning: Meaning) -> Scale:
        """What the number of a meaning is in: a mean from 1 to 5 is no share of who is satisfied."""
        metric = meaning.definition.metric
        return METRICS[metric].scale if metric else self.scale


def term_called(said: str) -> Term:
    """The term with this id, or the one of a metric's id, number or other name. Raises UnknownMetric."""
    if said.lower() in TERMS:
        return TERMS[said.lower()]
    metric = find(said)
    found = terms_of(metric.id)
    if not found:
        known = ", ".join(TERMS)
        raise UnknownMetric(f"nobody else shows another {metric.name.lower()}; words with several meanings: {known}")
    return next((t for t in found if t.default == metric.id), found[0])


def parity(source: Published, term: Term, scope: Scope = Scope()) -> Parity:  # noqa: B008 (frozen)
    """Every meaning of a term in one scope, over the same twelve months (or month) as our number."""
    shops, ours = source.shops_of(scope), METRICS[term.default]
    currencies = sorted({shop.currency for shop in shops})
    currency = currencies[0] if len(currencies) == 1 else None
    sums = read_sums(source.manifest, shops)
    reading = _Reading(source, scope, ours, currency, sums, _amounts(source, term, scope, currency))
    theirs = read_shown(source.home, term.id, scope)
    meanings = tuple(reading.meaning(d, theirs.get(d.id)) for d in term.definitions)
    strangers = (sums or {}).get(("people", "strangers"), 0)
    return Parity(term, ours, source.value(ours.id, scope), meanings, currency, scope, strangers)


def all_parity(source: Published, scope: Scope = Scope()) -> tuple[Parity, ...]:  # noqa: B008 (frozen)
    return tuple(parity(source, term, scope) for term in TERMS.values())


def _amounts(source: Published, term: Term, scope: Scope, currency: str | None) -> dict[str, Pair]:
    """What each metric of a term counted, money in minor units; none of what is unknown."""
    ids = {term.default, *(i for d in term.definitions for i in (d.metric, d.leads_to) if i), "early_churn"}
    found = {}
    for metric_id in ids:
        value = source.value(metric_id, scope)
        if not isinstance(value.reading, Unknown):
            found[metric_id] = (value.counted * _unit(METRICS[metric_id], currency), value.out_of)
    return found


def _unit(metric: Metric, currency: str | None) -> int:
    return 10 ** minor_digits(currency) if metric.basis and metric.scale == "money" and currency else 1


@dataclass(frozen=True, slots=True)
class _Reading:
    """What every meaning of a term is read from."""

    source: Published
    scope: Scope
    ours: Metric
    currency: str | None
    sums: Sums | None
    amounts: dict[str, Pair]

    def meaning(self, d: Definition, shown: Shown | None) -> Meaning:
        number, pair = self._start(d)
        ends = self.source.value(d.leads_to, self.scope) if d.leads_to else None
        known = None if isinstance(number, Unknown) else number
        steps: tuple[Step, ...] = ()
        if known is not None and self.sums is not None and d.leads_to in self.amounts:
            steps = _steps(d, Told(self.sums, self.amounts), pair, self.unit, self.per)
        theirs = None if shown is None else _theirs(self.source, d, shown, known, self.scope)
        counted = pair[0] / self.unit
        return Meaning(d, number, counted, pair[1], steps, ends, theirs)

    def _start(self, d: Definition) -> tuple[float | Unknown, Pair]:
        """A definition's own number, and the pair it is made of."""
        if d.metric:
            reading = self.source.value(d.metric, self.scope).reading
            number = reading if isinstance(reading, Unknown) else reading.point
            return number, self.amounts.get(d.metric, (0.0, 0.0))
        if self.sums is None:
            return NO_SUMS, (0.0, 0.0)
        if self.ours.basis and self.currency is None:
            return SEVERAL, (0.0, 0.0)
        if d.amount is None:
            return Unknown("nothing here computes it"), (0.0, 0.0)
        pair = d.amount(Told(self.sums, self.amounts))
        found = _number(pair, self.unit, self.per)
        return Unknown("there is nothing to count") if found is None else found, pair

    @property
    def unit(self) -> int:
        return _unit(self.ours, self.currency)

    @property
    def per(self) -> bool:
        """Whether the number is one per the other, or the sum itself."""
        return self.ours.kind != "total"


def _number(pair: Pair, unit: int, per: bool) -> float | None:
    if not per:
        return pair[0] / unit
    return pair[0] / unit / pair[1] if pair[1] else None


def _steps(d: Definition, told: Told, pair: Pair, unit: int, per: bool) -> tuple[Step, ...]:
    """Those that change something; what is left at the end is a step of its own, so that they always add up."""
    steps, (counted, out_of) = [], pair
    end = told.of(d.leads_to)
    changes = [(b.reason, b.change(told)) for b in d.because]
    left = (end[0] - counted - sum(c for _, (c, _) in changes), end[1] - out_of - sum(o for _, (_, o) in changes))
    if not per:  # a sum is out of its customers, a tool's of its orders: only the sum leads on
        left = (left[0], 0.0)
    changes.append((REST, left))
    for reason, (more, others) in changes:
        if isclose(more, 0, abs_tol=1e-6) and isclose(others, 0, abs_tol=1e-6):
            continue
        counted, out_of = counted + more, out_of + others
        steps.append(Step(reason, more / unit, others, _number((counted, out_of), unit, per)))
    return tuple(steps)


def _theirs(source: Published, d: Definition, shown: Shown, number: float | None, scope: Scope) -> Theirs:
    if shown.on == source.as_of:
        return Theirs(shown, None, "ours is unknown") if number is None else Theirs(shown, shown.value - number)
    then = [v for v in source.reported(d.metric, scope) if v.as_of == shown.on] if d.metric else []
    if then and not isinstance(then[-1].reading, Unknown):
        return Theirs(shown, shown.value - then[-1].reading.point, "against what was reported of that day")
    return Theirs(shown, None, f"the data end on {source.as_of}, and nothing was reported of that day")
