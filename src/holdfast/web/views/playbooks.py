"""Playbooks: which there are and how they do, one whole, and switching one on or off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.accounts import access
from holdfast.evidence.lot import LotProblem
from holdfast.evidence.registration import RegistrationProblem
from holdfast.playbooks import listing, shelf
from holdfast.playbooks.actions.switching import switch_off, switch_on
from holdfast.playbooks.channels.events import TYPES
from holdfast.playbooks.channels.listing import came_back
from holdfast.playbooks.declare import MESSAGES, Playbook
from holdfast.web import formatting, looking, playing, reading, steps, trying
from holdfast.web.jinja import url
from holdfast.web.jobs import run_look
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, choice, file_format, page_number
from holdfast.web.views.deeds import by, telling
from holdfast.web.views.experiments import Row as Effect

if TYPE_CHECKING:
    from holdfast.playbooks.reading import Listed

STATES = {"on": "On", "off": "Switched off", "library": "Never on", "own": "Your own", "broken": "Cannot be read"}
WHO = {"customers": "Shoppers", "accounts": "Accounts"}
LISTED = ("id", "name", "for", "state", "version", "under_way", "waiting", "treated", "held_out", "verdict", "effect",
          "in_a_peak", "owner")  # fmt: skip
ROWS = ("subject", "name", "since", "step", "goes_on", "why")
MOST = 100_000  # rows in a file


@dataclass(frozen=True, slots=True)
class Row:
    """One playbook of the list. effects: one for each shop whose lot it has."""

    listed: Listed
    counts: listing.Counts
    effects: tuple[Effect, ...]

    @property
    def it(self) -> Playbook | None:
        return self.listed.playbook

    @property
    def state(self) -> str:
        if self.it is None:
            return "broken"
        if self.listed.version:
            return "on" if self.listed.on else "off"
        return "own" if playing.is_own(self.listed.id) else "library"

    @property
    def name(self) -> str:
        return self.it.name if self.it else self.listed.id


def page(request: HttpRequest) -> HttpResponseBase:
    access.access_library(request.user)
    who, state = choice(request, "who", WHO, ""), choice(request, "state", STATES, "")
    every = _rows(request)
    rows = [r for r in every if state in ("", r.state) and (not who or (r.it is not None and r.it.who == who))]
    taken = file_format(request)
    if taken:
        return download(Table("playbooks", LISTED, [_listed(row) for row in rows]), taken)
    today = datetime.now(UTC).date()
    context = {
        "title": "Playbooks", "rows": rows, "states": STATES, "who": WHO, "asked": {"who": who, "state": state},
        "query": {"who": who, "state": state}, "health": playing.health(), "peaks": steps.peaks,
        "peak": playing.next_peak(today), "today": today, "on": sum(row.state == "on" for row in every),
        "errors": playing.health().failure if reading.sees_all() else None, "behind": playing.behind(request.user),
    }  # fmt: skip
    return render(request, "playbooks.html", context)


def one(request: HttpRequest, playbook_id: str) -> HttpResponseBase:
    row = row_of(request, playbook_id)
    it, live = row.it, playing.live(playbook_id)
    if it is None:
        return render(request, "playbook_broken.html", head(request, row))
    seen = playing.seen_by(request.user)
    reasons = () if live is None else playing.reasons(live, seen)
    which = choice(request, "of", steps.STATES, reasons[0].which if reasons else "under way")
    why = request.GET.get("why")
    number, taken = page_number(request), file_format(request)
    shown: tuple[listing.Row, ...] = ()
    if live is not None:
        limit, offset = (MOST, 0) if taken else (PAGE_SIZE + 1, (number - 1) * PAGE_SIZE)
        shown = listing.rows(reading.home(), live, which, why, seen, playing.snapshot(), limit=limit, offset=offset)  # type: ignore[arg-type]
    if number > 1 and not shown:
        raise Http404("There are not so many.")
    names, lots = _names(request, it, shown), playing.lots(playbook_id)
    if taken:
        told = [(r.subject, names.get(r.subject, ""), r.since, r.step, r.wake_at, r.why) for r in shown]
        return download(Table(f"{playbook_id}-{which.replace(' ', '-')}", ROWS, told), taken)
    context = head(request, row) | {
        "inside": playing.inside(it), "shops": {shop.shop_id: shop.name for shop in reading.shops()},
        "drawn": steps.drawn(it), "audience": steps.audience(it), "begins": steps.begins(it), "ends": steps.ends(it),
        "rests": steps.rests(it), "peaks": steps.peaks(it), "facts": steps.facts_said(it),
        "letters": [step for step in it.steps if step.do in MESSAGES],
        "reasons": reasons, "arms": () if live is None else playing.arms(live, seen),
        "words": steps.STATES, "which": which, "why": why, "shown": shown[:PAGE_SIZE], "names": names,
        "query": {"of": which, "why": why or ""}, "number": number, "last": number + (len(shown) > PAGE_SIZE),
        "was_on": live is not None, "lots": [Effect(lot, trying.read(lot)) for lot in lots],
        "pools": [one for one in trying.pools() if set(one.lots) <= {lot.registration.id for lot in lots}],
        "programme": shelf.programme(reading.home()).share, "sentence": trying.sentence,
        "behind": [one for one in playing.behind(request.user) if it.id in one.ids],
        "came_back": came_back({shop.shop_id for shop in reading.shops()}, playbook_id), "types": TYPES,
    }  # fmt: skip
    return render(request, "playbook.html", context)


def start(request: HttpRequest, playbook_id: str) -> HttpResponseBase:
    """What it could find, what will be sealed, who would get what today; then the switch."""
    row = row_of(request, playbook_id)
    it = row.it
    if it is None:
        return redirect("playbook_edit", playbook_id)
    may = playing.may_switch(request.user, it)
    if request.method == "POST":
        return _switch(request, playbook_id, it)
    wrong = playing.wrong_with(it)
    part = bool(getattr(request, "htmx", False))
    look = may and not wrong and bool(request.GET.get("look") or part)
    run = looking.asked_for(playbook_id, run_look.enqueue) if look and not playing.counts_at_once() else None
    told = Markup(run.told) if run and run.told else ""  # noqa: S704 (rendered by the worker from our template)
    if part and told:
        return HttpResponse(told)
    context = head(request, row) | {
        "wrong": wrong, "may": may, "look": look, "run": run, "told": told, "whom": whom(request, it),
        "sealed": () if wrong else _sealed(it), "first_wait": steps.waited(it.steps[0].after),
        **(looking.context_of(it, playbook_id) if look and run is None else {}),
    }  # fmt: skip
    if part:
        return render(request, "playbook_look.html" if run is None else "playbook_looking.html", context)
    return render(request, "playbook_start.html", context)


def whom(request: HttpRequest, it: Playbook) -> str:
    """Whom it reaches, in words."""
    if it.who == "accounts":
        return formatting.plural(access.accounts_of(request.user).count(), "accounts")
    return formatting.plural(len(reading.shops()), "shops")


def _switch(request: HttpRequest, id: str, it: Playbook) -> HttpResponseBase:
    if not playing.may_switch(request.user, it):
        raise access.MayNot("it reaches more than you see: somebody who sees everybody it reaches switches it")
    now = datetime.now(UTC)
    with telling(request):
        if request.POST["do"] == "off":
            switch_off(reading.home(), id, by=by(request), now=now)
            messages.success(request, f"{it.name} is off. Nobody begins any more; runs stop at the next tick.")
            return redirect("playbook", id)
        if request.POST["typed"].strip() != id:
            raise ValidationError(f"type {id} to switch it on")
        if said := playing.wrong_with(it):
            raise ValidationError(said)
        switch_on(reading.home(), id, by=by(request), now=now, seal=lambda: _seal(it, request, now))
        messages.success(request, f"{it.name} is on. The next tick begins with those who are due.")
        return redirect("playbook", id)
    return redirect("playbook_start", id)


def _seal(it: Playbook, request: HttpRequest, now: datetime) -> None:
    """Raises ValidationError."""
    from holdfast.evidence.open_lot import register

    try:
        register(reading.home(), it, by=by(request).called, now=now)
    except (LotProblem, RegistrationProblem) as problem:
        raise ValidationError(str(problem)) from problem


def _sealed(it: Playbook) -> tuple[Any, ...]:
    return tuple((one, [lot for lot in trying.lots() if lot.registration.id == one.id and lot.drawn])
                 for one in playing.registrations(it))  # fmt: skip


def _rows(request: HttpRequest) -> list[Row]:
    counts = playing.counts(playing.seen_by(request.user))
    lots: dict[str, list[Any]] = {}
    for lot in trying.lots():
        if playbook := (lot.drawn or {}).get("playbook"):
            lots.setdefault(playbook, []).append(Effect(lot, trying.read(lot)))
    return [
        Row(listed, counts.get(listed.id, listing.Counts()), tuple(lots.get(listed.id, ())))
        for listed in playing.every()
    ]


def row_of(request: HttpRequest, id: str) -> Row:
    """Raises Http404 and NotThere."""
    access.access_library(request.user)
    listed = playing.one(id)
    if listed is None:
        raise Http404(f"There is no playbook {id}.")
    counts = playing.counts(playing.seen_by(request.user)) if listed.version else {}
    return Row(listed, counts.get(id, listing.Counts()), ())


def head(request: HttpRequest, row: Row) -> dict[str, Any]:
    """What stands at the top of each page of one playbook."""
    it = row.it
    return {
        "title": row.name, "row": row, "it": it, "states": STATES, "who": WHO,
        "may_write": access.may(request.user, "plan"), "crumbs": [("Playbooks", url("playbooks"))],
        "may_switch": it is not None and playing.may_switch(request.user, it), "id": row.listed.id,
    }  # fmt: skip


def _names(request: HttpRequest, it: Playbook, rows: tuple[listing.Row, ...]) -> dict[int, str]:
    if it.who == "customers":
        return {row.subject: row.name or f"#{row.subject}" for row in rows}
    wanted = {row.subject for row in rows}
    return dict(access.accounts_of(request.user, merged=True).filter(pk__in=wanted).values_list("pk", "name"))


def _listed(row: Row) -> tuple[object, ...]:
    it, c = row.it, row.counts
    told = (
        (row.effects[0].reading.verdict.word, row.effects[0].relative)
        if row.effects and row.effects[0].reading
        else ("", "")
    )
    return (
        row.listed.id, row.name, it.who if it else "", row.state, row.listed.version, c.under_way, c.waiting, c.treated,
        c.held_out, *told, steps.peaks(it) if it else "", it.owner if it else "",
    )  # fmt: skip
