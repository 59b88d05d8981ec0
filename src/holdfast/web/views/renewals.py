"""The renewal pipeline, and one renewal: its stages with what each still needs, its forecast, prices, and its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from holdfast.accounts.access import access_of_account, may, may_own
from holdfast.accounts.act import By
from holdfast.accounts.actions import commercial
from holdfast.accounts.actions import renewals as renewing
from holdfast.accounts.decide.renewing import BUCKETS, KINDS, WORDS, Enter, ways_on
from holdfast.accounts.models import Approval, Renewal
from holdfast.accounts.reading.forecasters import track_records
from holdfast.accounts.reading.pipeline import forecast_ranges, pipeline, since_last_snapshot, slips_of, summary
from holdfast.accounts.reading.renewals import Standing, standings
from holdfast.commerce.money import Money
from holdfast.commerce.unknown import Unknown
from holdfast.web import deciding, naming
from holdfast.web.sent import Sent, day_of, key_of, minor_of, percent_of, typed
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, file_format, page_number
from holdfast.web.views.deeds import carry_out
from holdfast.web.views.today import money, worth

COLUMNS = (
    "account", "contract", "stage", "owner", "ends", "closes_on", "notice_on", "auto_renew", "value", "currency",
    "probability", "forecast", "forecast_on", "bucket", "because", "slipped", "late",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sum:
    """What stands in one bucket, in one currency."""

    bucket: str
    n: int
    amount: str
    unvalued: int


def page(request: HttpRequest) -> HttpResponseBase:
    day, slips = deciding.today(), slips_of(request.user)
    lines = sorted(
        pipeline(request.user, day, since=day.replace(month=1, day=1)), key=lambda one: (one.ends, one.account)
    )
    taken = file_format(request)
    if taken:
        return download(Table("renewals", COLUMNS, [_cells(one, slips) for one in lines]), taken)
    number, last = page_number(request), max(1, -(-len(lines) // PAGE_SIZE))
    shown = lines[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return render(
        request,
        "renewals.html",
        {
            "title": "Renewals",
            "lines": [(one, worth(one.amount_minor, one.currency), slips.get(one.renewal_id)) for one in shown],
            "number": number,
            "last": last,
            "today": day,
            "sums": _sums(lines),
            "ranges": [(one, _range_words(one)) for one in forecast_ranges(lines)],
            "since": since_last_snapshot(request.user),
            "change_words": change_words,
            "records": track_records(request.user),
        },
    )


def _sums(lines: list[Standing]) -> list[Sum]:
    """By bucket, over all months and owners."""
    found, every = [], summary(lines)
    for bucket in BUCKETS:
        cells = [cell for cell in every if cell.bucket == bucket]
        by_currency: dict[str, int] = {}
        for cell in cells:
            by_currency[cell.currency] = by_currency.get(cell.currency, 0) + cell.minor
        amount = " + ".join(worth(minor, currency) for currency, minor in sorted(by_currency.items()))
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
            return f"slipped by {change.days} days, to {change.now}"
        case "earlier":
            return f"closes {-change.days} days earlier, on {change.now}"
        case "probability":
            return f"forecast {change.was or 'none'} → {change.now or 'none'}"
    return f"value {change.was} → {change.now}"


def _cells(one: Standing, slips: Mapping[int, Any]) -> tuple[object, ...]:
    def major(minor: int | None) -> Decimal | None:
        return None if minor is None else Money(minor, one.currency).to_decimal()

    slipped = slips.get(one.renewal_id)
    return (
        one.account, one.contract, one.stage, one.owner, one.ends, one.closes_on, one.notice_on, one.auto_renew,
        major(one.value_minor), one.currency, one.probability, major(one.forecast_minor), one.forecast_on, one.bucket,
        one.because, slipped.times if slipped else 0, " ".join(one.late),
    )  # fmt: skip


def one(request: HttpRequest, renewal_id: int) -> HttpResponseBase:
    renewal = access_of_account(request.user, Renewal, renewal_id)
    if request.method == "POST":
        return _decide(request, renewal)
    day = deciding.today()
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
            "worth": worth,
        },
    )


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
