"""The word, shape and colour that a verdict is shown with, and how far a value is from its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.targets import EFFECT_CLAIMS
from holdfast.metrics.values import Value
from holdfast.web.formatting import lower_is_better, signed

if TYPE_CHECKING:
    from holdfast.metrics.scorecard import Line
    from holdfast.metrics.targets import Criterion


@dataclass(frozen=True, slots=True)
class Status:
    """`shape` names a symbol of the sprite and a CSS class; colour never speaks alone."""

    key: str
    word: str
    shape: str
    rule: str


STATUSES = {
    status.key: status
    for status in (
        Status("met", "Met", "met", "the whole 95 % interval reaches the target"),
        Status("stretch", "Stretch", "stretch", "the whole interval reaches the upper end of the range"),
        Status("missed", "Missed", "missed", "the whole interval stays short of the target"),
        Status("undecided", "Undecided", "undecided", "the interval holds the target: more customers will tell"),
        Status("unknown", "Unknown", "unknown", "not measured, too few or too early; the reason is given"),
        Status("needs a holdout", "Needs a holdout", "holdout", "an effect counts only against customers kept aside"),
        Status("no target", "No target", "none", "the framework sets none"),
    )
}


def status_of(line: Line) -> Status:
    """The verdict, except that an effect claim without a holdout is never green."""
    claims = line.metric is not None and line.metric.number in EFFECT_CLAIMS
    settled = claims and line.value is not None and not isinstance(line.value.reading, Unknown)
    if not settled and (claims or (line.criterion is not None and line.criterion.needs_holdout)):
        return STATUSES["needs a holdout"]
    if line.verdict != "no target" and (line.value is None or isinstance(line.value.reading, Unknown)):
        return STATUSES["unknown"]
    return STATUSES.get(line.verdict, STATUSES["unknown"])


def acceptable(criterion: Criterion | None, scale: str) -> float | None:
    """The end of the range that decides, where the metric is read on the target's own scale.

    An effect claim's target is a lift and the metric's value a level: they are not on one scale.
    """
    if criterion is None or criterion.needs_holdout or criterion.scale != scale:
        return None
    return float(criterion.acceptable)


@dataclass(frozen=True, slots=True)
class Gap:
    """Distance to the target, turned so that better is positive; `written` is in the metric's unit, unturned."""

    relative: float
    low: float | None
    high: float | None
    written: str


def gap_of(criterion: Criterion | None, value: Value | None, scale: str) -> Gap | None:
    wanted = acceptable(criterion, scale)
    if not wanted or value is None or isinstance(value.reading, Unknown):
        return None
    sign = -1.0 if lower_is_better(criterion) else 1.0
    found = value.reading

    def turned(point: float | None) -> float | None:
        return None if point is None else sign * (point - wanted) / wanted

    ends = [end for end in (turned(found.low), turned(found.high)) if end is not None]
    return Gap(
        relative=turned(found.point) or 0.0,
        low=min(ends) if len(ends) == 2 else None,
        high=max(ends) if len(ends) == 2 else None,
        written=signed(found.point - wanted, scale, value.currency),
    )


def notes_of(criterion: Criterion | None) -> tuple[str, ...]:
    """What is odd about a target as it is written, and the question it leaves open, as sentences."""
    if criterion is None:
        return ()
    return (*(flag.why for flag in criterion.flags), *filter(None, [criterion.question]))
