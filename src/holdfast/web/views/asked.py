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

    @property
    def query(self) -> dict[str, str]:
        """What links carry along: only what differs from the default."""
        segment = "" if self.segment == next(iter(reading.segments()), "") else self.segment
        return {"scope": reading.scope_text(self.scope), "segment": segment}


def asked(request: HttpRequest, source: Published | None) -> Asked:
    segment, known = request.GET.get("segment", ""), reading.segments()
    return Asked(
        reading.scope_of(source, request.GET.get("scope", "")), segment if segment in known else next(iter(known), "")
    )


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
