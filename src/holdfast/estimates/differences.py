"""The difference of two independent tallies, first minus second, with its 95 % interval."""

from __future__ import annotations

from math import hypot
from typing import Literal

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import (
    Spread,
    mean_spread,
    proportion,
    quantile_of_student,
    ratio_spread,
    total,
    wilson,
)
from holdfast.estimates.net_promoters import net_difference
from holdfast.estimates.tally import Tally

Kind = Literal["proportion", "mean", "ratio", "growth", "total", "net", "quotient"]


def difference(a: Tally, b: Tally, kind: Kind) -> Estimate | Unknown:
    """a − b in the unit of the kind; the groups share no unit.

    proportion  Newcombe's hybrid score interval (method 10), Statistics in Medicine 17 (1998) 873–890
    mean        Welch's t, Biometrika 34 (1947) 28–35
    ratio       delta method in each group, their variances added, Welch's degrees of freedom
    growth      as ratio: the 1 taken off both sides cancels
    quotient    as ratio, over periods
    total       no interval, a full count on both sides
    net         Net Promoter Scores, in points: their variances added
    """
    if kind == "net":
        return net_difference(a, b)
    if kind == "proportion":
        return _newcombe(a, b)
    if kind == "total":
        return _between_full_counts(total(a), total(b))
    spread_of, method = (mean_spread, "Welch's t") if kind == "mean" else (ratio_spread, "delta method")
    first, second = spread_of(a), spread_of(b)
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return _which_is_unknown(first, second)
    return _welch(first, second, method)


def _newcombe(a: Tally, b: Tally) -> Estimate | Unknown:
    first, second = proportion(a), proportion(b)
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return _which_is_unknown(first, second)
    (low_1, high_1), (low_2, high_2) = wilson(a.counted, a.out_of), wilson(b.counted, b.out_of)
    point = first.point - second.point
    return Estimate(
        point,
        point - hypot(first.point - low_1, high_2 - second.point),
        point + hypot(high_1 - first.point, second.point - low_2),
        "Newcombe",
    )


def _welch(first: Spread, second: Spread, method: str) -> Estimate:
    point, error = first.point - second.point, hypot(first.error, second.error)
    if error == 0:
        return Estimate(point, point, point, method)
    # shares of the variance, so that squares of tiny errors cannot vanish
    of_first, of_second = (first.error / error) ** 2, (second.error / error) ** 2
    freedom = 1 / (of_first**2 / first.freedom + of_second**2 / second.freedom)
    reach = quantile_of_student(freedom) * error
    return Estimate(point, point - reach, point + reach, method)


def _between_full_counts(first: Estimate | Unknown, second: Estimate | Unknown) -> Estimate | Unknown:
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return _which_is_unknown(first, second)
    return Estimate(first.point - second.point, None, None, "full count")


def _which_is_unknown(first: object, second: object) -> Unknown:
    for side, found in (("first", first), ("second", second)):
        if isinstance(found, Unknown):
            return Unknown(f"no difference: in the {side} group, {found.why}", found.would_need)
    raise TypeError("neither group is unknown")


def between_estimates(a: Estimate, b: Estimate) -> Estimate:
    """a − b of independent estimates that are known by their 95 % intervals only; no interval where one has none.

    Zou and Donner's recovery of variances (Statistics in Medicine 27 (2008) 1693–1702): of Wilson's intervals it is
    Newcombe's method, of symmetric ones the root of the summed squares.
    """
    point = a.point - b.point
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return Estimate(point, None, None, "full count")
    return Estimate(
        point,
        point - hypot(a.point - a.low, b.high - b.point),
        point + hypot(a.high - a.point, b.point - b.low),
        "recovered variances",
    )
