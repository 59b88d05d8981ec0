"""The units behind a number, and the source rows behind a unit."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.warehouse.home import scratch
from holdfast.web import reading
from holdfast.web.tables import Table, download, send_file
from holdfast.web.views.asked import PAGE_SIZE, asked, file_format, metric_or_404, page_number


def units(request: HttpRequest, metric_id: str) -> HttpResponseBase:
    metric = metric_or_404(metric_id)
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted, status = asked(request, source), request.GET.get("status", "counted")
    status = status if status in reading.STATUSES else "counted"
    if file_format(request):
        return _exported(metric_id, wanted.scope, file_format(request))
    number = page_number(request)
    found = reading.units(metric.id, wanted.scope, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE, status=status)
    last = max(1, -(-found.total // PAGE_SIZE))
    if number > last:
        raise Http404(f"There are {last} pages.")
    context: dict[str, Any] = {
        "title": f"{metric.unit.capitalize()} of {metric.name}",
        "metric": metric,
        "asked": wanted,
        "status": status,
        "found": found,
        "number": number,
        "last": last,
        "first_row": (number - 1) * PAGE_SIZE + 1,
        "unit_column": found.columns.index("unit_id") if "unit_id" in found.columns else 0,
        "value": reading.value(source, metric.id, wanted.scope),
    }
    return render(request, "rows.html", context)


def _exported(metric_id: str, scope: Any, wanted: str) -> HttpResponseBase:
    with scratch(reading.home(), "export") as folder:
        path = folder / f"{metric_id}.{wanted}"
        reading.export_units(metric_id, scope, path, wanted)
        return send_file(path, metric_id, wanted)


def unit(request: HttpRequest, metric_id: str, unit_id: str) -> HttpResponseBase:
    metric = metric_or_404(metric_id)
    source = reading.published()
    if source is None:
        return redirect("start")
    try:
        found = reading.source_rows(metric.id, int(unit_id))
    except (LookupError, ValueError) as problem:
        raise Http404(f"{metric.name} has no unit {unit_id}.") from problem
    if not any(page.rows for page in found.values()):
        raise Http404(f"{metric.name} has no unit {unit_id}.")
    wanted = file_format(request)
    if wanted:
        of = request.GET.get("of", next(iter(found)))
        if of not in found:
            raise Http404(f"There is no table {of} here.")
        return download(Table(f"{metric.id}-{of}".replace(" ", "-"), tuple(found[of].columns), found[of].rows), wanted)
    context = {
        "title": f"{metric.unit.removesuffix('s').capitalize()} {unit_id}",
        "metric": metric,
        "unit_id": unit_id,
        "tables": found,
        "asked": asked(request, source),
    }
    return render(request, "unit.html", context)
