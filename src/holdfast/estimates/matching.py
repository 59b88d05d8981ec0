"""Untreated units that looked like the treated ones before, for comparisons that nobody drew by lot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from holdfast.estimates.moments import Floats

CALLIPER = 0.2  # standard deviations by which a pair may differ, in each covariate
BALANCED = 0.1  # standardized difference of means that is called balanced (Austin, Stat. Med. 28 (2009) 3083–3107)
NEAREST = 25  # candidates looked at for each treated unit

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Matched:
    """Pairs by row, shape (m,) each; standardized differences of means by covariate before and after, shape (k,)."""

    treated: Ints
    control: Ints
    before: Floats
    after: Floats
    left_out: int  # treated units without anybody like them

    @property
    def balanced(self) -> bool:
        return bool((np.abs(self.after) <= BALANCED).all())


def match(
    treated: npt.ArrayLike, control: npt.ArrayLike, stratum_treated: npt.ArrayLike, stratum_control: npt.ArrayLike
) -> Matched:
    """One untreated unit for each treated one, of the same stratum and within the calliper in every covariate.

    treated, control: shape (n, k), from before anybody was chosen. Strata: any integers, shape (n,). Each unit is used
    once; the closest pairs are made first, ties by row, so the same rows give the same pairs.
    """
    t, c = np.asarray(treated, dtype=float), np.asarray(control, dtype=float)
    if t.ndim != 2 or c.ndim != 2 or t.shape[1] != c.shape[1]:
        raise ValueError("covariates of both sides are tables of the same columns")
    in_t, in_c = np.asarray(stratum_treated), np.asarray(stratum_control)
    scale = _scale(t, c)
    near = [_near(t / scale, c / scale, np.flatnonzero(in_t == s), np.flatnonzero(in_c == s)) for s in np.unique(in_t)]
    first, second, distance = (np.concatenate(parts) for parts in zip(*near, strict=True)) if near else _nobody()
    pairs = _greedy(first.astype(np.int64), second.astype(np.int64), distance)
    return Matched(
        pairs[0], pairs[1], _apart(t, c, scale), _apart(t[pairs[0]], c[pairs[1]], scale), len(t) - len(pairs[0])
    )


def _scale(t: Floats, c: Floats) -> Floats:
    """√((s²_t + s²_c) ÷ 2) by covariate; 1 where it does not vary."""
    each = [x.var(axis=0, ddof=1) if len(x) > 1 else np.zeros(x.shape[1]) for x in (t, c)]
    spread = np.sqrt((each[0] + each[1]) / 2)
    return np.where(spread > 0, spread, 1.0)


def _near(t: Floats, c: Floats, rows_t: Ints, rows_c: Ints) -> tuple[Ints, Ints, Floats]:
    """Candidates within the calliper in every covariate, with how far apart they are."""
    if not len(rows_c):
        return _nobody()
    k = min(NEAREST, len(rows_c))
    reach, place = cKDTree(c[rows_c]).query(t[rows_t], k=k, p=np.inf, distance_upper_bound=CALLIPER + 1e-12)
    reach, place = reach.reshape(len(rows_t), k), place.reshape(len(rows_t), k)
    who, which = np.nonzero(np.isfinite(reach))
    first, second = rows_t[who], rows_c[place[who, which]]
    return first, second, np.sqrt(((t[first] - c[second]) ** 2).sum(axis=1))


def _nobody() -> tuple[Ints, Ints, Floats]:
    return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)


def _greedy(first: Ints, second: Ints, distance: Floats) -> tuple[Ints, Ints]:
    taken: tuple[set[int], set[int]] = (set(), set())
    pairs = []
    for row in np.lexsort((second, first, distance)):
        one, other = int(first[row]), int(second[row])
        if one not in taken[0] and other not in taken[1]:
            taken[0].add(one)
            taken[1].add(other)
            pairs.append((one, other))
    found = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _apart(t: Floats, c: Floats, scale: Floats) -> Floats:
    return (t.mean(axis=0) - c.mean(axis=0)) / scale if len(t) and len(c) else np.full(t.shape[1], np.nan)
