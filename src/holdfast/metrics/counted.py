"""Who was counted, in words: a unit is not always a customer, and who is counted may still be waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.commerce.counting import some

if TYPE_CHECKING:
    from holdfast.metrics.declare import Metric
    from holdfast.metrics.unitrows import Status
    from holdfast.metrics.values import Value

STRANGERS = "orders of unknown buyers"


def units_in_words(unit: str, n: int, strangers: int) -> str:
    """ "4,250 customers and 1,326 orders of unknown buyers". unit: plural noun. strangers: those of n."""
    if not strangers:
        return some(n, unit)
    told = f"{strangers:,} {STRANGERS if strangers != 1 else 'order of an unknown buyer'}"
    return told if n == strangers else f"{some(n - strangers, unit)} and {told}"


def still_waiting(metric: Metric, value: Value) -> int:
    """Of the units a waiting time counts, those to whom it has not happened yet; 0 for other metrics."""
    from holdfast.metrics.declare import WAITS

    return value.n - int(value.counted) if metric.kind in WAITS else 0


def units_listed(metric: Metric, value: Value, status: Status) -> int:
    """How many units of a value its list holds. Of a waiting time everybody counts, and who waits is open as well."""
    still_open = value.still_open + still_waiting(metric, value)
    return {"counted": value.n, "open": still_open, "all": value.n + value.still_open}[status]
