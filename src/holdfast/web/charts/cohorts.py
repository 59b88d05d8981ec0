"""Who came back: one row per month of first purchase, one column per month since. Numbers stand in the cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from holdfast.web.charts.svg import box, picture, text

LEFT, TOP, CELL, ROW = 112, 22, 40, 26
STEPS = 9


@dataclass(frozen=True, slots=True)
class Cell:
    """A cohort's month: `share` is None while the month is not over."""

    cohort: str
    customers: int
    month: int
    active: int
    share: float | None


def cohorts(cells: Sequence[Cell], *, title: str, description: str) -> Markup:
    """Month 0 is left out: everybody bought in it."""
    names = list(dict.fromkeys(cell.cohort for cell in cells))
    shown = [cell for cell in cells if cell.month > 0]
    if not shown:
        return Markup("")
    size = {cell.cohort: cell.customers for cell in cells}
    months = max(cell.month for cell in shown)
    highest = max((cell.share for cell in shown if cell.share is not None), default=0.0) or 1.0
    parts = [text(LEFT + (m - 0.5) * CELL, 14, f"M{m}", "lab", "middle") for m in range(1, months + 1)]
    for index, name in enumerate(names):
        y = TOP + index * ROW
        parts.append(text(0, y + ROW / 2 + 4, name, "nm"))
        parts.append(text(LEFT - 10, y + ROW / 2 + 4, f"{size[name]:,}".replace(",", "\u202f"), "lab num", "end"))
    for cell in shown:
        parts.append(_cell(cell, names.index(cell.cohort), highest))
    return picture(LEFT + months * CELL, TOP + len(names) * ROW, title, description, parts, "heat")


def _cell(cell: Cell, row: int, highest: float) -> str:
    x, y = LEFT + (cell.month - 1) * CELL, TOP + row * ROW
    if cell.share is None:
        tip, step, words = f"{cell.cohort}, month {cell.month}: not over yet", "open", ""
    else:
        step = f"q{1 + min(STEPS - 1, int(cell.share / highest * STEPS))}"
        words = f"{cell.share * 100:.0f}"
        tip = f"{cell.cohort}, month {cell.month}: {cell.share:.1%}, {cell.active} of {cell.customers} bought"
    number = text(x + CELL / 2 - 1, y + ROW / 2 + 3.5, words, "v num", "middle") if words else ""
    return f'<g class="{step}"><title>{escape(tip)}</title>{box(x, y, CELL - 2, ROW - 2, "", 3)}{number}</g>'
