"""The cockpit: what needs this person today, the dearest first, with why it is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from holdfast.accounts.access import accounts_of, may
from holdfast.accounts.actions.queue import snooze_item
from holdfast.accounts.actions.timeline import finish_task
from holdfast.accounts.decide.renewing import LIKELY
from holdfast.accounts.models import Contract
from holdfast.accounts.reading.given import given_of
from holdfast.accounts.reading.item import Item
from holdfast.accounts.reading.pipeline import pipeline
from holdfast.accounts.reading.renewals import Standing
from holdfast.accounts.reading.today import today
from holdfast.commerce.money import Money
from holdfast.commerce.unknown import Unknown
from holdfast.web import deciding, formatting, wellbeing
from holdfast.web.jinja import url
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import file_format
from holdfast.web.views.deeds import by, sentence

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

COLUMNS = ("rank", "account", "what", "kind", "due", "at_stake", "chance_lost", "expected_loss", "currency", "why")
FEW = 500  # accounts: of more, everybody's queue is shown only when it is asked for
SHOWN = 100  # lines of the queue on the page; all of them are in the file
AHEAD_DAYS = 90  # of renewals shown beside the queue
SNOOZES = ((1, "Tomorrow"), (7, "In a week"), (30, "In a month"))
SHAPES = {"late": "missed", "soon": "undecided", "other": "none"}


@dataclass(frozen=True, slots=True)
class Line:
    """An item of the queue as the page shows it."""

    item: Item
    href: str
    shape: str
    word: str
    due: str
    late: bool
    stake: str  # what is at stake, empty where nobody knows


def page(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _decide(request)
    day, whose = deciding.today(), request.GET.get("whose", "")
    seen = accounts_of(request.user)
    how_many = seen.count()
    few = how_many <= FEW
    given = given_of(request.user, day)
    if few:
        given = replace(given, health=wellbeing.given(tuple(seen.exclude(source="")), day).health)
    items = today(request.user, day, given, everybodys=whose == "all")
    if not items and not whose and few:  # who owns nothing that is due looks at what others owe
        items, whose = today(request.user, day, given, everybodys=True), "all"
    everybodys = whose == "all"
    taken = file_format(request)
    if taken:
        return download(Table("today", COLUMNS, [_cells(item) for item in items]), taken)
    lines = [_line(item, day, everybodys) for item in items]
    wanted = request.GET.get("item", "")
    chosen = next((line for line in lines if line.item.key == wanted), lines[0] if lines else None)
    if wanted and (chosen is None or chosen.item.key != wanted):
        raise Http404("This is not in the queue any more.")
    ahead = _ahead(request.user, day)
    context = {
        "title": "Today",
        "lines": lines[:SHOWN],
        "total": len(lines),
        "chosen": chosen,
        "today": day,
        "everybodys": everybodys,
        "query": {"whose": "all"} if everybodys else {},
        "snoozes": [(day + timedelta(days=n), words) for n, words in SNOOZES],
        "renewals": [(one, worth(one.amount_minor, one.currency)) for one in ahead],
        "facts": _facts(request.user, day, ahead, how_many),
        "may_note": may(request.user, "note"),
        "has_accounts": how_many > 0,
        "money": money,
    }
    return render(request, "today_item.html" if request.headers.get("HX-Request") else "today.html", context)


def _line(item: Item, day: date, everybodys: bool) -> Line:
    late = item.due < day
    how = "late" if late else "soon" if item.due == day else "other"
    due = "Today" if item.due == day else formatting.day(item.due)
    stake = item.loss if isinstance(item.loss, Money) else item.value
    return Line(
        item, url("today", item=item.key, whose="all" if everybodys else ""), SHAPES[how],
        {"late": "Late", "soon": "Due today", "other": "Coming"}[how], due, late, money(stake),
    )  # fmt: skip


def money(amount: Money | Unknown) -> str:
    """Whole major units; empty where nobody knows."""
    if isinstance(amount, Unknown):
        return ""
    return formatting.money(float(amount.to_decimal()), amount.currency, 0)


def _ahead(user: Anybody, day: date) -> list[Standing]:
    """Open renewals that end within AHEAD_DAYS, the soonest first."""
    ahead = [one for one in pipeline(user, day) if one.ends <= day + timedelta(days=AHEAD_DAYS)]
    return sorted(ahead, key=lambda one: one.ends)


def worth(minor: int | None, currency: str) -> str:
    return "" if minor is None else money(Money(minor, currency))


def _facts(user: Anybody, day: date, ahead: list[Standing], how_many: int) -> list[tuple[str, str]]:
    """A few numbers about a person's accounts: how many, what is under contract, what renews soon."""
    in_force = Contract.objects.filter(
        account__in=accounts_of(user).values("pk"), starts__lte=day, ends__gte=day, value_minor__isnull=False
    )
    sums: dict[str, int] = {}
    for minor, currency in in_force.values_list("value_minor", "currency"):
        sums[currency] = sums.get(currency, 0) + (minor or 0)
    at_risk = [one for one in ahead if one.bucket == "at risk" or (one.probability or 1) < LIKELY]
    return [
        ("Accounts", formatting.count(how_many)),
        ("Under contract, a year", " + ".join(money(Money(m, c)) for c, m in sorted(sums.items())) or "none"),
        (f"Renewing in {AHEAD_DAYS} days", formatting.count(len(ahead))),
        ("Of these at risk", formatting.count(len(at_risk))),
    ]


def _cells(item: Item) -> tuple[object, ...]:
    value, loss = item.value, item.loss
    return (
        item.rank, item.account, item.what, item.kind, item.due,
        value.to_decimal() if isinstance(value, Money) else None,
        item.chance if isinstance(item.chance, float) else None,
        loss.to_decimal() if isinstance(loss, Money) else None,
        value.currency if isinstance(value, Money) else None, " ".join(item.evidence),
    )  # fmt: skip


def _decide(request: HttpRequest) -> HttpResponseBase:
    sent = request.POST
    try:
        match sent.get("do"):
            case "snooze":
                until = date.fromisoformat(sent["until"])
                snooze_item(sent["item"], int(sent["account"]), until=until, today=deciding.today(), by=by(request))
                messages.success(request, f"Out of your sight until {formatting.day(until)}.")
            case "finish":
                finish_task(int(sent["row"]), at=timezone.now(), by=by(request))
                messages.success(request, "Done.")
            case _:
                raise Http404("There is nothing like this to do here.")
    except ValidationError as problem:
        messages.error(request, sentence(problem))
    except (KeyError, ValueError) as problem:
        raise Http404("Something of this request is missing.") from problem
    return redirect(url("today", whose=sent.get("whose", "")))
