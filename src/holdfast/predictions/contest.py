"""The trees against what is simpler, on the same rows: a logistic regression, and days since the last order alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.boosting import boosted
from holdfast.estimates.calibration import Bin, Calibration, brier, calibration, reliability
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.logistic import logistic
from holdfast.estimates.ranking import Ranking
from holdfast.estimates.resampling import DRAWS, by_cluster
from holdfast.estimates.trees import Trees
from holdfast.predictions.features.frame import Frame
from holdfast.predictions.features.registry import FEATURES
from holdfast.predictions.label import Label

TOP = 0.1
RIDGE = 1.0
NUMBERS = 5  # of each rival, with their intervals
ACTIVE_DAYS = 90
Floats = npt.NDArray[np.float64]
TREES, LOGISTIC, BASELINE = "trees", "logistic", "overdue"
NAMES = {
    TREES: "boosted trees", LOGISTIC: "logistic regression on the same features",
    BASELINE: "days since the last order ÷ own usual gap, alone",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rival:
    """One way to say to whom it happens. over_baseline, over_logistic: its AUC less theirs, on the same draws of
    customers. brier, calibration, reliability: of its chances; None where it only ranks.
    """

    id: str
    name: str
    auc: Estimate | Unknown
    precision: Estimate | Unknown  # area under precision by recall
    lift: Estimate | Unknown
    over_baseline: Estimate | Unknown
    over_logistic: Estimate | Unknown
    brier: float | None = None
    calibration: Calibration | Unknown | None = None
    reliability: tuple[Bin, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What every rival says of the tested rows, by its id: shape (n,) each. Chances; the baseline only ranks."""

    trees: Trees
    features: tuple[str, ...]
    said: Mapping[str, Floats]


def told_of(learned: Frame, tested: Frame, label: Label) -> Told | Unknown:
    """Learn from some rows and say of others what may happen."""
    features = features_of(learned)
    if not features:
        return Unknown("nothing differs between the customers", "more data of each")
    x, y = learned.matrix(features), label.event(learned.came_in)
    trees = boosted(x, y)
    if isinstance(trees, Unknown):
        return trees
    z = tested.matrix(features)
    said = {TREES: trees.chance(z), BASELINE: baseline(learned, tested, label)}
    simple = logistic_chances(x, y, z, features)
    return Told(trees, features, said if simple is None else said | {LOGISTIC: simple})


def features_of(learned: Frame) -> tuple[str, ...]:
    """Those of which anything is known, and not the same of everybody."""

    def differs(values: npt.NDArray[np.float32]) -> bool:
        known = values[np.isfinite(values)]
        return len(known) > 0 and (len(known) < len(values) or bool(np.ptp(known) > 0))

    return tuple(id for id in FEATURES if id in learned.columns and differs(learned.columns[id]))


def baseline(learned: Frame, tested: Frame, label: Label) -> Floats:
    """Higher is likelier. Subscribers without orders are ranked by how long nothing has changed."""
    for name in (BASELINE, "since_change"):
        values = tested.columns.get(name)
        if values is not None and np.isfinite(values).mean() >= 0.5:
            known = learned.columns[name][np.isfinite(learned.columns[name])]
            told = np.where(np.isfinite(values), values, np.median(known) if len(known) else 0.0).astype(float)
            comes = label.waits_for == "order" and label.happens
            return -told if comes or name == "since_change" else told
    return np.zeros(len(tested))


def logistic_chances(x: Floats, y: npt.NDArray[np.bool_], z: Floats, features: Sequence[str]) -> Floats | None:
    """On every feature that half of the learned rows have; what is not known is the middle of them. None: no fit."""
    made = []
    for place, id in enumerate(features):
        one, other = x[:, place], z[:, place]
        known = np.isfinite(one)
        if known.mean() < 0.5:
            continue
        middle = np.median(one[known])
        one, other = (np.where(np.isfinite(v), v, middle) for v in (one, other))
        if FEATURES[id].unit in ("money", "count", "days", "times"):  # a few have a thousand times what others have
            one, other = np.log1p(np.maximum(one, 0)), np.log1p(np.maximum(other, 0))
        spread = float(one.std())
        if spread > 0:
            made.append(((one - one.mean()) / spread, (other - one.mean()) / spread))
    if not made:
        return None
    fit = logistic(np.column_stack([one for one, _ in made]), y, ridge=RIDGE)
    return None if isinstance(fit, Unknown) else fit.chance(np.column_stack([other for _, other in made]))


def contest(tested: Frame, label: Label, said: Mapping[str, Floats], draws: int = DRAWS) -> tuple[Rival, ...]:
    """Every rival on the tested rows, the trees first. Intervals are drawn by customer."""
    event = label.event(tested.came_in)
    rankings = {id: Ranking.of(event, said[id]) for id in NAMES if id in said}

    def told(weight: Floats | None) -> list[float]:
        weighed = {id: one.weighed(weight) for id, one in rankings.items()}
        auc = {id: one.auc() for id, one in weighed.items()}
        found: list[float] = []
        for id, one in weighed.items():
            over = [auc[id] - auc.get(other, float("nan")) for other in (BASELINE, LOGISTIC)]
            found += [auc[id], one.average_precision(), one.lift(TOP), *over]
        return found

    estimates = by_cluster(tested.lot, told, draws=draws)  # not by keys, whose order would tell which draw is whose
    rivals = []
    for place, id in enumerate(rankings):
        auc, precision, lift, over, over_logistic = estimates[NUMBERS * place : NUMBERS * (place + 1)]
        rival = Rival(id, NAMES[id], auc, precision, lift, over, over_logistic)
        rivals.append(rival if id == BASELINE else _with_chances(rival, event, said[id]))
    return tuple(rivals)


def _with_chances(rival: Rival, event: npt.NDArray[np.bool_], chance: Floats) -> Rival:
    error, slope, bins = brier(event, chance), calibration(event, chance), reliability(event, chance)
    return replace(rival, brier=error, calibration=slope, reliability=bins)


def active_auc(tested: Frame, label: Label, said: Mapping[str, Floats]) -> dict[str, float]:
    """AUC among who bought in the last 90 days, whom one would least expect to leave; NaN where it is of one kind."""
    since = tested.columns.get("since")
    if since is None:
        return {}
    here = since < ACTIVE_DAYS
    event = label.event(tested.came_in)[here]
    return {id: Ranking.of(event, values[here]).weighed().auc() for id, values in said.items()} if here.any() else {}
