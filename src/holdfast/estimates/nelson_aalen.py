"""How much risk has added up by a time, when for some it has not happened yet (Nelson–Aalen)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import TAIL, Z
from holdfast.estimates.survival import Floats, grouped

METHOD = "Nelson–Aalen"


@dataclass(frozen=True, slots=True, eq=False)
class Hazard:
    """Cumulative hazard just after each observed duration; arrays of shape (k,), the band pointwise 95 %."""

    times: Floats  # distinct durations, rising, in the unit they were given in
    at_risk: Floats  # units still followed just before
    cumulative: Floats  # events per unit at risk, added up; never falling
    low: Floats
    high: Floats

    def at(self, time: float) -> Estimate | Unknown:
        """By `time`; Unknown beyond the longest follow-up, where nobody was at risk any more."""
        if not len(self.times):
            return Unknown("nobody was followed yet", "units with a start")
        if time > self.times[-1]:
            return Unknown(f"nobody was followed for longer than {self.times[-1]:g}", f"follow-up of {time:g}")
        step = int(np.searchsorted(self.times, time, side="right")) - 1
        if step < 0 or self.cumulative[step] == 0:
            followed = self.at_risk[max(step, 0)]
            return Estimate(0.0, 0.0, float(_high_without_events(followed)), METHOD)
        return Estimate(float(self.cumulative[step]), float(self.low[step]), float(self.high[step]), METHOD)


def nelson_aalen(durations: npt.ArrayLike, events: npt.ArrayLike, censored: npt.ArrayLike) -> Hazard:
    """From grouped counts, as `survival.kaplan_meier` takes them; all three of shape (k,).

    Aalen, Ann. Statist. 6 (1978) 701–726; variance Σ d ÷ n², interval on the logarithm. Before the first event the
    interval ends at the exact upper limit of no event among those followed. Raises ValueError for counts that are not.
    """
    times, happened, left = grouped(durations, events, censored)
    at_risk = (happened + left)[::-1].cumsum()[::-1]
    cumulative, variance = np.cumsum(happened / at_risk), np.cumsum(happened / at_risk**2)
    some = cumulative > 0
    low, high = np.zeros_like(cumulative), _high_without_events(at_risk)
    reach = np.exp(Z * np.sqrt(variance[some]) / cumulative[some])
    low[some], high[some] = cumulative[some] / reach, cumulative[some] * reach
    return Hazard(times, at_risk, cumulative, low, high)


def _high_without_events(followed: npt.ArrayLike) -> Floats:
    """The Poisson mean with which no event among so many is seen once in forty: exp(−n · H) = 2.5 %."""
    return np.asarray(-np.log(TAIL) / np.asarray(followed, dtype=float))
