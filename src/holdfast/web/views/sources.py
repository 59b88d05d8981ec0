"""What was brought in: one receipt a load, and the rows that could not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from holdfast.web import formatting, reading
from holdfast.web.models import Import
from holdfast.web.tables import Table, download, sent
from holdfast.web.views.asked import PAGE_SIZE, file_format, page_number
from holdfast.web.views.rows import written_row

if TYPE_CHECKING:
    from holdfast.metrics.promises import Promise
    from holdfast.metrics.published import Published
    from holdfast.warehouse.receipts import Receipt

COLUMNS = (
    "load",
    "shop",
    "recorded_at",
    "files",
    "rows_read",
    "rows_rejected",
    "told_twice",
    "new",
    "changed",
    "unchanged",
    "totals",
)


def page(request: HttpRequest) -> HttpResponseBase:
    found = reading.receipts()
    taken = file_format(request)
    if taken:
        rows = [_cells(receipt) for receipt in found]
        return download(Table("loads", COLUMNS, rows), taken)
    source = reading.published()
    running = [job for job in Import.objects.all()[:20] if job.running]
    context = {
        "title": "Sources",
        "receipts": found,
        "running": running,
        "shops": reading.shops(),
        "money_of": reading.money_of,
        "source": source,
        "promises": [(p, _examples(p, source)) for p in reading.promises(source)] if _may_see_rows(source) else [],
    }
    return render(request, "sources.html", context)


def _may_see_rows(source: Published | None) -> TypeGuard[Published]:
    """Rows that break a promise are of any shop."""
    return source is not None and reading.sees_all()


def _examples(promise: Promise, source: Published) -> list[list[str]]:
    page = promise.examples
    return [] if page is None else [written_row(page.columns, row, None, source.shops) for row in page.rows]


def audit(request: HttpRequest, name: str) -> HttpResponseBase:
    """Every row that breaks a promise, as a file; the page of sources has the first of them."""
    if not reading.sees_all():
        raise PermissionDenied  # rows of every shop stand in it
    taken = file_format(request)
    if taken is None:
        return redirect(reverse("sources") + f"#promise-{name}")
    try:
        return sent(name, taken, lambda path: reading.export_offending(name, path, taken))
    except LookupError as problem:
        raise Http404("No row breaks this promise.") from problem


def _cells(receipt: Receipt) -> tuple[object, ...]:
    """A receipt as a row of COLUMNS."""
    landed = [sum(getattr(t, n) for t in receipt.tables.values()) for n in ("new", "changed", "unchanged")]
    totals = [
        f"{what} {reading.money_of(minor, currency)[0]:.{formatting.digits_of(currency)}f} {currency}"
        for currency, sums in receipt.totals.items()
        for what, minor in sums.items()
    ]
    return (
        receipt.load_id, receipt.shop, receipt.recorded_at, "; ".join(receipt.files), receipt.rows_read,
        receipt.rows_rejected, receipt.told_twice, *landed, "; ".join(totals),
    )  # fmt: skip


def rejects(request: HttpRequest) -> HttpResponseBase:
    """Filtered by ?q= words in any column and by ?load=.

    They are cells as they stood in the files, so not for everybody who may read.
    """
    if not getattr(request.user, "is_staff", False):
        raise PermissionDenied
    words, number, load = request.GET.get("q", "").strip(), page_number(request), _load_asked(request)
    found, taken = reading.rejects(PAGE_SIZE, (number - 1) * PAGE_SIZE, load), file_format(request)
    if taken:
        return download(Table("rejects", tuple(found.columns), list(reading.rejects_with(words, load))), taken)
    total, shown = _page_of(words, number, load) if words else (found.total, found.rows)
    context = {
        "title": "Rows that could not be used",
        "columns": found.columns,
        "rows": shown,
        "total": total,
        "words": words,
        "load": load,
        "query": {"q": words, "load": load},
        "number": number,
        "last": max(1, -(-total // PAGE_SIZE)),
    }
    return render(request, "rejects.html", context)


def _load_asked(request: HttpRequest) -> int | None:
    """?load=3. Raises Http404 for a load that there is not."""
    said = request.GET.get("load", "")
    if not said:
        return None
    found = next((r.load_id for r in reading.receipts() if str(r.load_id) == said), None)
    if found is None:
        raise Http404(f"There is no load {said}.")
    return found


def _page_of(words: str, number: int, load: int | None) -> tuple[int, list[tuple[object, ...]]]:
    """How many rejects hold the words, and those of one page; no more are held at a time."""
    total, shown = 0, []
    for row in reading.rejects_with(words, load):
        if total // PAGE_SIZE == number - 1:
            shown.append(row)
        total += 1
    return total, shown
