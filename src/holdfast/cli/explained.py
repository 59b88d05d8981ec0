"""An explained number as a terminal shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from holdfast.cli import figures, shapes
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.counted import still_waiting, units_in_words
from holdfast.metrics.values import Change

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from holdfast.commerce.peak import Period
    from holdfast.metrics.declare import Metric
    from holdfast.metrics.published import Published
    from holdfast.metrics.targets import Criterion
    from holdfast.metrics.values import Value
    from holdfast.metrics.verdict import Judgement

_REPORTED = 5  # newest reports shown


@dataclass(frozen=True, slots=True)
class Explained:
    """One metric for one scope on one day, with all that leads to it."""

    metric: Metric
    value: Value
    targets: tuple[tuple[Criterion, Judgement], ...]
    change: Change | Unknown
    reported: tuple[Value, ...]
    sql: str
    found: Published
    known_at: datetime | None


def show_explained(out: Console, said: Explained) -> None:
    from rich.table import Table

    metric, value, found = said.metric, said.value, said.found
    out.print(f"{metric.name}  {metric.number} · {metric.id} · version {metric.version}", style="bold", markup=False)
    out.print(metric.question, style="italic", markup=False)
    out.print()
    _headline(out, metric, value)
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    _judged(table, said)
    _panel(table, said)
    _defined(table, metric, value)
    _fresh(table, said)
    out.print()
    out.print(table)
    out.print("\nSQL", style="bold")
    out.print(said.sql, style="dim", markup=False, soft_wrap=True)
    scope = f" --{value.scope.kind} {value.scope.name!r}" if value.scope.kind != "all" else ""
    out.print(f"\nSee the rows: holdfast rows {metric.id}{scope} --as-of {found.as_of}", style="bold", markup=False)


def _headline(out: Console, metric: Metric, value: Value) -> None:
    reading = value.reading
    if isinstance(reading, Unknown):
        out.print(f"  – unknown: {reading.why}", style="bold yellow", markup=False)
        if reading.would_need:
            out.print(f"  it would need: {reading.would_need}", markup=False)
    else:
        between = figures.interval(value, metric.scale)
        alone = "a full count" if reading.method == "full count" else reading.method
        said = f"95 %: {between}, {reading.method}" if between else f"{alone}, without an interval"
        point = figures.measured(reading.point, metric.scale, value.currency)
        out.print(f"  [bold]{point}[/bold]  [dim]{said}[/dim]")
    for line in counts(metric, value):
        out.print(f"  {line}", markup=False)


def counts(metric: Metric, value: Value) -> list[str]:
    """How many count and out of what, in the metric's own words; and how many are still open."""
    from holdfast.metrics.declare import WAITS

    lines = []
    if value.n and metric.kind in WAITS:
        bought, waiting = figures.number(value.counted), figures.number(still_waiting(metric, value))
        lines.append(f"{bought} of {figures.plural(value.n, metric.unit)} {metric.counted}; {waiting} still waiting")
    elif value.n and metric.kind != "stated" and metric.never is None and not (metric.basis and value.currency is None):
        # sums of several currencies are none
        lines.append(_summed(metric, value))
    if value.n:
        lines.append(f"{units_in_words(metric.unit, value.n, value.strangers)} counted")
    if metric.kind not in WAITS:
        lines.append(f"{figures.plural(value.still_open, metric.unit)} still open")
    return lines


def _summed(metric: Metric, value: Value) -> str:
    money = bool(metric.basis and value.currency)
    counted = figures.money(value.counted, value.currency) if money else figures.number(value.counted)
    if metric.kind == "proportion":
        return f"{counted} of {figures.number(value.out_of)} {metric.out_of}: {metric.counted}"
    money_below = money and metric.scale == "share"
    below = figures.money(value.out_of, value.currency) if money_below else figures.number(value.out_of)
    return f"{counted} {metric.counted}, over {below} {metric.out_of}"


def _judged(table: Table, said: Explained) -> None:
    from rich.text import Text

    for criterion, judged in said.targets:
        shape, colour = shapes.mark(judged.verdict)
        table.add_row("target", Text(f"{criterion.label} ({figures.target(criterion)})"))
        table.add_row("", Text.assemble((shape, colour), "  ", judged.sentence))
        table.add_row("", Text(f"source: {criterion.source}", "dim"))
        for flag in criterion.flags:
            table.add_row("", Text(f"note: {flag.why}", "dim"))
    if not said.targets:
        table.add_row("target", Text("none is set"))
    table.add_row("change", Text(_changed(said)))


def _panel(table: Table, said: Explained) -> None:
    """The measures that stand for this one, each by itself, or without which it misleads."""
    from rich.text import Text

    from holdfast.metrics.registry import METRICS

    for metric in (m for m in METRICS.values() if m.number in (*said.metric.panel, *said.metric.beside)):
        value = said.found.value(metric.id, said.value.scope)
        between = figures.interval(value, metric.scale)
        shown = f"{figures.point(value, metric.scale)}{f' ({between})' if between else ''}"
        if isinstance(value.reading, Unknown):
            shown = f"unknown: {value.reading.why}"
        table.add_row("panel" if said.metric.panel else "beside", Text(f"{metric.name} {metric.number}: {shown}"))


def _changed(said: Explained) -> str:
    change, scale = said.change, said.metric.scale
    if not isinstance(change, Change):
        return str(change)
    between = figures.change_interval(change, scale)
    sure = " (95 %: " + between + (", sure)" if change.surely else ", may be chance)") if between else ""
    then = change.before
    by = figures.signed(change.point, scale, then.currency)
    told = f"{by} against the year before, {figures.span(then.since, then.until)}, n = {figures.number(then.n)}{sure}"
    return told if change.periods is None else f"{told}; {compared(*change.periods)}"


def compared(now: Period, before: Period) -> str:
    """Which days, and which weeks, a change holds against each other."""
    from holdfast.metrics.comparison import weeks_in_words

    pairs = [f"{figures.span(p.since, p.until)} ({weeks_in_words(p)})" for p in (now, before)]
    return f"compared: {pairs[0]} with {pairs[1]}"


def _defined(table: Table, metric: Metric, value: Value) -> None:
    from rich.text import Text

    rows = {
        "counted": metric.counted,
        "out of": metric.out_of,
        "unit": metric.unit,
        "window": metric.window,
        "anchors": figures.span(value.since, value.until),
        "scope": value.scope.label,
        "basis": metric.basis or "",
        "left out": "; ".join([*metric.left_out, *([value.left_out] if value.left_out else [])]),
        "differs": metric.differs,
        "source": metric.source,
        "example": by_hand(metric),
        "decision": metric.decision,
        "needs": ", ".join(metric.needs),
    }
    for name, text in rows.items():
        if text:
            table.add_row(name, Text(text))


def by_hand(metric: Metric) -> str:
    """The metric's worked example, with the shop it is counted over."""
    from holdfast.metrics.worked import every_worked

    worked = every_worked().get(metric.id)
    return "" if worked is None else f"{worked.told} (counted by hand: {worked.shop})"


def _fresh(table: Table, said: Explained) -> None:
    from rich.text import Text

    found, scale = said.found, said.metric.scale
    table.add_row("as of", Text(figures.day(found.as_of)))
    known = f"as known on {figures.moment(said.known_at)}" if said.known_at else f"snapshot {found.snapshot}"
    table.add_row("known", Text(f"{known}, built {figures.moment(found.built_at)}"))
    for place, value in enumerate(said.reported[-_REPORTED:]):
        reading = value.reading
        shown = reading.why if isinstance(reading, Unknown) else figures.measured(reading.point, scale, value.currency)
        line = f"{figures.day(value.as_of)}: {shown}, n = {figures.number(value.n)} (snapshot {value.snapshot})"
        table.add_row("reported" if place == 0 else "", Text(line, "dim"))
