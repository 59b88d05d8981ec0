"""A table of counts as a picture: the more a cell holds, the darker it is. Numbers stand in the cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from holdfast.web.charts.svg import box, picture, text

TOP, ROW, STEPS = 24, 34, 9


@dataclass(frozen=True, slots=True)
class Cell:
    """share: 0…1, how dark it is; words: what stands in it."""

    row: int
    column: int
    share: float
    words: str
    tip: str


def matrix(
    rows: Sequence[str], columns: Sequence[str], cells: Sequence[Cell], *, title: str, description: str,
    left: int = 120, width: int = 88,
) -> Markup:  # fmt: skip
    """Rows from the top, columns from the left; a cell that is not given is empty."""
    if not cells:
        return Markup("")
    parts = [text(left + (n + 0.5) * width, 15, name, "lab", "middle") for n, name in enumerate(columns)]
    parts += [text(0, TOP + (n + 0.5) * ROW + 4, name, "nm") for n, name in enumerate(rows)]
    for cell in cells:
        x, y = left + cell.column * width, TOP + cell.row * ROW
        step = f"q{1 + min(STEPS - 1, int(cell.share * STEPS))}" if cell.words else "open"
        number = text(x + width / 2 - 1, y + ROW / 2 + 3.5, cell.words, "v num", "middle") if cell.words else ""
        parts.append(
            f'<g class="{step}"><title>{escape(cell.tip)}</title>{box(x, y, width - 2, ROW - 2, "", 3)}{number}</g>'
        )
    return picture(left + len(columns) * width, TOP + len(rows) * ROW, title, description, parts, "heat")
