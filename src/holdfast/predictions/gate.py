"""When a score may be called predictive; a convention of ours (decision 0073), not anybody's law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.calibration import Calibration
from holdfast.estimates.estimate import Estimate

LEAST_EVENTS, LEAST_AUC, LEAST_LIFT = 200, 0.65, 1.5
OFF = 0.05  # how far the mean chance may lie from the share that happened
SLOPES = (0.8, 1.25)
Word = Literal["predictive", "descriptive scorecard"]
NO_BETTER = "no better than days since last order"


@dataclass(frozen=True, slots=True)
class Check:
    """What is asked, what was found, and whether that is enough."""

    asks: str
    found: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """word: what the score may be called. verdict: against days since the last order, in words."""

    checks: tuple[Check, ...]
    word: Word
    verdict: str

    @property
    def passed(self) -> bool:
        return self.word == "predictive"


def gate(
    events: int, auc: Estimate | Unknown, calibration: Calibration | Unknown, lift: Estimate | Unknown,
    over_recency: Estimate | Unknown, level: tuple[float, float] | None = None,
) -> Gate:  # fmt: skip
    """All must hold. over_recency: AUC of the score less that of the recency ratio, on the same customers. level: the
    mean chance and the share that happened, where chances are told (decision 0112).
    """
    slope = None if isinstance(calibration, Unknown) else calibration.slope
    beats = not isinstance(over_recency, Unknown) and over_recency.low is not None and over_recency.low > 0
    checks: tuple[Check, ...] = (
        Check(f"at least {LEAST_EVENTS} who left, among those tested", f"{events:,}", events >= LEAST_EVENTS),
        Check(f"AUC surely {LEAST_AUC} or more", _said(auc), _low(auc) >= LEAST_AUC),
        Check(
            f"calibration slope from {SLOPES[0]} to {SLOPES[1]}",
            "unknown" if slope is None else f"{slope:.2f}".replace("-", "−"),
            slope is not None and SLOPES[0] <= slope <= SLOPES[1],
        ),
        Check(f"lift of the top tenth surely {LEAST_LIFT} or more", _said(lift), _low(lift) >= LEAST_LIFT),
        Check("AUC surely above that of days since the last order", _said(over_recency, "+"), beats),
    )
    if level is not None:
        near = abs(level[0] - level[1]) <= OFF
        found = f"{level[0]:.0%} said, {level[1]:.0%} happened"
        checks += (Check(f"mean chance within {OFF * 100:.0f} points of what happened", found, near),)
    word: Word = "predictive" if all(check.passed for check in checks) else "descriptive scorecard"
    return Gate(checks, word, "better than days since last order" if beats else NO_BETTER)


def _low(told: Estimate | Unknown) -> float:
    return float("-inf") if isinstance(told, Unknown) or told.low is None else told.low


def _said(told: Estimate | Unknown, sign: str = "") -> str:
    if isinstance(told, Unknown):
        return f"unknown: {told.why}"
    low, high = (f"{end:{sign}.3f}" for end in (told.low or 0.0, told.high or 0.0))
    return f"{told.point:{sign}.3f} ({low} to {high})".replace("-", "−")
