"""Intervals that hold at every look at once, for whoever looks at a running comparison each morning."""

from __future__ import annotations

from math import exp, log, sqrt

from holdfast.estimates.intervals import CONFIDENCE


def standard_errors(n: int, planned: int, *, confidence: float = CONFIDENCE) -> float:
    """How many standard errors the interval reaches on each side after n units of both arms together.

    The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (arXiv 2103.06476),
    equation 9, tightest at `planned` units by their equation 10. planned is fixed before the first look: moved
    afterwards, the promise is gone. Always wider than the 1.96 of a single look.
    """
    grown, reached = _grown(n, planned, confidence)
    return sqrt(2 * grown / reached * log(sqrt(grown) / (1 - confidence)))


def chance(z: float, n: int, planned: int) -> float:
    """How likely a difference of z standard errors or more is at any look, if there is none: the least α whose interval
    leaves 0 out, `standard_errors` turned round with its mixture held."""
    grown, reached = _grown(n, planned, CONFIDENCE)
    return min(1.0, sqrt(grown) * exp(-(z**2) * reached / (2 * grown)))


def _grown(n: int, planned: int, confidence: float) -> tuple[float, float]:
    """nρ² + 1 and nρ²; ρ² is that of the planned units."""
    if n < 1 or planned < 1:
        raise ValueError("both the units there are and those planned are at least one")
    alpha = 1 - confidence
    reached = n * (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / planned
    return reached + 1, reached
