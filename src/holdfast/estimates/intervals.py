"""95 % intervals for one tally: a share, a mean, a ratio of sums, a growth, a total.

Every function answers an Estimate, or Unknown with the reason; none answers NaN.
Units are independent of each other; a customer's several orders are one unit of their tally.
"""

from __future__ import annotations

from math import exp, isclose, sqrt
from typing import NamedTuple

from scipy.special import betaincinv, stdtrit

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.tally import Tally

CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2
Z = 1.959963984540054  # the standard normal quantile at 1 - TAIL


class Spread(NamedTuple):
    """A point, its standard error in the same unit, and the degrees of freedom behind it."""

    point: float
    error: float
    freedom: float


def proportion(tally: Tally) -> Estimate | Unknown:
    """Share of the units that counted, 0…1, with the Wilson score interval without continuity correction.

    Each unit counts 1 or 0 and is out of 1 (or of 0: not asked). Raises ValueError for other units.
    Wilson, JASA 22 (1927) 209–212; method 3 of Newcombe, Statistics in Medicine 17 (1998) 857–872.
    """
    refuse_all_but_yes_and_no(tally)
    if not tally.out_of:
        return _nothing(tally)
    low, high = wilson(tally.counted, tally.out_of)
    return Estimate(tally.counted / tally.out_of, low, high, "Wilson")


def exact_proportion(tally: Tally) -> Estimate | Unknown:
    """Share of the units that counted, 0…1, with the exact interval, for books of few accounts.

    It holds the truth at least 95 times in 100 for every n, at the price of width.
    Clopper and Pearson, Biometrika 26 (1934) 404–413, by its beta quantiles.
    """
    refuse_all_but_yes_and_no(tally)
    if not tally.out_of:
        return _nothing(tally)
    yes, no = tally.counted, tally.out_of - tally.counted
    low = float(betaincinv(yes, no + 1, TAIL)) if yes else 0.0
    high = float(betaincinv(yes + 1, no, 1 - TAIL)) if no else 1.0
    return Estimate(yes / tally.out_of, low, high, "Clopper–Pearson")


def mean(tally: Tally) -> Estimate | Unknown:
    """Mean of what the units counted, in the unit of counted, with Student's t on n − 1 degrees of freedom.

    Each unit is out of 1; raises ValueError otherwise (that is a ratio).
    """
    spread = mean_spread(tally)
    return spread if isinstance(spread, Unknown) else _student(spread, "Student's t")


def ratio(tally: Tally) -> Estimate | Unknown:
    """Σ counted ÷ Σ out of, in counted per out of, with the delta method over units.

    Var(R) = (s²_c − 2 R s_cd + R² s²_d) / (n · mean(d)²), on n − 1 degrees of freedom, which makes
    the ratio of units that are each out of 1 the same as their mean. Deng, Knoblich and Lu, KDD 2018, section 3.
    Leans on Σ out of being well away from zero, as sums of orders or of spending are.
    """
    spread = ratio_spread(tally)
    return spread if isinstance(spread, Unknown) else _student(spread, "delta method")


def growth(tally: Tally) -> Estimate | Unknown:
    """Σ counted ÷ Σ out of − 1, a share (0.25 is a quarter more), by the delta method as in `ratio`."""
    found = ratio(tally)
    if isinstance(found, Unknown) or found.low is None or found.high is None:
        return found
    return Estimate(found.point - 1, found.low - 1, found.high - 1, found.method)


def total(tally: Tally) -> Estimate | Unknown:
    """Σ counted, a full count: every unit was looked at, so there is no sampling error and no interval."""
    return Estimate(float(tally.counted), None, None, "full count") if tally.n else _nothing(tally)


def quotient(tally: Tally) -> Estimate | Unknown:
    """Σ counted ÷ Σ out of, where each unit is a whole period of which everything was counted.

    The interval says how much the periods differ: that of `ratio`, taken on the logarithm, so that a cost is never
    below nothing. One period alone, and a quotient of 0, have none.
    """
    if tally.out_of > 0 and (tally.n == 1 or tally.counted <= 0):
        return Estimate(tally.counted / tally.out_of, None, None, "full count")
    spread = ratio_spread(tally)
    if isinstance(spread, Unknown):
        return spread
    reach = exp(quantile_of_student(spread.freedom) * spread.error / spread.point)
    return Estimate(spread.point, spread.point / reach, spread.point * reach, "delta method of the logarithm")


def wilson(counted: float, out_of: float, z: float = Z) -> tuple[float, float]:
    """Both ends of the Wilson interval; the ends at 0 and 1 are exact, not 1e-17. z: its reach in standard errors."""
    share, pull = counted / out_of, z * z / out_of
    middle = (share + pull / 2) / (1 + pull)
    half = z * sqrt(share * (1 - share) / out_of + pull / (4 * out_of)) / (1 + pull)
    return (0.0 if counted == 0 else middle - half), (1.0 if counted == out_of else middle + half)


def mean_spread(tally: Tally) -> Spread | Unknown:
    """The mean of counted with its standard error."""
    if tally.out_of != tally.n or tally.out_of_squared != tally.n:
        raise ValueError(f"a mean needs {tally.n} units each out of 1, not {tally.out_of} in all; use ratio instead")
    if tally.n < 2:
        return _nothing(tally) if tally.n == 0 else _alone()
    return Spread(tally.counted / tally.n, sqrt(tally.variance_of_counted / tally.n), tally.n - 1)


def ratio_spread(tally: Tally) -> Spread | Unknown:
    """Σ counted ÷ Σ out of with its standard error by the delta method."""
    if tally.n == 0 or tally.out_of == 0:
        return _nothing(tally)
    if tally.out_of < 0:
        return Unknown("what it is measured against is below zero", "a period with more sales than returns")
    if tally.n == 1:
        return _alone()
    point = tally.counted / tally.out_of
    of_counted, of_out_of = tally.variance_of_counted, tally.variance_of_out_of
    variance = of_counted - 2 * point * tally.covariance + point * point * of_out_of
    # what rounding alone can leave of three terms that cancel; it is no spread
    dust = 1e-13 * (tally.counted_squared + point * point * tally.out_of_squared) / tally.n
    per_unit = tally.out_of / tally.n
    return Spread(point, sqrt(variance / tally.n) / per_unit if variance > dust else 0.0, tally.n - 1)


def quantile_of_student(freedom: float, confidence: float = CONFIDENCE) -> float:
    """How many standard errors an interval reaches on each side."""
    return float(stdtrit(freedom, (1 + confidence) / 2))


def refuse_all_but_yes_and_no(tally: Tally) -> None:
    """Raise ValueError unless each unit can have counted 0 or 1 out of 0 or 1."""
    whole = (
        isclose(tally.counted, tally.counted_squared, abs_tol=1e-9)
        and isclose(tally.out_of, tally.out_of_squared, abs_tol=1e-9)
        and isclose(tally.counted, tally.product, abs_tol=1e-9)
        and 0 <= tally.counted <= tally.out_of <= tally.n
    )
    if not whole:
        raise ValueError(
            f"{tally} does not count yes or no (1 or 0) out of 1: use mean or ratio, or count each unit as 1 or 0"
        )


def _student(spread: Spread, method: str) -> Estimate:
    reach = quantile_of_student(spread.freedom) * spread.error
    return Estimate(spread.point, spread.point - reach, spread.point + reach, method)


def _nothing(tally: Tally) -> Unknown:
    if tally.n == 0:
        return Unknown("nothing to count yet", "units whose window has closed")
    return Unknown(f"none of the {tally.n:,} units has anything to be measured against")


def _alone() -> Unknown:
    return Unknown("one unit only, which shows no spread", "at least two units")
