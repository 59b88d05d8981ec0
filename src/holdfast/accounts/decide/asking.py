"""How often a customer may be asked to speak for us, and whether a question of the bank is worth asking again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import exact_proportion
from holdfast.estimates.tally import Tally

HALF_YEAR = 182  # days
ASKS = 2  # in half a year (metrics.md, A27)
ENOUGH = 5  # uses before a question is judged
WORTH = 0.25  # of its uses have to bring something a plan used


def may_ask(asked: Sequence[date], on: date) -> str:
    """Empty, or why not: at most two asks in any half year, whichever way it is laid."""
    days = sorted([*asked, on])
    for first, third in zip(days, days[ASKS:], strict=False):
        if (third - first).days < HALF_YEAR and first <= on <= third:
            again = first + timedelta(days=HALF_YEAR)
            return f"they were asked {ASKS} times in half a year: ask again from {again}"
    return ""


@dataclass(frozen=True, slots=True)
class Worth:
    """How a question paid. share: of its uses that brought a fact a plan used, with its interval."""

    uses: int
    used: int
    share: Estimate | Unknown
    advice: Literal["keep", "retire", "wait"]


def worth(used: Sequence[bool]) -> Worth:
    """One entry a use: whether a plan used what it brought. Retire only when its whole interval lies below WORTH."""
    share = exact_proportion(Tally.of([int(one) for one in used]))
    if isinstance(share, Unknown) or len(used) < ENOUGH:
        return Worth(len(used), sum(used), share, "wait")
    low, high = share.low or 0.0, 1.0 if share.high is None else share.high
    return Worth(len(used), sum(used), share, "retire" if high < WORTH else "keep" if low >= WORTH else "wait")
