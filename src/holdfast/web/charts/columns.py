"""New and returning, month by month: stacked columns that start at zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.web.charts.svg import box, line, picture, text, ticks

WIDTH, HEIGHT = 760, 220
LEFT, RIGHT, TOP, BOTTOM = 60, 24, 28, 26


@dataclass(frozen=True, slots=True)
class Column:
    """One month."""

    label: str
    new: float
    returning: float


def columns(months: Sequence[Column], *, title: str, description: str, write: Callable[[float], str]) -> Markup:
    if not months:
        return Markup("")
    marks = ticks(0.0, max(m.new + m.returning for m in months) or 1.0)
    high = marks[-1]
    step = (WIDTH - LEFT - RIGHT) / len(months)

    def level(value: float) -> float:
        return TOP + (high - value) / high * (HEIGHT - TOP - BOTTOM)

    parts = [
        box(LEFT, 4, 10, 10, "new", 2),
        text(LEFT + 16, 13, "New"),
        box(LEFT + 60, 4, 10, 10, "back", 2),
        text(LEFT + 76, 13, "Returning"),
    ]
    for mark in marks:
        parts.append(line(LEFT, level(mark), WIDTH - RIGHT, level(mark), "grid"))
        parts.append(text(LEFT - 8, level(mark) + 4, write(mark), "lab num", "end"))
    every = max(1, -(-len(months) // 9))
    for index, month in enumerate(months):
        x = LEFT + index * step + step * 0.15
        parts.append(box(x, level(month.returning), step * 0.7, level(0) - level(month.returning), "back"))
        both = month.new + month.returning
        parts.append(box(x, level(both), step * 0.7, level(month.returning) - level(both), "new"))
        if index % every == 0:
            parts.append(text(x + step * 0.35, HEIGHT - 8, month.label, "lab", "middle"))
    return picture(WIDTH, HEIGHT, title, description, parts, "stack")
