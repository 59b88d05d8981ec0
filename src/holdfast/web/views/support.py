"""How fast the help desk answers and solves: the spread of hours by both clocks, with median and nine in ten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Metric
from holdfast.metrics.values import Reading, ResponseCell, Scope, Spread, Value
from holdfast.web import charts, formatting, reading
from holdfast.web.charts.hours import Hours, Mark
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import asked, file_format

if TYPE_CHECKING:
    from holdfast.metrics.published import Published

COLUMNS = ("measure", "from_hours", "to_hours", "tickets_by_calendar_hours", "tickets_by_business_hours", "waiting")
SPREADS = (
    "measure", "clock", "tickets", "waiting", "median_hours", "median_low", "median_high", "p90_hours", "p90_low",
    "p90_high", "why_unknown",
)  # fmt: skip
# What the table of each picture calls the tickets it follows to the day, and what its counts hold.
NOT_DONE = {"first reply": "Not answered", "resolution": "Not solved"}
COUNTS = {
    "first reply": (
        "Tickets without a first reply are counted in three ways. “Tickets waiting for a first reply” holds all that"
        " wait now, however old; “still waiting” in the chart's table those of them opened in the twelve months;"
        " “Not answered” also those that were solved without a reply."
    ),
    "resolution": "Only tickets opened seven days ago or earlier are counted here.",
}
CLOCKS = {"business": "Business hours", "calendar": "Calendar hours"}
# What each picture is called, and the metrics that stand beside it.
PICTURES = {
    "first reply": (
        "First reply",
        ("first_reply_time", "first_reply_time_calendar", "first_reply_median", "first_reply_p90", "tickets_waiting"),
    ),
    "resolution": (
        "Resolution",
        ("resolution_time", "resolution_time_calendar", "resolution_median", "first_resolution_time", "reopen_rate"),
    ),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """One measure: its buckets, what half and nine in ten took by each clock, and the metrics beside it."""

    measure: str
    name: str
    cells: tuple[ResponseCell, ...]
    spreads: tuple[Spread, ...]
    chart: Markup
    figures: list[tuple[Metric, Value]]


def page(request: HttpRequest) -> HttpResponseBase:
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    pictures = [picture(source, measure, wanted.scope) for measure in PICTURES]
    taken = file_format(request)
    if taken:
        if request.GET.get("of") == "spread":
            return download(
                Table("support-spread", SPREADS, [spread_row(s) for p in pictures for s in p.spreads]), taken
            )
        return download(Table("support-hours", COLUMNS, [hours_row(c) for p in pictures for c in p.cells]), taken)
    return render(
        request,
        "support.html",
        {
            "title": "Support",
            "source": source,
            "asked": wanted,
            "scopes": reading.scopes(source),
            "pictures": [p for p in pictures if p.cells],
            "clocks": CLOCKS,
            "not_done": NOT_DONE,
            "counts": COUNTS,
            "hours_label": hours_label,
            "needs": reading.value(source, "first_reply_time", wanted.scope) if _knows("first_reply_time") else None,
        },
    )


def _knows(metric_id: str) -> bool:
    return metric_id in reading.metrics()


def picture(source: Published, measure: str, scope: Scope) -> Picture:
    name, beside = PICTURES[measure]
    cells = source.responses(measure, scope)
    found = (source.spread(measure, clock, scope) for clock in CLOCKS)
    spreads = tuple(spread for spread in found if spread is not None)
    figures = [(reading.metrics()[m], reading.value(source, m, scope)) for m in beside if _knows(m)]
    return Picture(measure, name, cells, spreads, spread_chart(name, cells, spreads), figures)


def spread_chart(name: str, cells: tuple[ResponseCell, ...], spreads: tuple[Spread, ...]) -> Markup:
    buckets = [Hours(hours_label(c), c.calendar, c.business) for c in cells if c.since is not None]
    said = [f"{CLOCKS[s.clock].lower()}: {_in_words(s)}" for s in spreads]
    return charts.hours(
        buckets,
        title=f"{name}: tickets by hours taken",
        description="; ".join([*said, *(f"{b.label}: {b.calendar:g}" for b in buckets)]),
        write=formatting.count,
        marks=[mark for spread in spreads for mark in _marks(spread, cells)],
    )


def _in_words(spread: Spread) -> str:
    return f"median {of(spread.median)}, nine in ten {of(spread.p90)}"


def of(found: Reading | Unknown) -> str:
    return found.why if isinstance(found, Unknown) else formatting.measured(found.point, "hours")


def _marks(spread: Spread, cells: tuple[ResponseCell, ...]) -> list[Mark]:
    told = (("median", spread.median, "end"), ("9 in 10", spread.p90, "start"))
    return [
        _mark(spread.clock, f"{words} {of(found)}", leans, _place(found.point, cells), len(cells) - 1)
        for words, found, leans in told
        if not isinstance(found, Unknown)
    ]


def _mark(clock: str, words: str, leans: str, place: float, buckets: int) -> Mark:
    """Near the edge of the picture the words stand on its inner side."""
    return Mark(place, clock, words, "end" if place > buckets - 1.6 else "start" if place < 1.2 else leans)


def _place(hours: float, cells: tuple[ResponseCell, ...]) -> float:
    """How many buckets from the left; within the last, which has no end, its middle."""
    for place, cell in enumerate(cells):
        if cell.since is None or (cell.until is not None and hours >= cell.until):
            continue
        return place + (0.5 if cell.until is None else (hours - cell.since) / (cell.until - cell.since))
    return 0.0


def hours_row(cell: ResponseCell) -> tuple[object, ...]:
    return (cell.measure, cell.since, cell.until, cell.calendar, cell.business, cell.since is None)


def hours_label(cell: ResponseCell) -> str:
    if cell.since is None:
        return "still waiting"
    if cell.until is None:
        return f"{cell.since}{formatting.HARD}h or more"
    return f"{cell.since}–{cell.until}{formatting.HARD}h"


def spread_row(spread: Spread) -> tuple[object, ...]:
    ends: list[float | None] = []
    why = None
    for found in (spread.median, spread.p90):
        if isinstance(found, Unknown):
            ends += [None, None, None]
            why = found.why
        else:
            ends += [found.point, found.low, found.high]
    return (spread.measure, spread.clock, spread.done, spread.waiting, *ends, why)
