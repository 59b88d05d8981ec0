"""How many of each: plain columns that start at zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from holdfast.web.charts.svg import box, line, picture, text, ticks

WIDTH, HEIGHT = 760, 220
LEFT, RIGHT, TOP, BOTTOM = 60, 24, 16, 26


@dataclass(frozen=True, slots=True)
class Bar:
    """One column; tip says it in words."""

    label: str
    amount: float
    tip: str = ""


def bars(
    found: Sequence[Bar], *, title: str, description: str, write: Callable[[float], str], width: int = WIDTH,
    height: int = HEIGHT,
) -> Markup:  # fmt: skip
    """Labels below, the scale left. width, height: of the whole picture; text is as large in every one of them."""
    if not found:
        return Markup("")
    marks = ticks(0.0, max(one.amount for one in found) or 1.0)
    high, step = marks[-1], (width - LEFT - RIGHT) / len(found)

    def level(value: float) -> float:
        return TOP + (high - value) / high * (height - TOP - BOTTOM)

    parts = []
    for mark in marks:
        parts.append(line(LEFT, level(mark), width - RIGHT, level(mark), "grid"))
        parts.append(text(LEFT - 8, level(mark) + 4, write(mark), "lab num", "end"))
    every = max(1, -(-len(found) // 12))
    for index, one in enumerate(found):
        x = LEFT + index * step + step * 0.12
        column = box(x, level(one.amount), step * 0.76, level(0) - level(one.amount), "new")
        parts.append(f"<g><title>{escape(one.tip)}</title>{column}</g>" if one.tip else column)
        if index % every == 0:
            parts.append(text(x + step * 0.38, height - 8, one.label, "lab", "middle"))
    return picture(width, height, title, description, parts, "stack")
