"""Which model of buying forecasts best here: fitted to the earlier part of the data, held to what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.buying_model import MODELS, Fitted, fit
from holdfast.estimates.repeat_buying import group

CLASSES = 8  # by repeat purchases so far: 0, 1, … 6, and 7 or more
CLOSE = 0.1  # a total within ±10 % passes (metrics.md 5.4)
TOP = 0.1
PAST_RATE = "past rate"  # the rival: everybody goes on as often as so far, x / T

Floats = npt.NDArray[np.float64]
Column = npt.ArrayLike


@dataclass(frozen=True, slots=True)
class Class:
    """Customers with so many repeat purchases so far: how many, and purchases each in the held-out time."""

    repeats: int  # the last class is this many or more
    customers: int
    actual: float
    said: float


@dataclass(frozen=True, slots=True)
class Score:
    """How a model that was fitted to the earlier part forecast the later one.

    ratio: said ÷ actual, of all purchases. class_error: Σ over classes of |said − actual|, ÷ actual purchases.
    capture: share of the actual purchases made by the tenth of customers who were expected to buy most;
    best_capture: what the tenth who did buy most made. within: total within ±10 %.
    """

    name: str
    said: float
    actual: float
    ratio: float
    class_error: float
    capture: float
    best_capture: float
    classes: tuple[Class, ...]

    @property
    def within(self) -> bool:
        return abs(self.ratio - 1) <= CLOSE


@dataclass(frozen=True, slots=True)
class Choice:
    """The model to use, and why. not_fitted: the reason of each that could not be. passed: its total was within ±10 %,
    and its classes were forecast better than by the past rate."""

    name: str
    because: str
    passed: bool
    scores: tuple[Score, ...]  # best first; the past rate is among them
    not_fitted: tuple[tuple[str, Unknown], ...]

    @property
    def chosen(self) -> Score:
        return next(score for score in self.scores if score.name == self.name)


def choose(
    x: Column,
    t_x: Column,
    T: Column,
    later: Column,
    *,
    horizon: float,
    count: Column | None = None,
    names: Sequence[str] = tuple(MODELS),
) -> Choice | Unknown:
    """Fit every model to (x, t_x, T) and hold it to `later`, each customer's purchases within `horizon` after T.

    Shapes (n,); count as in `group`. The model whose classes are least wrong is taken, among those with a total within
    ±10 % where there are any (decision 0103). Unknown where none can be fitted, or nobody bought in the held-out time.
    """
    histories = group(x, t_x, T, count)
    if isinstance(histories, Unknown):
        return histories
    if (why := histories.enough()) is not None:
        return why
    x, t_x, T = (np.asarray(column, dtype=float) for column in (x, t_x, T))
    bought = np.asarray(later, dtype=float)
    weight = np.ones(len(bought)) if count is None else np.asarray(count, dtype=float)
    if bought.shape != x.shape or not np.isfinite(bought).all() or (bought < 0).any():
        raise ValueError("later must be a count, 0 or more, for each customer")
    if not (weight * bought).sum():
        return Unknown("nobody bought in the time that was held out", "a later end of the data")
    fitted = {name: fit(histories, name) for name in names}
    known = {name: one for name, one in fitted.items() if isinstance(one, Fitted)}
    unknown = tuple((name, one) for name, one in fitted.items() if isinstance(one, Unknown))
    if not known:
        return unknown[0][1] if unknown else Unknown("no model was asked for", "the name of one")
    said = {name: one.expected_purchases(x, t_x, T, horizon) for name, one in known.items()}
    scores = [score(name, x, forecast, bought, weight) for name, forecast in said.items()]
    rate = np.divide(x, T, out=np.zeros(len(bought)), where=T > 0)
    naive = score(PAST_RATE, x, rate * horizon, bought, weight)
    return _chosen(scores, naive, unknown)


def score(name: str, x: Column, said: Column, later: Column, count: Column) -> Score:
    """How a forecast of each customer's purchases did; shapes (n,), x repeat purchases before it was made."""
    of_x, forecast, bought, weight = (np.asarray(column, dtype=float) for column in (x, said, later, count))
    group_of = np.minimum(of_x, CLASSES - 1).astype(int)
    sizes, actual, expected = (
        np.bincount(group_of, weights=weight * value, minlength=CLASSES)
        for value in (np.ones(len(bought)), bought, forecast)
    )
    classes = tuple(
        Class(k, int(sizes[k]), float(actual[k] / sizes[k]), float(expected[k] / sizes[k]))
        for k in range(CLASSES)
        if sizes[k]
    )
    total, all_said = float(actual.sum()), float(expected.sum())
    return Score(
        name,
        all_said,
        total,
        all_said / total,
        float(np.abs(expected - actual).sum()) / total,
        _captured(forecast, bought, weight) / total,
        _captured(bought, bought, weight) / total,
        classes,
    )


def _captured(rank_by: Floats, bought: Floats, weight: Floats) -> float:
    """Purchases of the top tenth by rank_by; of a tie that is only partly among them, its share."""
    _, tie = np.unique(-rank_by, return_inverse=True)
    size, made = np.bincount(tie, weights=weight), np.bincount(tie, weights=weight * bought)
    taken = np.clip(TOP * weight.sum() - (size.cumsum() - size), 0, size)
    return float((made * np.divide(taken, size, out=np.zeros_like(size), where=size > 0)).sum())


def _chosen(scores: list[Score], naive: Score, unknown: tuple[tuple[str, Unknown], ...]) -> Choice:
    near = [one for one in scores if one.within]
    best = min(near or scores, key=lambda one: (one.class_error, -one.capture))
    others = sorted([*scores, naive], key=lambda one: (one is not best, one.class_error))
    passed = best.within and best.class_error < naive.class_error
    because = (
        f"{best.name}: said {best.said:,.0f} purchases where {best.actual:,.0f} came ({best.ratio - 1:+.0%});"
        f" by how often they had bought it was off by {best.class_error:.0%}"
    )
    rivals = [one for one in scores if one is not best]
    if rivals:
        because += ", " + ", ".join(f"{one.name} by {one.class_error:.0%} ({one.ratio - 1:+.0%})" for one in rivals)
    if not near:
        because += "; none came within 10 % of the total"
    if best.class_error >= naive.class_error:
        because += f"; going on as before would have done no worse ({naive.class_error:.0%})"
    return Choice(best.name, because, passed, tuple(others), unknown)
