"""What stands behind one number: shown in a popover, or as a page of its own without JavaScript."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.web import reading
from holdfast.web.status import notes_of, status_of
from holdfast.web.views.asked import asked, cell_asked, choice, metric_or_404, number_asked
from holdfast.web.views.scorecard import row_of


def metric(request: HttpRequest, metric_id: str) -> HttpResponseBase:
    """?at= a month's last day, ?by=&member= a slice, ?reported= a snapshot; without them the headline.

    ?status=open: it is about those whose window is still open.
    """
    found = metric_or_404(metric_id)
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    number = number_asked(request, source, found, wanted.scope)
    line = reading.line_of(source, found.id, wanted.scope, wanted.segment)
    headline = number.words == ""
    open_ones = choice(request, "status", ("open",), "") == "open" or not number.value.n
    which = {} if "reported" in number.query else number.query
    which = {**which, "status": "open" if open_ones and number.value.still_open else ""}
    context = {
        "title": f"{found.name}, explained",
        "metric": found,
        "value": number.value,
        "number": number,
        "row": row_of(line) if line is not None and headline else None,
        "units": wanted.query | which,
        "status": status_of(line) if line is not None and headline else None,
        "notes": notes_of(line.criterion) if line is not None and headline else (),
        "sql": reading.sql(found.id, source),
        "worked": reading.worked(found.id),
        "source": source,
        "asked": wanted,
    }
    return render(request, "explain_in_popover.html" if request.headers.get("HX-Request") else "explain.html", context)


def cohort(request: HttpRequest) -> HttpResponseBase:
    """?cohort=1997-01-01&month=3: one cell of the cohort picture."""
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    cell = cell_asked(request, source, wanted.scope)
    template = "cohort_in_popover.html" if request.headers.get("HX-Request") else "cohort_explain.html"
    return render(request, template, {"title": "Cohort month", "cell": cell, "source": source, "asked": wanted})
