"""What a comparison may be said to have shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import Effect

Word = Literal["worked", "hurt", "did not show", "cannot tell yet", "broken"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """word, and in `why` what it rests on or what would settle it."""

    word: Word
    why: str


def verdict(effect: Effect | Unknown, *, better: str, over: bool, smallest: float, broken: str = "") -> Verdict:
    """over: the horizon of everybody planned is over, so that no later look will come. smallest: the relative effect
    that the plan could find four times in five. Without `over` the interval must be one that holds at every look."""
    if broken:
        return Verdict("broken", f"what is shown is withheld: {broken}")
    if isinstance(effect, Unknown):
        return Verdict("cannot tell yet", effect.why)
    low, high = effect.absolute.low, effect.absolute.high
    if low is None or high is None:
        return Verdict("cannot tell yet", "there is no interval")
    up = better != "down"
    if low > 0 or high < 0:
        return Verdict("worked" if (low > 0) == up else "hurt", "the interval lies on one side of no effect")
    if over:
        return Verdict(
            "did not show",
            f"the interval holds no effect, and effects below {smallest:.0%} were out of reach of this many customers",
        )
    return Verdict("cannot tell yet", "the interval still holds no effect")
