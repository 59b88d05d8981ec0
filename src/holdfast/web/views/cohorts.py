"""Who came back, by month of first purchase."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.web import charts, formatting, reading
from holdfast.web.charts.cohorts import Cell
from holdfast.web.charts.columns import Column
from holdfast.web.charts.funnel import Stage
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import asked, file_format

if TYPE_CHECKING:
    from holdfast.metrics.values import CohortCell, PhaseCell

PHASE_COLUMNS = (
    "cohort", "phase", "from_day", "until_day", "entered", "phase_over", "bought_in_it", "of_them_reactivated",
    "share_bought",
)  # fmt: skip
COLUMNS = ("cohort", "month", "customers", "bought", "share", "complete")


@dataclass(frozen=True, slots=True)
class Row:
    """A cohort of the table, as it is written. Cells: month since and its share, "open", or nothing yet."""

    start: date
    name: str
    size: str
    cells: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """The cohorts as a picture and as the table beside it, whose numbers open in the order of the picture's cells."""

    picture: Markup
    months: tuple[int, ...]
    rows: tuple[Row, ...]


def page(request: HttpRequest) -> HttpResponseBase:
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    cells = reading.cohorts(source, wanted.scope)
    taken = file_format(request)
    phases = reading.phases(source, wanted.scope)
    if taken and request.GET.get("of") == "phases":
        return download(Table("phases", PHASE_COLUMNS, [_phase_row(cell) for cell in phases]), taken)
    if taken:
        rows = [(c.cohort, c.month, c.customers, c.active, _share(c), c.complete) for c in cells]
        return download(Table("cohorts", COLUMNS, rows), taken)
    return render(
        request,
        "cohorts.html",
        {
            "title": "Cohorts",
            "source": source,
            "asked": wanted,
            "scopes": reading.scopes(source),
            "heat": grid(cells),
            "months": _months(cells),
            "columns_chart": _columns_chart(cells),
            **_funnel(phases, request.GET.get("entered", "")),
        },
    )


def _funnel(cells: tuple[PhaseCell, ...], entered: str) -> dict[str, object]:
    """The phases of one cohort, or of all of them together; the table holds every cohort."""
    cohorts = sorted({cell.cohort for cell in cells}, reverse=True)
    shown = next((cohort for cohort in cohorts if str(cohort) == entered), None)
    order = list(dict.fromkeys((c.phase, c.from_day, c.until_day) for c in cells))
    stages = [_stage(key, [c for c in cells if c.from_day == key[1] and shown in (None, c.cohort)]) for key in order]
    placed = {(c.cohort, c.from_day): c for c in cells}
    return {
        "funnel": charts.funnel(
            stages,
            title=f"Phases of {'all customers' if shown is None else f'customers of {formatting.month(shown)}'}",
            description="; ".join(
                f"{s.label}: {formatting.count(s.entered)} entered, {s.written} ({s.beneath}) bought in it"
                for s in stages
            ),
        ),
        "phase_names": [(name, _days(since, until), since) for name, since, until in order],
        "phase_rows": [(cohort, [placed.get((cohort, since)) for _, since, _ in order]) for cohort in cohorts],
        "phase_shown": shown,
        "phase_share": _reached,
        "few_accounts": _fewer_opened(cells),
        "no_accounts": bool(cells) and all(cell.from_day > 0 for cell in cells),
    }


def _fewer_opened(cells: tuple[PhaseCell, ...]) -> bool:
    """Whether there are accounts, but fewer with a day of opening than customers who came to the phase after it."""
    entered: dict[int, int] = defaultdict(int)
    for cell in cells:
        entered[cell.from_day] += cell.entered
    first, *later = sorted(entered) or [-1]
    return first == 0 and bool(later) and entered[first] < entered[later[0]]


def _stage(key: tuple[str, int, int | None], cells: list[PhaseCell]) -> Stage:
    entered, over, reached, back = (
        sum(getattr(c, name) for c in cells) for name in ("entered", "over", "reached", "reactivated")
    )
    share = formatting.share(reached / over) if over else "too early"
    beneath = f"{formatting.count(reached)} of {formatting.count(over)}"
    return Stage(key[0], _days(key[1], key[2]), entered, over, reached, back, share, beneath)


def _reached(cell: PhaseCell | None) -> str:
    """The share that bought in the phase, of those for whom it is over."""
    if cell is None:
        return ""
    return formatting.share(cell.reached / cell.over) if cell.over else "open"


def _days(since: int, until: int | None) -> str:
    return f"day {since} on" if until is None else f"days {since} to {until - 1}"


def _phase_row(cell: PhaseCell) -> tuple[object, ...]:
    share = cell.reached / cell.over if cell.over else None
    return (
        cell.cohort, cell.phase, cell.from_day, cell.until_day, cell.entered, cell.over, cell.reached,
        cell.reactivated, share,
    )  # fmt: skip


def _share(cell: CohortCell) -> float | None:
    return cell.active / cell.customers if cell.complete and cell.customers else None


def _words(cell: CohortCell | None) -> str:
    if cell is None:
        return ""
    share = _share(cell)
    return "open" if share is None else formatting.share(share)


@lru_cache(maxsize=32)
def grid(cells: tuple[CohortCell, ...]) -> Grid | None:
    """None when there is nothing to show yet."""
    if not any(cell.month > 0 for cell in cells):
        return None
    shown = [Cell(formatting.month(c.cohort), c.customers, c.month, c.active, _share(c)) for c in cells]
    months = tuple(range(1, max(cell.month for cell in cells) + 1))
    placed = {(cell.cohort, cell.month): cell for cell in cells}
    firsts = {cell.cohort: cell.customers for cell in cells}
    rows = tuple(
        Row(
            start,
            formatting.month(start),
            formatting.count(size),
            tuple((m, _words(placed.get((start, m)))) for m in months),
        )
        for start, size in sorted(firsts.items())
    )
    picture = charts.cohorts(
        shown,
        title="Customers who bought again, by month of first purchase",
        description=f"{len(rows)} cohorts, up to {months[-1]} months after the first purchase. Numbers are percent.",
    )
    return Grid(picture, months, rows)


@lru_cache(maxsize=32)
def _months(cells: tuple[CohortCell, ...]) -> tuple[tuple[date, int, int], ...]:
    """Calendar month → customers who bought for the first time, and who had bought before. Counts add up."""
    new: dict[date, int] = defaultdict(int)
    back: dict[date, int] = defaultdict(int)
    for cell in cells:
        if not cell.complete:
            continue
        number = cell.cohort.year * 12 + cell.cohort.month - 1 + cell.month
        (new if cell.month == 0 else back)[date(number // 12, number % 12 + 1, 1)] += cell.active
    return tuple((month, new[month], back[month]) for month in sorted({*new, *back}))


@lru_cache(maxsize=32)
def _columns_chart(cells: tuple[CohortCell, ...]) -> Markup:
    months = _months(cells)
    return charts.columns(
        [Column(formatting.month(m), float(new), float(back)) for m, new, back in months],
        title="Customers who bought, new and returning, by month",
        description="; ".join(f"{formatting.month(m)}: {new} new, {back} returning" for m, new, back in months[-3:]),
        write=formatting.count,
    )
