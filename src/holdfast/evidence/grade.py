"""How strong a claim is, by the design behind it (metrics.md 3.1), and what its sentence may say."""

from __future__ import annotations

from enum import IntEnum


class Grade(IntEnum):
    """E0 … E5. Only E4 and above may say that something changed something, and settle a target that asks for it."""

    OPINION = 0
    TREND = 1
    BEFORE_AND_AFTER = 2
    COMPARED = 3
    BY_LOT = 4
    REPLICATED = 5

    def __str__(self) -> str:
        return f"E{self.value}"

    @property
    def said(self) -> str:
        return SAID[self]


SAID = {
    Grade.OPINION: "said by somebody, verified by nothing",
    Grade.TREND: "levels of two times, side by side",
    Grade.BEFORE_AND_AFTER: "the same customers before and after; part of a change comes by itself",
    Grade.COMPARED: "against customers who looked alike, if both would have moved in parallel",
    Grade.BY_LOT: "against customers kept aside by lot",
    Grade.REPLICATED: "against customers kept aside by lot, again",
}
