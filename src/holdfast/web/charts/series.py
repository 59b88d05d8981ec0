"""A metric over its months: line, interval band, target band, and a dashed part for months still open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from markupsafe import Markup

from holdfast.web.charts.svg import axis_bounds, box, dot, line, path_of, picture, text, ticks

WIDTH, HEIGHT = 760, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 20, 30
LETTER = 7.5  # of a label at the left, at most


@dataclass(frozen=True, slots=True)
class Point:
    """One month. point: None without a reading; low, high: None for a full count; high: inf where nobody knows it."""

    label: str
    point: float | None
    low: float | None = None
    high: float | None = None
    still_open: int = 0
    tip: str = ""


def series(
    points: Sequence[Point],
    *,
    title: str,
    description: str,
    write: Callable[[float], str],
    target: tuple[float | None, float | None] = (None, None),
) -> Markup:
    """`write` turns an axis value into text; `target` (low, high) is drawn as a band."""
    values = [v for p in points for v in (p.point, p.low, p.high) if v is not None and isfinite(v)]
    if len([p for p in points if p.point is not None]) < 2:
        return Markup("")
    low, high = axis_bounds(values + [bound for bound in target if bound is not None])
    if target[0] is not None and high <= target[0]:
        high += 0.06 * (high - low)  # so that the target band can be seen
    marks = ticks(low, high)
    low, high = marks[0], marks[-1]
    left = max(LEFT, 8 + LETTER * max(len(write(mark)) for mark in marks))

    def place(index: int) -> float:
        return left + (index + 0.5) / len(points) * (WIDTH - left - RIGHT)

    def level(value: float) -> float:
        return TOP + (high - min(value, high)) / (high - low) * (HEIGHT - TOP - BOTTOM)  # an open end: to the top

    parts: list[str] = []
    if any(bound is not None for bound in target):
        parts += _target(target, low, high, level, left)
    for mark in marks:
        parts.append(line(left, level(mark), WIDTH - RIGHT, level(mark), "grid"))
        parts.append(text(left - 8, level(mark) + 4, write(mark), "lab num", "end"))
    if low != 0:
        parts.append(text(WIDTH - RIGHT, 10, f"axis starts at {write(low)}", "lab", "end"))
    parts += _months(points, place)
    parts += _curve(points, place, level)
    return picture(WIDTH, HEIGHT, title, description, parts, "series")


def _target(
    target: tuple[float | None, float | None], low: float, high: float, level: Callable[[float], float], left: float
) -> list[str]:
    bottom = target[0] if target[0] is not None else low
    top = target[1] if target[1] is not None else high
    return [box(left, level(top), WIDTH - left - RIGHT, max(2.0, level(bottom) - level(top)), "band")]


def _months(points: Sequence[Point], place: Callable[[int], float]) -> list[str]:
    every = max(1, -(-len(points) // 9))
    return [
        text(place(index), HEIGHT - 8, point.label, "lab", "middle")
        for index, point in enumerate(points)
        if index % every == 0
    ]


def _curve(points: Sequence[Point], place: Callable[[int], float], level: Callable[[float], float]) -> list[str]:
    parts: list[str] = []
    for run in _runs(points):
        with_interval = [(i, points[i].low, points[i].high) for i in run]
        upper = [(place(i), level(high)) for i, _, high in with_interval if high is not None]
        lower = [(place(i), level(low)) for i, low, _ in with_interval if low is not None]
        if len(upper) > 1:
            parts.append(path_of([*upper, *reversed(lower)], "interval", closed=True))
        for a, b in pairwise(run):
            kind = "ln open" if points[b].still_open else "ln"
            ends = [(place(i), level(points[i].point or 0.0)) for i in (a, b)]
            parts.append(path_of(ends, kind))
    for index, point in enumerate(points):
        if point.point is not None:
            kind = "pt open" if point.still_open else "pt"
            parts.append(dot(place(index), level(point.point), 3.2, kind, point.tip))
    return parts


def _runs(points: Sequence[Point]) -> list[list[int]]:
    """Indexes of neighbouring months that have a reading: a gap stays a gap."""
    runs: list[list[int]] = []
    for index, point in enumerate(points):
        if point.point is None:
            continue
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs
