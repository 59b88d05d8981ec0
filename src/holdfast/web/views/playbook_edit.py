"""The designer of a playbook, with its size and power as one writes; and its messages as somebody would get them."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.accounts import access
from holdfast.playbooks.contents import as_sent, sent
from holdfast.playbooks.declare import Playbook, PlaybookProblem
from holdfast.playbooks.shelf import keep_own
from holdfast.warehouse.snapshot import open_snapshot
from holdfast.web import playing, reading, segmenting, steps
from holdfast.web.designing import Designed, designed
from holdfast.web.jinja import url
from holdfast.web.views.playbooks import head, row_of

EXAMPLE = {"code": "SPRING-4711", "unsubscribe_link": "https://example.com/leave",
           "preferences_link": "https://example.com/choose"}  # fmt: skip


def edit(request: HttpRequest, playbook_id: str) -> HttpResponseBase:
    """The text and its fields; do=look reads them anew, do=keep writes them down. What was typed is given back."""
    row = row_of(request, playbook_id)
    if not access.may(request.user, "plan"):
        raise PermissionDenied
    said = request.POST.dict() if request.method == "POST" else {}
    found = designed(said.get("toml", playing.text_of(playbook_id)), said, f"{playbook_id}.toml")
    problem = found.problem or (playing.wrong_with(found.it) if found.it else "")
    if said.get("do") == "keep" and not problem:
        try:
            kept = keep_own(reading.home(), found.text, instead=playbook_id)
        except PlaybookProblem as refused:
            problem = str(refused)
        else:
            messages.success(request, f"{kept.name} is kept as your own. Switch it on for it to count.")
            return redirect("playbook", kept.id)
    context = head(request, row) | {"found": found, "problem": problem, "segments": segmenting.every()[0].values(),
                                    **_sized(found, problem, said)}  # fmt: skip
    return render(request, "playbook_form.html" if getattr(request, "htmx", False) else "playbook_edit.html", context)


def _sized(found: Designed, problem: str, said: dict[str, str]) -> dict[str, object]:
    """How many it concerns and what can be found; of very many customers only where somebody asks for it."""
    it = found.it
    if it is None or problem:
        return {"counted": False, "drawn": (), "may_count": False}
    counted = playing.counts_at_once() or said.get("do") == "count"
    seen = {shop.shop_id: shop.name for shop in reading.shops()}
    return {
        "counted": counted, "may_count": True, "shops": seen, "drawn": steps.drawn(it), "begins": steps.begins(it),
        "ends": steps.ends(it), "intake": playing.intake(it) if counted else {},
        "finds": playing.finds(it) if counted and it.lot else (), "horizon": it.measured.days if it.measured else 30,
        "cost": it.cost, "nowait": timedelta(),
    }  # fmt: skip


def message(request: HttpRequest, playbook_id: str, step_id: str) -> HttpResponseBase:
    """One step's text with what is known of a customer, or of nobody in particular."""
    row = row_of(request, playbook_id)
    it = row.it
    step = next((one for one in it.steps if one.id == step_id and sent(one)), None) if it else None
    if it is None or step is None:
        raise Http404(f"There is no message {step_id}.")
    number = request.GET.get("customer", "").strip()
    who, values, problem = _values(it, number, access.may(request.user, "plan"))
    try:
        told = as_sent(it, step, values)
    except PlaybookProblem as wrong:
        told, problem = None, str(wrong)
    context = head(request, row) | {
        "title": f"{it.name}: {step.id}", "step": step, "told": told, "problem": problem, "number": number, "to": who,
        "drawn": next(one for one in steps.drawn(it) if one.id == step_id),
        "crumbs": [("Playbooks", url("playbooks")), (it.name, url("playbook", playbook_id))],
    }  # fmt: skip
    return render(request, "playbook_message.html", context)


def _values(it: Playbook, number: str, by_name: bool) -> tuple[str, dict[str, str], str]:
    """Whom it is written to, what is known of them, and why not of the one asked for. by_name: who reads may plan."""
    shops = reading.shops()
    shop = shops[0].name if shops else "the shop"
    nobody = ("somebody of whom no name is known", EXAMPLE | {"shop": shop}, "")
    if not number or it.who != "customers":
        return nobody
    known = _customer(number)
    if known is None:
        return *nobody[:2], f"No customer of the shops you see has the number {number}."
    customer_id, first_name, of_shop = known
    named = {"first_name": first_name} if by_name else {}
    return number, EXAMPLE | {"shop": of_shop, "customer": str(customer_id)} | named, ""


def _customer(number: str) -> tuple[int, str, str] | None:
    """By the shop's own number or our key (#12); of a shop that may be seen."""
    built = playing.snapshot()
    if built is None:
        return None
    shops = {shop.shop_id: shop.name for shop in reading.shops()}
    by_key = number.removeprefix("#") if number.startswith("#") else ""
    query = (
        "SELECT c.customer_id, coalesce(t.first_name, ''), c.shop_id FROM customer AS c LEFT JOIN customer_contact AS t"
        " USING (customer_id) WHERE c.customer_number = $number OR CAST(c.customer_id AS VARCHAR) = $key ORDER BY 1"
    )
    with closing(open_snapshot(reading.home(), built, query)) as connection:
        rows = connection.execute(query, {"number": number, "key": by_key}).fetchall()
    return next(((key, name, shops[shop]) for key, name, shop in rows if shop in shops), None)
