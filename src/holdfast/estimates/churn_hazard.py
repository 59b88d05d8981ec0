"""Who leaves when, period by period, by what is known of them: a discrete-time hazard with covariates.

Each customer is a row for every period in which they could have left; a logistic regression on these rows with a chance
of its own for each period is the proportional-odds model of Cox (J. R. Statist. Soc. B 34 (1972) 187–220, section 6).
J. D. Singer and J. B. Willett, "It's about time", J. Educ. Statist. 18 (1993) 155–195.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import Z
from holdfast.estimates.logistic import Fit, clustered, logistic

Floats = npt.NDArray[np.float64]
METHOD = "person-period logistic, errors clustered by customer"


class Spells(NamedTuple):
    """One row for each customer and period in which they could have left; all of length n."""

    person: npt.NDArray[np.int64]  # whose row
    period: npt.NDArray[np.int64]  # 1, 2, …
    left: npt.NDArray[np.bool_]  # whether they left in it
    columns: Floats  # shape (n, k): what was known of them before it


@dataclass(frozen=True, slots=True, eq=False)
class ChurnHazard:
    """log odds of leaving in a period = baseline of the period + columns · coefficients.

    periods: those in which some left and some stayed. In others the observed share, 0 or 1, is the chance of all.
    """

    periods: npt.NDArray[np.int64]
    baseline: Floats  # log odds by period, shape of periods
    always: dict[int, float]
    coefficients: Floats  # shape (k,)
    errors: Floats  # standard errors of the coefficients, clustered by customer
    customers: int
    log_likelihood: float

    def odds_ratio(self, column: int) -> Estimate:
        """How many times the odds of leaving in a period grow with one more of a column."""
        at, reach = self.coefficients[column], Z * self.errors[column]
        point, low, high = (float(np.exp(x)) for x in (at, at - reach, at + reach))
        return Estimate(point, low, high, METHOD)

    def chance(self, columns: npt.ArrayLike) -> Floats:
        """columns: shape (n, k) → chance of leaving in each period from the first to the last seen, shape (n, p)."""
        apart = np.asarray(columns, dtype=float) @ self.coefficients
        last = int(max([*self.periods, *self.always]))
        told = np.empty((len(apart), last))
        for period in range(1, last + 1):
            if period in self.always:
                told[:, period - 1] = self.always[period]
            else:
                told[:, period - 1] = expit(apart + self.baseline[np.searchsorted(self.periods, period)])
        return told

    def survival(self, columns: npt.ArrayLike) -> Floats:
        """Share still there after each period, shape (n, p)."""
        return np.asarray(np.cumprod(1 - self.chance(columns), axis=1), dtype=np.float64)


def person_periods(lasted: npt.ArrayLike, left: npt.ArrayLike, columns: npt.ArrayLike) -> Spells | Unknown:
    """Customers whose columns do not change, unfolded.

    lasted: shape (n,), the last period in which each could have left, counted from 1. left: whether they did.
    """
    last, gone, known = np.asarray(lasted, dtype=float), np.asarray(left, dtype=bool), np.asarray(columns, dtype=float)
    if last.ndim != 1 or gone.shape != last.shape or known.ndim != 2 or len(known) != len(last):
        raise ValueError("lasted, left and the rows of columns must be of one length")
    for odd in last[~np.isfinite(last) | (last < 1) | (last != np.floor(last))]:
        return Unknown(f"{odd:g} is no period", "whole periods, counted from 1")
    times = last.astype(np.int64)
    person = np.repeat(np.arange(len(times)), times)
    period = np.arange(len(person)) - np.repeat(times.cumsum() - times, times) + 1
    return Spells(person, period, gone[person] & (period == times[person]), known[person])


def churn_hazard(spells: Spells) -> ChurnHazard | Unknown:
    """By maximum likelihood, with errors that hold when the rows of one customer hang together.

    Unknown where a column tells who leaves without a mistake, where nobody left, or for fewer customers than it takes.
    """
    if not len(spells.period):
        return Unknown("nobody was followed yet", "customers with a period behind them")
    risks, gone = (np.bincount(spells.period, weights) for weights in (None, spells.left))
    seen = np.flatnonzero(risks)
    telling = seen[(gone[seen] > 0) & (gone[seen] < risks[seen])]
    if not gone.any():
        return Unknown("nobody left", "periods in which somebody left")
    if not len(telling):
        return Unknown("in every period all left, or nobody did", "a period in which some left and some stayed")
    rows = np.isin(spells.period, telling)
    customers = len(np.unique(spells.person))
    steps = spells.period[rows][:, None] == telling[1:]
    columns = np.column_stack([steps, spells.columns[rows]])
    found = logistic(columns, spells.left[rows])
    if isinstance(found, Unknown):
        return found
    errors = clustered(found, columns, spells.left[rows], spells.person[rows])
    if isinstance(errors, Unknown):
        return errors
    always = {int(p): float(gone[p] / risks[p]) for p in np.setdiff1d(seen, telling)}
    return _told(found, errors, telling, always, customers, columns, spells.left[rows])


def _told(
    found: Fit, errors: Floats, periods: npt.NDArray[np.int64], always: dict[int, float], customers: int,
    columns: Floats, left: npt.NDArray[np.bool_],
) -> ChurnHazard:  # fmt: skip
    later = len(periods) - 1
    baseline = found.intercept + np.concatenate([[0.0], found.coefficients[:later]])
    odds = found.intercept + columns @ found.coefficients
    likelihood = float((left * odds - np.logaddexp(0, odds)).sum())
    return ChurnHazard(
        periods, baseline, always, found.coefficients[later:], errors[1 + later :], customers, likelihood
    )
