"""What was brought in: one receipt a load, and the rows that could not be used."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from holdfast.web import reading
from holdfast.web.models import Import
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, file_format, page_number

COLUMNS = (
    "load",
    "shop",
    "recorded_at",
    "files",
    "rows_read",
    "rows_rejected",
    "new",
    "changed",
    "unchanged",
    "totals",
)
EVERYTHING = 1_000_000


def page(request: HttpRequest) -> HttpResponseBase:
    found = reading.receipts()
    if file_format(request):
        rows = [
            (
                r.load_id, r.shop, r.recorded_at, "; ".join(r.files), r.rows_read, r.rows_rejected,
                *(sum(getattr(t, name) for t in r.tables.values()) for name in ("new", "changed", "unchanged")),
                "; ".join(
                    f"{what} {reading.money_of(minor, c)[0]:.2f} {c}" for c, sums in r.totals.items() for what, minor in sums.items()
                ),
            )
            for r in found
        ]  # fmt: skip
        return download(Table("loads", COLUMNS, rows), file_format(request))
    running = [job for job in Import.objects.all()[:20] if job.running]
    context = {
        "title": "Sources",
        "receipts": found,
        "running": running,
        "shops": reading.shops(),
        "money_of": reading.money_of,
    }
    return render(request, "sources.html", context)


def rejects(request: HttpRequest) -> HttpResponseBase:
    """Filtered by words in any column; the filter reads every reject, which are few by nature."""
    words, number = request.GET.get("q", "").strip(), page_number(request)
    if words or file_format(request):
        found = reading.rejects(EVERYTHING, 0)
        kept = [row for row in found.rows if words.lower() in " ".join(str(cell) for cell in row).lower()]
        total, shown = len(kept), kept[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        if file_format(request):
            return download(Table("rejects", tuple(found.columns), kept), file_format(request))
    else:
        found = reading.rejects(PAGE_SIZE, (number - 1) * PAGE_SIZE)
        total, shown = found.total, found.rows
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
