"""The units behind a number, and the source rows behind a unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.metrics.declare import Metric
from holdfast.metrics.values import Scope
from holdfast.warehouse.home import Shop, scratch
from holdfast.web import formatting, reading
from holdfast.web.tables import Table, download, send_file
from holdfast.web.views.asked import PAGE_SIZE, asked, file_format, metric_or_404, page_number

LARGEST = 2**63 - 1


def units(request: HttpRequest, metric_id: str) -> HttpResponseBase:
    metric = metric_or_404(metric_id)
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    asked_for = request.GET.get("status")
    status: reading.Status = next((s for s in reading.STATUSES if s == asked_for), "counted")
    taken = file_format(request)
    if taken:
        return _exported(metric_id, wanted.scope, taken, status)
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
        "shown": [_written(found.columns, row, metric, source.shops) for row in found.rows],
        "number": number,
        "last": last,
        "first_row": (number - 1) * PAGE_SIZE + 1,
        "unit_column": found.columns.index("unit_id") if "unit_id" in found.columns else 0,
        "value": reading.value(source, metric.id, wanted.scope),
    }
    return render(request, "rows.html", context)


def _exported(metric_id: str, scope: Scope, wanted: reading.Format, status: reading.Status) -> HttpResponseBase:
    with scratch(reading.home(), "export") as folder:
        path = folder / f"{metric_id}.{wanted}"
        reading.export_units(metric_id, scope, path, wanted, status)
        return send_file(path, metric_id, wanted)


def unit(request: HttpRequest, metric_id: str, unit_id: str) -> HttpResponseBase:
    metric = metric_or_404(metric_id)
    source = reading.published()
    if source is None:
        return redirect("start")
    try:
        found = reading.source_rows(metric.id, _number(unit_id))
    except (LookupError, ValueError) as problem:
        raise Http404(f"{metric.name} has no unit {unit_id}.") from problem
    if not any(page.rows for page in found.values()):
        raise Http404(f"{metric.name} has no unit {unit_id}.")
    taken = file_format(request)
    if taken:
        of = request.GET.get("of", next(iter(found)))
        if of not in found:
            raise Http404(f"There is no table {of} here.")
        return download(Table(f"{metric.id}-{of}".replace(" ", "-"), tuple(found[of].columns), found[of].rows), taken)
    context = {
        "title": f"{metric.unit.removesuffix('s').capitalize()} {unit_id}",
        "metric": metric,
        "unit_id": unit_id,
        "tables": {
            name: (page, [_written(page.columns, row, None, source.shops) for row in page.rows])
            for name, page in found.items()
        },
        "asked": asked(request, source),
    }
    return render(request, "unit.html", context)


def _number(text: str) -> int:
    """A unit's number as the tables keep it: 64 bits. Raises ValueError."""
    number = int(text) if len(text) <= 20 else LARGEST + 1
    if abs(number) > LARGEST:
        raise ValueError("larger than any unit's number")
    return number


def _written(columns: Sequence[str], row: Sequence[Any], metric: Metric | None, shops: Sequence[Shop]) -> list[str]:
    """A row as people read it: what is kept in minor units is written as money, where the currency is known."""
    named = dict(zip(columns, row, strict=True))
    currency = named.get("currency") or _currency(named.get("shop"), shops)
    in_money = _in_money(metric)
    cells = []
    for column, value in named.items():
        minor = column.endswith("_minor") or column in in_money
        if minor and currency and value is not None:
            cells.append(formatting.money(*reading.money_of(int(value), currency)))
        else:
            cells.append(formatting.cell(value))
    return cells


def _in_money(metric: Metric | None) -> tuple[str, ...]:
    """The unit columns that hold minor units: where revenue is counted, and both sides of a share of it."""
    if metric is None or metric.basis is None:
        return ()
    return ("counted", "out_of") if metric.scale == "share" else ("counted",)


def _currency(shop: object, shops: Sequence[Shop]) -> str | None:
    """The currency of the shop named; without a name the only one there is."""
    found = {s.currency for s in shops if shop in (None, s.name)}
    return found.pop() if len(found) == 1 else None
