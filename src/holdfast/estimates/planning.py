"""What a comparison of so many units can show, said before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt

from holdfast.estimates.intervals import Z

POWER_Z = 0.8416212335729143  # the standard normal quantile at a power of 80 %


def smallest_effect(treated: int, held_out: int, variation: float, narrowed: float = 0.0) -> float:
    """The relative effect that is found four times in five, as a share of the held-out arm's level.

    variation: standard deviation ÷ mean of a unit. narrowed: share of the variance that covariates take, 0…1.
    (z₀.₉₇₅ + z₀.₈) · variation · √((1 − narrowed)(1/n₁ + 1/n₂)), two arms, two-sided 5 %. inf where an arm is empty.
    """
    if min(treated, held_out) < 1:
        return float("inf")
    return (Z + POWER_Z) * variation * sqrt((1 - narrowed) * (1 / treated + 1 / held_out))


def units_needed(effect: float, variation: float, held_out: float = 0.5, narrowed: float = 0.0) -> int:
    """Units of both arms together to find a relative effect four times in five; held_out: its share of them, 0…1."""
    if not effect or not 0 < held_out < 1:
        raise ValueError("an effect other than 0, and a share held out between 0 and 1")
    each = ((Z + POWER_Z) * variation / effect) ** 2 * (1 - narrowed)
    return ceil(each / held_out + each / (1 - held_out))


def stepped_effect(units: int, variation: float, alike: float, groups: int) -> float:
    """The relative effect that a staggered start finds four times in five, where every unit begins some day.

    groups: of equal size, of which one more begins each period; the first period, nobody has begun. variation: standard
    deviation ÷ mean of a unit in one period. alike: correlation of a unit's periods, 0…1. The variance of the effect
    with period effects and a random effect of each unit (Hussey and Hughes, Contemporary Clinical Trials 28 (2007),
    182–191, equation 8, a unit as its cluster). inf where a group would be empty.
    """
    each = units // groups if groups > 1 else 0
    if each < 1:
        return float("inf")
    n, periods = each * groups, groups + 1
    own, shared = variation**2 * (1 - alike), variation**2 * alike
    begun = [each * period for period in range(periods)]
    u = sum(begun)
    w = sum(one**2 for one in begun)
    v = sum(each * (periods - 1 - group) ** 2 for group in range(groups))
    below = (n * u - w) * own + (u**2 + n * periods * u - periods * w - n * v) * shared
    return (Z + POWER_Z) * sqrt(n * own * (own + periods * shared) / below) if below > 0 else float("inf")


def together(smallest: Sequence[float]) -> float:
    """What comparisons of the same kind find when their relative effects are weighted by how surely each is known."""
    if 0 in smallest:
        return 0.0
    return 1 / sqrt(told) if (told := sum(1 / one**2 for one in smallest)) else float("inf")
