"""Charts of a review as SVG, without style attributes: a strict content policy shows them too."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from holdfast.reviews import charts, written
from holdfast.reviews.story import Against, Intervals, Months, Waterfall

WIDE, ROW = 1040, 40
LEFT, RIGHT = 350, 250  # of the names, and of the values
INK, MUTED, LINE, BAND = "#1c2126", "#5a6470", "#d9d7d1", "#d3dfe4"
ACCENT, GOOD, RISK = "#1f6f8b", "#036d55", "#840616"
COLOURS = {"met": GOOD, "stretch": GOOD, "missed": RISK}
LONGEST = 54  # letters of a name beside a chart


def intervals(block: Intervals) -> str:
    low, high = charts.scale_of(block.rows)
    tall = ROW * len(block.rows) + 44

    def x(value: float) -> float:
        return round(LEFT + (value - low) / (high - low) * (WIDE - LEFT - RIGHT), 1)

    steps = round((high - low) * 5)
    told = []
    for step in range(steps + 1):
        value = low + step / 5
        told.append(_line(x(value), 0, x(value), tall - 40, LINE))
        told.append(_text(x(value), tall - 24, f"{round(value * 100)} %", anchor="middle", muted=True))
    told += [_row(row, ROW * place + ROW / 2, x) for place, row in enumerate(block.rows)]
    legend = "square: met, triangle: missed, diamond: undecided or not judged; line: 95 % interval; tick: target, pale"
    told.append(_text(LEFT, tall - 4, f"{legend} band: its range", muted=True))
    return _svg(WIDE, tall, "Targets and values with their intervals", told)


def _row(row: Against, y: float, x: Callable[[float], float]) -> str:
    colour = COLOURS.get(row.verdict, MUTED)
    told = [_text(0, y + 4, _short(row.label))]
    if row.stretch is not None:
        told.append(_line(x(row.acceptable), y, x(row.stretch), y, BAND, 14))
    if row.figure.low is not None and row.figure.high is not None:
        told.append(_line(x(row.figure.low), y, x(row.figure.high), y, colour, 3))
    told.append(_line(x(row.acceptable), y - 12, x(row.acceptable), y + 12, INK, 2))
    if row.figure.point is not None:
        told.append(_shape(row.verdict, x(row.figure.point), y, colour))
    words = {"stretch": "met", "unknown": "not judged", "no target": "left aside"}.get(row.verdict, row.verdict)
    note = f"[{row.figure.note}]"
    told.append(_text(WIDE - RIGHT + 16, y + 4, f"{row.figure.text} {note} {words}, target {row.target}"))
    return "".join(told)


def _shape(verdict: str, x: float, y: float, colour: str) -> str:
    points = {
        "met": [(-6, -6), (6, -6), (6, 6), (-6, 6)], "stretch": [(-6, -6), (6, -6), (6, 6), (-6, 6)],
        "missed": [(0, -7), (7, 6), (-7, 6)],
    }.get(verdict, [(0, -8), (8, 0), (0, 8), (-8, 0)])  # fmt: skip
    told = " ".join(f"{round(x + a, 1)},{round(y + b, 1)}" for a, b in points)
    return f'<polygon points="{told}" fill="{colour}"/>'


def months(block: Months) -> str:
    """A line from 0; a month that is not known is a gap."""
    wide, tall, left = 430, 340, 70
    known = [one.point for one in block.points if one.point is not None]
    high, low = max([*known, 0.0]) or 1.0, min([*known, 0.0])
    scale, currency = block.points[0].scale, charts.unit_of(block.points)

    def x(place: int) -> float:
        return round(left + 16 + place * (wide - left - 40) / max(len(block.points) - 1, 1), 1)

    def y(value: float) -> float:
        return round(16 + (high - value) / (high - low) * (tall - 64), 1)

    told = []
    for end in dict.fromkeys((low, (low + high) / 2, high)):
        told.append(_line(left, y(end), wide, y(end), LINE))
        told.append(_text(left - 6, y(end) + 4, written.measured(end, scale, currency), anchor="end", muted=True))
    run: list[str] = []
    for place, one in enumerate(block.points):
        if one.point is None:
            told.append(_polyline(run))
            run = []
            continue
        run.append(f"{x(place)},{y(one.point)}")
        told.append(f'<circle cx="{x(place)}" cy="{y(one.point)}" r="4" fill="{ACCENT}"><title>'
                    f"{escape(block.labels[place])}: {escape(one.text)}</title></circle>")  # fmt: skip
    told.append(_polyline(run))
    last = len(block.points) - 1
    for place in dict.fromkeys((0, last)):
        told.append(_text(x(place), tall - 12, block.labels[place], anchor="middle", muted=True))
    shown = next((n for n in range(last, -1, -1) if block.points[n].point is not None), None)
    if shown is not None:
        value = block.points[shown]
        told.append(_text(min(x(shown), wide - 30), y(value.point or 0) - 10, value.text, anchor="middle"))
    return _svg(wide, tall, f"{block.name} by month", told)


def _polyline(points: list[str]) -> str:
    if len(points) < 2:
        return ""
    return f'<polyline points="{" ".join(points)}" fill="none" stroke="{ACCENT}" stroke-width="2.5"/>'


def waterfall(block: Waterfall) -> str:
    wide, tall, left = 760, 340, 10
    begins, high = charts.span_of(block)
    each = (wide - left) / len(block.steps)

    def y(value: float) -> float:
        return round(24 + (high - max(value, begins)) / ((high - begins) or 1) * (tall - 92), 1)

    told = [_line(left, y(begins), wide, y(begins), LINE)]
    for place, (step, (lower, upper)) in enumerate(zip(block.steps, charts.levels_of(block), strict=True)):
        middle = round(left + each * (place + 0.5), 1)
        colour = ACCENT if step.total else GOOD if (step.figure.point or 0) > 0 else RISK
        top, height = y(upper), max(round(y(lower) - y(upper), 1), 1)
        told.append(f'<rect x="{round(middle - each * 0.35, 1)}" y="{top}" width="{round(each * 0.7, 1)}" '
                    f'height="{height}" fill="{colour}"/>')  # fmt: skip
        told.append(_text(middle, top - 6, charts.signed(step.figure, total=step.total), anchor="middle"))
        for line, word in enumerate(step.label.split(" ")[:3]):
            told.append(_text(middle, tall - 48 + 14 * line, word, anchor="middle", muted=True))
    said = charts.axis_said(block)
    return _svg(wide, tall, block.name, told) + (f'<p class="quiet">{escape(said)}</p>' if said else "")


def _svg(wide: float, tall: float, told: str, parts: list[str]) -> str:
    return f'<svg viewBox="0 0 {wide} {round(tall)}" role="img" aria-label="{escape(told)}">{"".join(parts)}</svg>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, said: str, *, anchor: str = "start", muted: bool = False) -> str:
    kind = ' class="m"' if muted else ""
    return f'<text x="{x}" y="{round(y, 1)}" text-anchor="{anchor}"{kind}>{escape(said)}</text>'


def _short(said: str) -> str:
    return said if len(said) <= LONGEST else said[: LONGEST - 1].rstrip() + "…"
