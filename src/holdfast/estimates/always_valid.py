"""Intervals that hold at every look at once, for whoever looks at a running comparison each morning."""

from __future__ import annotations

from math import log, sqrt

from holdfast.estimates.intervals import CONFIDENCE


def standard_errors(n: int, planned: int, *, confidence: float = CONFIDENCE) -> float:
    """How many standard errors the interval reaches on each side after n units of both arms together.

    The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (arXiv 2103.06476),
    equation 9, tightest at `planned` units by their equation 10. planned is fixed before the first look: moved
    afterwards, the promise is gone. Always wider than the 1.96 of a single look.
    """
    if n < 1 or planned < 1:
        raise ValueError("both the units there are and those planned are at least one")
    alpha = 1 - confidence
    rho_squared = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / planned
    grown = n * rho_squared + 1
    return sqrt(2 * grown / (n * rho_squared) * log(sqrt(grown) / alpha))
