"""Health scorecards and their trials: what counts, and whether the scores were right about who left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.accounts import access
from holdfast.web import charts, formatting, reading, trials
from holdfast.web.charts import Point, Tenth
from holdfast.web.charts.breakdown import Slice
from holdfast.web.jobs import run_trial
from holdfast.web.models import TrialRun
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import choice, file_format
from holdfast.web.views.deeds import telling

if TYPE_CHECKING:
    from holdfast.health.scorecard import Scorecard
    from holdfast.health.trial.kept import KeptTrial

Told = dict[str, Any]
MOST_A_WEEK = 100_000
FILES = {
    "rivals": ("who", "number", "point", "low", "high", "why_unknown"),
    "calibration": ("said", "left", "low", "high", "rows"),
    "months": ("day", "auc", "rows", "left"),
    "inputs": ("input", "stability_index"),
    "trials": ("tried_at", "snapshot", "version", "word", "auc", "auc_low", "auc_high", "people_left", "capacity"),
}
NUMBERS = {"auc": "AUC", "precision": "Precision–recall", "lift": "Lift of the top tenth", "over": "AUC over recency"}


@dataclass(frozen=True, slots=True)
class Number:
    """An estimate as a page writes it; why where there is none."""

    written: str
    interval: str = ""
    why: str = ""


def index(request: HttpRequest) -> HttpResponseBase:
    known = [(card, next(iter(trials.kept(card.id)), None)) for card in trials.cards().values()]
    rows = [(card, one, None if one is None else number(_scorecard_of(one.told)["auc"])) for card, one in known]
    return render(request, "health_cards.html", {"title": "Health", "cards": rows})


def page(request: HttpRequest, card_id: str) -> HttpResponseBase:
    card = trials.cards().get(card_id)
    if card is None:
        raise Http404(f"There is no scorecard {card_id}.")
    if request.method == "POST":
        return _begin(request, card)
    kept = trials.kept(card_id)
    newest = kept[0] if kept else None
    if taken := file_format(request):
        if newest is None:
            raise Http404("Nothing was tried yet.")
        of = choice(request, "of", FILES, "rivals")
        return download(Table(f"trial-{card_id}-{of}", FILES[of], _rows(of, newest.told, kept)), taken)
    context = {
        "title": card.name, "card": card, "kept": kept, "hidden": trials.hidden(card_id),
        "run": trials.newest_run(card_id), "may_try": _may_try(request), "capacity": trials.CAPACITY,
        "number": number, "names": _names(), "stable": _stable(), "scorecard_of": _scorecard_of,
        **({} if newest is None else _shown(newest, card)), "newest": newest,
    }  # fmt: skip
    return render(request, "health_card.html", context)


def progress(request: HttpRequest, card_id: str) -> HttpResponseBase:
    """The part of the page that is asked for again and again while a trial runs; then the page is loaded anew."""
    run = trials.newest_run(card_id)
    if run is None:
        raise Http404("Nothing is being tried.")
    if not run.running and request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "trial_progress.html", {"run": run})


def number(told: Told | None, digits: int = 2) -> Number:
    """Of an estimate as a kept trial holds it."""
    if told is None or "why" in told:
        return Number(formatting.DASH, why="" if told is None else told["why"])
    if told["low"] is None or told["high"] is None:
        return Number(formatting.number(told["point"], digits))
    low, high = (formatting.number(told[end], digits) for end in ("low", "high"))
    return Number(formatting.number(told["point"], digits), f"{low} to {high}")


def _begin(request: HttpRequest, card: Scorecard) -> HttpResponseBase:
    if not _may_try(request):
        raise access.MayNot("a trial speaks of every shop of the segment: somebody who sees them all starts it")
    with telling(request):
        capacity = _capacity(request.POST.get("capacity", ""))
        running = trials.newest_run(card.id)
        if running is not None and running.running:
            messages.info(request, "It is being tried already.")
        else:
            run = TrialRun.objects.create(scorecard=card.id, capacity=capacity, started_by_id=request.user.pk)
            run_trial.enqueue(str(run.pk))
    return redirect("health_card", card.id)


def _capacity(said: str) -> float:
    try:
        found = float(said)
    except ValueError as problem:
        raise ValidationError("say how many people you can look after a week, as a number") from problem
    if not 1 <= found <= MOST_A_WEEK:
        raise ValidationError(f"people that can be looked after a week are from 1 to {MOST_A_WEEK:,}")
    return found


def _may_try(request: HttpRequest) -> bool:
    return access.may(request.user, "assign") and reading.sees_all()


def _shown(one: KeptTrial, card: Scorecard) -> dict[str, Any]:
    """What the newest trial says, as the page lays it out."""
    told, source = one.told, reading.published()
    judged, ours = told["judged"], _scorecard_of(told)
    tenths = [_tenth(b) for b in ours["reliability"]]
    return {
        "told": told,
        "judged": judged,
        "ours": ours,
        "days": [date.fromisoformat(day) for day in told["days"]],
        "first_test": date.fromisoformat(judged["first_test"]),
        "rivals": [(r, {name: number(r[name]) for name in NUMBERS}) for r in judged["rivals"]],
        "numbers": NUMBERS,
        "tenths": tenths,
        "old_snapshot": source is not None and source.snapshot != told["snapshot"],
        "newest_day": date.fromisoformat(told["as_of"]),
        "old_formula": card.digest != told["digest"],
        "cautions": _cautions(told),
        "calibration_chart": _calibration_chart(tenths),
        "auc_chart": _auc_chart(judged["rivals"]),
        "month_chart": _month_chart(judged["months"]),
        "months": [(date.fromisoformat(m["day"]), m) for m in judged["months"]],
        "drift": sorted(judged["drift"].items(), key=lambda d: -(d[1] or 0)),
    }


def _cautions(told: Told) -> list[str]:
    """What has to be said beside the numbers."""
    said = [*told["known"].split(". ")]
    if told["sample"] < 1:
        said.append(f"of a sample of {formatting.share(told['sample'])} of the customers")
    if not told["judged"]["gap"]:
        said.append("some outcomes that were learned from were still open when the tested days began")
    said.append("overrides are in no trial: scores and outcomes only")
    if told["label"]["kind"] == "company":
        said.append(
            "of companies that somebody began to keep once they were at risk, the days from then on are left out"
        )
    else:
        said.append(
            "nobody is left out for what was done with them: the book of work keeps accounts, not their customers"
        )
    return said


def _scorecard_of(told: Told) -> Told:
    found: Told = next(rival for rival in told["judged"]["rivals"] if rival["id"] == "scorecard")
    return found


def _tenth(told: Told) -> Tenth:
    from holdfast.estimates.intervals import wilson

    low, high = wilson(round(told["happened"] * told["n"]), told["n"])
    tip = (
        f"{formatting.plural(told['n'], 'rows')}: {formatting.share(told['said'])} were said to leave,"
        f" {formatting.share(told['happened'])} did, 95 % {formatting.share(low)} to {formatting.share(high)}"
    )
    return Tenth(told["said"], told["happened"], low, high, tip)


def _calibration_chart(tenths: Sequence[Tenth]) -> Markup:
    return charts.reliability(
        tenths,
        title="Said and happened, by tenths of the tested rows",
        description="; ".join(one.tip for one in tenths),
        write=lambda value: formatting.share(value, 0),
    )


def _auc_chart(rivals: Sequence[Told]) -> Markup:
    pieces = []
    for rival in rivals:
        auc, said = rival["auc"], number(rival["auc"])
        known = "why" not in auc
        pieces.append(
            Slice(
                NAMES[rival["id"]], said.interval or said.why, auc["point"] if known else None,
                auc["low"] if known else None, auc["high"] if known else None, said.written,
            )
        )  # fmt: skip
    return charts.breakdown(
        pieces,
        title="AUC of the scorecard and of simple rivals",
        description="; ".join(f"{p.label} {p.written} {p.n}" for p in pieces),
        write=lambda value: formatting.number(value, 2),
        whole=0.5,
    )


NAMES = {
    "scorecard": "The scorecard",
    "recency": "Days since last",
    "spend": "Trend of spend",
    "logistic": "Five, fitted",
}


def _month_chart(months: Sequence[Told]) -> Markup:
    points = [
        Point(formatting.month(day := date.fromisoformat(m["day"])), m["auc"], tip=f"{formatting.day(day)}: {m['auc']}")
        for m in months
    ]
    said = "; ".join(
        f"{p.label} {formatting.DASH if p.point is None else formatting.number(p.point, 2)}" for p in points
    )
    return charts.series(
        points, title="AUC by month", description=said, write=lambda value: formatting.number(value, 2)
    )


def _rows(of: str, told: Told, kept: Sequence[KeptTrial]) -> list[tuple[Any, ...]]:
    judged = told["judged"]
    match of:
        case "calibration":
            tenths = [(_tenth(b), b["n"]) for b in _scorecard_of(told)["reliability"]]
            return [(one.said, one.happened, one.low, one.high, n) for one, n in tenths]
        case "months":
            return [(date.fromisoformat(m["day"]), m["auc"], m["rows"], m["left"]) for m in judged["months"]]
        case "inputs":
            return list(judged["drift"].items())
        case "trials":
            return [_trial_row(one) for one in kept]
    ends = ("point", "low", "high", "why")
    return [
        (rival["name"], NUMBERS[name], *(rival[name].get(end) for end in ends))
        for rival in judged["rivals"]
        for name in NUMBERS
    ]


def _trial_row(one: KeptTrial) -> tuple[Any, ...]:
    told, auc = one.told, _scorecard_of(one.told)["auc"]
    return (
        one.tried_at, told["snapshot"], told["digest"], told["word"],
        *(auc.get(end) for end in ("point", "low", "high")), told["judged"]["people_left"], told["capacity"],
    )  # fmt: skip


def _names() -> dict[str, str]:
    from holdfast.health.catalogue import INPUTS

    return {id: one.name for id, one in INPUTS.items()}


def _stable() -> float:
    from holdfast.estimates.drift import STABLE

    return STABLE
