"""A reading against a target: met, stretch, missed, undecided, or unknown with a reason.

The interval decides, never the point: a tick on a point estimate would be right by luck only.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.targets import Criterion, Scale
from holdfast.metrics.values import Reading, Verdict

WELL_COVERED = 0.8  # share of the cost that must be known before a verdict on what is left is given: decision 0049
FEWEST = 30  # mature units below which no verdict is given: base convention C12


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    sentence: str  # one sentence for a person


def verdict(
    reading: Reading | Unknown,
    criterion: Criterion | None,
    n: int,
    coverage: float | None = None,
    *,
    by_lot: bool = False,
) -> Judgement:
    """Judge a reading of n mature units; it must be in the unit of the criterion's scale.

    met: the whole interval is on the good side of the acceptable end; stretch: of the stretch end too.
    missed: the whole interval is on the bad side. undecided: it reaches over. A full count compares directly.
    Effect claims stay unknown, unless the reading is an effect that a comparison by lot put down (metrics/settled.py).
    coverage: the share (0…1) of what the reading rests on that is known; below WELL_COVERED nothing is judged.
    """
    if criterion is None:
        return Judgement("no target", "No target is set.")
    reason = _why_unknown(reading, criterion, n, by_lot)
    if reason is None and coverage is not None and coverage < WELL_COVERED:
        known, wanted = _said(coverage, "share", exact=True), _said(WELL_COVERED, "share")
        reason = f"Unknown: costs are known of {known} of the merchandise only; a verdict needs {wanted}."
    if isinstance(reading, Unknown) or reason is not None:
        return Judgement("unknown", reason or "Unknown.")
    worst, best = _ends(reading, criterion)
    asked = _asked(criterion, criterion.acceptable)
    seen = _seen(reading, criterion.scale)
    if criterion.reached(worst, criterion.acceptable):
        return _good(criterion, worst, asked, seen)
    if not criterion.reached(best, criterion.acceptable):
        return Judgement("missed", f"Missed: {seen}; the target is {asked}.")
    return Judgement("undecided", f"Undecided: {seen}, which reaches over the target of {asked}.")


def _why_unknown(reading: Reading | Unknown, criterion: Criterion, n: int, by_lot: bool) -> str | None:
    if criterion.needs_holdout and (not by_lot or isinstance(reading, Unknown)):
        return f"Unknown: needs a holdout. “{criterion.label}” claims an effect; to settle it, {criterion.connect}."
    if isinstance(reading, Unknown):
        need = reading.would_need or criterion.connect
        return f"Unknown: {reading.why}. It would need: {need}."
    if n < FEWEST:
        return f"Unknown: fewer than {FEWEST} units are old enough to judge ({n:,} so far)."
    return None


def _good(criterion: Criterion, worst: float, asked: str, seen: str) -> Judgement:
    if criterion.stretch is None:
        return Judgement("met", f"Met: {seen}; the target is {asked}.")
    further = _asked(criterion, criterion.stretch)
    if criterion.reached(worst, criterion.stretch):
        return Judgement("stretch", f"Stretch: {seen}; the target is {asked}, its further end {further}.")
    return Judgement("met", f"Met: {seen}; the target is {asked}. The further end, {further}, is not sure yet.")


def _ends(reading: Reading, criterion: Criterion) -> tuple[float, float]:
    """The worst and the best the value may be; both the point for a full count."""
    if reading.low is None and reading.high is None:
        return reading.point, reading.point
    low = -inf if reading.low is None else reading.low
    high = inf if reading.high is None else reading.high
    return (low, high) if criterion.direction == "up" else (high, low)


def _asked(criterion: Criterion, target: float) -> str:
    words = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than"}[criterion.operator]
    return f"{words} {_said(target, criterion.scale)}"


def _seen(reading: Reading, scale: Scale) -> str:
    point = _said(reading.point, scale, exact=True)
    if reading.low is None or reading.high is None:
        return f"{point}, a full count"
    if reading.high == inf:
        return f"{point} (95 %: {_said(reading.low, scale, exact=True)} or more)"
    return f"{point} (95 %: {_said(reading.low, scale, exact=True)} to {_said(reading.high, scale, exact=True)})"


def _said(value: float, scale: Scale, *, exact: bool = False) -> str:
    """A number in words of its scale; targets without needless places, readings with one."""
    if scale in ("share", "relative_change"):
        number = f"{value * 100:.1f}"
        sign = "+" if scale == "relative_change" and value > 0 else ""
        return f"{sign}{number if exact else number.removesuffix('.0')} %"
    if scale == "points":
        return f"{value:+.1f} points" if exact else f"{value:+g} points"
    number = f"{value:.2f}" if exact else f"{value:g}"
    return f"{number} hours" if scale == "hours" else f"{number} of 5"
