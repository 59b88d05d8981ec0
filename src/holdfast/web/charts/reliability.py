"""Whether what was called likely happened as often: one dot a tenth of the rows, against the line where both agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.web.charts.svg import dot, line, picture, text, ticks

WIDTH, HEIGHT = 560, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 18, 26, 44


@dataclass(frozen=True, slots=True)
class Tenth:
    """said: the mean chance, happened: the share, low and high its 95 % interval; all 0…1. tip: all of it in words."""

    said: float
    happened: float
    low: float
    high: float
    tip: str


def reliability(tenths: Sequence[Tenth], *, title: str, description: str, write: Callable[[float], str]) -> Markup:
    """Both axes begin at nothing and end alike, so that agreement is the diagonal."""
    if not tenths:
        return Markup("")
    marks = ticks(0.0, max(max(one.said, one.high) for one in tenths))
    most = marks[-1]

    def across(value: float) -> float:
        return LEFT + value / most * (WIDTH - LEFT - RIGHT)

    def level(value: float) -> float:
        return HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM)

    parts: list[str] = []
    for mark in marks:
        parts.append(line(LEFT, level(mark), WIDTH - RIGHT, level(mark), "grid"))
        parts.append(text(LEFT - 8, level(mark) + 4, write(mark), "lab num", "end"))
        parts.append(text(across(mark), HEIGHT - BOTTOM + 16, write(mark), "lab num", "middle"))
    parts.append(line(across(0), level(0), across(most), level(most), "zero"))
    parts.append(text(LEFT, 12, "left", "nm"))
    parts.append(text(WIDTH - RIGHT, HEIGHT - 8, "said to leave", "nm", "end"))
    for one in tenths:
        parts.append(line(across(one.said), level(one.low), across(one.said), level(one.high), "ci"))
        parts.append(dot(across(one.said), level(one.happened), 4.5, "pt", one.tip))
    return picture(WIDTH, HEIGHT, title, description, parts, "forest reliability")
