"""How far from the target: a mark on a common scale, better to the right, the target in the middle."""

from __future__ import annotations

from markupsafe import Markup

from holdfast.web.charts.svg import line, picture

WIDTH, HEIGHT = 96, 20
REACH = 1.0  # the ends of the scale: as far from the target as the target is from zero


def gap(relative: float, low: float | None, high: float | None, *, status: str, title: str, description: str) -> Markup:
    """`relative` is (value − target) / target, turned so that better is positive; low, high bound its interval."""
    middle = WIDTH / 2

    def across(value: float) -> float:
        return middle + max(-1.0, min(1.0, value / REACH)) * (middle - 8)

    y, x = HEIGHT / 2, across(relative)
    parts = [line(4, y, WIDTH - 4, y, "axis"), line(middle, 3, middle, 17, "tgt")]
    if low is not None and high is not None:
        parts.append(line(across(low), y, across(high), y, "stem"))
    parts.append(_mark(x, y, status))
    return picture(WIDTH, HEIGHT, title, description, parts, f"gp {status}")


def _mark(x: float, y: float, status: str) -> str:
    """The same shapes as the status words, so that colour never speaks alone."""
    match status:
        case "missed":
            return f'<path class="dot" d="M{x:.1f} {y - 5.2:.1f}l5.2 9.6h-10.4z"/>'
        case "undecided":
            return f'<path class="dot" d="M{x:.1f} {y - 5.4:.1f}l5.4 5.4-5.4 5.4-5.4-5.4z"/>'
        case _:
            return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.6"/>'
