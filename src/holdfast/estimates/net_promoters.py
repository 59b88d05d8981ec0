"""The Net Promoter Score of one tally, in points from −100 to 100, and of two compared."""

from __future__ import annotations

from math import hypot, isclose, sqrt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import Spread, Z
from holdfast.estimates.tally import Tally

POINTS = 100.0
METHOD = "ticket model"


def net_promoters(tally: Tally) -> Estimate | Unknown:
    """Share of promoters less share of detractors, in points, with its 95 % interval.

    Each unit is out of 1 and counted 1 (promoter), 0 (passive) or −1 (detractor); raises ValueError otherwise.
    SE = √((p + d − (p − d)²) / n) × 100: each answer is a ticket worth 1, 0 or −1 out of a box of all answers.
    Ends beyond ±100 are cut there.
    """
    spread = net_spread(tally)
    if isinstance(spread, Unknown):
        return spread
    reach = Z * spread.error
    return Estimate(spread.point, max(-POINTS, spread.point - reach), min(POINTS, spread.point + reach), METHOD)


def net_difference(a: Tally, b: Tally) -> Estimate | Unknown:
    """a − b in points; the groups share no unit, so their variances add."""
    first, second = net_spread(a), net_spread(b)
    if isinstance(first, Unknown):
        return Unknown(f"no difference: in the first group, {first.why}", first.would_need)
    if isinstance(second, Unknown):
        return Unknown(f"no difference: in the second group, {second.why}", second.would_need)
    point, reach = first.point - second.point, Z * hypot(first.error, second.error)
    return Estimate(point, point - reach, point + reach, METHOD)


def net_spread(tally: Tally) -> Spread | Unknown:
    """The score with its standard error, both in points."""
    n = tally.n
    if n == 0:
        return Unknown("nothing to count yet", "answers to a 0–10 recommendation survey")
    if not (tally.out_of == tally.out_of_squared == n and _whole_answers(tally)):
        raise ValueError(f"{tally} does not count answers as 1, 0 or −1, each out of 1")
    net, moved = tally.counted / n, tally.counted_squared / n  # p − d and p + d
    return Spread(POINTS * net, POINTS * sqrt(max(0.0, moved - net * net) / n), n - 1)


def _whole_answers(tally: Tally) -> bool:
    both = (tally.counted_squared + tally.counted) / 2  # promoters
    return isclose(both, round(both), abs_tol=1e-9) and abs(tally.counted) <= tally.counted_squared <= tally.n
