"""What a treatment changed among few units: the lot that was drawn, held against all that could have been.

Nothing is asked of how the units are distributed, which a dozen of them cannot show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from math import comb, hypot, inf, isfinite, nan, sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import FEWEST, Effect, effect
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import CONFIDENCE, wilson
from holdfast.estimates.moments import Floats, Moments

LOTS = 4_999  # drawn again, where there are more than can be gone through; the one that was drawn is one beside them
SEED = 20_240_229  # the same lots for the same units, so that a page says the same twice
FARTHEST = 60  # doublings of a standard error within which an end is looked for
NEAR_ENOUGH = 1e-3  # of a standard error, by which an end may be off
CLOSE = 1e-9  # of a statistic's size: nearer ones are the same, written in another order
METHOD, OF_SHARES = "lots drawn again", "Newcombe and Fisher"

NO_INTERVAL = Unknown(
    "so few lots are possible that the one drawn cannot stand out among them", "more units in the smaller arm"
)
ALL_ALIKE = Unknown(
    "nothing but what was known before sets the units apart, so that a change cannot be told", "more of them, or time"
)
SET_APART = Unknown(
    "what was known before sets the arms apart as the lot does, so that a change cannot be told from it",
    "more units in either arm",
)
TOO_LITTLE = Unknown("the arm held out shows too little to be compared with in per cent", "more units, or time")


def effect_of_few(
    counted: npt.ArrayLike,
    out_of: npt.ArrayLike,
    before: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    confidence: float = CONFIDENCE,
    yes_or_no: bool = False,
) -> Effect | Unknown:
    """Σ counted ÷ Σ out of of the treated less that of the held out, with the interval of Fisher's test turned round.

    All of shape (n,), treated as booleans. The ends are those changes, the same for every unit (relative: the same
    share of each), under which the drawn lot is not among the 5 of 100 (1 − confidence) farthest out of all lots that
    put as many in each arm (Fisher, The Design of Experiments, 1935). Far out by the difference over its standard
    error, so that arms of unlike spread do not mislead (Chung and Romano, Ann. Statist. 41 (2013) 484–507). Adjusted
    for `before` by least squares over all units together, which no lot changes. Exact where the change is the same for
    all.

    yes_or_no: every unit counts 1 or 0 out of 1, where no change can be the same for all. There Newcombe's interval
    stands, as in `difference`, for the ratio Donner and Zou's from the same parts (Stat. Methods Med. Res. 21 (2012)
    347–359), and the chance is Fisher's. No interval leaves 0 out where the lots do not refuse it: of no effect chance
    makes one in 5 of 100 at most.
    """
    z = np.asarray([counted, out_of, before], dtype=float)
    arm = np.asarray(treated, dtype=bool)
    found = effect(Moments.of(*z[:, arm]), Moments.of(*z[:, ~arm])) if min(arm.sum(), (~arm).sum()) >= FEWEST else None
    if found is None or isinstance(found, Unknown):
        return found or Unknown("an arm has fewer than two units", "more of them assigned to it")
    if yes_or_no:
        chance = _fisher(round(found.treated * found.n_treated), found.n_treated, int(z[0].sum()), len(arm))
        added, relative = _of_shares(found, confidence)
    else:
        lots = _Lots(z[1], z[2], arm, confidence)
        if lots.alike(z[0], found.treated):
            return ALL_ALIKE
        told = lots.interval(lambda change: z[0] - change * z[1] * arm, found.absolute)
        if isinstance(told, Unknown):
            return told
        chance = lots.chance(z[0])
        added, relative = told, _relative(lots, z[0], arm, found)
    if chance > 1 - confidence:
        added, relative = _with_nothing(added), relative if isinstance(relative, Unknown) else _with_nothing(relative)
    return replace(found, absolute=added, relative=relative, chance=chance, relative_error=nan)


def _fisher(yes: int, treated: int, all_yes: int, n: int) -> float:
    """The share of all lots whose split of the yes is no likelier than the one drawn (Fisher's exact test)."""
    splits = range(max(0, all_yes - (n - treated)), min(treated, all_yes) + 1)
    ways = {one: comb(treated, one) * comb(n - treated, all_yes - one) for one in splits}
    return sum(of for of in ways.values() if of <= ways[yes]) / comb(n, all_yes)


def _of_shares(found: Effect, confidence: float) -> tuple[Estimate, Estimate | Unknown]:
    p, q, z = found.treated, found.held_out, float(ndtri((1 + confidence) / 2))
    low_p, high_p = wilson(round(p * found.n_treated), found.n_treated, z)
    low_q, high_q = wilson(round(q * found.n_held_out), found.n_held_out, z)
    added = Estimate(p - q, p - q - hypot(p - low_p, high_q - q), p - q + hypot(high_p - p, q - low_q), OF_SHARES)
    below = low_q * (2 * q - low_q)
    if not p or below <= 0:
        return added, TOO_LITTLE
    low = (
        low_p
        * (2 * p - low_p)
        / (p * q + sqrt(max(0.0, (p * q) ** 2 - low_p * high_q * (2 * p - low_p) * (2 * q - high_q))))
    )
    high = (p * q + sqrt(max(0.0, (p * q) ** 2 - low_q * high_p * (2 * p - high_p) * (2 * q - low_q)))) / below
    return added, Estimate(p / q - 1, low - 1, high - 1, OF_SHARES)


def _with_nothing(one: Estimate) -> Estimate:
    """Reaching to no change at least."""
    return replace(one, low=min(one.low or 0.0, 0.0), high=max(one.high or 0.0, 0.0))


def _relative(lots: _Lots, counted: Floats, arm: npt.NDArray[np.bool_], found: Effect) -> Estimate | Unknown:
    """Over shrinkages s = 1 ÷ (1 + r) of the treated, since s = 0 is a change without end."""
    if found.held_out <= 0 or found.treated <= 0:
        return TOO_LITTLE

    def without(s: float) -> Floats:
        return np.where(arm, counted * max(s, 0.0), counted)

    level = found.held_out / found.treated
    told = lots.interval(without, Estimate(level, level * 0.9, level * 1.1, METHOD))
    if isinstance(told, Unknown) or told.low is None or told.high is None or told.low <= 0 or told.point <= 0:
        return TOO_LITTLE
    return Estimate(1 / told.point - 1, 1 / told.high - 1, 1 / told.low - 1, METHOD)


class _Lots:
    """All lots that could have been drawn, or enough of them; the first is the one that was."""

    def __init__(self, out_of: Floats, before: Floats, arm: npt.NDArray[np.bool_], confidence: float) -> None:
        self._out_of, self._before, self._refused = out_of, before - before.mean(), 1 - confidence
        self._lots = np.vstack([arm, _others(arm)]).astype(float)
        self._spread = float(self._before @ self._before)

    def interval(self, without: Callable[[float], Floats], near: Estimate) -> Estimate | Unknown:
        """The changes that are not refused. without: outcomes as they would have been without a change. near: where to
        begin looking. Unknown where no change, however great, is refused, and where no change sets the arms apart."""
        at = self._point(without)
        if at is None:
            return SET_APART
        step = max(abs((near.high or 0.0) - (near.low or 0.0)) / 4, abs(at) * CLOSE, CLOSE)
        low, high = (self._end(without, at, sign * step) for sign in (-1, 1))
        return Estimate(at, low, high, METHOD) if isfinite(low) and isfinite(high) else NO_INTERVAL

    def alike(self, outcomes: Floats, level: float) -> bool:
        """Whether nothing but what was known beforehand sets the units apart. level: Σ outcomes ÷ Σ out of."""
        left = self._adjusted(outcomes) - level * self._out_of
        return float(np.ptp(left)) <= CLOSE * (float(np.abs(outcomes).max()) or 1.0)

    def _adjusted(self, outcomes: Floats) -> Floats:
        theta = float(outcomes @ self._before) / self._spread if self._spread else 0.0
        return np.asarray(outcomes - theta * self._before)

    def chance(self, outcomes: Floats) -> float:
        """The share of lots at least as far out as the one drawn."""
        far = np.abs(self._far(outcomes))
        return float((far >= far[0] * (1 - CLOSE)).mean())

    def _point(self, without: Callable[[float], Floats]) -> float | None:
        """The change without which both arms are alike: the difference is linear in it. None where it does not move
        with it, since what was known before takes all of the change away."""
        drawn = self._lots[:1]
        at_0, at_1 = (float(_apart(*self._sums(without(change), drawn))[0]) for change in (0.0, 1.0))
        moved = float(np.abs(without(0.0) - without(1.0)).max()) / float(self._out_of.mean())
        return at_0 / (at_0 - at_1) if abs(at_0 - at_1) > CLOSE * moved else None

    def _end(self, without: Callable[[float], Floats], at: float, step: float) -> float:
        """The farthest change to one side that is not refused; without end where none is."""
        inner = outer = at
        for doubling in range(FARTHEST):
            outer = at + step * 2.0**doubling
            if self.chance(without(outer)) <= self._refused:
                break
            inner = outer
        else:
            return inf
        while abs(outer - inner) > abs(step) * NEAR_ENOUGH:
            middle = (inner + outer) / 2
            if self.chance(without(middle)) <= self._refused:
                outer = middle
            else:
                inner = middle
        return outer

    def _sums(self, outcomes: Floats, lots: Floats) -> tuple[Floats, Floats]:
        """Of both arms of each lot, shape (6, lots): n, Σ y, Σ x, Σ y², Σ yx, Σ x²; y adjusted."""
        y, x = self._adjusted(outcomes), self._out_of
        columns = np.array([np.ones_like(y), y, x, y * y, y * x, x * x])
        treated = columns @ lots.T
        return treated, columns.sum(axis=1)[:, None] - treated

    def _far(self, outcomes: Floats) -> Floats:
        """By lot, the difference over its standard error; 0 over 0 is 0."""
        sums = self._sums(outcomes, self._lots)
        close = CLOSE * (float(np.abs(outcomes).max()) or 1.0)
        errors, apart = np.zeros(len(self._lots)), _apart(*sums)
        with np.errstate(divide="ignore", invalid="ignore"):
            for n, of_y, of_x, yy, yx, xx in sums:
                r = of_y / of_x
                left = np.maximum(yy - 2 * r * yx + r * r * xx, 0.0)
                errors += left / (n - 1) * n / of_x**2  # variance of Σ y ÷ Σ x, linear in its units
            errors = np.where(errors <= close**2, 0.0, errors)
            return np.asarray(np.where(np.abs(apart) <= close, 0.0, apart / np.sqrt(errors)))


def _apart(treated: Floats, held_out: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(treated[1] / treated[2] - held_out[1] / held_out[2])


def _others(arm: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Every other lot of as many in each arm, or LOTS of them drawn."""
    n, k = len(arm), int(arm.sum())
    if comb(n, k) <= LOTS:
        made = np.zeros((comb(n, k), n), dtype=bool)
        for row, chosen in enumerate(combinations(range(n), k)):
            made[row, list(chosen)] = True
        return np.asarray(made[(made != arm).any(axis=1)])
    places = np.random.default_rng(SEED).random((LOTS, n)).argsort(axis=1)
    return np.asarray(places < k)
