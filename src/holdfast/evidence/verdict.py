"""What a comparison may be said to have shown."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan
from typing import Literal

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import Effect
from holdfast.estimates.estimate import Estimate

Word = Literal["worked", "hurt", "did not show", "cannot tell yet", "broken", "explored", "indicated"]
FALSE = 0.05  # the share of verdicts on segments that may be false


@dataclass(frozen=True, slots=True)
class Verdict:
    """word, and in `why` what it rests on or what would settle it."""

    word: Word
    why: str


EXPLORED = Verdict("explored", "nobody declared it before it began")


def verdict(
    effect: Effect | Unknown,
    *,
    better: str,
    over: bool,
    smallest: float,
    broken: str = "",
    chance: float = 0.0,
    unit: str = "customers",
) -> Verdict:
    """over: the horizon of everybody planned is over, so that no later look will come. smallest: the relative effect
    that the plan could find four times in five. Without `over` the interval must be one that holds at every look.
    chance: of one of several looked at, its share of false ones."""
    if broken:
        return Verdict("broken", f"what is shown is withheld: {broken}")
    if isinstance(effect, Unknown):
        return Verdict("cannot tell yet", effect.why)
    return told(effect.absolute, better=better, over=over, smallest=smallest, chance=chance, unit=unit)


def told(
    interval: Estimate | Unknown,
    *,
    better: str,
    over: bool,
    smallest: float = nan,
    chance: float = 0.0,
    unit: str = "customers",
) -> Verdict:
    """Of the interval alone; what else as `verdict` has it."""
    if isinstance(interval, Unknown):
        return Verdict("cannot tell yet", interval.why)
    low, high = interval.low, interval.high
    if low is None or high is None:
        return Verdict("cannot tell yet", "there is no interval")
    up = better != "down"
    if (low > 0 or high < 0) and chance > FALSE:
        return Verdict(
            "did not show" if over else "cannot tell yet",
            f"beside the other segments looked at it may be chance ({chance:.0%} of such would be)",
        )
    if low > 0 or high < 0:
        return Verdict("worked" if (low > 0) == up else "hurt", "the interval lies on one side of no effect")
    if over:
        reach = "" if isnan(smallest) else f", and effects below {smallest:.0%} were out of reach of this many {unit}"
        return Verdict("did not show", f"the interval holds no effect{reach}")
    return Verdict("cannot tell yet", "the interval still holds no effect")


def indicated(absolute: Estimate | Unknown, *, better: str, broken: str = "") -> Verdict:
    """Of a comparison that nobody drew by lot: it indicates at most, which settles no target."""
    if broken:
        return Verdict("broken", f"what is shown is withheld: {broken}")
    if isinstance(absolute, Unknown):
        return Verdict("cannot tell yet", absolute.why)
    if absolute.low is None or absolute.high is None or absolute.low <= 0 <= absolute.high:
        return Verdict("did not show", "the interval holds no effect")
    good = (absolute.low > 0) == (better != "down")
    return Verdict("indicated", f"the interval lies on the {'good' if good else 'bad'} side of no effect")
