"""What a comparison of so many units can show, said before it begins."""

from __future__ import annotations

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
