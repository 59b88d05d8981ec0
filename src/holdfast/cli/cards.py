"""The scorecard as a terminal shows it: one line a target when there is room, two when there is not."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holdfast.cli import figures, shapes
from holdfast.cli.figures import DASH
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.counted import still_waiting
from holdfast.metrics.values import Change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.text import Text

    from holdfast.metrics.published import Published
    from holdfast.metrics.scorecard import Group, Line, Scorecard

VERDICT, GAP = 11, 2  # columns of "◆ undecided", and between two parts
_NAME_LEAST = 24


@dataclass(frozen=True, slots=True)
class Cells:
    """One line of the card, written."""

    line: Line
    name: str
    now: str
    interval: str
    target: str
    change: str
    trend: str
    n: str
    still_open: str


def show_card(out: Console, card: Scorecard, found: Published, every: bool = False) -> None:
    """every: also measures without a target that have no number."""
    out.print(f"{card.framework.name} · {card.segment.name} · {card.scope.label}", style="bold", markup=False)
    listed = [line for line in card.lines if every or not line.has_nothing]
    shown = {id(line): _cells(line) for line in listed}
    widths = _widths(list(shown.values()), out.width)
    wide = VERDICT + sum(widths.values()) + GAP * len(widths) <= out.width  # else two lines: nothing is ever cut
    if wide:
        out.print(_heads(widths), style="dim")
    for group in card.groups:
        lines = [line for line in group.lines if id(line) in shown]
        if lines:
            _group_title(out, group)
        for line in lines:
            for text in _wide(shown[id(line)], widths) if wide else _narrow(shown[id(line)], widths, out.width):
                out.print(text, soft_wrap=not wide)
    _beneath(out, card, found, listed)


def _cells(line: Line) -> Cells:
    scale = line.metric.scale if line.metric else ""
    value, change = line.value, line.change
    return Cells(
        line,
        line.criterion.measure.name if line.criterion else line.metric.name if line.metric else "",
        figures.point(value, scale),
        figures.interval(value, scale),
        figures.target(line.criterion),
        figures.signed(change.point, scale, change.before.currency) if isinstance(change, Change) else "",
        shapes.spark(line.trend),
        figures.number(value.n) if value else "",
        figures.number(value.still_open + still_waiting(line.metric, value)) if value and line.metric else "",
    )


def _widths(cells: list[Cells], total: int) -> dict[str, int]:
    """Columns of each part; the name takes what is left."""
    parts = {
        "now": "now", "interval": "95 % interval", "target": "target", "change": "change", "trend": "by month",
        "n": "counted", "still_open": "open",
    }  # fmt: skip
    widths = {part: max(len(head), *(len(getattr(c, part)) for c in cells)) for part, head in parts.items()}
    widths["name"] = max(_NAME_LEAST, min(44, total - VERDICT - sum(widths.values()) - GAP * 8))
    return widths


_LEFT = ("target", "trend")
_ORDER = ("now", "interval", "target", "change", "trend", "n", "still_open")


def _heads(widths: dict[str, int]) -> Text:
    from rich.text import Text

    heads = {"interval": "95 % interval", "trend": "by month", "n": "counted", "still_open": "open"}
    row = " " * VERDICT + "  " + " " * widths["name"]
    for part in _ORDER:
        row += "  " + _fit(heads.get(part, part), widths[part], left=part in _LEFT)
    return Text(row)


def _group_title(out: Console, group: Group) -> None:
    from rich.text import Text

    title = Text.assemble("\n", (group.title, "bold"), (f"  {group.subtitle}", "dim"))
    out.print(title)


def _wide(cells: Cells, widths: dict[str, int]) -> list[Text]:
    from rich.text import Text

    first, *more = textwrap.wrap(cells.name, widths["name"]) or [""]
    text = _verdict(cells.line)
    text.append("  " + _fit(first, widths["name"], left=True))
    for part in _ORDER:
        style = {"now": "bold", "change": _change_colour(cells.line)}.get(part, "dim" if part != "target" else "")
        text.append("  ")
        text.append(_fit(getattr(cells, part), widths[part], left=part in _LEFT), style)
    return [text, *(Text(" " * (VERDICT + 2) + rest) for rest in more)]


def _narrow(cells: Cells, widths: dict[str, int], total: int) -> list[Text]:
    """Verdict, name, value and target; beneath, dimmed, the rest that is known, on as many lines as it takes."""
    from rich.text import Text

    now, target = widths["now"], widths["target"]
    name = max(_NAME_LEAST, total - VERDICT - now - target - 3 * GAP)
    first, *more = textwrap.wrap(cells.name, name) or [""]
    text = _verdict(cells.line)
    text.append("  " + _fit(first, name, left=True))
    text.append("  " + _fit(cells.now, now, left=False), "bold")
    text.append(f"  {cells.target}")
    indent = " " * (VERDICT + GAP)
    lines = [text, *(Text(indent + rest) for rest in more)]
    if cells.line.value and not isinstance(cells.line.value.reading, Unknown):
        said = [(f"95 %: {cells.interval}" if cells.interval else "", "dim"), (f"of {cells.n}", "dim")]
        said += [(f"{cells.still_open} open" if cells.still_open != "0" else "", "dim")]
        said += [(cells.change, _change_colour(cells.line) or "dim"), (cells.trend, "dim")]
        beneath = Text(indent)
        for words, style in said:
            if not words:
                continue
            if len(beneath) > len(indent) and len(beneath) + len(words) + 3 > total:
                lines.append(beneath)
                beneath = Text(indent)
            beneath.append(" · " if len(beneath) > len(indent) else "", "dim").append(words, style)
        lines.append(beneath)
    return lines


def _verdict(line: Line) -> Text:
    from rich.text import Text

    said, colour = shapes.mark(line.verdict)
    return Text().append(_fit(said, VERDICT, left=True), colour)


def _change_colour(line: Line) -> str:
    """Green or red only when the interval excludes no change at all, and the metric has a better side."""
    change, better = line.change, line.metric.better if line.metric else "neither"
    if not isinstance(change, Change) or not change.surely or better == "neither":
        return "dim"
    return "green" if (change.point > 0) == (better == "up") else "red"


def _fit(said: str, width: int, *, left: bool) -> str:
    return said.ljust(width) if left else said.rjust(width)


def _beneath(out: Console, card: Scorecard, found: Published, listed: list[Line]) -> None:
    out.print()
    out.print(shapes.RULE, style="dim", markup=False)
    out.print("Change is this year's newly counted units against the year before; colour when sure.", style="dim")
    _about_targets(out, card)
    missing = to_connect(listed)
    if missing:
        out.print("\nTo know what is unknown", style="bold")
    for what, names in missing.items():
        said = textwrap.wrap(f"{what} → {', '.join(names)}", max(40, out.width - 6))
        out.print(textwrap.indent("\n".join([said[0], *(f"  {more}" for more in said[1:])]), "  "), markup=False)
    if len(listed) < len(card.lines):
        more = figures.plural(len(card.lines) - len(listed), "measures")
        out.print(f"\n{more} without a target have no number yet: holdfast scorecard --all", style="dim", markup=False)
    built = f"built {figures.moment(found.built_at)}"
    out.print(f"\nData as of {figures.day(found.as_of)} · snapshot {found.snapshot} · {built}", markup=False)
    known = [line.metric.id for line in card.lines if line.metric and line.verdict != "unknown"]
    example = next(iter(known), "METRIC")
    out.print(f"Open a number: holdfast explain {example}", style="dim", markup=False)


def _about_targets(out: Console, card: Scorecard) -> None:
    """Where targets come from, what holds them, what they contradict and what they leave open."""
    from holdfast.metrics.framework import OWN_COPY

    sources = dict.fromkeys(line.source.partition(";")[0] for line in card.lines if line.source)
    out.print(f"Targets: {'; '.join(sources)}. Your own: {OWN_COPY} in the home.", style="dim", markup=False)
    if card.chosen == "nobody":
        out.print("\nNo segment is kept for this account: holdfast targets segment ID", style="yellow", markup=False)
    if card.chosen == "differ":
        out.print("\nAccounts of several segments: phases only. Say --account for the targets of one.", style="yellow")
    if card.freeze is not None:
        held = f"\nTargets and definitions are frozen until {figures.day(card.freeze.until)}"
        out.print(f"{held}{f': {card.freeze.why}' if card.freeze.why else ''}", style="bold", markup=False)
        for waits in card.waiting:
            out.print(f"  waits: {waits}", markup=False)
    if card.clashes:
        out.print("\nTargets that contradict each other", style="bold")
    for clash in card.clashes:
        treatment = clash.contradiction.treatment
        treatment = treatment[:1].upper() + treatment[1:]
        said = f"{' × '.join(c.label for c in clash.between)}: {clash.arithmetic}. {treatment}"
        out.print(textwrap.indent(textwrap.fill(said, max(40, out.width - 6)), "  "), markup=False)
    if card.open_questions:
        out.print("\nAsked once: holdfast targets answer ID ANSWER", style="bold", markup=False)
    for question in card.open_questions:
        options = ", ".join(option.id for option in question.options)
        said = f"{question.criterion.id}: {question.asks} ({options})"
        out.print(textwrap.indent(textwrap.fill(said, max(40, out.width - 6)), "  "), markup=False)


def to_connect(lines: Iterable[Line]) -> dict[str, list[str]]:
    """What would settle the unknown lines → the names of those lines."""
    wanted: dict[str, list[str]] = {}
    for line in lines:
        if line.verdict != "unknown":
            continue
        reading = line.value.reading if line.value else None
        if isinstance(reading, Unknown) and not (line.criterion and line.criterion.needs_holdout):
            need = reading.would_need
        elif line.criterion is not None and (reading is None or line.criterion.needs_holdout):
            need = line.criterion.connect
        else:
            need = line.sentence.removeprefix("Unknown: ").rstrip(".")
        if not need:  # nothing that anybody could connect would settle it
            continue
        names = wanted.setdefault(need, [])
        name = line.criterion.measure.name if line.criterion else line.metric.name if line.metric else DASH
        if name not in names:
            names.append(name)
    return wanted
