"""How well a score puts those to whom it happened before the others: AUC, average precision, lift and recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Weight of the rows to whom it happened, and of the others, by place; shapes (places,).

    Where a statistic needs an event, or a row without one, and none has weight, it is NaN.
    """

    events: Floats
    others: Floats

    def auc(self) -> float:
        """The chance that a row with the event stands before one without it; a tie counts half.

        Mann and Whitney, Ann. Math. Statist. 18 (1947) 50–60; Hanley and McNeil, Radiology 143 (1982) 29–36.
        """
        behind = self.others.sum() - self.others.cumsum()
        pairs = float(self.events.sum() * self.others.sum())
        return _share(float(self.events @ (behind + self.others / 2)), pairs)

    def average_precision(self) -> float:
        """The area under precision by recall as a step function: Σ (R_k − R_{k−1}) P_k over distinct scores."""
        found, seen = self.events.cumsum(), (self.events + self.others).cumsum()
        precision = np.divide(found, seen, out=np.zeros_like(found), where=seen > 0)
        return _share(float(self.events @ precision), float(self.events.sum()))

    def lift(self, share: float = 0.1) -> float:
        """Rate of events among the `share` of rows with the highest scores ÷ the rate among all of them."""
        total = float((self.events + self.others).sum())
        return _share(self._found(share * total), float(self.events.sum()) * share)

    def recall(self, rows: float) -> float:
        """Of all events, the share that lies among so many rows with the highest scores."""
        return _share(self._found(rows), float(self.events.sum()))

    def _found(self, rows: float) -> float:
        """Events among the first `rows`; of a tie that is only partly among them, its share."""
        size = self.events + self.others
        before = size.cumsum() - size
        taken = np.clip(rows - before, 0, size)
        return float(self.events @ np.divide(taken, size, out=np.zeros_like(size), where=size > 0))


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Rows put in order once, so that many weightings of them (a bootstrap) cost one pass each.

    event: shape (n,), whether it happened. place: shape (n,), 0 for the highest score, ties share one; places: how
    many there are.
    """

    event: npt.NDArray[np.bool_]
    place: Ints
    places: int

    @classmethod
    def of(cls, event: npt.ArrayLike, score: npt.ArrayLike) -> Ranking:
        """event, score: shape (n,); a higher score says that it is likelier. Raises ValueError for anything else."""
        happened, told = np.asarray(event, dtype=bool), np.asarray(score, dtype=float)
        if happened.ndim != 1 or happened.shape != told.shape:
            raise ValueError(f"event {happened.shape} and score {told.shape} must be two lists of one length")
        if not np.isfinite(told).all():
            raise ValueError("a score is not finite; leave such rows out, or give them a score, first")
        distinct, place = np.unique(-told, return_inverse=True)
        return cls(happened, place.astype(np.int64), len(distinct))

    def weighed(self, weight: npt.ArrayLike | None = None) -> Weighed:
        """weight: shape (n,), ≥ 0; None: each row counts once."""
        w = np.ones(len(self.event)) if weight is None else np.asarray(weight, dtype=float)
        events, others = (np.bincount(self.place, w * kind, self.places) for kind in (self.event, ~self.event))
        return Weighed(events.astype(float), others.astype(float))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
