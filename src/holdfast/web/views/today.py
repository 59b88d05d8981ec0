"""The cockpit: what needs this person today, the dearest first, with why it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from holdfast.accounts.access import accounts_of, may
from holdfast.accounts.actions.queue import snooze_item
from holdfast.accounts.actions.timeline import finish_task
from holdfast.accounts.models import Contract
from holdfast.accounts.reading.given import given_of
from holdfast.accounts.reading.item import Given, Item
from holdfast.accounts.reading.pipeline import Ahead, ahead
from holdfast.accounts.reading.today import Queue, queue
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
FEW = 500  # accounts: of more, everybody's queue is shown only when it is asked for, without their health
SHOWN = 100  # lines of the queue on the page; all of them are in the file
AHEAD_DAYS = 90  # of renewals shown beside the queue
RENEWALS_SHOWN = 50
SNOOZES = ((1, "Tomorrow"), (7, "In a week"), (30, "In a month"))
SHAPES = {"late": "missed", "soon": "undecided", "other": "none"}
NOT_FORETOLD = ("not known", "nobody has forecast one")


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
    again: bool = False  # the line above is of the same account, and says the same stake


@dataclass(frozen=True, slots=True)
class Fact:
    """A number about a person's accounts, what it is of, and where it is opened."""

    words: str
    said: str
    of: str
    href: str


def page(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _decide(request)
    user, day, whose = request.user, deciding.today(), request.GET.get("whose", "")
    how_many, wanted = accounts_of(user).count(), request.GET.get("item", "")
    taken, part = file_format(request), bool(request.headers.get("HX-Request"))
    first = None if taken else 0 if part and wanted else SHOWN
    everybodys = whose == "all"
    found, given = _queue(user, day, everybodys, how_many, first, wanted)
    if not found.total and not whose and how_many <= FEW:  # who owns nothing that is due looks at what others owe
        everybodys, (found, given) = True, _queue(user, day, True, how_many, first, wanted)
    if taken:
        return download(Table("today", COLUMNS, [_cells(item) for item in found.items]), taken)
    lines = _lines(found.items, day, everybodys)
    chosen = next((line for line in lines if line.item.key == wanted), lines[0] if lines else None)
    if wanted and (chosen is None or chosen.item.key != wanted):
        raise Http404("This is not in the queue any more.")
    context: dict[str, Any] = {
        "title": "Today",
        "chosen": chosen,
        "today": day,
        "everybodys": everybodys,
        "query": {"whose": "all"} if everybodys else {},
        "snoozes": [(day + timedelta(days=n), words) for n, words in SNOOZES],
        "may_note": may(user, "note"),
    }
    if part:
        return render(request, "today_item.html", context)
    soon = ahead(user, day, day + timedelta(days=AHEAD_DAYS), first=RENEWALS_SHOWN)
    context |= {
        "lines": [line for line in lines if line.item.rank <= SHOWN],
        "total": found.total,
        "renewals": [(one, worth(one.amount_minor, one.currency)) for one in soon.shown],
        "renewals_total": soon.total,
        "facts": _facts(user, day, soon, how_many, given),
        "has_accounts": how_many > 0,
    }
    return render(request, "today.html", context)


def _queue(
    user: Anybody, day: date, everybodys: bool, how_many: int, first: int | None, wanted: str
) -> tuple[Queue, Given]:
    """With what is known of the accounts it is of; the health of very many is not looked at."""
    given, seen = given_of(user, day, everybodys=everybodys), accounts_of(user)
    if how_many > FEW:
        seen = seen.none() if everybodys else seen.filter(owner=user.pk)
    given = replace(given, health=wellbeing.given(tuple(seen.exclude(source="")), day).health)
    return queue(user, day, given, everybodys=everybodys, first=first, also=wanted, dearest=True), given


def _lines(items: Sequence[Item], day: date, everybodys: bool) -> list[Line]:
    lines = [_line(item, day, everybodys) for item in items]
    pairs = zip([None, *lines], lines, strict=False)
    return [
        replace(line, again=above is not None and _stands(above) == _stands(line) and line.stake != "")
        for above, line in pairs
    ]


def _stands(line: Line) -> tuple[int, str]:
    return line.item.account_id, line.stake


def _line(item: Item, day: date, everybodys: bool) -> Line:
    late = item.due < day and not item.rings
    word = "Alarm" if item.rings else "Late" if late else "Due today" if item.due == day else "Coming"
    how = "late" if late or item.rings else "soon" if item.due == day else "other"
    due = (
        "Today" if item.due == day else f"since {formatting.day(item.due)}" if item.rings else formatting.day(item.due)
    )
    stake = item.loss if isinstance(item.loss, Money) else item.value
    return Line(
        item, url("today", item=item.key, whose="all" if everybodys else ""), SHAPES[how],
        word, due, late, money(stake),
    )  # fmt: skip


def money(amount: Money | Unknown) -> str:
    """Whole major units; empty where nobody knows."""
    if isinstance(amount, Unknown):
        return ""
    return formatting.money(float(amount.to_decimal()), amount.currency, 0)


def worth(minor: int | None, currency: str) -> str:
    return "" if minor is None else money(Money(minor, currency))


def _facts(user: Anybody, day: date, soon: Ahead, how_many: int, given: Given) -> list[Fact]:
    """A few numbers about a person's accounts: what is under contract, what renews soon, how they are."""
    in_force = Contract.objects.filter(
        account__in=accounts_of(user).values("pk"), starts__lte=day, ends__gte=day, value_minor__isnull=False
    )
    sums = in_force.order_by("currency").values_list("currency").annotate(minor=Sum("value_minor"))
    renewals, unknown = url("renewals"), soon.total > 0 and not soon.foretold
    at_risk = _amounts(soon.at_risk_minor), formatting.plural(soon.at_risk, "renewals")
    lost = _amounts(soon.lost_minor), _foretold(soon)
    found = [
        Fact("Under contract, a year", _amounts(dict(sums)), formatting.plural(how_many, "accounts"), url("accounts")),
        Fact(
            f"Renewing in {AHEAD_DAYS} days", _amounts(soon.minor), formatting.plural(soon.total, "renewals"), renewals
        ),
        Fact("Of these at risk", *(NOT_FORETOLD if unknown else at_risk), renewals),
        Fact("Expected to be lost of these", *(NOT_FORETOLD if unknown else lost), renewals),
    ]
    scored = [one for one in given.health.values() if one.score is not None]
    if scored:
        low = sum(one.at_risk for one in scored)
        fell = sum(one.fell_on is not None for one in scored)
        of = f"of {formatting.plural(len(scored), 'scores')}; {formatting.count(low)} at risk"
        found.append(Fact("Health fell lately", formatting.count(fell), of, url("health_cards")))
    return found


def _amounts(minor: Mapping[str, int]) -> str:
    return " + ".join(money(Money(int(amount), currency)) for currency, amount in minor.items()) or "none"


def _foretold(soon: Ahead) -> str:
    if soon.foretold == soon.total:
        return "as forecast"
    return f"as forecast for {formatting.count(soon.foretold)} of {formatting.count(soon.total)}"


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
