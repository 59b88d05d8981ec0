"""Why a customer was called likely or unlikely, in words: what their own numbers say, beside those of their peers.

What is told is what the model made of them; it says nothing about what made the customer do so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from holdfast.commerce.currency import minor_digits
from holdfast.estimates.trees import contributions
from holdfast.predictions.features.frame import Frame
from holdfast.predictions.features.registry import FEATURES, GROUP_OF, GROUPS
from holdfast.predictions.model import Model

TOLD = 3
SOONER = "soon_"  # before the names of the columns that hold reasons for ordering soon
SLIGHT = 0.02  # log odds; what moves a chance by less than half a point in a hundred is no reason


@dataclass(frozen=True, slots=True)
class Reason:
    """One group of features. worth: log odds, above 0 likelier. value, peer: of its first feature that is known."""

    feature: str
    worth: float
    value: float | None
    peer: float | None

    @property
    def group(self) -> str:
        return GROUP_OF[self.feature]

    def said(self, currency: str) -> str:
        """ "143 days since the last purchase; the middle customer: 60"."""
        feature = FEATURES[self.feature]
        if self.value is None:
            group = GROUPS[self.group]
            return group.unknown or f"{group.name}: not known"
        own, peer = (None if v is None else amount(v, feature.unit, currency) for v in (self.value, self.peer))
        name = feature.name.replace("days ", "day ", 1) if own == "1" else feature.name
        told = f"{own} {name}" if feature.unit not in ("grade", "standing") else f"{feature.name}: {own}"
        return told if peer is None else f"{told}; the middle customer: {peer}"


def amount(value: float, unit: str, currency: str) -> str:
    """A value as a person reads it."""
    if unit == "money":
        digits = minor_digits(currency)
        return f"{currency} {value / 10**digits:,.{0 if abs(value) >= 100 * 10**digits else digits}f}".replace("-", "−")
    if unit == "share":
        return f"{value:.0%}".replace("-", "−")
    if unit == "times":
        return f"{value:.1f} times"
    return f"{value:,.1f}".replace("-", "−") if value % 1 and unit != "days" else f"{value:,.0f}".replace("-", "−")


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """Of each row the reasons that weigh most in the direction in which it differs from the middle, shape (n, TOLD).

    feature: its place in the model's features, −1 where there is no further reason. Unknown values are NaN.
    """

    chance: npt.NDArray[np.float64]
    feature: npt.NDArray[np.int64]
    worth: npt.NDArray[np.float32]
    value: npt.NDArray[np.float32]


def explain(model: Model, frame: Frame) -> Explained:
    """What a model says of each row and why; its chances are those of `model.chance`."""
    x = frame.matrix(model.features)
    groups = list(dict.fromkeys(GROUP_OF[id] for id in model.features))
    told = contributions(model.trees, x, [groups.index(GROUP_OF[id]) for id in model.features])
    odds = told.sum(axis=1)
    own, n = told[:, :-1], len(x)
    toward = own * np.where(own.sum(axis=1) >= 0, 1.0, -1.0)[:, None]
    first = np.argsort(-toward, axis=1, kind="stable")[:, :TOLD]
    if first.shape[1] < TOLD:
        first = np.pad(first, ((0, 0), (0, TOLD - first.shape[1])), mode="edge")
    rows = np.arange(n)[:, None]
    leads = _leads(x, model.features, groups)
    feature = leads[rows, first]
    enough = toward[rows, first] >= SLIGHT
    enough[:, len(groups) :] = False
    value = x[rows, feature]
    worth = np.where(enough, own[rows, first], 0).astype(np.float32)
    shown = np.where(enough, value, np.nan).astype(np.float32)
    return Explained(expit(odds), np.where(enough, feature, -1), worth, shown)


def _leads(x: npt.NDArray[np.float64], features: Sequence[str], groups: Sequence[str]) -> npt.NDArray[np.int64]:
    """Of each row and group the first feature that is known, else its first: shape (n, groups)."""
    leads = np.zeros((len(x), len(groups)), dtype=np.int64)
    for place, group in enumerate(groups):
        members = [k for k, id in enumerate(features) if GROUP_OF[id] == group]
        known = np.isfinite(x[:, members])
        leads[:, place] = np.array(members)[np.argmax(known, axis=1)]
    return leads


def peers_of(frame: Frame) -> dict[str, float]:
    """The middle value of everybody on the day, of each feature that is known of anybody."""
    known = {id: values[np.isfinite(values)] for id, values in frame.columns.items() if id in FEATURES}
    return {id: float(np.median(values)) for id, values in known.items() if len(values)}


def reasons_of(row: Mapping[str, Any], peers: Mapping[str, float | None], of: str = "") -> tuple[Reason, ...]:
    """Of a published row; of: SOONER for those of ordering soon, of which older rows have none."""
    told = []
    for place in range(1, TOLD + 1):
        feature = row.get(f"{of}reason_{place}")
        if feature:
            value = row.get(f"{of}value_{place}")
            told.append(Reason(feature, float(row[f"{of}worth_{place}"]), value, peers.get(feature)))
    return tuple(told)
