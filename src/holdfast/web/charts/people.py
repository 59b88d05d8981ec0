"""People of a customer by influence and interest: a numbered dot each, which the table beside it names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.web.charts.svg import box, dot, line, picture, text

STEPS = 6  # 0 … 5
CELL_WIDTH, CELL_HEIGHT, LEFT, TOP, BOTTOM, RIGHT, RADIUS = 64, 44, 26, 20, 34, 8, 10.5
BESIDE = ((0, 0), (-20, 0), (20, 0), (-10, 18), (10, 18), (-10, -18), (10, -18))  # where those of one cell stand


@dataclass(frozen=True, slots=True)
class Placed:
    """influence and interest: 0 … 5. stance: support, neutral, against, or "" for not known."""

    number: int
    name: str
    influence: int
    interest: int
    stance: str
    stale: bool


def people(placed: Sequence[Placed], *, title: str, description: str) -> Markup:
    """Empty where nobody is placed."""
    if not placed:
        return Markup("")
    width, height = LEFT + STEPS * CELL_WIDTH + RIGHT, TOP + STEPS * CELL_HEIGHT + BOTTOM
    right, foot = LEFT + STEPS * CELL_WIDTH, TOP + STEPS * CELL_HEIGHT
    # Who decides and cares is talked to first; who decides and does not care is the one to win.
    parts = [box(LEFT + 3 * CELL_WIDTH, TOP, 3 * CELL_WIDTH, 3 * CELL_HEIGHT, "near")]
    for step in range(STEPS + 1):
        x, y = LEFT + step * CELL_WIDTH, TOP + step * CELL_HEIGHT
        parts += [line(x, TOP, x, foot, "grid"), line(LEFT, y, right, y, "grid")]
    for step in range(STEPS):
        parts.append(text(LEFT + (step + 0.5) * CELL_WIDTH, foot + 14, str(step), "lab num", "middle"))
        parts.append(text(LEFT - 8, foot - (step + 0.5) * CELL_HEIGHT + 4, str(step), "lab num", "end"))
    parts += [text(right, foot + 30, "Interest →", "lab", "end"), text(0, 12, "↑ Influence", "lab")]
    seen: Counter[tuple[int, int]] = Counter()
    for one in placed:
        cell = (one.interest, one.influence)
        dx, dy = BESIDE[min(seen[cell], len(BESIDE) - 1)]
        seen[cell] += 1
        parts += _person(one, LEFT + (one.interest + 0.5) * CELL_WIDTH + dx,
                         foot - (one.influence + 0.5) * CELL_HEIGHT + dy)  # fmt: skip
    return picture(width, height, title, description, parts, "people")


def _person(one: Placed, x: float, y: float) -> list[str]:
    tip = f"{one.name}: influence {one.influence}, interest {one.interest}{', stale' if one.stale else ''}"
    kind = f"who {one.stance or 'unsaid'}{' stale' if one.stale else ''}"
    return [
        dot(x, y, RADIUS, kind, tip),
        text(x, y + 4, str(one.number), f"no{' stale' if one.stale else ''}", "middle"),
    ]
