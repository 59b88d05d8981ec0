"""The list of accounts: filters, saved views, many at once with undo, and what the data know that nobody owns yet."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.accounts import access
from holdfast.accounts.actions import accounts
from holdfast.accounts.models import Account, source_of
from holdfast.accounts.reading import listing
from holdfast.metrics.values import Scope
from holdfast.web import deciding, reading
from holdfast.web.jinja import url
from holdfast.web.sent import key_of
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, file_format, page_number
from holdfast.web.views.deeds import by, newest_deed, telling, told_with_way_back

CHOICES = {
    "tier": Account.Tier.choices, "stage": Account.Stage.choices, "archetype": Account.Archetype.choices,
    "motion": Account.Motion.choices,
}  # fmt: skip
# What can be set on many at once, beside a tag: as forms call it, and as accounts do.
SETTABLE = {**{name: name for name in CHOICES}, "segment": "segment", "book": "book_id", "owner": "owner_id"}


def page(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _decide(request)
    asked = {name: request.GET.get(name, "") for name in listing.FILTERS}
    asked |= listing.own_asked(request.GET.dict())
    today, taken, number = deciding.today(), file_format(request), page_number(request)
    try:
        found = listing.listing(
            request.user, asked, today=today, limit=None if taken else PAGE_SIZE, offset=(number - 1) * PAGE_SIZE
        )
    except ValueError as problem:
        raise Http404("There is no such filter.") from problem
    if taken:
        return download(Table("accounts", *listing.cells_of(found.rows)), taken)
    books = access.books_of(request.user)
    return render(
        request,
        "accounts.html",
        {
            "title": "Accounts",
            "found": found,
            "asked": asked,
            "query": {name: said for name, said in asked.items() if said},
            "today": today,
            "number": number,
            "last": max(1, -(-found.total // PAGE_SIZE)),
            "books": books,
            "coverage": listing.coverage(request.user, today),
            "views": listing.views_of(request.user),
            "tags": listing.tags_of(request.user),
            "own": _own(request, asked),
            "due": listing.DUE,
            "choices": CHOICES,
            "segments": reading.segments(),
            "people": _owners(request),
            "newcomers": newcomers(request),
            "may_assign": access.may(request.user, "assign"),
            "may_note": access.may(request.user, "note"),
            "may_plan": access.may(request.user, "plan"),
        },
    )


def _owners(request: HttpRequest) -> list[tuple[int, str]]:
    found = access.accounts_of(request.user).exclude(owner=None).values_list("owner", "owner__username")
    mine = [(request.user.pk or 0, request.user.get_username())]
    return sorted({*found, *mine}, key=lambda one: one[1])


def newcomers(request: HttpRequest) -> list[accounts.Found]:
    """Accounts that shops are declared under and the book of work does not know: for those who may take them in."""
    if not access.may(request.user, "assign") or not reading.sees_all():
        return []
    known = set(Account.objects.exclude(source="").values_list("source", flat=True))
    source = reading.published()
    shops = source.shops_of(Scope()) if source is not None else reading.shops()
    named = dict.fromkeys(shop.account for shop in shops)
    holds = reading.standing(source).merchant
    found = [accounts.Found(source_of(name), name, holds.segment_of(name) or "") for name in named]
    return [one for one in found if one.source not in known]


def _own(request: HttpRequest, asked: dict[str, str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Own fields as filters: how the address names each, its name, and values to choose from (none: written freely).

    What is asked stands among the filters with an empty answer, so that a page can show each of them.
    """
    found = []
    for name, values in listing.own_fields(request.user).items():
        few = len(values) <= listing.CHOOSABLE
        key = (listing.OWN if few else listing.HOLDS) + name
        asked.setdefault(key, "")
        found.append((key, name, values if few else ()))
    return found


def _decide(request: HttpRequest) -> HttpResponseBase:
    sent, who, before = request.POST.dict(), by(request), newest_deed(request)
    with telling(request):
        match sent.get("do"):
            case "take in":
                made = accounts.take_in(newcomers(request), by=who, book_id=key_of(sent, "book"))
                told_with_way_back(request, f"{len(made)} accounts are in the book of work now.", before)
            case "add":
                account = accounts.add_account(by=who, name=sent.get("name", ""), book_id=key_of(sent, "book"))
                return redirect("account", account.pk)
            case "many":
                told_with_way_back(request, f"{_many(request)} accounts were changed.", before)
            case "keep view":
                accounts.keep_view(sent.get("name", ""), sent.get("query", ""), by=who, shared="shared" in sent)
                messages.success(request, "The view is kept.")
            case "drop view":
                accounts.drop_view(int(sent["view"]), by=who)
                messages.success(request, "The view is gone.")
            case _:
                raise Http404("There is nothing like this to do here.")
    return redirect(url("accounts") + (f"?{sent['query']}" if sent.get("query") else ""))


def _many(request: HttpRequest) -> int:
    """Set one thing on every account that is ticked; how many there are."""
    sent = request.POST
    ticked = [int(one) for one in sent.getlist("account")]
    what, _, value = sent.get("set", "").partition("=")
    if not ticked or not what:
        raise ValidationError("tick accounts, and say what to set on them")
    if what == "tag":
        accounts.tag_accounts(ticked, by=by(request), add=[sent.get("tag", "") or value])
    else:
        field = SETTABLE[what]
        told: Any = (int(value) if value else None) if field.endswith("_id") else value
        accounts.change_accounts(ticked, by=by(request), **{field: told})
    return len(ticked)
