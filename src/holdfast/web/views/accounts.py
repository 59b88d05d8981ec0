"""The list of accounts: filters, saved views, many at once with undo, and what the data know that nobody owns yet."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.accounts import access
from holdfast.accounts.actions import accounts
from holdfast.accounts.models import Account, Audit, source_of
from holdfast.accounts.reading import exports, listing
from holdfast.metrics.values import Scope
from holdfast.web import deciding, formatting, reading
from holdfast.web.jinja import url
from holdfast.web.sent import key_of
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, choice, file_format, page_number
from holdfast.web.views.deeds import by, newest_deed, telling, told_with_way_back

CHOICES = {
    "tier": Account.Tier.choices, "stage": Account.Stage.choices, "archetype": Account.Archetype.choices,
    "motion": Account.Motion.choices,
}  # fmt: skip
# Files of the page; the filters hold for all but the books.
TABLES = {
    "accounts": "Accounts", "contacts": "Their people", "contracts": "Their contracts", "steps": "Their next steps",
    "touchpoints": "Their contacts due and held", "books": "Books",
}  # fmt: skip
BOOKS = ("id", "book", "team", "owner", "accounts", "without_owner", "late_steps")
# What can be set on many at once, beside a tag: as forms call it, and as accounts do.
SETTABLE = {**{name: name for name in CHOICES}, "segment": "segment", "book": "book_id", "owner": "owner_id"}


def page(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _decide(request)
    asked = {name: request.GET.get(name, "") for name in listing.FILTERS}
    asked |= listing.own_asked(request.GET.dict())
    today, taken, number = deciding.today(), file_format(request), page_number(request)
    try:
        if taken:
            return download(_table(request, asked, today), taken)
        found = listing.listing(request.user, asked, today=today, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
    except ValueError as problem:
        raise Http404("There is no such filter.") from problem
    books = access.books_of(request.user)
    return render(
        request,
        "accounts.html",
        {
            "title": "Accounts",
            "found": found,
            "asked": asked,
            "tables": tuple(TABLES.items()),
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


def _table(request: HttpRequest, asked: dict[str, str], today: date) -> Table:
    """The accounts that the filters let through, or what hangs on them. Raises ValueError for an odd filter."""
    of = choice(request, "of", TABLES, "accounts")
    if of == "books":
        return Table(of, BOOKS, [_book_cells(one) for one in listing.coverage(request.user, today)])
    if of == "accounts":
        return Table(of, *listing.cells_of(listing.listing(request.user, asked, today=today, limit=None).rows))
    return Table(of, *exports.FILES[of](listing.filtered(request.user, asked, today=today)))


def _book_cells(one: listing.Coverage) -> tuple[Any, ...]:
    book = one.book
    return (
        book.pk, book.name, book.team.name if book.team else "", book.owner.get_username() if book.owner else "",
        one.accounts, one.unowned, one.late,
    )  # fmt: skip


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
                are = f"{formatting.plural(len(made), 'accounts')} {'is' if len(made) == 1 else 'are'}"
                told_with_way_back(request, f"{are} in the book of work now.", before)
            case "add":
                account = accounts.add_account(by=who, name=sent.get("name", ""), book_id=key_of(sent, "book"))
                return redirect("account", account.pk)
            case "many":
                ticked = _many(request)
                told_with_way_back(request, _moved(request, ticked, before), before)
            case "keep view":
                accounts.keep_view(sent.get("name", ""), sent.get("query", ""), by=who, shared="shared" in sent)
                messages.success(request, "The view is kept.")
            case "drop view":
                accounts.drop_view(int(sent["view"]), by=who)
                messages.success(request, "The view is gone.")
            case _:
                raise Http404("There is nothing like this to do here.")
    return redirect(url("accounts") + (f"?{sent['query']}" if sent.get("query") else ""))


def _moved(request: HttpRequest, ticked: int, before: int) -> str:
    """How many of those ticked were changed, in words; who was so already is none of them."""
    entry = Audit.objects.filter(pk=newest_deed(request), pk__gt=before).first()
    many = len({change["id"] for change in entry.changes}) if entry is not None else 0
    if not many:
        return "Nothing was changed: they are so already."
    were = f"{formatting.plural(many, 'accounts')} {'was' if many == 1 else 'were'} changed"
    others = ticked - many
    so = f"; {formatting.count(others)} {'was' if others == 1 else 'were'} so already" if others else ""
    return f"{were}{so}."


def _many(request: HttpRequest) -> int:
    """Set one thing on every account that is ticked; how many there are."""
    sent = request.POST
    ticked = [int(one) for one in sent.getlist("account")]
    what, _, value = sent.get("set", "").partition("=")
    if not ticked or not what:
        raise ValidationError("tick accounts, and say what to set on them")
    if what == "tag":
        tag = (sent.get("tag", "") or value).strip()
        if not tag:
            raise ValidationError("write the tag that they should get")
        accounts.tag_accounts(ticked, by=by(request), add=[tag])
    else:
        field = SETTABLE[what]
        told: Any = (int(value) if value else None) if field.endswith("_id") else value
        accounts.change_accounts(ticked, by=by(request), **{field: told})
    return len(ticked)
