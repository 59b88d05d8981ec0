"""A metric by slice: one row each, a dot with its interval on a common scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median_low

from markupsafe import Markup

from holdfast.web.charts.svg import axis_bounds, dot, line, picture, text, ticks

WIDTH, ROW, LEFT, RIGHT, BOTTOM = 760, 36, 236, 30, 26  # values stand left: a phone shows that side first
REACH = 3  # usual widths of an interval beyond all points: one that is far wider would leave the others no room


@dataclass(frozen=True, slots=True)
class Slice:
    """One member. `point` is None when it has no reading: the row then says why."""

    label: str
    n: str
    point: float | None
    low: float | None = None
    high: float | None = None
    written: str = ""


def breakdown(
    slices: Sequence[Slice],
    *,
    title: str,
    description: str,
    write: Callable[[float], str],
    whole: float | None = None,
) -> Markup:
    """`whole` is the value of everything together, drawn as a line to compare with."""
    values = _values(slices, whole)
    if not values:
        return Markup("")
    marks = ticks(*axis_bounds(values))
    low, high = marks[0], marks[-1]
    height = ROW * len(slices) + BOTTOM

    def across(value: float) -> float:
        return LEFT + (min(max(value, low), high) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    parts: list[str] = []
    for mark in marks:
        parts.append(line(across(mark), 0, across(mark), height - BOTTOM + 4, "grid"))
        parts.append(text(across(mark), height - 8, write(mark), "lab num", "middle"))
    if low != 0:
        parts.append(text(0, height - 8, f"axis starts at {write(low)}", "lab"))
    if whole is not None:
        parts.append(line(across(whole), 0, across(whole), height - BOTTOM + 4, "zero"))
    for index, piece in enumerate(slices):
        parts += _row(piece, index * ROW + ROW / 2, across, low, high)
    return picture(WIDTH, height, title, description, parts, "forest")


def _values(slices: Sequence[Slice], whole: float | None) -> list[float]:
    """What has to be seen: every point, and ends of intervals as far as REACH."""
    points = [s.point for s in slices if s.point is not None] + ([whole] if whole is not None else [])
    ends = [end for s in slices for end in (s.low, s.high) if end is not None and isfinite(end)]
    widths = [s.high - s.low for s in slices if s.low is not None and s.high is not None and s.high > s.low]
    known = [width for width in widths if isfinite(width)]
    if not known or not points:
        return [*points, *ends]
    reach = REACH * median_low(known)
    return [*points, *(min(max(end, min(points) - reach), max(points) + reach) for end in ends)]


def _row(piece: Slice, y: float, across: Callable[[float], float], low: float, high: float) -> list[str]:
    parts = [text(0, y - 1, _short(piece.label), "nm"), text(0, y + 11, piece.n, "lab num")]
    if piece.point is None:
        return [*parts, text(LEFT + 4, y + 4, piece.written, "lab")]
    if piece.low is not None and piece.high is not None:
        parts.append(line(across(piece.low), y, across(piece.high), y, "ci"))
        for end in (piece.low, piece.high):
            at, away = across(end), 5 * ((end < low) - (end > high))  # one that goes on beyond the edge points there
            if away:
                parts += [line(at, y, at + away, y + by, "ci") for by in (-4, 4)]
            else:
                parts.append(line(at, y - 4, at, y + 4, "ci"))
    parts.append(dot(across(piece.point), y, 4.5, "pt"))
    parts.append(text(LEFT - 14, y + 4, piece.written, "nm num", "end"))
    return parts


def _short(label: str, longest: int = 20) -> str:
    return label if len(label) <= longest else label[: longest - 1] + "…"
