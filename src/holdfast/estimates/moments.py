"""Sums over the units of one arm, with what was known of them beforehand, so that arms can be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Sums of z = (counted, out of, covariates …) over n units; moments of disjoint units add.

    sums: shape (k,), Σ z. products: shape (k, k), Σ z zᵀ. A covariate is a number of the unit from before it was
    assigned: nothing that the treatment can have moved.
    """

    n: int
    sums: Floats
    products: Floats

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.n + other.n, self.sums + other.sums, self.products + other.products)

    @classmethod
    def of(cls, counted: npt.ArrayLike, out_of: npt.ArrayLike | None = None, *before: npt.ArrayLike) -> Moments:
        """Units one by one, shapes (n,); each is out of 1 unless said otherwise. Raises ValueError for another shape
        and for values that are not finite."""
        c = np.asarray(counted, dtype=float)
        columns = [c, np.ones_like(c) if out_of is None else out_of, *before]
        z = np.asarray(columns, dtype=float)
        if z.ndim != 2:
            raise ValueError("counted, out of and covariates are lists of one length")
        if not np.isfinite(z).all():
            raise ValueError("a unit has a number that is not finite; leave such units out first")
        return cls(z.shape[1], z.sum(axis=1), z @ z.T)

    @property
    def means(self) -> Floats:
        """Shape (k,)."""
        return self.sums / self.n

    @property
    def covariance(self) -> Floats:
        """Sample covariance, shape (k, k), n − 1 below the line; needs two units."""
        if self.n < 2:
            raise ValueError("a spread needs two units")
        # in this order whole numbers stay exact until the one division
        return (self.n * self.products - np.outer(self.sums, self.sums)) / (self.n * (self.n - 1))
