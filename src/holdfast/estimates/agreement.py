"""How far two people who scored the same things agree beyond chance."""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import Z

METHOD = "Cohen's kappa"


def cohens_kappa(first: npt.ArrayLike, second: npt.ArrayLike) -> Estimate | Unknown:
    """κ of two lists of labels, shapes (n,), one label each per thing scored; 1 is full agreement, 0 that of chance.

    Cohen, Educational and Psychological Measurement 20 (1960) 37–46. The 95 % interval takes the large-sample error of
    Fleiss, Cohen and Everitt, Psychological Bulletin 72 (1969) 323–327, equation 13, and is cut at −1 and 1. Where the
    two never differ the data show no spread, and no interval is given. Raises ValueError for other shapes.
    """
    table = _table(np.asarray(first), np.asarray(second))
    n = table.sum()
    if not n:
        return Unknown("nothing was scored by both", "samples that two people scored")
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    agreed, chance = float(np.trace(p)), float(rows @ columns)
    if chance >= 1:
        return Unknown("both gave everything the same score, so that chance alone would agree", "samples that differ")
    kappa = (agreed - chance) / (1 - chance)
    if agreed == 1:
        return Estimate(1.0, None, None, METHOD)
    reach = Z * sqrt(_variance(p, rows, columns) / n)
    return Estimate(kappa, max(-1.0, kappa - reach), min(1.0, kappa + reach), METHOD)


def _table(first: npt.NDArray[np.generic], second: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """How often each pair of labels came up, shape (k, k)."""
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"two lists of labels {first.shape} and {second.shape} must have one length")
    labels, places = np.unique(np.concatenate([first, second]), return_inverse=True)
    table = np.zeros((len(labels), len(labels)))
    np.add.at(table, (places[: len(first)], places[len(first) :]), 1)
    return table


def _variance(p: npt.NDArray[np.float64], rows: npt.NDArray[np.float64], columns: npt.NDArray[np.float64]) -> float:
    """n times the variance of κ."""
    agreed, chance = float(np.trace(p)), float(rows @ columns)
    on = np.diag(p) * ((1 - chance) - (rows + columns) * (1 - agreed)) ** 2
    off = p * (columns[:, None] + rows[None, :]) ** 2
    beside = (1 - agreed) ** 2 * float(off.sum() - np.trace(off))
    rest = (agreed * chance - 2 * chance + agreed) ** 2
    return max(0.0, float(on.sum()) + beside - rest) / (1 - chance) ** 4
