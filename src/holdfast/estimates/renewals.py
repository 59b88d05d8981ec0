"""Contracts tallied by renewal: how many were lost at the first, the second …, and how many are still there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Renewals:
    """Customers tallied by their last renewal; all arrays have shape (k,).

    at: which renewal, counted from 1, rising. lost: those who left at it. still: those who renewed and whose next
    renewal is not known yet.
    """

    at: Floats
    lost: Floats
    still: Floats

    @property
    def customers(self) -> int:
        return int(self.lost.sum() + self.still.sum())

    @property
    def risks(self) -> float:
        """How often a renewal was asked for."""
        return float((self.at * (self.lost + self.still)).sum())


def tally(at: npt.ArrayLike, lost: npt.ArrayLike, still: npt.ArrayLike) -> Renewals | Unknown:
    """Group counts by renewal; all three of shape (k,), in any order, a renewal as often as one likes.

    Who has not been asked yet (`still` at 0) says nothing and is left out. Raises ValueError for shapes that differ.
    """
    times, gone, there = (np.asarray(x, dtype=float) for x in (at, lost, still))
    if times.ndim != 1 or not times.shape == gone.shape == there.shape:
        raise ValueError("at, lost and still must be three lists of one length")
    for odd in times[~np.isfinite(times) | (times < 0) | (times != np.floor(times))]:
        return Unknown(f"{odd:g} is no number of renewals", "whole numbers, 0 or more")
    counts = np.concatenate([gone, there])
    for odd in counts[~np.isfinite(counts) | (counts < 0)]:
        return Unknown(f"{odd:g} is no number of customers", "counts of 0 or more")
    if gone[times == 0].any():
        return Unknown("somebody was lost before the first renewal", "renewals counted from 1")
    known, where = np.unique(times[times > 0], return_inverse=True)
    gone, there = (np.bincount(where, counts[times > 0], len(known)).astype(float) for counts in (gone, there))
    return Renewals(known, gone, there)


def cohort(survivors: npt.ArrayLike) -> Renewals | Unknown:
    """From one cohort's survivors: how many there were, then how many were left after 1, 2, … renewals."""
    left = np.asarray(survivors, dtype=float)
    if left.ndim != 1 or len(left) < 2 or (np.diff(left) > 0).any():
        return Unknown("a cohort only shrinks", "its size, then who was left after each renewal")
    at = np.arange(1.0, len(left))
    return tally(at, -np.diff(left), np.where(at == at[-1], left[-1], 0.0))


def too_little(r: Renewals, opportunities: int) -> Unknown | None:
    """Why nothing can be fitted, or None; opportunities: how many different renewals must have been asked for."""
    if not r.customers:
        return Unknown("nobody has been asked to renew yet", "customers with a first renewal behind them")
    if r.customers == 1:
        return Unknown("there is one customer only, whose chance cannot be told from others'", "more customers")
    if not r.lost.any():
        return Unknown(f"nobody of {r.customers:,} was lost", "renewals at which somebody left")
    if not r.still.any() and len(r.at[r.lost > 0]) == 1:
        return Unknown(f"all {r.customers:,} were lost at renewal {r.at[0]:g}", "customers who leave at other times")
    seen = int(r.at.max())
    if seen < opportunities:
        told = "1 renewal" if seen == 1 else f"{seen} renewals"
        return Unknown(f"only {told} can be seen", f"at least {opportunities}, for as many parameters")
    return None
