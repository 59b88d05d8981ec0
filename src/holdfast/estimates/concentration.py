"""How much of a whole few hold: the curve of Lorenz (1905) told from the top, and the coefficient of Gini (1912)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown

STEPS = 100  # points of the curve beside its beginning
NOTHING = Unknown("nobody holds anything", "one value above zero")


@dataclass(frozen=True, slots=True)
class Concentration:
    """curve: (share of the holders, those with most first; share of the whole), both rising from 0 to 1. gini: 0 where
    all hold alike, (n − 1) / n where one of n holds everything. half: the least share of holders that hold half."""

    curve: tuple[tuple[float, float], ...]
    gini: float
    half: float

    def held_by(self, top: float) -> float:
        """Share of the whole that the top share of the holders hold."""
        shares, held = zip(*self.curve, strict=True)
        return float(np.interp(top, shares, held))


def concentration(held: npt.ArrayLike) -> Concentration | Unknown:
    """Of a whole population, so without the n / (n − 1) of a sample. held: one value a holder, none below zero.

    Raises ValueError where one is below zero or not a number: shares of such a whole mean nothing.
    """
    most_first = np.sort(np.asarray(held, dtype=float))[::-1]
    if not bool((most_first >= 0).all()):
        raise ValueError("shares need values of zero or more")
    sums, n = np.cumsum(most_first), len(most_first)
    if not n or sums[-1] <= 0:
        return NOTHING
    places = np.unique(np.linspace(0, n, min(n, STEPS) + 1).round().astype(int))
    whole = np.concatenate(([0.0], sums)) / sums[-1]
    curve = tuple((float(place / n), float(whole[place])) for place in places)
    # With x(1) … x(n) rising: G = 2 Σ i x(i) / (n Σ x) − (n + 1) / n; here they fall, so i counts from the end.
    rank = np.arange(n, 0, -1)
    gini = 2 * float(rank @ most_first) / (n * float(sums[-1])) - (n + 1) / n
    half = float(np.searchsorted(whole, 0.5)) / n
    return Concentration(curve, max(0.0, gini), half)
