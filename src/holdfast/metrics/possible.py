"""What a number can be at all: an interval that says less than nobody, or more than everybody, is cut back.

An approximate interval of few units may reach past the end of its scale. Cutting it there loses no truth, since the
true value is on the scale.
"""

from __future__ import annotations

from holdfast.estimates.estimate import Estimate
from holdfast.metrics.declare import Metric

SIGNED = (float("-inf"), float("inf"))  # the ends of a number that may be less than nothing, such as a part of growth
_OF_SCALE: dict[str, tuple[float | None, float | None]] = {
    "mean_1_5": (1.0, 5.0),
    "points": (None, None),
    "share": (0.0, None),
    "days": (0.0, None),
    "hours": (0.0, None),
    "minutes": (0.0, None),
    "count": (0.0, None),
    "money": (None, None),  # what is earned may be less than nothing
}


def possible(metric: Metric) -> tuple[float | None, float | None]:
    """The least and the most the number can be, in its scale; None where there is no end."""
    if metric.kind == "growth":
        return -1.0, None  # all of it gone
    if metric.kind == "net":
        return -100.0, 100.0
    return metric.ends or _OF_SCALE[metric.scale]


def cut_back(estimate: Estimate, metric: Metric) -> Estimate:
    """The interval without what the number cannot be; it always holds the point."""
    least, most = possible(metric)
    low, high = estimate.low, estimate.high
    if low is not None and least is not None:
        low = min(max(low, least), estimate.point)
    if high is not None and most is not None:
        high = max(min(high, most), estimate.point)
    return Estimate(estimate.point, low, high, estimate.method)
