"""Whether as many units landed in each arm as the lot should have given (sample-ratio mismatch)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, gammaln

BROKEN = 0.001  # below this chance the assignment, not luck, made the difference; as others in the field draw the line


FEW = 5  # expected in the smaller of two arms, below which chances are counted one by one


@dataclass(frozen=True, slots=True)
class Split:
    """Units by arm, those expected, and how likely a lot is at least as far off."""

    assigned: tuple[int, ...]
    expected: tuple[float, ...]
    chance: float

    @property
    def broken(self) -> bool:
        return self.chance < BROKEN


def split(assigned: Sequence[int], shares: Sequence[float]) -> Split:
    """Pearson's χ² on k − 1 degrees of freedom (Phil. Mag. 50 (1900) 157–175). shares: of each arm, summing to 1.

    Of two arms with fewer than FEW expected in one, the exact binomial chance of a split that is no likelier.
    Nobody assigned: no mismatch. Raises ValueError for shares that are none.
    """
    if len(assigned) != len(shares) or len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError("one positive share for each of two arms or more, which together make 1")
    n = sum(assigned)
    expected = tuple(n * share for share in shares)
    if not n:
        return Split(tuple(assigned), expected, 1.0)
    if len(assigned) == 2 and min(expected) < FEW:
        return Split(tuple(assigned), expected, _binomial(assigned[0], n, shares[0]))
    square = sum((got - due) ** 2 / due for got, due in zip(assigned, expected, strict=True))
    return Split(tuple(assigned), expected, float(chdtrc(len(shares) - 1, square)))


def _binomial(first: int, n: int, share: float) -> float:
    k = np.arange(n + 1)
    likely = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + k * np.log(share) + (n - k) * np.log1p(-share)
    return float(min(1.0, np.exp(likely[likely <= likely[first] + 1e-9]).sum()))
