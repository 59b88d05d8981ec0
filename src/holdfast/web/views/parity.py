"""Why is this not the number my shop shows: every meaning of a word, and what leads from it to ours."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.shown import LONGEST_SOURCE
from holdfast.web import formatting, reading
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import Asked, asked, file_format

if TYPE_CHECKING:
    from holdfast.metrics.parity import Meaning, Parity
    from holdfast.metrics.parityterms import Term
    from holdfast.metrics.published import Published

COLUMNS = (
    "word", "definition", "tool", "place", "reason", "counted", "out_of", "number", "currency", "as_of", "why_unknown",
)  # fmt: skip


def index(request: HttpRequest) -> HttpResponseBase:
    """Every word with all its meanings, side by side."""
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    found = reading.all_parity(source, wanted.scope)
    taken = file_format(request)
    if taken:
        return download(Table("parity", COLUMNS, [row for answer in found for row in _rows(answer)]), taken)
    context = {
        "title": "Parity", "source": source, "asked": wanted, "scopes": reading.scopes(source), "found": found,
        "said": _said,
    }  # fmt: skip
    return render(request, "parity.html", context)


def page(request: HttpRequest, term_id: str) -> HttpResponseBase:
    """One word: the steps from each meaning to ours; a POST keeps what a tool shows."""
    term = reading.parity_terms().get(term_id)
    if term is None:
        raise Http404(f"There is no word {term_id} with several meanings.")
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted, problem = asked(request, source), ""
    if request.method == "POST":
        if not getattr(request.user, "is_staff", False):
            raise PermissionDenied
        problem = _keep(request, source, term, wanted)
        if not problem:
            messages.success(request, "Kept, with its date and where it was read.")
            query = f"?scope={wanted.query['scope']}" if wanted.query["scope"] else ""
            return redirect(reverse("parity_term", args=[term.id]) + query)
    answer = reading.parity(source, term, wanted.scope)
    taken = file_format(request)
    if taken:
        return download(Table(f"parity-{term.id}", COLUMNS, _rows(answer)), taken)
    context = {
        "title": term.name, "source": source, "asked": wanted, "scopes": reading.scopes(source), "found": answer,
        "said": _said, "problem": problem, "typed": request.POST, "per": answer.ours.kind != "total",
        "metrics": reading.metrics(), "ours_known": not isinstance(answer.value.reading, Unknown),
    }  # fmt: skip
    return render(request, "parity_term.html", context, status=400 if problem else 200)


def _said(number: float | Unknown | None, answer: Parity, of: Meaning | None = None) -> str:
    if number is None or isinstance(number, Unknown):
        return formatting.DASH
    return formatting.measured(number, answer.scale if of is None else answer.scale_of(of), answer.currency)


def _keep(request: HttpRequest, source: Published, term: Term, wanted: Asked) -> str:
    """Keep what was typed; what is wrong with it, else nothing."""
    typed = {name: request.POST.get(name, "").strip() for name in ("definition", "value", "on", "source")}
    if typed["definition"] not in {d.id for d in term.definitions}:
        return "Choose whose number it is."
    if not 0 < len(typed["source"]) <= LONGEST_SOURCE:
        return f"Say where you read it, in {LONGEST_SOURCE} letters at most, so that others can look it up."
    try:
        on = date.fromisoformat(typed["on"]) if typed["on"] else source.as_of
    except ValueError:
        return "Write the day as 2026-06-30."
    if on > source.as_of:
        return f"The data end on {formatting.day(source.as_of)}; give the number of a day up to then."
    return reading.keep_shown(
        term, wanted.scope, typed["definition"], typed["value"], on, typed["source"], request.user.get_username()
    )


def _rows(answer: Parity) -> list[tuple[object, ...]]:
    """Rows to take away: each meaning (place 0) and its steps (1, 2, …)."""
    rows: list[tuple[object, ...]] = []
    for m in answer.meanings:
        d, ends = m.definition, answer.value.as_of
        known, why = (None, m.number.why) if isinstance(m.number, Unknown) else (m.number, None)
        head = (answer.term.id, d.id, d.tool)
        rows.append((*head, 0, d.says, m.counted, m.out_of, known, answer.currency, ends, why))
        rows += [
            (*head, place, s.reason, s.counted, s.out_of, s.after, answer.currency, ends, None)
            for place, s in enumerate(m.steps, start=1)
        ]
    return rows
