"""What was brought in: one receipt a load, and the rows that could not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from holdfast.web import formatting, reading
from holdfast.web.models import Import
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, file_format, page_number

if TYPE_CHECKING:
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
    running = [job for job in Import.objects.all()[:20] if job.running]
    context = {
        "title": "Sources",
        "receipts": found,
        "running": running,
        "shops": reading.shops(),
        "money_of": reading.money_of,
    }
    return render(request, "sources.html", context)


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
    """Filtered by words in any column. They are cells as they stood in the files, so not for everybody who may read."""
    if not getattr(request.user, "is_staff", False):
        raise PermissionDenied
    words, number = request.GET.get("q", "").strip(), page_number(request)
    found, taken = reading.rejects(PAGE_SIZE, (number - 1) * PAGE_SIZE), file_format(request)
    if taken:
        return download(Table("rejects", tuple(found.columns), list(reading.rejects_with(words))), taken)
    total, shown = _page_of(words, number) if words else (found.total, found.rows)
    context = {
        "title": "Rows that could not be used",
        "columns": found.columns,
        "rows": shown,
        "total": total,
        "words": words,
        "number": number,
        "last": max(1, -(-total // PAGE_SIZE)),
    }
    return render(request, "rejects.html", context)


def _page_of(words: str, number: int) -> tuple[int, list[tuple[object, ...]]]:
    """How many rejects hold the words, and those of one page; no more are held at a time."""
    total, shown = 0, []
    for row in reading.rejects_with(words):
        if total // PAGE_SIZE == number - 1:
            shown.append(row)
        total += 1
    return total, shown
