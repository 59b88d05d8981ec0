"""Several lots read as one: each beside the whole, with its weight, and whether they agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from markupsafe import Markup

from holdfast.commerce.unknown import Unknown
from holdfast.web import charts, formatting, trying
from holdfast.web.charts.breakdown import Slice
from holdfast.web.tables import Table, download
from holdfast.web.views import experiments
from holdfast.web.views.asked import file_format
from holdfast.web.views.experiments import SHAPES, between, ends, per_cent, slice_of

if TYPE_CHECKING:
    from holdfast.evidence.pool import Pool
    from holdfast.evidence.together import Together

COLUMNS = ("lot", "shop", "verdict", "n_treated", "n_held_out", "relative", "low", "high", "weight")


def one(request: HttpRequest, experiment_id: str) -> HttpResponseBase:
    """A pool, or an experiment, by its id."""
    it = trying.find_pool(experiment_id)
    return experiments.one(request, experiment_id) if it is None else _page(request, it)


def _page(request: HttpRequest, it: Pool) -> HttpResponseBase:
    found = trying.together(it)
    taken = file_format(request)
    if taken and found is not None:
        return download(Table(f"experiment-{it.id}", COLUMNS, _rows(found)), taken)
    context = {
        "title": it.name, "it": it, "found": found, "between": between, "shapes": SHAPES,
        "mark": "unknown" if found is None else SHAPES[found.verdict.word],
        "sentence": "" if found is None else trying.sentence_together(found),
        "forest": Markup("") if found is None else _forest(found),
        "rows": [] if found is None else list(zip(found.parts, found.weights, strict=True)),
    }  # fmt: skip
    return render(request, "pool.html", context)


def _rows(found: Together) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for part, weight in zip(found.parts, found.weights, strict=True):
        n = (None, None) if isinstance(part.shown, Unknown) else (part.shown.n_treated, part.shown.n_held_out)
        it = part.registration
        rows.append((it.id, it.shop, part.verdict.word, *n, *ends(part.relative), weight))
    n = (None, None) if isinstance(found.found, Unknown) else (found.found.n_treated, found.found.n_held_out)
    return [*rows, ("together", "", found.verdict.word, *n, *ends(found.relative), None)]


def _forest(found: Together) -> Markup:
    """Each lot, and below them the whole, on one scale; the line is no effect."""
    told = [part for part in found.parts if part.verdict.word != "broken"]
    by_shop = len({part.registration.shop for part in told}) == len(told)
    slices = [slice_of(part.registration.shop if by_shop else part.registration.name, part.shown) for part in told]
    whole = found.relative
    if not isinstance(whole, Unknown) and not isinstance(found.found, Unknown):
        n = f"{formatting.count(found.found.n_treated)} against {formatting.count(found.found.n_held_out)}"
        slices.append(Slice("Together", n, whole.point, whole.low, whole.high, per_cent(whole.point)))
    return charts.breakdown(
        slices, title="Effects of each lot and of all together, relative to those held out",
        description="; ".join(f"{s.label}: {s.written or 'not known'}" for s in slices), write=per_cent, whole=0.0,
    )  # fmt: skip
