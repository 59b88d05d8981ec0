"""How long until it happens, when for some it has not happened yet (Kaplan–Meier)."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import TAIL, Z

METHOD = "Kaplan–Meier"
SLACK = 1e-12  # a product of fractions that should be one half may come out a hair above it

Floats = npt.NDArray[np.float64]
Band = Literal["log-log", "plain"]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The share for whom it has not happened yet, just after each observed duration.

    All arrays have shape (k,), k distinct durations, rising; each row holds until the next one.
    The band is pointwise 95 %.
    """

    times: Floats  # durations, in the unit they were given in
    at_risk: Floats  # units still followed just before
    survival: Floats  # 0…1, never rising
    low: Floats
    high: Floats

    def at(self, time: float) -> Estimate | Unknown:
        """Share for whom it has not happened by `time`; Unknown beyond the longest follow-up."""
        if not len(self.times):
            return _nobody()
        if time > self.times[-1] and self.survival[-1] > 0:
            return Unknown(f"nobody was followed for longer than {self.times[-1]:g}", f"follow-up of {time:g}")
        step = int(np.searchsorted(self.times, time, side="right")) - 1
        if step < 0:
            return Estimate(1.0, float(_low_before_any_event(self.at_risk[0])), 1.0, METHOD)
        return Estimate(float(self.survival[step]), float(self.low[step]), float(self.high[step]), METHOD)

    def median(self) -> Estimate | Unknown:
        """The first duration by which it has happened to one half, in the unit of times."""
        return self.quantile(0.5)

    def quantile(self, share: float) -> Estimate | Unknown:
        """The first duration by which it has happened to `share` (between 0 and 1), in the unit of times.

        The interval holds the durations at which the band covers the rest
        (Brookmeyer and Crowley, Biometrics 38 (1982) 29–41); high is inf when the band never falls that far.
        Raises ValueError for a share that is not between 0 and 1.
        """
        if not 0 < share < 1:
            raise ValueError(f"a share of {share:g} is not between 0 and 1")
        if not len(self.times):
            return _nobody()
        point = self._first_time(self.survival, 1 - share)
        if point is None:
            reached = 1 - float(self.survival[-1])
            wanted = "half-way time" if share == 0.5 else f"time of {share:.0%}"
            return Unknown(
                f"it has happened to {reached:.0%} only, so the {wanted} is not seen yet",
                f"follow-up beyond {self.times[-1]:g}",
            )
        low, high = self._first_time(self.low, 1 - share), self._first_time(self.high, 1 - share)
        return Estimate(point, point if low is None else low, inf if high is None else high, METHOD)

    def _first_time(self, share: Floats, left: float) -> float | None:
        """The first duration at which no more than `left` remain."""
        fallen = np.flatnonzero(share <= left + SLACK)
        return float(self.times[fallen[0]]) if len(fallen) else None


def kaplan_meier(
    durations: npt.ArrayLike, events: npt.ArrayLike, censored: npt.ArrayLike, band: Band = "log-log"
) -> Curve:
    """Product-limit curve from grouped counts; all three of shape (k,).

    durations: distinct, rising, ≥ 0, any one unit of time. events: units it happened to after exactly that long.
    censored: units only known not to have had it by then (they count as at risk at that duration).
    Kaplan and Meier, JASA 53 (1958) 457–481. Variance by Greenwood (1926), interval on log(−log S)
    (Kalbfleisch and Prentice, 2nd ed. 2002, section 1.4.1), or plain: S ± z · error, kept within 0 and 1. The first
    holds its promise in small groups, the second is what many tools print. Where they are undefined: before the first
    event the exact binomial lower end with 1 above it; when nobody is left, 0 below and the last defined upper end.
    Raises ValueError for counts that are not.
    """
    times, happened, left = grouped(durations, events, censored)
    gone = happened + left
    at_risk = gone[::-1].cumsum()[::-1]
    survivors = at_risk - happened
    survival = np.cumprod(survivors / at_risk)
    low, high = _band(survival, at_risk, happened, band)
    return Curve(times, at_risk, survival, low, high)


def _band(survival: Floats, at_risk: Floats, happened: Floats, band: Band) -> tuple[Floats, Floats]:
    survivors = at_risk - happened
    term = np.divide(happened, at_risk * survivors, out=np.zeros_like(survival), where=survivors > 0)
    error = np.sqrt(np.cumsum(term))  # of log S
    before, after = survival == 1, survival <= 0
    open_ = ~(before | after)
    low, high = np.zeros_like(survival), np.ones_like(survival)
    if band == "plain":
        low[open_] = np.maximum(survival * (1 - Z * error), 0.0)[open_]
        high[open_] = np.minimum(survival * (1 + Z * error), 1.0)[open_]
    else:
        reach = np.exp(Z * error[open_] / -np.log(survival[open_]))
        low[open_], high[open_] = survival[open_] ** reach, survival[open_] ** (1 / reach)
    low[before] = _low_before_any_event(at_risk[before])
    if after.any():
        high[after] = high[~after][-1] if (~after).any() else _high_when_all_at_once(at_risk[0])
    return low, high


def _low_before_any_event(followed: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Clopper–Pearson's lower end when none of the followed units had the event."""
    return np.asarray(TAIL ** (1 / np.asarray(followed, dtype=float)))


def _high_when_all_at_once(followed: float) -> float:
    """Clopper–Pearson's upper end of the survivors when every unit had the event at the first duration."""
    return float(1 - TAIL ** (1 / followed))


def grouped(durations: npt.ArrayLike, events: npt.ArrayLike, censored: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Checked, as arrays, without durations at which nothing was seen. Raises ValueError."""
    times, happened, left = (np.asarray(x, dtype=float) for x in (durations, events, censored))
    if times.ndim != 1 or not times.shape == happened.shape == left.shape:
        raise ValueError("durations, events and censored must be three lists of one length")
    if not np.isfinite(times).all() or (times < 0).any() or (np.diff(times) <= 0).any():
        raise ValueError("durations must be finite, 0 or more, distinct and rising")
    for name, counts in (("events", happened), ("censored", left)):
        if (counts < 0).any() or (counts != np.floor(counts)).any():
            raise ValueError(f"{name} must be whole numbers, 0 or more")
    some = happened + left > 0
    return times[some], happened[some], left[some]


def _nobody() -> Unknown:
    return Unknown("nobody was followed yet", "units with a start")
