"""The scorecard: every target of a segment and its phases, each with what the data say about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.clashes import Clash, clashes
from holdfast.metrics.comparison import mixed, refusal
from holdfast.metrics.declare import Metric
from holdfast.metrics.framework import Framework
from holdfast.metrics.freeze import Freeze
from holdfast.metrics.published import Published
from holdfast.metrics.registry import METRICS
from holdfast.metrics.standing import Question, Standing, standing, waiting
from holdfast.metrics.targets import EFFECT_CLAIMS, Contradiction, Criterion, Segment
from holdfast.metrics.values import Change, Scope, Value, Verdict
from holdfast.metrics.verdict import Judgement, verdict

# Whose targets a card shows, and who said so: kept for the accounts, asked for this once, nobody yet,
# or none since the accounts differ.
Chosen = Literal["kept", "asked", "nobody", "differ"]
SEVERAL = Segment("", "Several segments", "accounts that differ", (), ())


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

    @property
    def source(self) -> str:
        """Where the target comes from; empty without one."""
        return self.criterion.source if self.criterion is not None else ""

    @property
    def has_nothing(self) -> bool:
        """Whether it is neither a target nor a number: for who asks for everything."""
        return self.criterion is None and (self.value is None or isinstance(self.value.reading, Unknown))


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
    chosen: Chosen = "nobody"
    clashes: tuple[Clash, ...] = ()
    questions: tuple[Question, ...] = ()  # what the targets leave open, answered or not
    freeze: Freeze | None = None
    waiting: tuple[str, ...] = ()  # what was changed in the freeze and waits for its end

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for group in self.groups for line in group.lines)

    @property
    def open_questions(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.chosen is None)


def scorecard(published: Published, scope: Scope = Scope(), segment: str | None = None) -> Scorecard:  # noqa: B008
    """Phases first, then what decides the segment, then panels, then the measures that no target mentions.

    segment: whose targets, this once; without one those kept for the accounts of the scope.
    """
    holds = standing(published.home.path, published.as_of)
    chosen, how = _segment(published, scope, holds, segment)
    judge = _Judge(published, scope, holds, chosen)
    groups = [
        Group(phase.name, f"{_days(phase.from_day, phase.until_day)} · {phase.aim}", judge.lines(phase.criteria))
        for phase in holds.framework.phases
        if phase.criteria
    ]
    if chosen.criteria:
        groups.append(Group(chosen.name, "what decides this segment", judge.lines(chosen.criteria)))
    told = {line.metric.id for group in groups for line in group.lines if line.metric}
    for panel in (m for m in METRICS.values() if m.panel):
        members = [m for m in METRICS.values() if m.number in panel.panel and m.id not in told]
        lines = tuple(_without_target(published, scope, m) for m in members)
        groups.append(Group(panel.name, "without targets; nothing is added up", lines))
        told |= {panel.id, *(m.id for m in members)}
    for family in (*holds.framework.families, None):
        numbers = {measure.number for measure in (*family.measures, *family.also)} if family else set()
        members = [m for m in METRICS.values() if m.id not in told and (family is None or m.number in numbers)]
        if members:
            name = f"{family.name} measures" if family else "Further measures"
            lines = tuple(_without_target(published, scope, m) for m in members)
            groups.append(Group(name, "beside the targets", lines))
            told |= {m.id for m in members}
    applied = [*(c for phase in holds.framework.phases for c in phase.criteria), *chosen.criteria]
    return Scorecard(
        holds.framework, chosen, scope, tuple(groups), how, clashes(holds.framework, applied),
        holds.questions(chosen), holds.freeze, waiting(published.home.path, holds),
    )  # fmt: skip


def _segment(published: Published, scope: Scope, holds: Standing, asked: str | None) -> tuple[Segment, Chosen]:
    segments = {segment.id: segment for segment in holds.framework.segments}
    if asked in segments:
        return segments[asked], "asked"
    kept = {holds.merchant.segment_of(shop.account) for shop in published.shops_of(scope)}
    if len(kept) > 1:
        return SEVERAL, "differ"
    found = segments.get(next(iter(kept), ""))
    return (holds.framework.segments[0], "nobody") if found is None else (found, "kept")


def judged(published: Published, scope: Scope, metric: Metric) -> tuple[tuple[Criterion, Judgement], ...]:
    """Every target that a metric answers: the phases', and those of the segment kept; of all segments where none is.

    Where accounts differ, the targets of a segment are nobody's in common.
    """
    holds = standing(published.home.path, published.as_of)
    chosen, how = _segment(published, scope, holds, None)
    not_theirs = {
        "kept": [s for s in holds.framework.segments if s.id != chosen.id],
        "differ": holds.framework.segments,
    }
    others = {c.id for s in not_theirs.get(how, ()) for c in s.criteria}
    judge = _Judge(published, scope, holds, chosen if how == "kept" else SEVERAL)
    return tuple(
        (criterion, judge.left_aside(criterion) or judge.judgement(criterion, metric))
        for criterion in holds.framework.criteria_of(metric.id)
        if criterion.id not in others
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    """Lines of one card."""

    published: Published
    scope: Scope
    holds: Standing
    segment: Segment

    def lines(self, criteria: Iterable[Criterion]) -> tuple[Line, ...]:
        return tuple(self._line(criterion) for criterion in criteria)

    def _line(self, criterion: Criterion) -> Line:
        published, scope = self.published, self.scope
        metric = METRICS.get(criterion.metric or "")
        left = self.left_aside(criterion)
        if metric is None:
            judged = verdict(Unknown("not measured", criterion.connect), criterion, 0) if left is None else left
            return Line(criterion, None, None, judged.verdict, judged.sentence, Unknown("not measured"), ())
        value = published.value(metric.id, scope)
        judged = left or self.judgement(criterion, metric)
        change, trend = published.previous(metric.id, scope), published.series(metric.id, scope)
        # A target left aside is not shown as one: a gap to it would judge.
        target = criterion if left is None else None
        return Line(target, metric, value, judged.verdict, judged.sentence, change, trend)

    def judgement(self, criterion: Criterion, metric: Metric) -> Judgement:
        """Of a target that is not left aside."""
        value = self.published.value(metric.id, self.scope)
        covered = coverage_of(self.published, self.scope, metric)
        return self._withheld(criterion, metric) or verdict(
            value.reading, criterion, value.n, covered, by_lot=metric.number in EFFECT_CLAIMS
        )

    def left_aside(self, criterion: Criterion) -> Judgement | None:
        if criterion.aside:
            return Judgement("no target", f"Left aside: “{criterion.label}”; {criterion.aside}.")
        contradiction = self.holds.aside_in(self.segment.id, criterion)
        return None if contradiction is None else Judgement("no target", self._beside(criterion, contradiction))

    def _beside(self, criterion: Criterion, contradiction: Contradiction) -> str:
        return (
            f"Left aside: “{criterion.label}” contradicts a target of {self.segment.name}: {contradiction.arithmetic}."
        )

    def _withheld(self, criterion: Criterion, metric: Metric) -> Judgement | None:
        """Why no verdict is given though there may be a number: a frozen definition that moved, or mixed peaks."""
        if criterion.needs_holdout:
            return None
        freeze = self.holds.freeze
        frozen = metric.version if freeze is None else freeze.versions.get(metric.id, metric.version)
        if freeze is not None and frozen != metric.version:
            return Judgement(
                "unknown",
                f"Unknown: its definition went from version {frozen} to {metric.version} within the freeze;"
                f" it is judged again after {freeze.until}.",
            )
        shops = self.published.shops_of(self.scope)
        amiss = mixed(self.published.home, shops, metric, self.published.as_of)
        known = not isinstance(self.published.value(metric.id, self.scope).reading, Unknown)
        return Judgement("unknown", refusal(amiss)) if amiss and known else None


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
