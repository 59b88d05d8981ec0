"""Chances of many looks at once, raised to what they are worth together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def adjusted(chances: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """p-values of shape (m,), each raised to the false discovery rate at which it would be found.

    Benjamini and Hochberg, J. R. Statist. Soc. B 57 (1995) 289–300: the step-up rule, as adjusted values.
    """
    p = np.asarray(chances, dtype=float)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("chances between 0 and 1")
    order = np.argsort(p, kind="stable")[::-1]
    raised = np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1)) if len(p) else p
    found = np.empty_like(p)
    found[order] = np.minimum(raised, 1.0)
    return found
