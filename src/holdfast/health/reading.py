"""A reading: the score of one subject on one day as the sum of its reasons, and what is not known.

Points are whole tenths, so that they add up to the last digit: a score is 100 less what each reason takes off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from holdfast.commerce.unknown import Unknown
from holdfast.health.answer import Answer, Evidence, Found
from holdfast.health.scorecard import Dimension, Line, Scorecard
from holdfast.health.subject import Subject
from holdfast.health.words import STATUSES

TENTHS = 1000  # the full score
NAMED = 4  # inputs that are not known, in a sentence
Status = Literal["good", "watch", "risk", "not scored"]
Known = Literal["then", "now"]


@dataclass(frozen=True, slots=True)
class Reason:
    """full: tenths that it could have given, its share of what is not known included. lost: of those, not given."""

    input: str
    name: str
    dimension: str
    points: int  # on the scorecard, of 100
    full: int
    lost: int
    value: float
    sentence: str
    evidence: Evidence

    @property
    def signed(self) -> float:
        """Points against full marks: −12.3, or 0."""
        return -self.lost / 10 if self.lost else 0.0


@dataclass(frozen=True, slots=True)
class Missing:
    """An input of which nothing is known, or nothing new enough: neither good nor bad."""

    input: str
    name: str
    dimension: str
    points: int
    unknown: Unknown


@dataclass(frozen=True, slots=True)
class Shown:
    """An input that counts for nothing."""

    input: str
    name: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Reading:
    """reasons: the worst first. coverage: % of the points of the scorecard that are known. score: tenths, None while
    too little is known. known "then": from what was known on the day; "now": looked back from a later one."""

    subject: Subject
    scorecard: str
    digest: str
    as_of: date
    known: Known
    score: int | None
    status: Status
    coverage: float
    needed: float
    reasons: tuple[Reason, ...]
    missing: tuple[Missing, ...]
    shown: tuple[Shown, ...] = ()

    @property
    def points(self) -> float | None:
        return None if self.score is None else self.score / 10

    @property
    def said(self) -> str:
        """The score in words: "62.4, to be watched", or why there is none."""
        if self.score is None:
            return f"not scored: {self.coverage:.0f} % of the points are known, and {self.needed:.0f} % are needed"
        return f"{self.score / 10:.1f}, {STATUSES[self.status]}"

    @property
    def redistributed(self) -> str:
        """What became of the points of unknown inputs; empty when all are known."""
        if not self.missing or not self.reasons:
            return ""
        lost = sum(m.points for m in self.missing)
        most = sorted(self.missing, key=lambda m: -m.points)
        named = ", ".join(f"{m.name} ({m.points})" for m in most[:NAMED])
        named += f" and {len(most) - NAMED} others" if len(most) > NAMED else ""
        return (
            f"{lost} of {lost + sum(r.points for r in self.reasons)} points are not known: {named}."
            " They went to the other inputs in proportion to their points."
        )


def read(
    scorecard: Scorecard, subject: Subject, as_of: date, answers: Mapping[str, Answer], known: Known = "then"
) -> Reading:
    """The reading of a subject. answers: by input; one that is not there is unknown. Raises nothing."""
    lines = list(scorecard.lines_for(subject.kind))
    counted = [(d, line, _fresh(line, as_of, answers.get(line.input.id))) for d, line in lines if line.points]
    found = [(d, line, a) for d, line, a in counted if isinstance(a, Found)]
    missing = tuple(_missing(d, line, a) for d, line, a in counted if isinstance(a, Unknown))
    all_points, points = sum(line.points for _, line, _ in counted), [line.points for _, line, _ in found]
    reasons = [
        _reason(dimension, line, answer, full, subject)
        for (dimension, line, answer), full in zip(found, shared(points), strict=True)
    ]
    coverage = 100 * sum(points) / all_points if all_points else 0.0
    scored = bool(points) and coverage >= scorecard.coverage
    score = TENTHS - sum(reason.lost for reason in reasons) if scored else None
    return Reading(
        subject=subject, scorecard=scorecard.id, digest=scorecard.digest, as_of=as_of, known=known, score=score,
        status=status_of(scorecard, score), coverage=coverage, needed=scorecard.coverage,
        reasons=tuple(sorted(reasons, key=lambda r: (-r.lost, r.input))), missing=missing,
        shown=tuple(
            Shown(line.input.id, line.input.name, _fresh(line, as_of, answers.get(line.input.id)))
            for _, line in lines
            if not line.points and subject.kind in line.input.of
        ),
    )  # fmt: skip


def status_of(scorecard: Scorecard, score: int | None) -> Status:
    if score is None:
        return "not scored"
    return "good" if score >= scorecard.good * 10 else "watch" if score >= scorecard.watch * 10 else "risk"


def shared(points: list[int]) -> list[int]:
    """The full score in whole tenths, in proportion to points; they add up to it (largest remainders)."""
    total = sum(points)
    if not total:
        return []
    parts = [divmod(TENTHS * p, total) for p in points]
    left = TENTHS - sum(whole for whole, _ in parts)
    first = sorted(range(len(parts)), key=lambda i: (-parts[i][1], i))[:left]
    return [whole + (i in first) for i, (whole, _) in enumerate(parts)]


def _fresh(line: Line, as_of: date, answer: Answer | None) -> Answer:
    if answer is None:
        return Unknown(f"nothing is told of it: {line.input.name.lower()}", "")
    if isinstance(answer, Unknown) or answer.told_on is None:
        return answer
    age = (as_of - answer.told_on).days
    if age <= line.fresh_days:
        return answer
    return Unknown(
        f"stale: the newest is of {answer.told_on}, {age} days before, and holds for {line.fresh_days}", "newer data"
    )


def _missing(dimension: Dimension, line: Line, unknown: Unknown) -> Missing:
    return Missing(line.input.id, line.input.name, dimension.id, line.points, unknown)


def _reason(dimension: Dimension, line: Line, answer: Found, full: int, subject: Subject) -> Reason:
    lost = round(full * (1 - line.worth(subject.kind, answer.value)))
    return Reason(
        line.input.id, line.input.name, dimension.id, line.points, full, lost, answer.value, answer.sentence,
        answer.evidence,
    )  # fmt: skip
