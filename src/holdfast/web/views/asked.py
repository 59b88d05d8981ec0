"""What a page was asked for: whose numbers, which segment, which page of a table, which file format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest

from holdfast.metrics.declare import Metric
from holdfast.metrics.values import Scope
from holdfast.web import reading
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
    chosen, known = request.GET.get("segment", ""), reading.segments()
    default = next(iter(known), "")
    segment = chosen if chosen in known else default
    scope = reading.scope_of(source, request.GET.get("scope", ""))
    carried = {"scope": reading.scope_text(scope), "segment": "" if segment == default else segment}
    return Asked(scope, segment, carried)


def metric_or_404(metric_id: str) -> Metric:
    found = reading.metrics().get(metric_id)
    if found is None:
        raise Http404(f"There is no metric called {metric_id}.")
    return found


def page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def file_format(request: HttpRequest) -> reading.Format | None:
    """The format of ?as=…, or nothing when a page is wanted."""
    return next((known for known in FORMATS if known == request.GET.get("as")), None)
