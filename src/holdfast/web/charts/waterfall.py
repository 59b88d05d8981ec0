"""From one sum to another, step by step: whole columns at both ends, floating ones for what was added and taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.web.charts.svg import box, line, picture, text, ticks

WIDTH, HEIGHT = 900, 290
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 26, 42

CUT_FROM = 0.75  # of the highest sum reached: where the lowest is above it, the axis does not start at zero


@dataclass(frozen=True, slots=True)
class Step:
    """A whole (an end of the way) or a signed amount on it."""

    label: str
    amount: float
    written: str
    whole: bool = False


def waterfall(steps: Sequence[Step], *, title: str, description: str, write: Callable[[float], str]) -> Markup:
    """Steps in order, the first and the last whole. An axis that does not start at zero says so."""
    if not steps:
        return Markup("")
    spans = _spans(steps)
    reached = [end for _, end in spans]
    high = max(*reached, 0.0) or 1.0
    low = min(reached)
    # Small moves on a large sum would be lines: then the axis is cut, and says so.
    marks = ticks(low - 0.15 * (high - low) if low > CUT_FROM * high else min(low, 0.0), high)
    low, high = marks[0], marks[-1]
    width = (WIDTH - LEFT - RIGHT) / len(steps)

    def level(value: float) -> float:
        return TOP + (high - max(value, low)) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [line(LEFT, level(mark), WIDTH - RIGHT, level(mark), "grid") for mark in marks]
    parts += [text(LEFT - 8, level(mark) + 4, write(mark), "lab num", "end") for mark in marks]
    if low > 0:
        parts.append(text(WIDTH - RIGHT, 10, f"axis starts at {write(low)}", "lab", "end"))
    for index, (step, (begin, end)) in enumerate(zip(steps, spans, strict=True)):
        x = LEFT + index * width
        top = level(max(begin, end))
        kind = "whole" if step.whole else ("gain" if step.amount >= 0 else "loss")
        parts.append(box(x + width * 0.14, top, width * 0.72, max(1.5, level(min(begin, end)) - top), kind, 2))
        parts.append(text(x + width / 2, top - 6, step.written, "v num", "middle"))
        if index + 1 < len(steps):
            parts.append(line(x + width * 0.86, level(end), x + width * 1.14, level(end), "way"))
        for row, words in enumerate(step.label.replace(",", "").split(" ", 1)):
            parts.append(text(x + width / 2, HEIGHT - 24 + 13 * row, words, "lab", "middle"))
    return picture(WIDTH, HEIGHT, title, description, parts, "falls")


def _spans(steps: Sequence[Step]) -> list[tuple[float, float]]:
    """Where each column begins and ends; a whole begins at zero."""
    spans, reached = [], 0.0
    for step in steps:
        begin = 0.0 if step.whole else reached
        reached = step.amount if step.whole else reached + step.amount
        spans.append((begin, reached))
    return spans
