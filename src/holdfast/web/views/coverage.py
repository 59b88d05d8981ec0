"""Coverage: who looks after how much, what is due, what the rules ask a week; and the accounts behind each number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.accounts import access
from holdfast.accounts.actions import accounts, people
from holdfast.accounts.decide.capacity import TOUCHPOINTS_A_WEEK
from holdfast.accounts.decide.due import rules
from holdfast.accounts.models import Account
from holdfast.accounts.reading.coverage import DUE, SPANS, WHAT, Key, Lens, Look, Row, behind, coverage, name_of
from holdfast.commerce.money import Money
from holdfast.metrics.section import FrameworkProblem
from holdfast.web import charts, deciding, formatting, reading, wellbeing
from holdfast.web.jinja import query_with, url
from holdfast.web.sent import key_of
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, choice, file_format, page_number
from holdfast.web.views.deeds import by, newest_deed, telling, told_with_way_back

LENSES: dict[Lens, str] = {"person": "By person", "book": "By book"}
SORTS: dict[str, tuple[str, Callable[[Row], Any]]] = {
    "name": ("Name", lambda row: (row.key is None, row.name.lower())),
    "accounts": ("Accounts", lambda row: -row.accounts),
    "late": ("Late", lambda row: -row.of_span("late")),
    "week": ("This week", lambda row: -(row.of_span("today") + row.of_span("week"))),
    "asked": ("Asked a week", lambda row: -row.asked),
    "load": ("Load", lambda row: -(row.load or 0)),
    "silent": ("Not spoken to", lambda row: -row.silent),
}
SAID = {
    "accounts": "Accounts", "late": "Something is late", "today": "Due today", "week": "Due in the six days after",
    "escalations": "An escalation is open", "silent": "Not spoken to as the tier's rule says",
    "unowned": "Nobody owns it",
}  # fmt: skip
WORDS = {"tasks": "steps", "touchpoints": "contacts", "renewals": "renewals"}
COLUMNS = (
    "key", "name", "accounts", *Account.Tier.values, "segments", "contracted",
    *(f"{span}_{kind}" for span in SPANS for kind in DUE), "escalations", "not_spoken_to", "nobody_owns",
    "asked_a_week", "capacity_a_week", "capacity_said",
)  # fmt: skip
BEHIND_COLUMNS = ("id", "account", "owner", "book", "tier", "stage", "segment", "last_talk", "next_step_due")


def page(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _decide(request)
    look, query = _look(request)
    order = choice(request, "sort", SORTS, "name")
    rows = sorted(coverage(look), key=SORTS[order][1])
    if taken := file_format(request):
        return download(Table(f"coverage-by-{look.by}", COLUMNS, [_cells(row) for row in rows]), taken)
    context = _around(request, look, query) | {
        "title": "Coverage", "rows": [(row, _money(row.money), _meter(row)) for row in rows], "sort": order,
        "sorts": {key: words for key, (words, _) in SORTS.items() if look.by == "person" or key != "load"},
        "totals": _totals(rows), "usual": TOUCHPOINTS_A_WEEK, "words": WORDS,
        "carried": {name: said for name, said in query.items() if name != "by"},
        "mine": next((row for row in rows if row.key == request.user.pk and look.by == "person"), None),
    }  # fmt: skip
    return render(request, "coverage.html", context)


def those(request: HttpRequest) -> HttpResponseBase:
    """The accounts behind one number: ?by=person&who=12&what=late."""
    if request.method == "POST":
        return _decide(request)
    look, query = _look(request)
    what, who, number = choice(request, "what", WHAT, "accounts"), _who(request), page_number(request)
    found = behind(look, who, what)
    if taken := file_format(request):
        return download(Table(f"coverage-{what}", BEHIND_COLUMNS, [_account_cells(one) for one in found]), taken)
    total = found.count()
    here = query | {"who": "" if who is None else str(who), "what": what}
    named = "Everybody" if who == "all" else name_of(look, who, works=total > 0) or "Nobody"
    context = _around(request, look, here) | {
        "title": "Coverage", "whose": named, "what": what, "said": SAID[what],
        "accounts": found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], "total": total, "number": number,
        "last": max(1, -(-total // PAGE_SIZE)), "back": query, "takers": _takers(look),
    }  # fmt: skip
    return render(request, "coverage_accounts.html", context)


def _look(request: HttpRequest) -> tuple[Look, dict[str, str]]:
    """What is looked at, and how addresses name it. Raises Http404 for a book, tier or lens there is none of."""
    lens: Lens = next(one for one in get_args(Lens) if one == choice(request, "by", LENSES, "person"))
    tier = choice(request, "tier", Account.Tier.values, "")
    book = _key(request, "book")
    if book is not None and not access.books_of(request.user).filter(pk=book).exists():
        raise Http404(f"There is no book {book}.")
    segment = request.GET.get("segment", "")
    today = deciding.today()
    try:
        known = rules(settings.HOME.path)
    except FrameworkProblem as problem:
        raise Http404(f"The touchpoint rules cannot be read: {problem}") from problem
    risky = wellbeing.at_risk(access.accounts_of(request.user), today)
    chosen = {"none": ""}.get(segment, segment) if segment else None
    look = Look(request.user, lens, today, known, risky, book, tier, chosen)
    carried = {"by": "" if lens == "person" else lens, "book": "" if book is None else str(book)}
    return look, {k: v for k, v in (carried | {"tier": tier, "segment": segment}).items() if v}


def _key(request: HttpRequest, name: str) -> int | None:
    try:
        return key_of(request.GET.dict(), name)
    except ValueError as problem:
        raise Http404(f"There is no {name} {request.GET[name]}.") from problem


def _who(request: HttpRequest) -> Key:
    return "all" if request.GET.get("who") == "all" else _key(request, "who")


def _around(request: HttpRequest, look: Look, query: dict[str, str]) -> dict[str, Any]:
    return {
        "look": look, "query": query, "lenses": LENSES, "books": access.books_of(request.user), "spans": SPANS,
        "tiers": Account.Tier.choices, "segments": reading.segments(),
        "may_assign": access.may(request.user, "assign"),
        "everywhere": access.role_of(request.user) in access.EVERYWHERE,
    }  # fmt: skip


def _takers(look: Look) -> list[tuple[int, str]]:
    """Whoever accounts can be given to: people who look after some of these books."""
    rows = coverage(Look(look.user, "person", look.today, look.known)) if access.may(look.user, "assign") else ()
    return [
        (row.key, f"{row.name}, {formatting.number(row.asked, 1)} of {row.capacity} a week") for row in rows if row.key
    ]


def _meter(row: Row) -> Markup:
    if row.load is None:
        return Markup("")
    said = f"{formatting.number(row.asked, 1)} of {row.capacity} touchpoints a week"
    return charts.meter(row.load, title=f"Load of {row.name}", description=said)


def _money(held: Sequence[Money]) -> list[str]:
    return [formatting.money(float(one.to_decimal()), one.currency, 0) for one in held]


def _totals(rows: Sequence[Row]) -> dict[str, int]:
    found = {span: sum(row.of_span(span) for row in rows) for span in SPANS}
    return found | {
        "accounts": sum(row.accounts for row in rows), "escalations": sum(row.escalations for row in rows),
        "silent": sum(row.silent for row in rows), "unowned": sum(row.unowned for row in rows),
    }  # fmt: skip


def _cells(row: Row) -> tuple[Any, ...]:
    return (
        row.key, row.name or "nobody", row.accounts, *(row.tiers.get(tier, 0) for tier in Account.Tier.values),
        "; ".join(f"{segment or 'none'} {n}" for segment, n in sorted(row.segments.items())),
        "; ".join(str(one) for one in row.money),
        *(row.due[span][kind] for span in SPANS for kind in DUE),
        row.escalations, row.silent, row.unowned, round(row.asked, 2), row.capacity, row.said,
    )  # fmt: skip


def _account_cells(one: Any) -> tuple[Any, ...]:
    return (
        one.pk, one.name, one.owner.get_username() if one.owner else "", str(one.book or ""), one.tier, one.stage,
        one.segment, one.last_talk, one.next_due,
    )  # fmt: skip


def _decide(request: HttpRequest) -> HttpResponseBase:
    sent, who, before = request.POST, by(request), newest_deed(request)
    with telling(request):
        match sent.get("do"):
            case "give":
                ticked, owner = [int(one) for one in sent.getlist("account")], key_of(sent.dict(), "owner")
                if not ticked:
                    raise ValidationError("tick the accounts to give away")
                accounts.change_accounts(ticked, by=who, owner_id=owner)
                told_with_way_back(request, f"{formatting.plural(len(ticked), 'accounts')} given away.", before)
            case "capacity":
                people.set_capacity(int(sent["person"]), key_of(sent.dict(), "touchpoints"), by=who)
                told_with_way_back(request, "Kept.", before)
            case _:
                raise Http404("There is nothing like this to do here.")
    name = (
        "coverage_accounts"
        if request.resolver_match and request.resolver_match.url_name == "coverage_accounts"
        else "coverage"
    )
    return redirect(f"{url(name)}?{query_with(request.GET.dict())}")
