"""Models: what each foretells, how sure that is for this shop, what it said before and what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.accounts import access
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.drift import STABLE
from holdfast.estimates.intervals import wilson
from holdfast.predictions.score import CAPACITY
from holdfast.web import charts, formatting, predicted, reading
from holdfast.web.jobs import fit_models, fitting
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import choice, file_format
from holdfast.web.views.trials import number

if TYPE_CHECKING:
    from holdfast.predictions.model import Model, Refused
    from holdfast.warehouse.home import Shop

Told = dict[str, Any]
MOST_FEATURES = 15  # whose drift is shown
NAMES = {"leaves": "Leaves", "orders_30": "Orders within 30 days", "orders_60": "Orders within 60 days",
         "orders_90": "Orders within 90 days"}  # fmt: skip
FILES = {
    "rivals": ("who", "auc", "auc_low", "auc_high", "precision", "lift", "brier"),
    "calibration": ("said", "happened", "rows"),
    "cohorts": ("first_bought", "customers", "said", "happened"),
    "record": ("source", "said_on", "due_on", "customers", "said", "happened", "auc", "auc_low", "auc_high",
               "precision", "lift", "brier", "looked_at", "recall", "recall_low", "recall_high", "found",
               "days_before"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One model of the list."""

    shop: Shop
    id: str
    model: Model | None
    refused: Unknown | None

    @property
    def results(self) -> Told:
        told: Told = {} if self.model is None else self.model.card["results"]
        return told


def index(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _begin(request)
    rows = [_row(shop, one) for shop in reading.shops() for one in predicted.models(shop)]
    context = {
        "title": "Models", "rows": rows, "fitting": fitting(), "may_fit": _may_fit(request), "number": number,
        "names": NAMES,
    }  # fmt: skip
    return render(request, "models.html", context)


def page(request: HttpRequest, shop_id: int, label: str) -> HttpResponseBase:
    shop = predicted.shop(str(shop_id))
    found = None if shop is None else predicted.model(shop, label)
    if shop is None or found is None:
        raise Http404(f"There is no model {label} of this shop.")
    row = _row(shop, found)
    if row.model is None:
        return render(
            request, "model.html", {"title": f"{NAMES.get(label, label)}, {shop.name}", "row": row, "shop": shop}
        )
    published, past = predicted.record(row.model)
    if taken := file_format(request):
        of = choice(request, "of", FILES, "rivals")
        return download(Table(f"model-{label}-{of}", FILES[of], _file(of, row.results, published, past)), taken)
    context = {
        "title": f"{NAMES.get(label, label)}, {shop.name}", "row": row, "shop": shop, "card": row.model.card,
        "results": row.results,
        "number": number, "day": lambda told: formatting.day(date.fromisoformat(told)),
        "reliability": _reliability(row.results["rivals"][0]["reliability"]),
        "published": published[::-1], "past": past[::-1], "past_chart": _auc(past), "capacity": f"{CAPACITY:.0f}",
        "drift": _drift(row.model), **_taken_apart(published, past),
    }  # fmt: skip
    return render(request, "model.html", context)


def _taken_apart(published: list[Told], past: list[Told]) -> Told:
    """The newest that was published and has come due, else the newest past day."""
    found = next((one for some in (published, past) for one in reversed(some) if "why" not in one), None)
    return {"taken_apart": found, "taken_apart_chart": "" if found is None else _reliability(found["reliability"])}


def _drift(model: Model) -> Told:
    """Features by how far they have moved, those that moved most first, when tested and when published last."""
    from holdfast.predictions.features.registry import FEATURES
    from holdfast.predictions.judging import MOVED
    from holdfast.predictions.publish import newest_published

    then, card = model.card["results"]["drift"], {}
    said = newest_published(reading.home(), "risk", model.shop_id)
    if said is not None and said.card["models"].get(model.label.id, {}).get("version") == model.version:
        card = said.card
    now = card.get("drift", {}) if model.label.id == "leaves" else {}
    rows = [(FEATURES[id].name if id in FEATURES else id, then.get(id), now.get(id)) for id in {**then, **now}]
    rows.sort(key=lambda row: (-max(row[1] or 0.0, row[2] or 0.0), row[0]))
    return {
        "rows": rows[:MOST_FEATURES], "as_of": card.get("as_of"), "moved": MOVED, "stable": STABLE,
        "age_days": card.get("age_days"), "refit_due": card.get("refit_due", False),
    }  # fmt: skip


def _row(shop: Shop, one: Model | Refused) -> Row:
    from holdfast.predictions.model import Refused

    if isinstance(one, Refused):
        return Row(shop, one.label, None, one.unknown)
    return Row(shop, one.label.id, one, None)


def _may_fit(request: HttpRequest) -> bool:
    """A model reads a shop whole, and all shops are fitted at once."""
    return reading.sees_all() and access.may(request.user, "assign")


def _begin(request: HttpRequest) -> HttpResponseBase:
    if not _may_fit(request):
        raise access.MayNot("models are fitted by somebody who sees every shop and may assign work")
    if fitting():
        messages.info(request, "They are being fitted already.")
    else:
        fit_models.enqueue()
        messages.success(request, "The worker fits them now: minutes for a large shop. You may leave this page.")
    return redirect("models")


def _file(of: str, results: Told, published: list[Told], past: list[Told]) -> list[tuple[object, ...]]:
    if of == "calibration":
        return [(one["said"], one["happened"], one["n"]) for one in results["rivals"][0]["reliability"]]
    if of == "rivals":
        return [
            (
                r["name"],
                *(r["auc"].get(end) for end in ("point", "low", "high")),
                r["precision"].get("point"),
                r["lift"].get("point"),
                r["brier"],
            )
            for r in results["rivals"]
        ]
    if of == "cohorts":
        found = _taken_apart(published, past)["taken_apart"]
        return [] if found is None else [(c["name"], c["n"], c["said"], c["happened"]) for c in found["cohorts"]]
    return [_scored(one) for one in (*published, *past)]


def _scored(one: Told) -> tuple[object, ...]:
    names = ("auc", "precision", "lift", "recall", "lead")
    auc, precision, lift, recall, lead = (one.get(name) or {} for name in names)
    return (
        one.get("source"), one["as_of"], one.get("decided_on"), one.get("n"), one.get("said"), one.get("rate"),
        auc.get("point"), auc.get("low"), auc.get("high"), precision.get("point"), lift.get("point"), one.get("brier"),
        one.get("looked_at"), *(recall.get(end) for end in ("point", "low", "high")),
        lead.get("found"), lead.get("days"),
    )  # fmt: skip


def _reliability(tenths: list[Told]) -> Markup:
    drawn = []
    for one in tenths:
        low, high = wilson(round(one["happened"] * one["n"]), one["n"])
        tip = (
            f"said {formatting.share(one['said'], 0)}, happened {formatting.share(one['happened'], 0)},"
            f" {formatting.count(one['n'])} rows"
        )
        drawn.append(charts.Tenth(one["said"], one["happened"], low, high, tip))
    return charts.reliability(
        drawn, title="What was said against what happened", description="; ".join(one.tip for one in drawn),
        write=lambda value: formatting.share(value, 0),
    )  # fmt: skip


def _auc(past: list[Told]) -> Markup:
    points = []
    for one in past:
        day, auc = formatting.day(date.fromisoformat(one["as_of"])), one["auc"]
        if "why" not in auc:
            tip = f"{day}: {formatting.number(auc['point'], 2)}"
            points.append(charts.Point(day, auc["point"], auc["low"], auc["high"], tip=tip))
    return charts.series(
        points, title="How well past days were told apart (AUC)", description="; ".join(point.tip for point in points),
        write=lambda value: formatting.number(value, 2),
    )  # fmt: skip
