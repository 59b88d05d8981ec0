"""What a page was asked for: whose numbers, which of them, which segment, which page of a table, which file format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest

from holdfast.metrics.declare import Metric
from holdfast.metrics.values import CohortCell, Scope, Value
from holdfast.web import formatting, reading
from holdfast.web.tables import FORMATS

if TYPE_CHECKING:
    from holdfast.metrics.published import Published

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """Scope and segment as chosen in the filters."""

    scope: Scope
    segment: str
    query: dict[str, str]  # what links carry along: only what differs from the default


def asked(request: HttpRequest, source: Published | None) -> Asked:
    """Raises Http404 for shops or a segment that nobody declared."""
    known = reading.segments()
    try:
        scope = reading.scope_of(source, request.GET.get("scope", ""))
    except LookupError as problem:
        raise Http404(f"There is no shop or account {request.GET['scope']}.") from problem
    default = reading.default_segment(source, scope)
    segment = choice(request, "segment", known, default)
    carried = {"scope": reading.scope_text(scope), "segment": "" if segment == default else segment}
    return Asked(scope, segment, carried)


def choice(request: HttpRequest, name: str, known: Iterable[str], default: str) -> str:
    """What ?name= says; the default where it says nothing. Raises Http404 for what is not among the known."""
    said = request.GET.get(name, "")
    if said and said not in known:
        raise Http404(f"There is no {name} {said}.")
    return said or default


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a metric: its headline, a month, a member, or what a build reported."""

    value: Value
    words: str = ""  # which one ("Mar 1997", "country GB"); empty for the headline
    query: dict[str, str] = field(default_factory=dict)  # how addresses name it
    month: str | None = None
    member: tuple[str, str] | None = None


def number_asked(request: HttpRequest, source: Published, metric: Metric, scope: Scope) -> Number:
    """?at= a month, ?by=&member= a slice, ?reported= a snapshot; without them the headline. Raises Http404."""
    at, by, member, reported = (request.GET.get(name, "") for name in ("at", "by", "member", "reported"))
    if at:
        month = next((v for v in source.series(metric.id, scope) if month_name(v) == at), None)
        if month is None:
            raise Http404(f"{metric.name} has no month {at}.")
        return Number(month, formatting.month_of(month), {"at": at}, month=at)
    if by:
        if by not in (*source.dimensions(metric.id), "week"):
            raise Http404(f"{metric.name} is not broken down by {by}.")
        found = next((v for v in source.breakdown(metric.id, by, scope) if v.member == member), None)
        if found is None:
            raise Http404(f"{metric.name} has no {by} called {member}.")
        return Number(found, f"{by} {member}", {"by": by, "member": member}, member=(by, member))
    if reported:
        said = next((v for v in source.reported(metric.id, scope) if v.snapshot == reported), None)
        if said is None:
            raise Http404(f"{metric.name} was not reported by build {reported}.")
        return Number(said, f"as reported by build {reported}", {"reported": reported})
    return Number(reading.value(source, metric.id, scope))


def month_name(value: Value) -> str:
    """How a month is named in addresses: by its member, else by the last day counted."""
    return value.member or str(value.until)


def cell_asked(request: HttpRequest, source: Published, scope: Scope) -> CohortCell:
    """?cohort=1997-01-01&month=3: one cell of the cohorts. Raises Http404."""
    start, month = request.GET.get("cohort", ""), request.GET.get("month", "")
    for cell in reading.cohorts(source, scope):
        if str(cell.cohort) == start and str(cell.month) == month:
            return cell
    raise Http404("There is no such month in the cohorts.")


def metric_or_404(metric_id: str) -> Metric:
    found = reading.metrics().get(metric_id)
    if found is None:
        raise Http404(f"There is no metric called {metric_id}.")
    return found


def page_number(request: HttpRequest) -> int:
    """From 1. Raises Http404 for what is no number."""
    text = request.GET.get("page", "") or "1"
    if not (text.isascii() and text.isdigit() and len(text) < 8 and int(text)):
        raise Http404(f"There is no page {text}.")
    return int(text)


def file_format(request: HttpRequest) -> reading.Format | None:
    """The format of ?as=…, or nothing when a page is wanted. Raises Http404 for one that is not written."""
    said = choice(request, "as", FORMATS, "")
    return next((known for known in FORMATS if known == said), None)
