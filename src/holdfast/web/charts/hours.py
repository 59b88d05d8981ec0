"""How many tickets took how many hours: a pair of columns for each bucket, in business and in calendar hours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.web.charts.svg import box, line, picture, text, ticks

WIDTH, HEIGHT = 760, 252
LEFT, RIGHT, TOP, BOTTOM = 60, 24, 60, 26
MARK_ROWS = {"business": 32, "calendar": 46}  # heights of the words over the marks


@dataclass(frozen=True, slots=True)
class Hours:
    """One bucket; business is None where no schedule applies."""

    label: str
    calendar: float
    business: float | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A number of hours to point at; at: how many buckets from the left, with the part of its own."""

    at: float
    clock: str  # "business" or "calendar"
    words: str
    leans: str  # the side its words stand on: "start" or "end"


def hours(
    buckets: Sequence[Hours], *, title: str, description: str, write: Callable[[float], str],
    marks: Sequence[Mark] = (),
) -> Markup:  # fmt: skip
    """`marks` are lines with words of their own, such as the median by each clock."""
    if not buckets:
        return Markup("")
    staffed = any(b.business is not None for b in buckets)
    steps = ticks(0.0, max(max(b.calendar, b.business or 0.0) for b in buckets) or 1.0)
    high = steps[-1]
    step = (WIDTH - LEFT - RIGHT) / len(buckets)
    width = step * (0.36 if staffed else 0.7)

    def level(value: float) -> float:
        return TOP + (high - value) / high * (HEIGHT - TOP - BOTTOM)

    parts = [box(LEFT, 4, 10, 10, "back", 2), text(LEFT + 16, 13, "Calendar hours")]
    if staffed:
        parts += [box(LEFT + 130, 4, 10, 10, "new", 2), text(LEFT + 146, 13, "Business hours")]
    for mark in steps:
        parts.append(line(LEFT, level(mark), WIDTH - RIGHT, level(mark), "grid"))
        parts.append(text(LEFT - 8, level(mark) + 4, write(mark), "lab num", "end"))
    for index, bucket in enumerate(buckets):
        x = LEFT + index * step + step * 0.13
        parts.append(box(x, level(bucket.calendar), width, level(0) - level(bucket.calendar), "back"))
        if bucket.business is not None:
            parts.append(box(x + width, level(bucket.business), width, level(0) - level(bucket.business), "new"))
        parts.append(text(LEFT + (index + 0.5) * step, HEIGHT - 8, bucket.label, "lab", "middle"))
    for pointed in marks:
        x, y = LEFT + pointed.at * step, MARK_ROWS[pointed.clock]
        parts.append(line(x, y - 8, x, level(0), f"at {pointed.clock}"))
        parts.append(text(x + (5 if pointed.leans == "start" else -5), y, pointed.words, "lab num", pointed.leans))
    return picture(WIDTH, HEIGHT, title, description, parts, "stack")
