"""What the merchant decides about targets: segments, answers, markets with their peaks, freezes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.metrics.freeze import FreezeProblem
from holdfast.web import deciding, formatting, reading
from holdfast.web.views.deeds import way_back


class NotSo(Exception):
    """What was sent cannot be kept; the message says why."""


def page(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _decide(request)
    source = reading.published()
    holds = reading.standing(source)
    segments = reading.segments()
    accounts = [(name, holds.merchant.segment_of(name)) for name in dict.fromkeys(s.account for s in reading.shops())]
    chosen = [s for s in holds.framework.segments if s.id in {segment for _, segment in accounts}]
    questions = {q.criterion.id: q for s in chosen or holds.framework.segments for q in holds.questions(s)}
    day = deciding.today()
    markets = [(shop, deciding.market_of(shop)) for shop in reading.shops()]
    cards = (
        {} if source is None else {s.id: reading.scorecard(source, reading.scope_of(source, ""), s.id) for s in chosen}
    )
    return render(
        request,
        "targets.html",
        {
            "title": "Targets",
            "accounts": accounts,
            "segments": segments,
            "questions": questions.values(),
            "clashes": [(card.segment, getattr(card, "clashes", ())) for card in cards.values()],
            "markets": markets,
            "all_markets": deciding.calendar().markets,
            "peaks": [
                (m, deciding.coming_peaks(m, day)) for m in {m.id: m for _, m in markets if m is not None}.values()
            ],
            "freezes": deciding.freezes(),
            "holding": holds.freeze,
            "today": day,
            "framework": holds.framework,
        },
    )


def _decide(request: HttpRequest) -> HttpResponseBase:
    if not getattr(request.user, "is_staff", False):
        raise PermissionDenied
    decide = DECISIONS.get(request.POST.get("do", ""))
    try:
        if decide is None:
            raise NotSo("Nothing was decided: the form was not one of this page's.")
        messages.success(request, decide(request.POST, request.user.get_username()))
    except (NotSo, FreezeProblem) as problem:
        messages.error(request, f"{problem}")
    return redirect(way_back(request, "targets"))


def _segment(sent: QueryDict, by: str) -> str:
    account, segment = sent.get("account", ""), sent.get("segment", "")
    known = reading.segments()
    if segment not in known or account not in {shop.account for shop in reading.shops()}:
        raise NotSo("There is no such account or segment.")
    deciding.keep_segment(account, segment)
    return f"{account} is measured against the targets of {known[segment]}."


def _answer(sent: QueryDict, by: str) -> str:
    holds = reading.standing(reading.published())
    questions = {q.criterion.id: q for s in holds.framework.segments for q in holds.questions(s)}
    question = questions.get(sent.get("criterion", ""))
    option = None if question is None else next((o for o in question.options if o.id == sent.get("answer")), None)
    if question is None or option is None:
        raise NotSo("Choose one of the answers.")
    deciding.keep_answer(question.criterion.id, option.id, by)
    waits = (
        "" if holds.freeze is None else f" It counts when the freeze ends, after {formatting.day(holds.freeze.until)}."
    )
    return f"“{question.criterion.label}” is read as: {option.says}.{waits}"


def _market(sent: QueryDict, by: str) -> str:
    market = deciding.calendar().market(sent.get("market", ""))
    shop = next((s for s in reading.shops() if s.name == sent.get("shop")), None)
    if market is None or shop is None:
        raise NotSo("There is no such shop or market.")
    deciding.keep_market(shop.name, market.id)
    return f"{shop.name} keeps the peaks of {market.name}."


def _freeze(sent: QueryDict, by: str) -> str:
    since, until = (_day(sent.get(name, "")) for name in ("since", "until"))
    deciding.freeze(since, until, sent.get("why", "").strip()[:200], by)
    return f"Targets and definitions are frozen from {formatting.day(since)} to {formatting.day(until)}."


def _end(sent: QueryDict, by: str) -> str:
    deciding.end_freeze(sent.get("name", ""))
    return "The freeze has ended; what waited holds from now on."


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise NotSo("Give both days of the freeze, such as 2026-11-20.") from problem


DECISIONS: dict[str, Callable[[QueryDict, str], str]] = {
    "segment": _segment, "answer": _answer, "market": _market, "freeze": _freeze, "end": _end,
}  # fmt: skip
