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
    """share: of the orders and subscriptions up to these days, what Holdfast had recorded by then; the least of all.

    strict: only what had been recorded by each day was read at all (`trial(…, as_known_then=True)`).
    """

    share: float
    strict: bool = False

    @property
    def said(self) -> str:
        if self.strict:
            return "Only what Holdfast had recorded by each day was read for it; outcomes are as known now."
        had = f"{self.share * 100:.0f} % of the orders and subscriptions up to these days had been recorded by then"
        now = f"As they stand now in any case: {'; '.join(ONLY_NOW)}."
        if self.share > 0.99:
            return f"{had}. {now}"
        return (
            f"As known now: {had}, the others were imported later, with what was corrected meanwhile. Only what had"
            f" happened by a day is read for it. {now}"
        )


def known(facts: Facts, days: Sequence[date], strict: bool = False) -> Known:
    """Of the newest version of each row: a correction counts as recorded when it came."""
    return Known(min(facts.recorded(days)), strict)
