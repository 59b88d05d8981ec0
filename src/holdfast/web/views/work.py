"""The list of plans and other work objects, and the form that begins one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from holdfast.accounts import access
from holdfast.accounts.actions.works import create_work
from holdfast.accounts.kinds.catalog import KINDS
from holdfast.accounts.models import Account, WorkObject
from holdfast.accounts.reading.works import Wanted, WorkRow, how_many, works
from holdfast.web import deciding
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, choice, file_format, page_number
from holdfast.web.views.deeds import by, sentence

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

COLUMNS = (
    "id", "kind", "kind_name", "title", "account", "book", "owner", "state", "decision", "decision_on", "decider",
    "due", "open_lines", "lines_without_owner_or_date", "review_by", "expires_on", "stale", "waits", "visibility",
    "changed_at",
)  # fmt: skip
SHOWN = {"": "Open", "stale": "Stale", "ended": "Over", "all": "All"}
LIVES: dict[str, dict[str, Any]] = {
    "": {"stale": False, "ended": False},
    "stale": {"stale": True, "ended": False},
    "ended": {"stale": None, "ended": True},
    "all": {"stale": None, "ended": None},
}
DUE = {"late": (-1, "Late"), "week": (7, "In 7 days"), "month": (30, "In 30 days")}
FILTERS = ("kind", "state", "owner", "account", "due", "show")
MOST = 100_000  # rows of a file
MAKEABLE = tuple(kind for kind in KINDS.values() if kind.scope != "house")


def page(request: HttpRequest) -> HttpResponseBase:
    today, taken, number = deciding.today(), file_format(request), page_number(request)
    asked = {name: request.GET.get(name, "") for name in FILTERS}
    wanted = _wanted(request, today)
    first, rows = (0, MOST) if taken else ((number - 1) * PAGE_SIZE, PAGE_SIZE)
    found = works(request.user, wanted[asked["show"]], today, first=first, rows=rows)
    if taken:
        return download(Table("plans", COLUMNS, [_cells(row) for row in found]), taken)
    counts = {show: how_many(request.user, one, today) for show, one in wanted.items()}
    kind = KINDS.get(asked["kind"])
    context = {
        "title": "Plans",
        "rows": found,
        "total": counts[asked["show"]],
        "tabs": [(show, words, counts[show]) for show, words in SHOWN.items()],
        "asked": asked,
        "query": {name: said for name, said in asked.items() if said},
        "filtered": any(said for name, said in asked.items() if name != "show"),
        "today": today,
        "number": number,
        "last": max(1, -(-counts[asked["show"]] // PAGE_SIZE)),
        "kinds": [(one.id, one.name) for one in MAKEABLE],
        "states": [(state.name, state.label) for state in kind.machine.states] if kind else [],
        "accounts": list(access.accounts_of(request.user).order_by("name").values_list("pk", "name")),
        "due": [(key, words) for key, (_, words) in DUE.items()],
        "may_begin": access.may(request.user, "note"),
    }
    return render(request, "works.html", context)


def _wanted(request: HttpRequest, today: date) -> dict[str, Wanted]:
    """What is asked for, by which lives are shown. Raises Http404 for a filter that there is none of."""
    kind = choice(request, "kind", KINDS, "")
    states = [state.name for state in KINDS[kind].machine.states] if kind else []
    due, owner, account = choice(request, "due", DUE, ""), request.GET.get("owner", ""), request.GET.get("account", "")
    state = request.GET.get("state", "")
    if owner not in ("", "mine") or not (account == "" or (account.isascii() and account.isdigit())):
        raise Http404("There is no such filter.")
    choice(request, "show", LIVES, "")
    asked: dict[str, Any] = {
        "kinds": (kind,) if kind else (),
        "state": state if state in states else "",
        "owner_id": request.user.pk if owner else None,
        "account_id": int(account) if account else None,
        "due_by": today + timedelta(days=DUE[due][0]) if due else None,
    }
    return {show: Wanted(**asked, **lives) for show, lives in LIVES.items()}


def _cells(row: WorkRow) -> tuple[object, ...]:
    return (
        row.id, row.kind, row.kind_name, row.title, row.account, row.book, row.owner, row.state_label, row.decision,
        row.decision_on, row.decider, row.due, row.open_lines, row.bare_lines, row.review_by, row.expires_on,
        row.stale, row.waits, row.visibility, row.changed_at,
    )  # fmt: skip


def new(request: HttpRequest) -> HttpResponseBase:
    access.must(request.user, "note")
    choice(request, "kind", [one.id for one in MAKEABLE], "")
    came = request.POST if request.method == "POST" else request.GET
    sent = {name: came.get(name, "") for name in ("kind", "title", "account", "book")}
    if request.method == "POST":
        try:
            work = _begin(request, sent)
        except ValidationError as problem:
            messages.error(request, sentence(problem))
        except (KeyError, ValueError, LookupError) as problem:
            raise Http404("Something of this request is missing.") from problem
        else:
            messages.success(request, "Begun. Fill in what it asks for; it says what each step still needs.")
            return redirect("work", work.pk)
    context = {
        "title": "New plan",
        "kinds": [one for one in MAKEABLE if access.may(request.user, one.need)],
        "sent": sent,
        "accounts": list(access.accounts_of(request.user).order_by("name").values_list("pk", "name")),
        "books": list(access.books_of(request.user).values_list("pk", "name")),
    }
    return render(request, "work_new.html", context)


def _begin(request: HttpRequest, sent: dict[str, str]) -> WorkObject:
    """Raises ValidationError, KeyError, ValueError, NotThere or MayNot."""
    kind = KINDS.get(sent.get("kind", ""))
    if kind is None:
        raise ValidationError("choose what kind of plan it is")
    if not sent.get(kind.scope):
        raise ValidationError(f"a {kind.name.lower()} belongs to one {kind.scope}: choose it")
    if not sent.get("title", "").strip():
        raise ValidationError("give it a title")
    key = int(sent[kind.scope])
    place: Any = {"account_id" if kind.scope == "account" else "book_id": key}
    owner = request.user.pk if _may_own(request.user, kind.scope, key) else None
    return create_work(kind.id, sent["title"], by=by(request), at=timezone.now(), owner_id=owner, **place)


def _may_own(user: Anybody, scope: str, key: int) -> bool:
    """Whoever begins it owns it, if they may work on it."""
    place = access.access_account(user, key) if scope == "account" else Account(book=access.access_book(user, key))
    return access.may_own(place).filter(pk=user.pk or 0).exists()
