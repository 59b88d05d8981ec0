"""Enough about many units to recover a share, a mean or a ratio with its spread, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over units that each counted c out of d; tallies of disjoint units add.

    Whole numbers (money in minor units, 1 and 0) may be given as int of any size: they are then summed
    and their spread is computed without rounding.
    """

    n: int  # units
    counted: float  # Σ c
    counted_squared: float  # Σ c²
    out_of: float  # Σ d
    out_of_squared: float  # Σ d²
    product: float  # Σ c·d

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.n + other.n,
            self.counted + other.counted,
            self.counted_squared + other.counted_squared,
            self.out_of + other.out_of,
            self.out_of_squared + other.out_of_squared,
            self.product + other.product,
        )

    @classmethod
    def of(cls, counted: npt.ArrayLike, out_of: npt.ArrayLike | None = None) -> Tally:
        """Tally of units given one by one; shapes (n,); each is out of 1 unless said otherwise.

        Raises ValueError for another shape and for values that are not finite.
        """
        c = np.asarray(counted, dtype=float)
        d = np.ones_like(c) if out_of is None else np.asarray(out_of, dtype=float)
        if c.ndim != 1 or c.shape != d.shape:
            raise ValueError(f"counted {c.shape} and out_of {d.shape} must be two lists of one length")
        if not (np.isfinite(c).all() and np.isfinite(d).all()):
            raise ValueError("a unit counts or is out of a number that is not finite; leave such units out first")
        return cls(len(c), float(c.sum()), float(c @ c), float(d.sum()), float(d @ d), float(c @ d))

    @property
    def variance_of_counted(self) -> float:
        """Sample variance of c over units (n − 1 below the line); needs two units."""
        return max(0.0, _spread(self.n, self.counted_squared, self.counted, self.counted))

    @property
    def variance_of_out_of(self) -> float:
        """Sample variance of d over units."""
        return max(0.0, _spread(self.n, self.out_of_squared, self.out_of, self.out_of))

    @property
    def covariance(self) -> float:
        """Sample covariance of c and d over units."""
        return _spread(self.n, self.product, self.counted, self.out_of)


NOTHING = Tally(0, 0, 0, 0, 0, 0)


def _spread(n: int, sum_of_products: float, sum_left: float, sum_right: float) -> float:
    """(n Σxy − Σx Σy) / (n (n − 1)): in this order whole numbers stay exact until the one division."""
    if n < 2:
        raise ValueError("a spread needs two units")
    return (n * sum_of_products - sum_left * sum_right) / (n * (n - 1))
