"""What was said, held against what happened: scores of published predictions, once their day has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.calibration import Bin, Calibration, brier, calibration, reliability
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.ranking import Ranking
from holdfast.estimates.resampling import DRAWS, by_cluster
from holdfast.predictions.gate import Gate, gate

TOP = 0.1
FEWEST = 20  # customers to whom it happened, and to whom it did not; fewer say nothing
SMALLEST_COHORT = 20
CAPACITY = 20.0  # customers looked at a week, where nobody says how many; as trials of health have it
Floats = npt.NDArray[np.float64]
Source = Literal["published", "backtest"]


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers who first bought in one quarter: how many it was said to happen to, and to how many it did."""

    name: str
    n: int
    said: float
    happened: int


@dataclass(frozen=True, slots=True)
class Lead:
    """Of those to whom it happened: how many were among the `looked_at` before, and how many days before (the median of
    first being there to the day it happened); None where nobody was.
    """

    found: int
    days: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """source: "published" where it was said then; "backtest" where a model was fitted afterwards as of a past day,
    which is no forecast that anybody saw.

    precision: area under precision by recall. recall: of all to whom it happened, the share among the `looked_at` with
    the highest chances, as many as a team of CAPACITY a week sees by the day it is decided. lead: how long before.
    n: customers; happened: of them; gone: customers of whom it was said and who are nobody's now (two that became
    one), left out. said: mean chance. skill: 1 − brier ÷ that of always saying the share that happened.
    """

    source: Source
    label: str
    version: str
    as_of: date
    decided_on: date
    n: int
    happened: int
    gone: int
    said: float
    brier: float
    skill: float | Unknown
    auc: Estimate | Unknown
    precision: Estimate | Unknown
    lift: Estimate | Unknown
    recall: Estimate | Unknown
    looked_at: float
    lead: Lead
    over_baseline: Estimate | Unknown
    calibration: Calibration | Unknown
    reliability: tuple[Bin, ...]
    cohorts: tuple[Cohort, ...]
    gate: Gate

    @property
    def rate(self) -> float:
        return self.happened / self.n

    @property
    def word(self) -> str:
        return "predictive" if self.gate.passed else "descriptive"


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What was said of each customer and what came: arrays of shape (n,). baseline: higher is likelier by it.

    cohort: the quarter of the first purchase; empty where nobody knows. until: days from the day it was said to the
    day it happened, NaN where it did not. before: days since they were first among the highest, 0 for that very day.
    """

    customer: npt.NDArray[np.int64]
    chance: Floats
    baseline: Floats
    event: npt.NDArray[np.bool_]
    cohort: npt.NDArray[np.str_]
    until: Floats
    before: Floats


def score(
    outcome: Outcome, *, source: Source, label: str, version: str, as_of: date, decided_on: date, gone: int = 0,
    draws: int = DRAWS,
) -> Score | Unknown:  # fmt: skip
    """Unknown where too few were decided either way."""
    n, happened = len(outcome.event), int(outcome.event.sum())
    if min(happened, n - happened) < FEWEST:
        return Unknown(f"it happened to {happened} of {n:,}; {FEWEST} of either kind are the fewest", "more customers")
    looked_at = capacity(as_of, decided_on)
    ranking, simple = (Ranking.of(outcome.event, values) for values in (outcome.chance, outcome.baseline))

    def told(weight: Floats | None) -> list[float]:
        weighed = ranking.weighed(weight)
        auc = weighed.auc()
        found = [weighed.average_precision(), weighed.lift(TOP), weighed.recall(looked_at)]
        return [auc, *found, auc - simple.weighed(weight).auc()]

    auc, precision, lift, recall, over = by_cluster(outcome.customer, told, draws=draws)
    error, rate, said = brier(outcome.event, outcome.chance), happened / n, float(outcome.chance.mean())
    slope = calibration(outcome.event, outcome.chance)
    return Score(
        source=source, label=label, version=version, as_of=as_of, decided_on=decided_on, n=n, happened=happened,
        gone=gone, said=said, brier=error, skill=1 - error / (rate * (1 - rate)), auc=auc, precision=precision,
        lift=lift, recall=recall, looked_at=looked_at, lead=lead_of(outcome, looked_at), over_baseline=over,
        calibration=slope, reliability=reliability(outcome.event, outcome.chance), cohorts=cohorts_of(outcome),
        gate=gate(happened, auc, slope, lift, over, (said, rate)),
    )  # fmt: skip


def capacity(as_of: date, decided_on: date) -> float:
    """Customers that are looked at between two days."""
    return CAPACITY * (decided_on - as_of).days / 7


def highest(chance: Floats, looked_at: float) -> npt.NDArray[np.bool_]:
    """Rows among so many with the highest chances; of ties that do not all fit none is."""
    return np.asarray(rankdata(-chance, method="max") <= looked_at)


def lead_of(outcome: Outcome, looked_at: float) -> Lead:
    found = outcome.event & highest(outcome.chance, looked_at) & np.isfinite(outcome.until)
    days = (outcome.until + outcome.before)[found]
    return Lead(len(days), float(np.median(days)) if len(days) else None)


def cohorts_of(outcome: Outcome) -> tuple[Cohort, ...]:
    """By quarter of the first purchase, oldest first; small ones together."""
    told: dict[str, list[float]] = {}
    names, place = np.unique(outcome.cohort, return_inverse=True)
    for number, name in enumerate(names):
        here = place == number
        n = int(here.sum())
        key = str(name) if name and n >= SMALLEST_COHORT else "others"
        sums = told.setdefault(key, [0.0, 0.0, 0.0])
        sums[0] += n
        sums[1] += float(outcome.chance[here].sum())
        sums[2] += float(outcome.event[here].sum())
    ordered: Mapping[str, list[float]] = dict(sorted(told.items(), key=lambda one: (one[0] == "others", one[0])))
    return tuple(Cohort(name, int(n), said, int(came)) for name, (n, said, came) in ordered.items())
