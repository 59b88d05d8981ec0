"""The units behind a number, and the source rows behind a unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.commerce.calendar import months_before
from holdfast.metrics.counted import units_listed
from holdfast.metrics.declare import Metric
from holdfast.warehouse.home import Shop
from holdfast.warehouse.keys import LARGEST
from holdfast.warehouse.receipts import Page
from holdfast.web import formatting, naming, reading
from holdfast.web.jinja import url
from holdfast.web.tables import Table, download, sent
from holdfast.web.views.asked import (
    PAGE_SIZE,
    asked,
    cell_asked,
    choice,
    file_format,
    metric_or_404,
    number_asked,
    page_number,
)

if TYPE_CHECKING:
    from holdfast.metrics.unit import Unit

NAMED_BY = ("unit_id", "customer")  # columns that stand in a unit's name


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
    said = choice(request, "status", reading.STATUSES, "counted")
    status: reading.Status = next(s for s in reading.STATUSES if s == said)
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
            ("counted", "Counted", units_listed(metric, value, "counted")),
            ("open", "Still open", units_listed(metric, value, "open")),
            ("all", "All", units_listed(metric, value, "all")),
        ),
        "what": metric.unit,
        **_paged(found, page, status),
        **_listed(
            found, metric, source.shops, lambda unit_id: url("unit", metric.id, unit_id, **wanted.query, **number.query)
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
    status = choice(request, "status", ("bought", "all"), "bought")
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
    query = wanted.query | {"cohort": str(cell.cohort), "month": str(cell.month)}
    context: dict[str, Any] = {
        "title": f"Customers who first bought in {formatting.month(cell.cohort)}, month {cell.month}",
        "asked": wanted,
        "cell": cell,
        "in_month": formatting.month(months_before(cell.cohort, -cell.month)),
        "query": query,
        "tabs": (("bought", "Bought", cell.active), ("all", "The whole cohort", cell.customers)),
        "what": "customers",
        **_paged(found, page, status),
        **_listed(found, None, source.shops, lambda unit_id: url("cohort_unit", unit_id, **query)),
    }
    return render(request, "cohort_rows.html", context)


def _paged(found: Page, number: int, status: str) -> dict[str, Any]:
    """What a page of a longer list shows of it. Raises Http404 past its end."""
    last = max(1, -(-found.total // PAGE_SIZE))
    if number > last:
        raise Http404(f"There are {last} pages.")
    return {
        "found": found, "status": status, "page": number, "last": last, "first_row": (number - 1) * PAGE_SIZE + 1,
    }  # fmt: skip


def _listed(
    found: Page, metric: Metric | None, shops: Sequence[Shop], opens: Callable[[int], str]
) -> dict[str, Any]:  # fmt: skip
    """The units as `unit_rows` of the templates takes them: (name, address, cells), and what the cells are."""
    kept = [c for c in found.columns if c not in NAMED_BY and (c != "shop" or len(shops) > 1)]
    shown = []
    for row in found.rows:
        named: dict[str, Any] = dict(zip(found.columns, row, strict=True))
        written = dict(zip(found.columns, written_row(found.columns, row, metric, shops), strict=True))
        name = naming.unit(named["unit_id"], named.get("customer"))
        shown.append((name, opens(named["unit_id"]), [*(written[c] for c in kept), written["unit_id"]]))
    return {"columns": [*kept, "unit_id"], "units": shown}


def unit(request: HttpRequest, metric_id: str, unit_id: str) -> HttpResponseBase:
    """?at=, ?by=&member= as of the list it was opened from."""
    metric = metric_or_404(metric_id)
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    number = number_asked(request, source, metric, wanted.scope)
    try:
        found = reading.unit(metric.id, _number(unit_id), wanted.scope)
    except (LookupError, ValueError) as problem:
        raise Http404(f"{metric.name} counts no unit {unit_id}.") from problem
    of_what = metric.unit.capitalize() + (f", {number.words}" if number.words else "")
    crumbs = (
        ("Metrics", url("metrics", **wanted.query)),
        (metric.name, url("metric", metric.id, **wanted.query)),
        (of_what, url("rows", metric.id, **wanted.query, **number.query)),
    )
    return _unit_page(request, found, metric, crumbs, source.shops, wanted.query | number.query)


def cohort_unit(request: HttpRequest, unit_id: str) -> HttpResponseBase:
    """A customer of a cell of the cohorts."""
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    cell = cell_asked(request, source, wanted.scope)
    try:
        found = reading.buyer(_number(unit_id), wanted.scope)
    except (LookupError, ValueError) as problem:
        raise Http404(f"There is no customer {unit_id} in the cohorts.") from problem
    query = wanted.query | {"cohort": str(cell.cohort), "month": str(cell.month)}
    crumbs = (
        ("Cohorts", url("cohorts", **wanted.query)),
        (f"First bought {formatting.month(cell.cohort)}, month {cell.month}", url("cohort_rows", **query)),
    )
    return _unit_page(request, found, None, crumbs, source.shops, query)


def _unit_page(
    request: HttpRequest, unit: Unit, metric: Metric | None, crumbs: tuple[tuple[str, str], ...],
    shops: Sequence[Shop], query: dict[str, str],
) -> HttpResponseBase:  # fmt: skip
    try:
        tables, taken = reading.source_rows(metric.id if metric else None, unit.unit_id), file_format(request)
    except LookupError as problem:
        raise Http404("These rows are of every shop, and you may see some of them.") from problem
    if taken:
        of = choice(request, "of", tables, next(iter(tables)))
        name = f"{metric.id if metric else 'customer'}-{of}".replace(" ", "-")
        return download(Table(name, tuple(tables[of].columns), tables[of].rows), taken)
    called = naming.title(metric, unit.unit_id, unit.number)
    context = {
        "title": called.short,
        "called": called,
        "unit": unit,
        "crumbs": crumbs,
        "query": query,
        "tables": {
            name: (page, [written_row(page.columns, row, None, shops) for row in page.rows])
            for name, page in tables.items()
        },
    }
    return render(request, "unit.html", context)


def _number(text: str) -> int:
    """A unit's number as the tables keep it: 64 bits. Raises ValueError."""
    number = int(text) if len(text) <= 20 else LARGEST + 1
    if abs(number) > LARGEST:
        raise ValueError("larger than any unit's number")
    return number


def written_row(columns: Sequence[str], row: Sequence[Any], metric: Metric | None, shops: Sequence[Shop]) -> list[str]:
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
