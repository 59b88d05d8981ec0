"""Shapes made of characters: verdict marks, sparklines, bars. A colour never speaks alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from holdfast.commerce.unknown import Unknown

if TYPE_CHECKING:
    from holdfast.metrics.values import Value

# verdict → (shape, colour)
MARKS = {
    "missed": ("▲", "red"),
    "undecided": ("◆", "yellow"),
    "met": ("●", "green"),
    "stretch": ("●", "bold green"),
    "unknown": (DASH := "–", "dim"),
    "no target": (DASH, "dim"),
}
RULE = (
    "▲ missed, ● met: the whole 95 % interval lies on that side of the target's nearer end (stretch: its further end)."
    " ◆ undecided: the interval reaches over it. – unknown: not measured, fewer than 30, or too early."
)
_STEPS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
GAP = "·"  # a period of which nothing can be said


def mark(verdict: str) -> tuple[str, str]:
    """ "▲ missed" and its colour."""
    shape, colour = MARKS[verdict]
    return f"{shape} {verdict}", colour


def spark(values: Sequence[Value], most: int = 12) -> str:
    """The newest periods as a line of blocks from the lowest to the highest; unknown ones are a dot."""
    points = [None if isinstance(v.reading, Unknown) else v.reading.point for v in values[-most:]]
    known = [p for p in points if p is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    step = (high - low) / (len(_STEPS) - 1) or 1.0
    return "".join(GAP if p is None else _STEPS[round((p - low) / step)] if high > low else _STEPS[3] for p in points)


def bar(value: float | None, most: float, width: int = 20) -> str:
    """A bar of at most `width` cells; nothing for what is not known or below zero."""
    if value is None or value <= 0 or most <= 0:
        return ""
    eighths = round(min(value / most, 1.0) * width * 8)
    return _EIGHTHS[8] * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
