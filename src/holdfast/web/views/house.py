"""People, teams, books and seats; and what was done, with the way back."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from holdfast.accounts import act
from holdfast.accounts.access import MayNot, access_account, may_undo
from holdfast.accounts.actions import people
from holdfast.accounts.models import Audit, Role
from holdfast.accounts.reading.deeds import told
from holdfast.accounts.reading.people import House, deeds, house, untold
from holdfast.web.sent import key_of
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, choice, file_format, page_number
from holdfast.web.views.deeds import by, telling, way_back

DEED_COLUMNS = ("id", "at", "by", "via", "verb", "account", "told", "undone")
MOST = 100_000  # deeds in a file
TABLES = {"people": "Who signs in", "books": "Books", "teams": "Teams"}
COLUMNS = {
    "people": ("name", "role", "active", "second_factor", "last_sign_in", "seats"),
    "books": ("id", "book", "team", "owner"),
    "teams": ("id", "team", "books"),
}


@sensitive_post_parameters("password")
def page(request: HttpRequest) -> HttpResponseBase:
    """Raises MayNot for who does not look after people."""
    found = house(request.user)
    if request.method == "POST":
        return _decide(request)
    taken = file_format(request)
    if taken:
        of = choice(request, "of", TABLES, "people")
        return download(Table(of, COLUMNS[of], _rows(of, found)), taken)
    context = {"title": "People", "house": found, "roles": Role.choices, "tables": tuple(TABLES.items())}
    return render(request, "house.html", context)


def _rows(of: str, found: House) -> list[tuple[object, ...]]:
    if of == "books":
        return [
            (b.pk, b.name, b.team.name if b.team else "", b.owner.get_username() if b.owner else "")
            for b in found.books
        ]
    if of == "teams":
        return [(t.pk, t.name, ", ".join(b.name for b in found.books if b.team_id == t.pk)) for t in found.teams]
    return [
        (one.user.get_username(), one.role_name, one.user.is_active, one.second_factor, one.user.last_login,
         ", ".join(str(seat.book or seat.team) for seat in one.seats))
        for one in found.people
    ]  # fmt: skip


def _decide(request: HttpRequest) -> HttpResponseBase:
    sent, who = request.POST.dict(), by(request)
    with telling(request):
        match sent.get("do"):
            case "add person":
                people.add_person(sent["username"], sent["password"], by=who, role=sent["role"])
                said = f"{sent['username']} can sign in now. Give them a seat in a book."
            case "change person":
                people.change_person(int(sent["person"]), by=who, role=sent["role"], active="active" in sent)
                said = "Saved."
            case "take second factor":
                said = _take_second_factor(request, int(sent["person"]), sent["sure"] and sent.get("password", ""))
            case "add team":
                people.add_team(sent["name"], by=who)
                said = f"The team {sent['name']} is there."
            case "add book":
                people.add_book(sent["name"], by=who, team_id=key_of(sent, "team"), owner_id=key_of(sent, "owner"))
                said = f"The book {sent['name']} is there."
            case "change book":
                people.change_book(
                    int(sent["book"]), by=who, name=sent["name"], team_id=key_of(sent, "team"),
                    owner_id=key_of(sent, "owner"),
                )  # fmt: skip
                said = "Saved."
            case "seat":
                people.seat(int(sent["person"]), by=who, book_id=key_of(sent, "book"), team_id=key_of(sent, "team"))
                said = "The seat is given."
            case "unseat":
                people.unseat(int(sent["seat"]), by=who)
                said = "The seat is taken away."
            case _:
                raise Http404("There is nothing like this to do here.")
        messages.success(request, said)
    return redirect("house")


def _take_second_factor(request: HttpRequest, user_id: int, password: str) -> str:
    """Guesses at one's own password are counted: a page left open must not be where it is found out."""
    counted = user_id == request.user.pk
    if counted and not ratelimit.consume(request, app="allauth.account", action="reauthenticate", user=request.user):
        raise ValidationError("too many tries: wait a minute")
    people.take_second_factor(user_id, at=timezone.now(), by=by(request), password=password)
    return "The second factor is taken away, and whoever was signed in under that name is signed out."


def activity(request: HttpRequest) -> HttpResponseBase:
    """What was done to the accounts that a person may see, and what they did themselves to many."""
    number, taken = page_number(request), file_format(request)
    found, total = deeds(
        request.user, limit=MOST if taken else PAGE_SIZE, offset=0 if taken else (number - 1) * PAGE_SIZE
    )
    hidden = untold(request.user, found)
    said = dict(zip((one.pk for one in found), told(request.user, found), strict=True))

    def words(one: Audit) -> str:
        return (
            f"{one.verb[:1].upper() + one.verb[1:]}: of accounts you do not see any more"
            if one.pk in hidden
            else said[one.pk]
        )

    if taken:
        rows = [
            (one.pk, one.at, one.by_name, one.via, one.verb, one.account and one.account.name, words(one), _undone(one))
            for one in found
        ]
        return download(Table("activity", DEED_COLUMNS, rows), taken)
    context = {
        "title": "Activity",
        "deeds": [(one, words(one), not _undone(one) and may_undo(request.user, one)) for one in found],
        "total": total,
        "number": number,
        "last": max(1, -(-total // PAGE_SIZE)),
    }
    return render(request, "activity.html", context)


def _undone(entry: Audit) -> bool:
    return hasattr(entry, "undone_by")


@require_POST
def undo(request: HttpRequest, entry_id: int) -> HttpResponseBase:
    entry = get_object_or_404(Audit, pk=entry_id)
    if entry.account_id is not None:
        access_account(request.user, entry.account_id)
    if not may_undo(request.user, entry):
        raise MayNot("only who did it takes it back, while they may still do it")
    try:
        act.undo(entry, by=by(request))
        messages.success(request, "Taken back.")
    except act.CannotUndo as problem:
        messages.error(request, f"It cannot be taken back: {problem}.")
    return redirect(way_back(request, "activity"))
