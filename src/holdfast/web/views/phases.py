"""The customers behind one number of the phases."""

from __future__ import annotations

from typing import Any, get_args

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.metrics.phaserows import Which
from holdfast.metrics.values import PhaseCell
from holdfast.web import formatting, naming, reading
from holdfast.web.jinja import url
from holdfast.web.tables import sent
from holdfast.web.views.asked import PAGE_SIZE, asked, choice, file_format, page_number

WORDS: dict[Which, str] = {"reached": "Bought in it", "reactivated": "Reactivated", "entered": "Entered"}


def rows(request: HttpRequest) -> HttpResponseBase:
    """?phase=30&entered=2019-03-01: a phase by its first day, of one cohort. Raises Http404."""
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    cell = _cell(request, reading.phases(source, wanted.scope))
    said = choice(request, "status", WORDS, "reached")
    which: Which = next(known for known in get_args(Which) if known == said)
    taken = file_format(request)
    if taken:
        name = f"phase-{cell.from_day}-{cell.cohort:%Y-%m}-{which}"
        return sent(name, taken, lambda path: reading.export_phase(wanted.scope, cell, which, path, taken))
    page = page_number(request)
    found = reading.phase_units(wanted.scope, cell, which, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    last = max(1, -(-found.total // PAGE_SIZE))
    if page > last:
        raise Http404(f"There are {last} pages.")
    unit, _, customer, *_ = found.columns
    named: list[dict[str, Any]] = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    columns = found.columns[3:]
    return render(
        request,
        "phase_rows.html",
        {
            "title": f"{cell.phase}, {formatting.month(cell.cohort)}",
            "asked": wanted,
            "cell": cell,
            "query": wanted.query | {"phase": str(cell.from_day), "entered": str(cell.cohort)},
            "tabs": [(key, words, getattr(cell, key)) for key, words in WORDS.items()],
            "status": which,
            "found": found,
            "page": page,
            "last": last,
            "first_row": (page - 1) * PAGE_SIZE + 1,
            "columns": columns,
            "units": [
                (naming.unit(one[unit], one[customer]), _opens(cell, one[unit], wanted.query), _written(one, columns))
                for one in named
            ],
        },
    )


def _written(row: dict[str, object], columns: tuple[str, ...]) -> list[str]:
    return [formatting.cell(row[column]) for column in columns]


def _opens(cell: PhaseCell, unit_id: int, query: dict[str, str]) -> str:
    """A buyer opens as a member of the cohort; an account as a unit of the metric of accounts."""
    if cell.from_day == 0:
        return url("unit", "first_purchase_within_72h", unit_id, **query)
    return url("cohort_unit", unit_id, cohort=str(cell.cohort), month="0", **query)


def _cell(request: HttpRequest, cells: tuple[PhaseCell, ...]) -> PhaseCell:
    phase, cohort = request.GET.get("phase", ""), request.GET.get("entered", "")
    for cell in cells:
        if (str(cell.from_day), str(cell.cohort)) == (phase, cohort):
            return cell
    raise Http404("There is no such phase of this cohort.")
