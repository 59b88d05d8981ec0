"""The bank of questions: what each has brought, answers written down to an account and put to use in its plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from holdfast.accounts.access import access_library, accounts_of, may, work_of
from holdfast.accounts.act import By
from holdfast.accounts.actions import discovery
from holdfast.accounts.kinds.catalog import KINDS, kind_of
from holdfast.accounts.models import Contact, Question
from holdfast.accounts.reading.discovery import QuestionRow, answers, bank
from holdfast.commerce.unknown import Unknown
from holdfast.web import filling, formatting
from holdfast.web.jinja import url
from holdfast.web.sent import Sent, key_of
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import file_format
from holdfast.web.views.deeds import carry_out

COLUMNS = (
    "id", "persona", "question", "why", "good_answer", "red_flag", "follow_up", "feeds", "state", "asked", "used",
    "share_used", "share_low", "share_high", "advice",
)  # fmt: skip
KIND = kind_of("A03")
ADVICE = {"keep": "worth asking", "retire": "retire it", "wait": "too few to judge"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the page shows it. brought: what it has brought, in words; ways: (state, what to call the deed)."""

    row: QuestionRow
    brought: str
    interval: str
    ways: tuple[tuple[str, str], ...]


def page(request: HttpRequest) -> HttpResponseBase:
    access_library(request.user)
    if request.method == "POST":
        return _decide(request)
    asked = {name: request.GET.get(name, "") for name in ("persona", "retired", "account")}
    rows = bank(request.user, persona=asked["persona"], retired=bool(asked["retired"]))
    taken = file_format(request)
    if taken:
        return download(Table("questions", COLUMNS, [_cells(row) for row in rows]), taken)
    accounts = list(accounts_of(request.user).order_by("name").values_list("pk", "name"))
    chosen = _chosen(asked["account"], [key for key, _ in accounts])
    context = {
        "title": "Questions",
        "rows": [_asked(row) for row in rows],
        "personas": list(Question.objects.order_by("persona").values_list("persona", flat=True).distinct()),
        "asked": asked,
        "query": {name: said for name, said in asked.items() if said},
        "accounts": accounts,
        "chosen": chosen,
        "contacts": list(Contact.objects.filter(account=chosen, left_on=None).values_list("pk", "name"))
        if chosen else [],
        "answers": answers(request.user, chosen) if chosen else [],
        "into": _places(request, chosen) if chosen else [],
        "may_note": may(request.user, "note"),
        "fields": [field for field in KIND.fields if field.name not in discovery.OWN],
        "stocked": Question.objects.exclude(slug="").exists(),
        "filling": filling,
        "advice": ADVICE,
    }  # fmt: skip
    return render(request, "discovery.html", context)


def _chosen(said: str, known: list[int]) -> int | None:
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and int(said) in known):
        raise Http404("There is no such account.")
    return int(said)


def _asked(row: QuestionRow) -> Asked:
    worth, share = row.worth, row.worth.share
    brought = f"{worth.used} of {formatting.plural(worth.uses, 'uses')} brought something a plan used"
    interval = "" if isinstance(share, Unknown) else f"{formatting.share(share.point, 0)}{_between(share)}"
    ways = tuple(
        (move.end, _way(move.end)) for move in KIND.machine.onward(row.state) if move.end != "used" or worth.uses
    )
    return Asked(row, brought if worth.uses else "not asked yet", interval, ways)


def _between(share: object) -> str:
    low, high = getattr(share, "low", None), getattr(share, "high", None)
    return "" if low is None or high is None else f" ({formatting.share(low, 0)} to {formatting.share(high, 0)})"


def _way(end: str) -> str:
    return {"kept": "Keep", "retired": "Retire", "used": "Ask it again"}.get(end, end)


def _places(request: HttpRequest, account_id: int) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Open plans of an account with their fields that take words: (key, title, fields)."""
    found = work_of(request.user).filter(account=account_id, ended_on=None).order_by("-changed_at")
    return [
        (str(work.pk), work.title,
         [(f"{work.pk}:{field.name}", field.label) for field in KINDS[work.kind].fields
          if field.type in ("text", "prose", "texts")])
        for work in found
    ]  # fmt: skip


def _cells(row: QuestionRow) -> tuple[object, ...]:
    share = None if isinstance(row.worth.share, Unknown) else row.worth.share
    return (
        row.id, row.persona, row.text, row.why, row.good_answer, row.red_flag, row.follow_up, row.feeds, row.state,
        row.worth.uses, row.worth.used, share and share.point, share and share.low, share and share.high,
        row.worth.advice,
    )  # fmt: skip


def _decide(request: HttpRequest) -> HttpResponseBase:
    carry_out(request, DEEDS)
    back = {name: request.POST.get(f"at_{name}", "") for name in ("persona", "retired", "account")}
    return redirect(url("discovery", **back))


def _stock(who: By, sent: Sent) -> str:
    return f"{formatting.plural(discovery.stock_bank(by=who), 'questions')} are in the bank now."


def _add(who: By, sent: Sent) -> str:
    discovery.add_question(
        sent.get("persona", ""), sent.get("text", ""), by=who, fields=filling.read(KIND.fields, sent)
    )
    return "The question is in the bank."


def _move(who: By, sent: Sent) -> str:
    made = discovery.move_question(int(sent["question"]), sent["to"], by=who, at=timezone.now())
    return f"It is {KIND.machine.state(made.state).label.lower()} now."


def _hear(who: By, sent: Sent) -> str:
    if not sent.get("account"):
        raise ValidationError("choose the account that was asked")
    heard = discovery.hear(
        int(sent["question"]), int(sent["account"]), sent.get("answer", ""), by=who, at=timezone.now(),
        contact_id=key_of(sent, "contact"),
    )  # fmt: skip
    return "The answer is kept." if heard.answer else "Written down: asked, and nothing came."


def _use(who: By, sent: Sent) -> str:
    work_id, _, field = sent.get("place", "").partition(":")
    if not field:
        raise ValidationError("choose the plan and the field it goes into")
    work = discovery.use_answer(
        int(sent["heard"]), int(work_id), field, by=who, at=timezone.now(), note=sent.get("note", "")
    )
    return f"It stands in “{work.title}” now."


DEEDS: dict[str, Callable[[By, Sent], str]] = {
    "stock": _stock, "add": _add, "move": _move, "hear": _hear, "use": _use,
}  # fmt: skip
