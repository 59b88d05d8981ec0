"""Whether values of one time look like those of another (population stability index)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LEAST = 1e-4  # a share of nothing is taken as this, as is usual, so that its logarithm is finite
STABLE = 0.1  # below it nothing happened; from a quarter on the values are others


def stability_index(before: npt.ArrayLike, after: npt.ArrayLike) -> float:
    """Σ (a − b) ln(a ÷ b) over the bins' shares; counts of shape (k,). 0 when the shares are the same.

    It is the sum of both Kullback–Leibler divergences (Jeffreys, Proc. R. Soc. A 186 (1946) 453–461).
    """
    one, other = (np.asarray(x, dtype=float) for x in (before, after))
    if one.shape != other.shape or one.ndim != 1 or not one.sum() or not other.sum():
        raise ValueError("two lists of counts of one length, neither of them empty")
    b, a = (np.maximum(x / x.sum(), LEAST) for x in (one, other))
    return float(((a - b) * np.log(a / b)).sum())


def stability(before: npt.ArrayLike, after: npt.ArrayLike, bins: int = 10) -> float:
    """The index of values cut at the tenths of `before`; NaN, which says that nothing is known, is a bin of its own."""
    one, other = (np.asarray(x, dtype=float) for x in (before, after))
    known = one[np.isfinite(one)]
    ends = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])) if len(known) else np.zeros(0)

    def counts(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        place = np.searchsorted(ends, values, side="left")
        return np.bincount(np.where(np.isfinite(values), place, len(ends) + 1), minlength=len(ends) + 2)

    return stability_index(counts(one), counts(other))
