"""A model tested: rows, rivals, whether its chances hold, what drifted, and what it may be called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.calibration import Calibration
from holdfast.estimates.drift import stability
from holdfast.predictions.contest import LOGISTIC, TREES, Rival, Told, active_auc, contest, told_of
from holdfast.predictions.features.frame import Frame
from holdfast.predictions.gate import OFF, SLOPES, Gate, gate
from holdfast.predictions.label import Label
from holdfast.predictions.split import Days, learners, on

FEWEST_EVENTS = 20  # of either kind, learned and tested; below it not even a descriptive figure is told
MOVED = 0.25  # a stability index from which values are others
NO_BETTER = "no better than a logistic regression on the same features"


@dataclass(frozen=True, slots=True)
class Judged:
    """rows, customers, events: tested. base_rate, learned_rate: of the event, tested and learned. chances: whether they
    hold ("hold", "drift", "off", "not judged"), and why in `chances_said`. drift: feature → stability index, tested
    against learned. active: AUC by rival among who bought in the last 90 days.
    """

    learn: tuple[date, ...]
    test: date
    learned_rows: int
    rows: int
    customers: int
    events: int
    base_rate: float
    learned_rate: float
    said: float
    rivals: tuple[Rival, ...]
    active: Mapping[str, float]
    drift: Mapping[str, float]
    chances: str
    chances_said: str
    gate: Gate
    against_logistic: str

    @property
    def trees(self) -> Rival:
        return self.rivals[0]

    @property
    def word(self) -> str:
        """What the model may be called."""
        return "predictive" if self.gate.passed else "descriptive"


def put_to_the_test(frame: Frame, label: Label, days: Days, draws: int) -> tuple[Judged, Told] | Unknown:
    """Learn from learners on the days that were over by the test, and judge on the others."""
    found = learned_for(frame, label, days)
    if isinstance(found, Unknown):
        return found
    learned, other, told = found
    return judge(learned, other, label, told, days, draws), told


def learned_for(frame: Frame, label: Label, days: Days) -> tuple[Frame, Frame, Told] | Unknown:
    """The rows learned from, the rows tested, and what is said of these."""
    ours = learners(frame)
    learned, other = frame.only(ours & on(frame, days.learn)), frame.only(~ours & on(frame, (days.test,)))
    few = too_few(learned, label, "to learn from") or too_few(other, label, "to test on")
    if few is not None:
        return few[0]
    told = told_of(learned, other, label)
    return told if isinstance(told, Unknown) else (learned, other, told)


def too_few(frame: Frame, label: Label, what: str) -> tuple[Unknown] | None:
    """In a tuple, since an Unknown has no truth."""
    event = label.event(frame.came_in)
    fewer = min(int(event.sum()), int((~event).sum()))
    if fewer >= FEWEST_EVENTS:
        return None
    kind = "to whom it happened" if event.sum() <= (~event).sum() else "to whom it did not happen"
    return (
        Unknown(
            f"{fewer} of {len(frame):,} rows {what} are of customers {kind}, and {FEWEST_EVENTS} are the fewest",
            "more customers, or a longer time",
        ),
    )


def judge(learned: Frame, other: Frame, label: Label, told: Told, days: Days, draws: int) -> Judged:
    event, before = label.event(other.came_in), label.event(learned.came_in)
    rivals = contest(other, label, told.said, draws)
    first, people = rivals[0], len(np.unique(other.customer[event]))
    drift = {id: stability(learned.columns[id], other.columns[id]) for id in told.features if id in other.columns}
    slope = Unknown("not fitted") if first.calibration is None else first.calibration
    said, rate, was = float(told.said[TREES].mean()), float(event.mean()), float(before.mean())
    chances, why = chances_hold(slope, said, rate, was, drift)
    return Judged(
        days.learn, days.test, len(learned), len(other), len(np.unique(other.customer)), int(event.sum()), rate, was,
        said, rivals, active_auc(other, label, told.said), drift, chances, why,
        gate(people, first.auc, slope, first.lift, first.over_baseline, (said, rate)), _against_logistic(rivals),
    )  # fmt: skip


def chances_hold(
    slope: Calibration | Unknown, said: float, rate: float, was: float, drift: Mapping[str, float]
) -> tuple[str, str]:  # fmt: skip
    """Never mended with another season's rows: on the shops tried that made chances worse."""
    if isinstance(slope, Unknown):
        return "not judged", slope.why
    means = f"{said:.0%} said on average, {rate:.0%} happened; slope {slope.slope:.2f}"
    if SLOPES[0] <= slope.slope <= SLOPES[1] and abs(said - rate) <= OFF:
        return "hold", means
    moved = sorted((id for id, index in drift.items() if index >= MOVED), key=lambda id: -drift[id])
    if abs(rate - was) > OFF or moved:
        other = f" {len(moved)} features are others than learned ({', '.join(moved[:3])})." if moved else ""
        return "drift", f"{means}. Of the learned rows it happened to {was:.0%}.{other}"
    return "off", means


def _against_logistic(rivals: tuple[Rival, ...]) -> str:
    if not any(one.id == LOGISTIC for one in rivals):
        return "no logistic regression could be fitted"
    over = rivals[0].over_logistic
    surely = not isinstance(over, Unknown) and over.low is not None and over.low > 0
    return "better than a logistic regression on the same features" if surely else NO_BETTER
