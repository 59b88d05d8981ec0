"""The scorecard against simple rivals on the same rows: recency alone, the trend of spend, five inputs fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.calibration import Bin, Calibration, brier, calibration, reliability
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.logistic import logistic
from holdfast.estimates.ranking import Ranking
from holdfast.estimates.resampling import DRAWS, by_cluster
from holdfast.health.trial.frame import Frame

FIVE = 5
TOP = 0.1
RIDGE = 1.0
NUMBERS = 4  # of each rival, with their intervals
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rival:
    """One way to say who will leave. over: its AUC less that of recency alone, on the same draws of customers.

    brier, calibration, reliability: of chances fitted to learned rows, so that a score out of 100 can be held to them.
    """

    id: str
    name: str
    auc: Estimate | Unknown
    precision: Estimate | Unknown  # area under precision by recall
    lift: Estimate | Unknown
    recall: float
    over: Estimate | Unknown
    brier: float | None = None
    calibration: Calibration | Unknown | None = None
    reliability: tuple[Bin, ...] = ()


NAMES = {
    "scorecard": "the scorecard", "recency": "days since the last purchase ÷ own usual gap, alone",
    "spend": "spend of 90 days against the 90 before, alone", "logistic": "five inputs, fitted",
}  # fmt: skip


def contest(learned: Frame, tested: Frame, points: Sequence[str], capacity: float, draws: int = DRAWS) -> list[Rival]:
    """Every rival on the tested rows, the scorecard first. points: inputs, the weightiest first.

    capacity: people that can be looked after each month.
    """
    risks = {
        "scorecard": (100 - learned.score, 100 - tested.score),
        "recency": _middle(learned.recency, tested.recency),
        "spend": (-learned.spend_trend, -tested.spend_trend),
    }
    fitted = five_inputs(learned, tested, points)
    if fitted is not None:
        risks["logistic"] = fitted
    rankings = {id: Ranking.of(tested.left, risk) for id, (_, risk) in risks.items()}

    def told(weight: Floats | None) -> list[float]:
        weighed = {id: one.weighed(weight) for id, one in rankings.items()}
        base = weighed["recency"].auc()
        found: list[float] = []
        for one in weighed.values():
            auc = one.auc()
            found += [auc, one.average_precision(), one.lift(TOP), auc - base]
        return found

    estimates = by_cluster(tested.lot, told, draws=draws)  # a person of several shops is drawn once
    rivals = []
    for place, (id, (one, other)) in enumerate(risks.items()):
        auc, precision, lift, over = estimates[NUMBERS * place : NUMBERS * (place + 1)]
        recall = recall_at(tested, other, capacity)
        error, slope, bins = _chances(learned, tested, one, other)
        rivals.append(Rival(id, NAMES[id], auc, precision, lift, recall, over, error, slope, bins))
    return rivals


def _middle(learned: Floats, tested: Floats) -> tuple[Floats, Floats]:
    """Whose gap nobody knows is taken for the middle one; 0 where nobody's is known: that rival then knows nothing."""
    known = learned[np.isfinite(learned)]
    middle = float(np.median(known)) if len(known) else 0.0
    return np.where(np.isfinite(learned), learned, middle), np.where(np.isfinite(tested), tested, middle)


def five_inputs(learned: Frame, tested: Frame, points: Sequence[str]) -> tuple[Floats, Floats] | None:
    """Log odds of a logistic regression on the five weightiest inputs that half of the learned rows have.

    A value that is not known is the middle one of the learned rows; columns are brought to one spread. None where
    nothing can be fitted.
    """
    known = [id for id in points if id in learned.inputs and np.isfinite(learned.inputs[id]).mean() >= 0.5]
    columns = [(learned.inputs[id], tested.inputs[id]) for id in known[:FIVE]]
    made = [_filled(one, other) for one, other in columns if np.nanstd(one) > 0]
    if not made:
        return None
    x, z = (np.column_stack([pair[place] for pair in made]) for place in (0, 1))
    fit = logistic(x, learned.left, ridge=RIDGE)
    if isinstance(fit, Unknown):
        return None
    return fit.intercept + x @ fit.coefficients, fit.intercept + z @ fit.coefficients


def _filled(learned: Floats, tested: Floats) -> tuple[Floats, Floats]:
    middle, low, high = (float(np.nanquantile(learned, q)) for q in (0.5, 0.01, 0.99))
    one, other = (np.clip(np.where(np.isfinite(v), v, middle), low, high) for v in (learned, tested))
    spread = float(one.std()) or 1.0
    return (one - middle) / spread, (other - middle) / spread


def _chances(
    learned: Frame, tested: Frame, one: Floats, other: Floats
) -> tuple[float | None, Calibration | Unknown | None, tuple[Bin, ...]]:
    """Of chances by a logistic curve over the risk, fitted to the learned rows."""
    center, spread = float(np.median(one)) if len(one) else 0.0, float(one.std()) if len(one) else 0.0
    if not spread:
        return None, Unknown("nobody to learn from, or all alike", "more customers"), ()
    low, high = np.quantile(one, (0.01, 0.99))
    x, z = ((np.clip(v, low, high) - center)[:, None] / spread for v in (one, other))
    fit = logistic(x, learned.left, ridge=1e-6)
    if isinstance(fit, Unknown):
        return None, fit, ()
    chance = fit.chance(z)
    return brier(tested.left, chance), calibration(tested.left, chance), reliability(tested.left, chance)


def recall_at(frame: Frame, risk: Floats, capacity: float) -> float:
    """Of all who left, the share among those looked after: so many a month with the highest risk."""
    found = left = 0.0
    for day in np.unique(frame.day):
        here = frame.day == day
        events = float(frame.left[here].sum())
        if events:
            found += Ranking.of(frame.left[here], risk[here]).weighed().recall(capacity) * events
            left += events
    return found / left if left else float("nan")
