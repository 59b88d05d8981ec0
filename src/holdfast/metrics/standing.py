"""The targets that hold on a day: the framework with the merchant's answers, or what a freeze holds of both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from holdfast.metrics.framework import OWN_COPY, load_for
from holdfast.metrics.freeze import FOLDER, Freeze, covering
from holdfast.metrics.markets import OWN_PEAKS
from holdfast.metrics.merchant import FILE, Answer, Merchant, read_merchant
from holdfast.metrics.targets import Contradiction, Criterion, Framework, Option, Segment

APPLY, ASIDE = "apply", "aside"  # answers to whether a criterion that is left aside is judged after all


@dataclass(frozen=True, slots=True)
class Question:
    """What a target leaves open, and what was answered (None: nobody has yet)."""

    criterion: Criterion
    asks: str
    options: tuple[Option, ...]
    answer: Answer | None

    @property
    def chosen(self) -> Option | None:
        return None if self.answer is None else next((o for o in self.options if o.id == self.answer.says), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """framework: with the answers in it; written: as its file has it."""

    framework: Framework
    written: Framework
    merchant: Merchant
    freeze: Freeze | None

    def aside_in(self, segment: str, criterion: Criterion) -> Contradiction | None:
        """The contradiction that leaves a criterion aside in a segment, unless the merchant asked for it."""
        found = self.leaving(segment, criterion)
        return None if found is None or self._said(criterion) == APPLY else found

    def leaving(self, segment: str, criterion: Criterion) -> Contradiction | None:
        return next(
            (c for c in self.written.contradictions if c.leaves_aside == criterion.id and c.in_segment == segment), None
        )

    def _said(self, criterion: Criterion) -> str:
        answer = self.merchant.answers.get(criterion.id)
        return "" if answer is None else answer.says

    def questions(self, segment: Segment) -> tuple[Question, ...]:
        """Of the phases and of one segment, in the order of the card."""
        phases = [c for phase in self.written.phases for c in phase.criteria]
        own = next((s.criteria for s in self.written.segments if s.id == segment.id), ())
        found = []
        for criterion in (*phases, *own):
            answer = self.merchant.answers.get(criterion.id)
            left = self.leaving(segment.id, criterion)
            if left is not None:
                found.append(Question(criterion, _asked_after(criterion, left), _either(criterion), answer))
            elif criterion.question and criterion.options:
                found.append(Question(criterion, criterion.question, criterion.options, answer))
        return tuple(found)


def _asked_after(criterion: Criterion, left: Contradiction) -> str:
    return f"Is “{criterion.label}” judged as well? {left.arithmetic[0].upper()}{left.arithmetic[1:]}."


def _either(criterion: Criterion) -> tuple[Option, ...]:
    return (
        Option(ASIDE, "no: it is left aside, and the segment's own target is judged", aside=True),
        Option(APPLY, "yes: both are judged"),
    )


def standing(home: Path, day: date) -> Standing:
    """Raises FrameworkProblem."""
    freeze = covering(home, day)
    written = load_for(home if freeze is None else freeze.path)
    now = read_merchant(home)
    merchant = now if freeze is None else held(read_merchant(freeze.path), now)
    return Standing(answered(written, merchant), written, merchant, freeze)


def held(then: Merchant, now: Merchant) -> Merchant:
    """What a freeze holds: answers and segments as they were; what had none then takes its first segment at once.

    A question that was open at the freeze stays open: its answer would move a target.
    """
    segments = {**now.segments, **then.segments}
    return Merchant(then.segment or now.segment, segments, now.markets, then.answers)


def answered(framework: Framework, merchant: Merchant) -> Framework:
    """The framework with every answer put into its target; the source says so."""
    return replace(
        framework,
        segments=tuple(replace(s, criteria=_all(s.criteria, merchant)) for s in framework.segments),
        phases=tuple(replace(p, criteria=_all(p.criteria, merchant)) for p in framework.phases),
    )


def _all(criteria: tuple[Criterion, ...], merchant: Merchant) -> tuple[Criterion, ...]:
    return tuple(_one(criterion, merchant.answers.get(criterion.id)) for criterion in criteria)


def _one(criterion: Criterion, answer: Answer | None) -> Criterion:
    option = None if answer is None else next((o for o in criterion.options if o.id == answer.says), None)
    if answer is None or option is None:
        return criterion
    who = f"{answer.by} on {answer.on}" if answer.by else f"the merchant on {answer.on}"
    other = option.acceptable is not None
    return replace(
        criterion,
        scale=option.scale or criterion.scale,
        acceptable=criterion.acceptable if option.acceptable is None else option.acceptable,
        stretch=option.stretch if other else criterion.stretch,
        read_by=option.metric or criterion.read_by,
        source=f"{criterion.source}; read as {option.says}, answered by {who}",
        question=None,
        flags=tuple(flag for flag in criterion.flags if flag.id not in ("scale_conflict", "no_base", "no_horizon")),
        aside=f"{who} left it aside: {option.says}" if option.aside else "",
    )


def stamp(home: Path) -> tuple[int, ...]:
    """Changes when something that `standing` or a calendar reads does."""
    files = [home / name for name in (OWN_COPY, FILE, OWN_PEAKS, FOLDER)]
    files += sorted((home / FOLDER).glob("*/*.toml"))
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in files)


def waiting(home: Path, found: Standing) -> tuple[str, ...]:
    """What was changed in a freeze and waits for its end, as one clause each; none without a freeze."""
    if found.freeze is None:
        return ()
    later = answered(load_for(home), read_merchant(home))
    said = []
    then, now = ({c.id: c for c in f.criteria} for f in (found.framework, later))
    said += [f"“{then[id].label}” is removed" for id in then.keys() - now.keys()]
    said += [f"“{now[id].label}” is new" for id in now.keys() - then.keys()]
    said += [
        f"“{now[id].label}” changes" for id in sorted(then.keys() & now.keys()) if _judged(then[id]) != _judged(now[id])
    ]
    before, after = read_merchant(found.freeze.path), read_merchant(home)
    said += [
        f"the segment of {account} changes"
        for account in sorted({*before.segments, *after.segments})
        if before.segment_of(account) and before.segment_of(account) != after.segment_of(account)
    ]
    return tuple(said)


def _judged(c: Criterion) -> tuple[object, ...]:
    return (c.metric, c.scale, c.operator, c.acceptable, c.stretch, c.aside)
