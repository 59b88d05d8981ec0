"""Whether it happens sooner in one group than in another, when for some it has not happened yet (log-rank test)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.survival import Floats, grouped

Group = tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]  # durations, events, censored: see kaplan_meier


@dataclass(frozen=True, slots=True)
class LogRank:
    """statistic: chi-squared with `freedom` degrees. expected: events in each group if all groups were alike."""

    statistic: float
    freedom: int
    p: float
    events: tuple[float, ...]
    expected: tuple[float, ...]


def log_rank(groups: Sequence[Group]) -> LogRank | Unknown:
    """Of two or more groups of grouped counts; ties have the hypergeometric variance.

    Mantel, Cancer Chemother. Rep. 50 (1966) 163–170; Peto and Peto, J. R. Statist. Soc. A 135 (1972) 185–207.
    Raises ValueError for counts that are not.
    """
    if len(groups) < 2:
        return Unknown("there is one group only", "two groups or more")
    told = [grouped(*group) for group in groups]
    if empty := [place for place, (times, _, _) in enumerate(told, 1) if not len(times)]:
        return Unknown(f"nobody was followed in group {empty[0]}", "units in each group")
    times = np.unique(np.concatenate([t for t, _, _ in told]))
    happened, at_risk = _on_one_clock(told, times)
    all_happened, all_at_risk = happened.sum(axis=0), at_risk.sum(axis=0)
    if not all_happened.any():
        return Unknown("it has happened to nobody yet", "events")
    share = at_risk / all_at_risk
    expected = (share * all_happened).sum(axis=1)
    tied = np.divide(all_at_risk - all_happened, all_at_risk - 1, out=np.zeros_like(times), where=all_at_risk > 1)
    weight = all_happened * tied
    spread = np.diag(share @ weight) - (share * weight) @ share.T
    apart = (happened.sum(axis=1) - expected)[1:]  # the first follows from the others
    try:
        statistic = float(apart @ np.linalg.solve(spread[1:, 1:], apart))
    except np.linalg.LinAlgError:
        return Unknown("the groups were never at risk together", "groups that were followed over the same durations")
    freedom = len(groups) - 1
    counts = tuple(map(float, happened.sum(axis=1)))
    return LogRank(statistic, freedom, float(chdtrc(freedom, statistic)), counts, tuple(map(float, expected)))


def _on_one_clock(told: Sequence[tuple[Floats, Floats, Floats]], times: Floats) -> tuple[Floats, Floats]:
    """Events and units at risk by group (rows) and duration (columns)."""
    happened, at_risk = np.zeros((len(told), len(times))), np.zeros((len(told), len(times)))
    for row, (own, events, censored) in enumerate(told):
        here = np.searchsorted(times, own)
        happened[row, here] = events
        gone = np.zeros(len(times))
        gone[here] = events + censored
        at_risk[row] = gone[::-1].cumsum()[::-1]
    return happened, at_risk
