"""The scorecard: every target of a segment and its phases, each with what the data say about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Metric
from holdfast.metrics.framework import Framework, load_for
from holdfast.metrics.published import Published
from holdfast.metrics.registry import METRICS
from holdfast.metrics.targets import Criterion, Segment
from holdfast.metrics.values import Change, Scope, Value, Verdict
from holdfast.metrics.verdict import verdict


@dataclass(frozen=True, slots=True)
class Line:
    """One target, or one measure without a target (criterion None)."""

    criterion: Criterion | None
    metric: Metric | None
    value: Value | None
    verdict: Verdict
    sentence: str
    change: Change | Unknown
    trend: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    subtitle: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Scorecard:
    framework: Framework
    segment: Segment
    scope: Scope
    groups: tuple[Group, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for group in self.groups for line in group.lines)


def scorecard(published: Published, scope: Scope = Scope(), segment: str | None = None) -> Scorecard:  # noqa: B008
    """Phases first, then what decides the segment, then panels, then the measures that no target mentions."""
    framework = load_for(published.home.path)
    chosen = next((s for s in framework.segments if s.id == segment), framework.segments[0])
    groups = [
        Group(
            phase.name,
            f"{_days(phase.from_day, phase.until_day)} · {phase.aim}",
            _lines(published, scope, phase.criteria),
        )
        for phase in framework.phases
        if phase.criteria
    ]
    groups.append(Group(chosen.name, "what decides this segment", _lines(published, scope, chosen.criteria)))
    told = {line.metric.id for group in groups for line in group.lines if line.metric}
    for panel in (m for m in METRICS.values() if m.panel):
        members = [m for m in METRICS.values() if m.number in panel.panel and m.id not in told]
        lines = tuple(_without_target(published, scope, m) for m in members)
        groups.append(Group(panel.name, "without targets; nothing is added up", lines))
        told |= {panel.id, *(m.id for m in members)}
    rest = tuple(_without_target(published, scope, m) for m in METRICS.values() if m.id not in told)
    groups.append(Group("The business", "measured beside the targets", rest))
    return Scorecard(framework, chosen, scope, tuple(groups))


def _lines(published: Published, scope: Scope, criteria: Iterable[Criterion]) -> tuple[Line, ...]:
    return tuple(_line(published, scope, criterion) for criterion in criteria)


def _line(published: Published, scope: Scope, criterion: Criterion) -> Line:
    metric = METRICS.get(criterion.metric or "")
    if metric is None:
        judged = verdict(Unknown("not measured", criterion.connect), criterion, 0)
        return Line(criterion, None, None, judged.verdict, judged.sentence, Unknown("not measured"), ())
    value = published.value(metric.id, scope)
    judged = verdict(value.reading, criterion, value.n, coverage_of(published, scope, metric))
    change, trend = published.previous(metric.id, scope), published.series(metric.id, scope)
    return Line(criterion, metric, value, judged.verdict, judged.sentence, change, trend)


def coverage_of(published: Published, scope: Scope, metric: Metric) -> float | None:
    """How much of what a metric rests on is known, 0 … 1; None where it needs no such share."""
    if not metric.covered_by:
        return None
    reading = published.value(metric.covered_by, scope).reading
    return 0.0 if isinstance(reading, Unknown) else reading.point


def _without_target(published: Published, scope: Scope, metric: Metric) -> Line:
    value = published.value(metric.id, scope)
    sentence = f"Unknown: {value.reading.why}." if isinstance(value.reading, Unknown) else "No target is set."
    said: Verdict = "unknown" if isinstance(value.reading, Unknown) else "no target"
    return Line(
        None, metric, value, said, sentence, published.previous(metric.id, scope), published.series(metric.id, scope)
    )


def _days(since: int, until: int | None) -> str:
    return f"day {since} on" if until is None else f"days {since} to {until - 1}"
