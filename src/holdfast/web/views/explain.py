"""What stands behind one number: shown in a popover, or as a page of its own without JavaScript."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.metrics.declare import Metric
from holdfast.metrics.values import Value
from holdfast.web import formatting, reading
from holdfast.web.status import notes_of, status_of
from holdfast.web.views.asked import Asked, asked, metric_or_404

if TYPE_CHECKING:
    from holdfast.metrics.published import Published


def metric(request: HttpRequest, metric_id: str) -> HttpResponseBase:
    """?at= a month's last day, ?by=&member= a slice, ?reported= a snapshot; without them the headline."""
    found = metric_or_404(metric_id)
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    value, of = _value(request, source, found, wanted)
    line = reading.line_of(source, found.id, wanted.scope, wanted.segment)
    headline = of == ""
    context = {
        "title": f"{found.name}, explained",
        "metric": found,
        "value": value,
        "of": of,
        "line": line if headline else None,
        "status": status_of(line) if line is not None and headline else None,
        "notes": notes_of(line.criterion) if line is not None and headline else (),
        "sql": reading.sql(found.id, source),
        "source": source,
        "asked": wanted,
    }
    return render(request, "explain_in_popover.html" if request.headers.get("HX-Request") else "explain.html", context)


def _value(request: HttpRequest, source: Published, metric: Metric, wanted: Asked) -> tuple[Value, str]:
    """The value asked for, and words for which one it is ("Mar 1997", "country GB"); empty for the headline."""
    at, by, member = (request.GET.get(name, "") for name in ("at", "by", "member"))
    if at:
        month = next((v for v in source.series(metric.id, wanted.scope) if _ends(v) == at), None)
        if month is None:
            raise Http404(f"{metric.name} has no month {at}.")
        return month, formatting.month_of(month)
    if by:
        if by not in source.dimensions(metric.id):
            raise Http404(f"{metric.name} is not broken down by {by}.")
        found = next((v for v in source.breakdown(metric.id, by, wanted.scope) if v.member == member), None)
        if found is None:
            raise Http404(f"{metric.name} has no {by} called {member}.")
        return found, f"{by} {member}"
    reported = request.GET.get("reported", "")
    if reported:
        said = next((v for v in source.reported(metric.id, wanted.scope) if v.snapshot == reported), None)
        if said is None:
            raise Http404(f"{metric.name} was not reported by build {reported}.")
        return said, f"as reported by build {reported}"
    return reading.value(source, metric.id, wanted.scope), ""


def _ends(value: Value) -> str:
    """How a month is named in addresses: by its member, else by the last day counted."""
    return value.member or str(value.until)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def cohort(request: HttpRequest) -> HttpResponseBase:
    """?cohort=1997-01-01&month=3: one cell of the cohort picture."""
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    start, month = _day(request.GET.get("cohort", "")), request.GET.get("month", "")
    cells = reading.cohorts(source, wanted.scope)
    cell = next((c for c in cells if c.cohort == start and str(c.month) == month), None)
    if cell is None:
        raise Http404("There is no such month in the cohorts.")
    template = "cohort_in_popover.html" if request.headers.get("HX-Request") else "cohort_explain.html"
    return render(request, template, {"title": "Cohort month", "cell": cell, "source": source, "asked": wanted})
