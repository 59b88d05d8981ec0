"""How far customers get: one row a phase, a bar of those who entered it and within it those who bought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.web.charts.svg import box, picture, text

WIDTH, ROW, LEFT, RIGHT, TOP = 760, 50, 216, 8, 26
LEGEND = (
    ("reached", "Bought in it", 110), ("back", "of them, came back after lapsing", 222), ("over", "Did not", 88),
    ("open", "Still in it", 90),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """One phase: entered ≥ over ≥ reached ≥ reactivated."""

    label: str
    days: str
    entered: int
    over: int
    reached: int
    reactivated: int
    written: str  # the share
    beneath: str  # and below it: of how many


def funnel(stages: Sequence[Stage], *, title: str, description: str) -> Markup:
    most = max((stage.entered for stage in stages), default=0)
    if not most:
        return Markup("")
    parts, x = [], 0.0
    for kind, words, width in LEGEND:
        parts += [box(x, 4, 10, 10, kind, 2), text(x + 16, 13, words)]
        x += width
    for index, stage in enumerate(stages):
        parts += _row(stage, TOP + index * ROW, (WIDTH - LEFT - RIGHT) / most)
    return picture(WIDTH, TOP + len(stages) * ROW, title, description, parts, "funnel")


def _row(stage: Stage, y: float, unit: float) -> list[str]:
    parts = [text(0, y + 20, stage.label, "nm"), text(0, y + 34, stage.days, "lab")]
    parts.append(box(LEFT, y + 8, stage.over * unit, 30, "over", 3))
    if stage.entered > stage.over:
        parts.append(box(LEFT + stage.over * unit, y + 8, (stage.entered - stage.over) * unit, 30, "open", 3))
    parts.append(box(LEFT, y + 8, stage.reached * unit, 30, "reached", 3))
    if stage.reactivated:
        begins = (stage.reached - stage.reactivated) * unit
        parts.append(box(LEFT + begins, y + 8, stage.reactivated * unit, 30, "back", 3))
    # Beside the name, so that a narrow screen shows it without scrolling.
    parts.append(text(LEFT - 12, y + 20, stage.written, "nm num", "end"))
    parts.append(text(LEFT - 12, y + 34, stage.beneath, "lab num", "end"))
    return parts
