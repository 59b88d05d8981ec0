"""What came and what went, month by month: gains above the line, losses below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.web.charts.svg import box, line, picture, text, ticks

WIDTH, HEIGHT = 760, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 30, 26
LEGEND = (("new", "New and back"), ("more", "Grown"), ("less", "Shrunk and paused"), ("lost", "Left"))


@dataclass(frozen=True, slots=True)
class Month:
    """One month: each part ≥ 0; less and lost are drawn below the line."""

    label: str
    new: float
    more: float
    less: float
    lost: float


def updown(months: Sequence[Month], *, title: str, description: str, write: Callable[[float], str]) -> Markup:
    if not months:
        return Markup("")
    marks = ticks(-max(m.less + m.lost for m in months), max(m.new + m.more for m in months) or 1.0)
    low, high = marks[0], marks[-1]
    width = (WIDTH - LEFT - RIGHT) / len(months)

    def level(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = []
    for place, (kind, words) in enumerate(LEGEND):
        parts += [box(LEFT + 150 * place, 4, 10, 10, kind, 2), text(LEFT + 150 * place + 16, 13, words)]
    for mark in marks:
        parts.append(line(LEFT, level(mark), WIDTH - RIGHT, level(mark), "zero" if mark == 0 else "grid"))
        parts.append(text(LEFT - 8, level(mark) + 4, write(mark), "lab num", "end"))
    every = max(1, -(-len(months) // 9))
    for index, month in enumerate(months):
        x, wide = LEFT + index * width + width * 0.15, width * 0.7
        for kind, begin, end in (
            ("new", 0.0, month.new),
            ("more", month.new, month.new + month.more),
            ("lost", 0.0, -month.lost),
            ("less", -month.lost, -month.lost - month.less),
        ):
            top = level(max(begin, end))
            parts.append(box(x, top, wide, level(min(begin, end)) - top, kind))
        if index % every == 0:
            parts.append(text(x + wide / 2, HEIGHT - 8, month.label, "lab", "middle"))
    return picture(WIDTH, HEIGHT, title, description, parts, "updown")
