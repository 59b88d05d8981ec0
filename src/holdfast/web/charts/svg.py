"""The few SVG elements that charts are made of. Text is escaped here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape

from markupsafe import Markup


def picture(width: float, height: float, title: str, description: str, parts: Iterable[str], kind: str) -> Markup:
    """A whole chart. `title` names it, `description` says in words what it shows."""
    return Markup(  # noqa: S704 - every text in `parts` went through escape()
        f'<svg class="ch {kind}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(parts)}</svg>"
    )


def text(x: float, y: float, words: str, kind: str = "lab", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def box(x: float, y: float, width: float, height: float, kind: str = "", radius: float = 0) -> str:
    round_corners = f' rx="{radius:g}"' if radius else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{max(0.0, height):.1f}"'
        f'{round_corners} class="{kind}"/>'
    )


def dot(x: float, y: float, radius: float, kind: str, tip: str = "") -> str:
    inside = f"<title>{escape(tip)}</title>" if tip else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="{kind}">{inside}</circle>'


def path_of(points: Iterable[tuple[float, float]], kind: str, closed: bool = False) -> str:
    steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<{"polygon" if closed else "polyline"} points="{steps}" class="{kind}"/>'


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers that enclose low…high: steps of 1, 2, 2.5 or 5 times a power of ten."""
    if high <= low:
        high = low + (abs(low) or 1.0)
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def axis_bounds(values: list[float], *, floor: float | None = 0.0) -> tuple[float, float]:
    """Where an axis begins and ends: at `floor` unless the values use less than 60 % of the space above it."""
    low, high = min(values), max(values)
    if low == high:
        return min(0.0, low), max(0.0, high) or 1.0
    if floor is not None and low >= floor and (low - floor) < 0.6 * (high - floor or 1.0):
        low = floor
    return low, high
