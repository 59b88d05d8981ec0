"""One plan for one person of a customer, who comes by a link and signs in nowhere.

The link alone lets them in: no cookie and no session stands for them, and every answer asks anew what it still opens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from holdfast.accounts.access import NotThere
from holdfast.accounts.actions import guests
from holdfast.accounts.kinds.fields import Field, empty
from holdfast.accounts.reading.guests import GuestLine, GuestPage, TurnedAway, guest_page
from holdfast.web import deciding, filling, reading, trying
from holdfast.web.filling import Offered
from holdfast.web.jinja import url
from holdfast.web.sent import Sent, day_if_said, key_of
from holdfast.web.views.by_link import FromNowhere, quiet
from holdfast.web.views.deeds import sentence
from holdfast.web.views.one_work import fares

TOO_OFTEN = "Too many visits from your address just now. Wait a minute and open the link again."
AFTER = "after"  # a visit that follows a deed is not counted as another


@login_not_required
@csrf_exempt  # checked by the next but one
@quiet
@decorator_from_middleware(FromNowhere)
@sensitive_variables()
def page(request: HttpRequest, token: str) -> HttpResponseBase:
    if not ratelimit.consume(request, app="allauth.account", action="guest", limit_get=True):
        return _turned_away(request, TOO_OFTEN, 429)
    found = guest_page(token, timezone.now())
    if isinstance(found, TurnedAway):
        return _turned_away(request, found.why, 404)
    if request.method == "POST":
        return _decide(request, token, found)
    if AFTER not in request.GET:
        guests.guest_visits(token, at=timezone.now())
    return render(request, "guest.html", _context(found))


def _turned_away(request: HttpRequest, why: str, status: int) -> HttpResponse:
    return render(request, "guest_closed.html", {"title": "Nothing to open", "why": why}, status=status)


def _context(found: GuestPage) -> dict[str, Any]:
    return {
        "title": found.title,
        "page": found,
        "today": deciding.today(),
        "filling": filling,
        "withheld": trying.withheld(one.claimed for one in found.evidence if one.claimed),
        "offered": Offered(currency=reading.currency_of(found.facts_name)),
        "fares": fares(found.log, timezone.now()),
        "names": {line.id: line.what for part in found.parts for line in part.lines},
        "adds": {part.name: _columns_to_add(part.lines) for part in found.parts},
    }


def _columns_to_add(lines: tuple[GuestLine, ...]) -> tuple[Field, ...]:
    """The columns of a part that the customer may fill in, read off its first line."""
    return tuple(row.field for row in lines[0].fields if row.field.theirs) if lines else ()


def _decide(request: HttpRequest, token: str, found: GuestPage) -> HttpResponseBase:
    deed = DEEDS.get(request.POST.get("do", ""))
    try:
        if deed is None:
            raise ValidationError("there is nothing like this to do here")
        messages.success(request, deed(token, found, request.POST.dict()))
    except ValidationError as problem:
        messages.error(request, sentence(problem))
    except NotThere:
        messages.error(request, "This is not there any more.")
    except (KeyError, ValueError):
        messages.error(request, "Something of this form was missing: try again.")
    return redirect(url("guest", token, **{AFTER: "1"}))


def _move(token: str, found: GuestPage, sent: Sent) -> str:
    label = next((row.label for row in found.moves if row.end == sent["to"]), "")
    if not label:
        raise ValidationError("this is not for you to say")
    guests.guest_moves(token, sent["to"], at=timezone.now())
    return f"Said, under your name: {label.lower()}."


def _move_line(token: str, found: GuestPage, sent: Sent) -> str:
    guests.guest_moves_line(token, int(sent["line"]), sent["to"], at=timezone.now())
    return "Said, under your name."


def _change_line(token: str, found: GuestPage, sent: Sent) -> str:
    """Only what differs from what was shown goes on: what is blackened in this copy stays as it is."""
    line = _line(found, sent)
    theirs = [row for row in line.fields if row.field.theirs]
    read = filling.read([row.field for row in theirs], sent)
    shown = {row.field.name: filling.plain(row.field, row.value) for row in theirs}
    fields = {name: value for name, value in read.items() if sent.get(f"{filling.BEFORE}{name}", "") != shown[name]}
    frame: dict[str, Any] = {}
    if sent.get("what", line.what).strip() != line.what:
        frame["what"] = sent["what"]
    if "due" in sent and day_if_said(sent, "due") != line.due:
        frame["due"] = day_if_said(sent, "due")
    if "owner" in sent and key_of(sent, "owner") != line.customer_owner_id:
        frame["customer_owner_id"] = key_of(sent, "owner")
    if not fields and not frame:
        return "Nothing was changed."
    guests.guest_changes_line(
        token, line.id, at=timezone.now(), fields=fields or None, note=sent.get("note", ""), **frame
    )
    return "Changed, under your name."


def _add_line(token: str, found: GuestPage, sent: Sent) -> str:
    part = next((part for part in found.parts if part.name == sent["part"]), None)
    if part is None or empty(sent.get("what")):
        raise ValidationError("say what the line is about")
    fields = filling.read(_columns_to_add(part.lines), sent)
    guests.guest_adds_line(
        token, part.name, sent["what"], at=timezone.now(), fields=fields, due=day_if_said(sent, "due"),
        customer_owner_id=key_of(sent, "owner"),
    )  # fmt: skip
    return "Added, under your name."


def _comment(token: str, found: GuestPage, sent: Sent) -> str:
    guests.guest_comments(token, sent.get("text", ""), at=timezone.now(), line_id=key_of(sent, "line"))
    return "Said, under your name."


def _correct(token: str, found: GuestPage, sent: Sent) -> str:
    guests.guest_corrects(token, sent.get("text", ""), at=timezone.now())
    return "The correction is written down, under your name."


DEEDS: dict[str, Callable[[str, GuestPage, Sent], str]] = {
    "move": _move, "move line": _move_line, "change line": _change_line, "add line": _add_line, "comment": _comment,
    "correct": _correct,
}  # fmt: skip


def _line(found: GuestPage, sent: Sent) -> GuestLine:
    key = int(sent["line"])
    line = next((line for part in found.parts for line in part.lines if line.id == key), None)
    if line is None:
        raise NotThere(f"there is no line {key}")
    return line
