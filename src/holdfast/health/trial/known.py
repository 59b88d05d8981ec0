"""How much of what a trial reads had been recorded by the days it speaks of, and what can only be told as of now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from holdfast.health.facts import Facts

# Sources keep only how these stand now; a trial reads them so, whatever the day.
ONLY_NOW = (
    "how grave a ticket is, and which of its texts were merged",
    "which profiles are one person",
    "what an order was worth, where it was edited later",
    "whom the shop excludes from its customers",
)


@dataclass(frozen=True, slots=True)
class Known:
    """orders: the share of the orders up to these days that Holdfast had recorded by then, the least of all days."""

    orders: float

    @property
    def said(self) -> str:
        if self.orders > 0.99:
            return "The orders had been recorded by these days. As they stand now: " + "; ".join(ONLY_NOW) + "."
        return (
            f"As known now: {self.orders:.0%} of the orders up to these days had been recorded by then, the others were"
            " imported later, with what was corrected meanwhile. Only what had happened by a day is read for it."
            f" As they stand now in any case: {'; '.join(ONLY_NOW)}."
        ).replace("%", " %")


def known(facts: Facts, days: Sequence[date]) -> Known:
    """Of the newest version of each order: a correction counts as recorded when it came."""
    return Known(min((facts.recorded(day) for day in days), default=0.0))
