"""The renewal pipeline, and one renewal: its stages with what each still needs, its forecast, prices, and its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.accounts.access import access_of_account, may, may_own, role_of
from holdfast.accounts.act import By
from holdfast.accounts.actions import commercial
from holdfast.accounts.actions import renewals as renewing
from holdfast.accounts.decide.approving import may_decide
from holdfast.accounts.decide.renewing import BUCKETS, KINDS, WORDS, Enter, ways_on
from holdfast.accounts.models import Approval, Renewal
from holdfast.accounts.reading.bridge import beside_the_ledger
from holdfast.accounts.reading.forecasters import track_records
from holdfast.accounts.reading.pipeline import (
    forecast_ranges,
    pipeline,
    pipeline_lines,
    since_last_snapshot,
    slips_of,
    standing_of,
    summary,
)
from holdfast.accounts.reading.renewals import Line, Standing, standings
from holdfast.commerce.money import Money
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.values import Scope
from holdfast.web import deciding, formatting, naming, reading
from holdfast.web.sent import Sent, day_of, key_of, minor_of, percent_of, typed
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, choice, file_format, page_number
from holdfast.web.views.deeds import carry_out
from holdfast.web.views.today import money, worth

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

TABLES = {"renewals": "Renewals", "changes": "Since last week", "forecasters": "How good forecasts were"}
COLUMNS = {
    "renewals": (
        "account", "contract", "stage", "owner", "ends", "closes_on", "notice_on", "auto_renew", "value", "currency",
        "probability", "forecast", "forecast_on", "bucket", "because", "slipped", "late",
    ),
    "changes": ("account", "contract", "what", "was", "now", "days"),
    "forecasters": ("forecaster", "too_late", "decided", "came", "brier", "base", "not_known"),
}  # fmt: skip
CHANGES_SHOWN = 50
OF_ONE = {"stages": "Stages", "options": "Options", "forecasts": "Forecasts", "prices": "Prices"}
COLUMNS_OF_ONE = {
    "stages": ("on", "from", "to", "by", "note", "findings"),
    "options": ("option", "consequences", "value", "currency", "chosen"),
    "forecasts": ("on", "by", "probability", "amount", "currency", "because"),
    "prices": (
        "asked_on", "asked_by", "percent", "amount", "currency", "reason", "needs", "state", "decided_on",
        "decided_by", "why", "expires_on",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sum:
    """What stands in one bucket, in one currency."""

    bucket: str
    n: int
    amount: str
    unvalued: int


def page(request: HttpRequest) -> HttpResponseBase:
    user, day = request.user, deciding.today()
    since = day.replace(month=1, day=1)
    if taken := file_format(request):
        of = choice(request, "of", TABLES, "renewals")
        return download(Table(of, COLUMNS[of], _rows(of, user, day, since)), taken)
    number, lines = page_number(request), pipeline_lines(user, day, since=since)
    keys = [one.renewal_id for one in lines[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]]
    slips = slips_of(user, keys)
    return render(
        request,
        "renewals.html",
        {
            "title": "Renewals",
            "lines": [
                (one, worth(one.amount_minor, one.currency), slips.get(one.renewal_id))
                for one in standing_of(keys, day)
            ],
            "number": number,
            "last": max(1, -(-len(lines) // PAGE_SIZE)),
            "today": day,
            "sums": _sums(lines),
            "ranges": [(one, _range_words(one)) for one in forecast_ranges(lines)],
            "since": since_last_snapshot(user),
            "changes_shown": CHANGES_SHOWN,
            "change_words": change_words,
            "records": track_records(user),
            "tables": tuple(TABLES.items()),
            **_beside(user, Scope(), day),
        },
    )


def _beside(user: Anybody, scope: Scope, day: date) -> dict[str, Any]:
    """What was kept of a year ago, by the ledger of payments and by contracts."""
    found = beside_the_ledger(user, reading.published(), scope, day)
    return {"beside": found, "beside_scope": reading.scope_text(scope), "worth": worth}


def _of_account(renewal: Renewal) -> Scope | None:
    """None for an account of which the data know nothing."""
    source = reading.published()
    return None if source is None else reading.scope_of_account(source, renewal.account.facts_name)


def _rows(of: str, user: Anybody, day: date, since: date) -> list[tuple[object, ...]]:
    if of == "changes":
        return [
            (one.account, one.contract, one.change.what, _plain(one.change.was), _plain(one.change.now),
             one.change.days)
            for one in since_last_snapshot(user).changes
        ]  # fmt: skip
    if of == "forecasters":
        return [
            (one.forecaster or "everybody", one.too_late, None, None, None, None, one.score.why)
            if isinstance(one.score, Unknown)
            else (one.forecaster or "everybody", one.too_late, one.score.n, one.score.came, one.score.brier,
                  one.score.base, "")
            for one in track_records(user)
        ]  # fmt: skip
    slips = slips_of(user)
    told = sorted(pipeline(user, day, since=since), key=lambda one: (one.ends, one.account))
    return [_cells(one, slips) for one in told]


def _sums(lines: list[Line]) -> list[Sum]:
    found, every = [], summary(lines)
    for bucket in BUCKETS:
        cells = [cell for cell in every if cell.bucket == bucket]
        amount = " + ".join(worth(cell.minor, cell.currency) for cell in cells)
        found.append(Sum(bucket, sum(cell.n for cell in cells), amount, sum(cell.unvalued for cell in cells)))
    return found


def _range_words(one: Any) -> str:
    """ "€120,000 expected, 80 times in 100 between …"; why not, where nobody can say."""
    found = one.range
    if isinstance(found, Unknown):
        return f"{found.why}"
    low, high, mean = (money(Money(round(x), one.currency)) for x in (found.low, found.high, found.expected))
    return f"{mean} expected; 80 times in 100 between {low} and {high}, if each comes or not whatever the others do"


def change_words(change: Any) -> str:
    match change.what:
        case "new":
            return "is new in the pipeline"
        case "gone":
            return f"left it, from {naming.stage(str(change.was)).lower()}"
        case "stage":
            return f"went from {naming.stage(str(change.was)).lower()} to {naming.stage(str(change.now)).lower()}"
        case "slipped":
            return f"slipped by {formatting.plural(change.days, 'days')}, to {formatting.day(change.now)}"
        case "earlier":
            return f"closes {formatting.plural(-change.days, 'days')} earlier, on {formatting.day(change.now)}"
        case "probability":
            return f"forecast {_chance(change.was)} → {_chance(change.now)}"
    return f"value {_amount(change.was)} → {_amount(change.now)}"


def _chance(value: Decimal | None) -> str:
    return "none" if value is None else formatting.share(float(value), 0)


def _amount(value: Money | None) -> str:
    return "none" if value is None else money(value)


def _plain(value: object) -> str:
    """A cell of a file: "EUR 2120.00" of an amount, 2026-03-02 of a day."""
    if isinstance(value, Money):
        return f"{value.currency} {_major(value.minor, value.currency)}"
    return "" if value is None else str(value)


def _cells(one: Standing, slips: Mapping[int, Any]) -> tuple[object, ...]:
    slipped = slips.get(one.renewal_id)
    return (
        one.account, one.contract, one.stage, one.owner, one.ends, one.closes_on, one.notice_on, one.auto_renew,
        _major(one.value_minor, one.currency), one.currency, one.probability,
        _major(one.forecast_minor, one.currency), one.forecast_on, one.bucket,
        one.because, slipped.times if slipped else 0, " ".join(one.late),
    )  # fmt: skip


def one(request: HttpRequest, renewal_id: int) -> HttpResponseBase:
    renewal = access_of_account(request.user, Renewal, renewal_id)
    if request.method == "POST":
        return _decide(request, renewal)
    if taken := file_format(request):
        of = choice(request, "of", OF_ONE, "stages")
        return download(Table(f"renewal-{renewal.pk}-{of}", COLUMNS_OF_ONE[of], _rows_of_one(of, renewal)), taken)
    day, scope = deciding.today(), _of_account(renewal)
    (standing,) = standings(Renewal.objects.filter(pk=renewal.pk), day)
    ways = [
        (way.to, WORDS[way.to], () if isinstance(way, Enter) else way.reasons) for way in ways_on(standing.case, day)
    ]
    return render(
        request,
        "renewal.html",
        {
            "title": f"Renewal of {renewal.contract.name}",
            "renewal": renewal,
            "standing": standing,
            "amount": worth(standing.value_minor, standing.currency),
            "today": day,
            "ways": ways,
            "stages": Renewal.Stage.choices,
            "kinds": KINDS,
            "options": {option["kind"]: option for option in renewal.options},
            "amounts": {
                option["kind"]: typed(option.get("value_minor"), standing.currency) for option in renewal.options
            },
            "moves": renewal.moves.select_related("by"),
            "forecasts": [
                (f, worth(f.amount_minor, standing.currency)) for f in renewal.forecasts.select_related("by")
            ],
            "approvals": renewal.contract.approvals.select_related("asked_by", "decided_by"),
            "owners": may_own(renewal.account),
            "contacts": renewal.account.contacts.filter(left_on=None),
            "may_plan": may(request.user, "plan"),
            "asked": Approval.State.ASKED,
            "refusal": partial(_refusal, request.user),
            "percent": percent_words,
            "worth": worth,
            "tables": tuple(OF_ONE.items()),
            **({} if scope is None else _beside(request.user, scope, day)),
        },
    )


def _refusal(user: Anybody, approval: Approval) -> str:
    """Why this person may not say yes or no; empty where they may."""
    return may_decide(
        role_of(user), user.pk, approval.asked_by_id, tuple(approval.roles), approval.contract.approver_id
    )


def percent_words(change: Decimal) -> str:
    """Decimal("-10.00") → "−10 %" """
    return f"{change.normalize():+f}\u202f%".replace("-", "\N{MINUS SIGN}")


def _rows_of_one(of: str, renewal: Renewal) -> list[tuple[object, ...]]:
    currency = renewal.contract.currency
    match of:
        case "stages":
            return [
                (m.on, m.was, m.to, _name(m.by), m.note, " ".join(m.findings))
                for m in renewal.moves.select_related("by")
            ]
        case "options":
            return [
                (o["kind"], o["consequences"], _major(o.get("value_minor"), currency), currency,
                 o["kind"] == renewal.chosen)
                for o in renewal.options
            ]  # fmt: skip
        case "forecasts":
            return [
                (f.on, _name(f.by), f.probability, _major(f.amount_minor, currency), currency, f.because)
                for f in renewal.forecasts.select_related("by")
            ]
    return [
        (
            a.asked_on, _name(a.asked_by), a.percent, _major(a.amount_minor, currency), currency, a.reason,
            ", ".join(a.roles), a.state, a.decided_on, _name(a.decided_by), a.why, a.expires_on,
        )
        for a in renewal.contract.approvals.select_related("asked_by", "decided_by")
    ]  # fmt: skip


def _name(user: Any) -> str:
    return user.get_username() if user else ""


def _major(minor: int | None, currency: str) -> Decimal | None:
    return None if minor is None else Money(minor, currency).to_decimal()


def _decide(request: HttpRequest, renewal: Renewal) -> HttpResponseBase:
    carry_out(request, DEEDS, renewal)
    return redirect("renewal", renewal.pk)


def _plan(who: By, renewal: Renewal, sent: Sent) -> str:
    currency = renewal.contract.currency
    options = [
        {
            "kind": kind,
            "consequences": sent[f"{kind}_why"],
            "value_minor": minor_of(sent.get(f"{kind}_value", ""), currency),
        }
        for kind in KINDS
        if sent.get(f"{kind}_why", "").strip()
    ]
    renewing.plan_renewal(
        renewal.pk, by=who, owner_id=key_of(sent, "owner"), closes_on=day_of(sent, "closes_on"), options=options,
        chosen=sent.get("chosen", ""), walk_away=sent.get("walk_away", ""), answer=sent.get("answer", ""),
        yes_from_id=key_of(sent, "yes_from"),
    )  # fmt: skip
    return "Saved."


def _forecast(who: By, renewal: Renewal, sent: Sent) -> str:
    percent = percent_of(sent, "percent")
    amount = minor_of(sent.get("amount", ""), renewal.contract.currency)
    if amount is None:
        raise ValidationError("say how much a year it is renewed for")
    if percent is None:
        raise ValidationError("a probability is a number from 0 to 100")
    renewing.give_forecast(
        renewal.pk, percent / 100, amount, on=deciding.today(), by=who, because=sent.get("because", "")
    )
    return "The forecast is kept, and will be scored when the renewal is over."


def _move(who: By, renewal: Renewal, sent: Sent) -> str:
    more: dict[str, Any] = {}
    if sent.get("to") in ("signed", "lost"):
        more["ended_on"] = day_of(sent, "ended_on")
    if sent.get("to") == "signed":
        more["signed_minor"] = minor_of(sent.get("signed", ""), renewal.contract.currency)
    for name in ("why_lost", "learned"):
        if sent.get(name):
            more[name] = sent[name]
    made = renewing.move_renewal(
        renewal.pk, sent["to"], today=deciding.today(), by=who, note=sent.get("note", ""), **more
    )
    return " ".join([f"{WORDS[made.to]} is entered.", *made.findings])


def _ask(who: By, renewal: Renewal, sent: Sent) -> str:
    percent = percent_of(sent, "percent")
    if percent is None:
        raise ValidationError("say how much in percent, as −10 for a tenth off")
    commercial.ask_approval(
        renewal.contract_id, reason=sent.get("reason", ""), today=deciding.today(), by=who, percent=percent,
        renewal_id=renewal.pk,
    )  # fmt: skip
    return "Asked; somebody who may has to approve it."


def _answer(who: By, renewal: Renewal, sent: Sent) -> str:
    approve = sent.get("answer") == "yes"
    commercial.decide_approval(
        int(sent["approval"]), approve=approve, why=sent.get("why", ""), today=deciding.today(), by=who
    )
    return "Approved." if approve else "Refused."


def _withdraw(who: By, renewal: Renewal, sent: Sent) -> str:
    commercial.withdraw_approval(int(sent["approval"]), today=deciding.today(), by=who)
    return "Taken back."


DEEDS: dict[str, Callable[[By, Renewal, Sent], str]] = {
    "plan": _plan, "forecast": _forecast, "move": _move, "ask": _ask, "answer": _answer, "withdraw": _withdraw,
}  # fmt: skip
