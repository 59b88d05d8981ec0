"""The units behind a number, and the source rows behind a unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.commerce.calendar import months_before
from holdfast.metrics.declare import Metric
from holdfast.warehouse.home import Shop
from holdfast.warehouse.receipts import Page
from holdfast.web import formatting, reading
from holdfast.web.tables import Table, download, sent
from holdfast.web.views.asked import (
    PAGE_SIZE,
    asked,
    cell_asked,
    file_format,
    metric_or_404,
    number_asked,
    page_number,
)

LARGEST = 2**63 - 1


def units(request: HttpRequest, metric_id: str) -> HttpResponseBase:
    """The units of a number: ?at=, ?by=&member= as in its explanation."""
    metric = metric_or_404(metric_id)
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    number = number_asked(request, source, metric, wanted.scope)
    if "reported" in number.query:
        raise Http404("What an earlier build counted is not kept; only what is known now can be opened.")
    status: reading.Status = next((s for s in reading.STATUSES if s == request.GET.get("status")), "counted")
    which: dict[str, Any] = {"status": status, "month": number.month, "member": number.member}
    taken = file_format(request)
    if taken:
        return sent(metric_id, taken, lambda path: reading.export_units(metric_id, wanted.scope, path, taken, **which))
    page = page_number(request)
    found = reading.units(metric.id, wanted.scope, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE, **which)
    value = number.value
    context: dict[str, Any] = {
        "title": f"{metric.unit.capitalize()} of {metric.name}" + (f", {number.words}" if number.words else ""),
        "metric": metric,
        "asked": wanted,
        "number": number,
        "value": value,
        "query": wanted.query | number.query,
        "tabs": (
            ("counted", "Counted", value.n),
            ("open", "Still open", value.still_open),
            ("all", "All", value.n + value.still_open),
        ),
        "what": metric.unit,
        **_paged(
            found,
            page,
            status,
            [_written(found.columns, row, metric, source.shops) for row in found.rows],
            source.shops,
        ),
    }
    return render(request, "rows.html", context)


def cohort(request: HttpRequest) -> HttpResponseBase:
    """The customers of one cell of the cohorts: who bought in the month, or the whole cohort."""
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    cell = cell_asked(request, source, wanted.scope)
    status = "all" if request.GET.get("status") == "all" else "bought"
    taken = file_format(request)
    if taken:
        name = f"cohort-{cell.cohort:%Y-%m}-month-{cell.month}"
        return sent(
            name, taken, lambda path: reading.export_cohort(wanted.scope, cell, path, taken, status == "bought")
        )
    page = page_number(request)
    found = reading.cohort_units(
        wanted.scope, cell, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE, bought=status == "bought"
    )
    context: dict[str, Any] = {
        "title": f"Customers who first bought in {formatting.month(cell.cohort)}, month {cell.month}",
        "asked": wanted,
        "cell": cell,
        "in_month": formatting.month(months_before(cell.cohort, -cell.month)),
        "query": wanted.query | {"cohort": str(cell.cohort), "month": str(cell.month)},
        "tabs": (("bought", "Bought", cell.active), ("all", "The whole cohort", cell.customers)),
        "what": "customers",
        **_paged(
            found, page, status, [_written(found.columns, row, None, source.shops) for row in found.rows], source.shops
        ),
    }
    return render(request, "cohort_rows.html", context)


def _paged(found: Page, number: int, status: str, shown: list[list[str]], shops: Sequence[Shop]) -> dict[str, Any]:
    """What a page of a longer list shows of it. Raises Http404 past its end."""
    last = max(1, -(-found.total // PAGE_SIZE))
    if number > last:
        raise Http404(f"There are {last} pages.")
    return {
        "found": found, "status": status, "shown": shown, "page": number, "last": last,
        "first_row": (number - 1) * PAGE_SIZE + 1, "hidden": () if len(shops) > 1 else ("shop",),
    }  # fmt: skip


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
