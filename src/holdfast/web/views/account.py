"""One account whole: its numbers, people, next steps, contacts and what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from markupsafe import Markup

from holdfast.accounts.access import accounts_of
from holdfast.accounts.act import By
from holdfast.accounts.actions import accounts, commercial, renewals, stakeholders, timeline
from holdfast.accounts.actions.health import end_override, override_health
from holdfast.accounts.models import Account, Contact, Contract, Entry, Expansion, HealthOverride, Line, Touchpoint
from holdfast.accounts.reading import listing
from holdfast.accounts.reading.reviews import reviews
from holdfast.accounts.reading.stakeholders import StakeholderMap, stakeholder_map
from holdfast.accounts.reading.whole import Moment, Whole, whole
from holdfast.accounts.reading.works import Wanted, works
from holdfast.commerce.unknown import Unknown
from holdfast.health.words import STATUSES
from holdfast.metrics.values import Scope, Value
from holdfast.warehouse.home import Shop
from holdfast.web import charts, deciding, formatting, playing, predicted, reading, steps, wellbeing
from holdfast.web.charts import Placed, people
from holdfast.web.sent import Sent, day_if_said, day_of, key_of, minor_of, moment_of
from holdfast.web.tables import download
from holdfast.web.views import account_tables
from holdfast.web.views.accounts import CHOICES
from holdfast.web.views.asked import choice, file_format
from holdfast.web.views.deeds import carry_out
from holdfast.web.views.scorecard import Row, row_of
from holdfast.web.views.today import worth

HEALTH_SHAPE = {"good": "met", "watch": "undecided", "risk": "missed", "not scored": "unknown"}
PLANS_SHOWN = 12
LISTED = 200  # accounts to choose from; of more, one is named
TWINS = 20
SHOWN_NUMBERS = (
    "net_revenue", "monthly_recurring_revenue", "active_customers", "average_order_value", "repeat_purchase_rate",
    "net_revenue_retention", "subscriber_churn", "nps", "customer_satisfaction", "first_reply_time",
)  # fmt: skip


def page(request: HttpRequest, account_id: int) -> HttpResponseBase:
    found = whole(request.user, account_id)
    if found.account.merged_into_id:
        return redirect("account", found.account.merged_into_id)
    if request.method == "POST":
        return _decide(request, found)
    today = deciding.today()
    if taken := file_format(request):
        of = choice(request, "of", account_tables.NAMES, "timeline")
        return download(account_tables.table(request.user, found.account, of, today), taken)
    foretold = predicted.at_stake().get(found.account.facts_name)
    known, health = stakeholder_map(request.user, account_id, today), wellbeing.of_account(found.account, today)
    return render(
        request,
        "account.html",
        {
            "title": found.account.name,
            "whole": found,
            "account": found.account,
            "being": playing.of_account(found.account.pk),
            "decided": steps.DECIDED,
            "today": today,
            "soon": today + timedelta(days=7),
            "numbers": numbers_of(found.account),
            "foretold": foretold,
            "to_come": () if foretold is None else predicted.to_come(foretold),
            "in_several": 0 if foretold is None else predicted.in_several(foretold),
            "in_money": _in_money,
            "choices": CHOICES,
            "segments": reading.segments(),
            "kinds": Touchpoint.Kind.choices,
            "notes": Entry.Kind.choices,
            "parts": Contact.Part.choices,
            "stances": Contact.Stance.choices,
            "moment_words": moment_words,
            "wellbeing": health,
            "health_chart": health_chart(health),
            "health_word": STATUSES,
            "health_shape": HEALTH_SHAPE,
            "month_ahead": today + timedelta(days=30),
            "contracts": [
                (c, worth(c.value_minor, c.currency))
                for c in Contract.objects.filter(account=found.account).select_related("renewal")
            ],
            "expansions": [
                (one, worth(one.value_minor, one.currency))
                for one in Expansion.objects.filter(account=found.account).select_related("accepted_by", "owner")
            ],
            "objectives": _objectives(found.account),
            "plans": works(request.user, Wanted(account_id=account_id, stale=None), today, rows=PLANS_SHOWN),
            "map": known,
            "picture": picture_of(known, found.account.name),
            "tables": tuple(account_tables.NAMES.items()),
            "reviews": reviews(request.user, account_id, limit=5),
            "others": _others(request, found),
            "alike": listing.alike(request.user, found.account, TWINS) if found.may_assign else (),
        },
    )


def _objectives(account: Account) -> list[str]:
    """Of the account's success plans."""
    lines = Line.objects.filter(part="objective", work__kind="A02", work__account=account, finished_on=None)
    return list(lines.values_list("what", flat=True))


def _in_money(minor: float, shop: Shop) -> str:
    return formatting.money(*reading.money_of(round(minor), shop.currency))


def _others(request: HttpRequest, found: Whole) -> tuple[tuple[int, str], ...] | None:
    """Accounts to choose one from; None where there are too many for a list, and a name is typed instead."""
    if not found.may_assign:
        return ()
    seen = accounts_of(request.user).exclude(pk=found.account.pk).order_by("name").values_list("pk", "name")
    listed = tuple(seen[: LISTED + 1])
    return listed if len(listed) <= LISTED else None


def health_chart(found: wellbeing.Wellbeing | None) -> Markup:
    """The score over the days on which it was kept; nothing for a single one."""
    if found is None or len(found.kept) < 2:
        return Markup("")
    points = [None if k.reading.score is None else k.reading.score / 10 for k in found.kept]
    words = f"{len(points)} readings from {formatting.day(found.kept[0].reading.as_of)}"
    days = [k.reading.as_of for k in found.kept]
    changed = [days.index(day) for day in found.formula_changes]
    if changed:
        words += "; read by an edited scorecard from " + ", ".join(map(formatting.day, found.formula_changes))
    return charts.spark(points, title="Health", description=words, changed_at=changed, width=180, height=34)


class Numbers:
    """What the shops of an account say: the scope, a few numbers, and how its targets stand."""

    def __init__(self, scope: Scope, values: list[tuple[Any, Value]], rows: list[Row], shops: tuple[Any, ...]) -> None:
        self.query = {"scope": reading.scope_text(scope)}
        self.values, self.shops = values, shops
        self.missed = [row for row in rows if row.status.key == "missed"]
        self.met = [row for row in rows if row.status.key in ("met", "stretch")]
        self.undecided = [row for row in rows if row.status.key == "undecided"]


def numbers_of(account: Account) -> Numbers | None:
    """None for an account of which the data know nothing."""
    source = reading.published()
    scope = None if source is None else reading.scope_of_account(source, account.facts_name)
    if source is None or scope is None:
        return None
    card = reading.scorecard(source, scope, reading.default_segment(source, scope))
    rows = [row_of(line) for group in card.groups for line in group.lines]
    known = reading.metrics()
    values = [(known[one], reading.value(source, one, scope)) for one in SHOWN_NUMBERS if one in known]
    told = [(metric, value) for metric, value in values if not isinstance(value.reading, Unknown)]
    return Numbers(scope, told, rows, source.shops_of(scope))


def picture_of(known: StakeholderMap, account: str) -> Markup:
    """Those who are still there and whose influence and interest somebody has said."""
    numbered = [(number, one) for number, one in enumerate(known.people, 1) if one.left_on is None]
    placed = [
        Placed(number, one.name, one.influence, one.interest, one.stance, one.stale)
        for number, one in numbered
        if one.influence is not None and one.interest is not None
    ]
    said = f"{len(placed)} of {len(numbered)} people are placed; the table below names them."
    return people(placed, title=f"People of {account} by influence and interest", description=said)


def moment_words(one: Moment) -> str:
    return {"deed": "Change", "touchpoint": "Held"}.get(one.kind, one.kind.capitalize())


def _decide(request: HttpRequest, found: Whole) -> HttpResponseBase:
    carry_out(request, DEEDS, found.account)
    return redirect("account", found.account.pk)


# --- what can be done here: each takes what was sent and says what it did ---


def _note(who: By, account: Account, sent: Sent) -> str:
    timeline.note(account.pk, sent.get("text", ""), by=who, at=timezone.now(), kind=sent.get("kind", "note"))
    return "Noted."


def _task(who: By, account: Account, sent: Sent) -> str:
    timeline.add_task(
        account.pk, sent.get("what", ""), due=day_of(sent, "due"), owner_id=int(sent["owner"]), by=who,
        why=sent.get("why", ""),
    )  # fmt: skip
    return "The step is on the list."


def _finish(who: By, account: Account, sent: Sent) -> str:
    timeline.finish_task(int(sent["task"]), at=timezone.now(), by=who)
    return "Done."


def _snooze(who: By, account: Account, sent: Sent) -> str:
    until = day_of(sent, "until")
    timeline.snooze_task(int(sent["task"]), until=until, today=deciding.today(), by=who)
    return f"Out of sight until {formatting.day(until)}."


def _drop(who: By, account: Account, sent: Sent) -> str:
    timeline.drop_task(int(sent["task"]), sent.get("why", ""), at=timezone.now(), by=who)
    return "It will not be done; the reason is kept."


def _plan(who: By, account: Account, sent: Sent) -> str:
    timeline.plan_touchpoint(
        account.pk, kind=sent.get("kind", ""), due=day_of(sent, "due"), owner_id=int(sent["owner"]), by=who,
        agenda=sent.get("agenda", ""),
    )  # fmt: skip
    return "The contact is planned."


def _hold(who: By, account: Account, sent: Sent) -> str:
    timeline.hold_touchpoint(
        int(sent["touchpoint"]), at=moment_of(sent, "at"), recap=sent.get("recap", ""),
        next_step=sent.get("next_step", ""), next_due=day_of(sent, "next_due"), next_owner_id=int(sent["owner"]),
        by=who,
    )  # fmt: skip
    there = [int(name.removeprefix("there_")) for name in sent if name.startswith("there_")]
    if there:
        stakeholders.attended(int(sent["touchpoint"]), there, by=who)
    return "Held; its next step is on the list."


def _call_off(who: By, account: Account, sent: Sent) -> str:
    timeline.call_off_touchpoint(int(sent["touchpoint"]), sent.get("why", ""), by=who)
    return "Called off."


def _contact(who: By, account: Account, sent: Sent) -> str:
    added = timeline.add_contact(account.pk, by=who, **_of_person(sent))
    return f"{added.name} is on the map."


def _change_person(who: By, account: Account, sent: Sent) -> str:
    fields = _of_person(sent)
    timeline.change_contact(int(sent["contact"]), by=who, **fields)
    return f"{fields['name']} is changed."


def _of_person(sent: Sent) -> dict[str, Any]:
    """What the form says of a contact; a field left empty is one nobody knows."""
    told = ("name", "title", "email", "part", "stance", "stance_why", "concern")
    return {
        **{name: sent.get(name, "").strip() for name in told},
        **{name: key_of(sent, name) for name in ("influence", "interest")},
        "stance_on": day_if_said(sent, "stance_on"),
        "reports_to_id": key_of(sent, "reports_to"),
    }


def _left(who: By, account: Account, sent: Sent) -> str:
    today = deciding.today()
    timeline.contact_left(
        int(sent["contact"]), on=today, by=who, owner_id=account.owner_id or who.key, due=today + timedelta(days=14)
    )
    return "Marked as gone."


def _change(who: By, account: Account, sent: Sent) -> str:
    fields: dict[str, Any] = {
        name: sent[name].strip() for name in ("name", "segment", "archetype", "motion", "tier", "stage") if name in sent
    }
    if "since" in sent:
        fields["since"] = day_if_said(sent, "since")
    if "tags" in sent:
        fields["tags"] = sorted({tag.strip() for tag in sent["tags"].split(",") if tag.strip()})
    if "custom" in sent:
        fields["custom"] = _custom(sent["custom"])
    for name in ("book", "owner"):
        if name in sent:
            fields[f"{name}_id"] = key_of(sent, name)
    if "parent" in sent:
        fields["parent_id"] = listing.named(who.user, sent["parent"]) if sent["parent"].strip() else None
    accounts.change_account(account.pk, by=who, **fields)
    return "Saved."


def _custom(text: str) -> dict[str, str]:
    """One "name: value" a line."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ValidationError(f'write own fields one a line as "name: value", not "{line}"')
        found[name.strip()] = value.strip()
    return found


def _contract(who: By, account: Account, sent: Sent) -> str:
    currency = sent.get("currency", "").strip().upper()
    renewals.add_contract(
        account.pk, by=who, name=sent.get("name", "").strip(), currency=currency, starts=day_of(sent, "starts"),
        ends=day_of(sent, "ends"), notice_on=day_if_said(sent, "notice_on"),
        auto_renew="auto_renew" in sent, value_minor=minor_of(sent.get("value", ""), currency),
    )  # fmt: skip
    return "The contract is entered; its renewal begins with it."


def _expansion(who: By, account: Account, sent: Sent) -> str:
    currency = sent.get("currency", "").strip().upper()
    commercial.open_expansion(
        account.pk, sent.get("what", ""), objective=sent.get("objective", ""),
        accepted_by_id=key_of(sent, "accepted_by"), accepted_on=day_if_said(sent, "accepted_on"), currency=currency,
        today=deciding.today(), by=who, value_minor=minor_of(sent.get("value", ""), currency),
    )  # fmt: skip
    return "Planned, for the customer's objective."


def _end_expansion(who: By, account: Account, sent: Sent) -> str:
    won = sent.get("won") == "yes"
    commercial.end_expansion(int(sent["expansion"]), won=won, on=deciding.today(), by=who, why=sent.get("why", ""))
    return "Won." if won else "Dropped; the reason is kept."


def _override(who: By, account: Account, sent: Sent) -> str:
    from holdfast.health.override import OverrideProblem, override

    today, until = deciding.today(), day_of(sent, "until")
    try:  # the rule's words, before anything is written
        said = override(sent.get("status", ""), sent.get("reason", ""), by=who.called, on=today, until=until)  # type: ignore[arg-type]
    except OverrideProblem as problem:
        raise ValidationError(str(problem)) from problem
    override_health(account.pk, said.status, said.reason, since=said.since, until=said.until, by=who)
    return f"{STATUSES[said.status].capitalize()} holds until {formatting.day(said.until)}; the score stands beside it."


def _score_again(who: By, account: Account, sent: Sent) -> str:
    for one in HealthOverride.objects.filter(account=account, until__gt=deciding.today()):
        end_override(one.pk, on=deciding.today(), by=who)
    return "The score speaks again."


def _merge(who: By, account: Account, sent: Sent) -> str:
    try:
        into = accounts.merge_account(account.pk, into_id=listing.named(who.user, sent["into"]), by=who)
    except accounts.CannotMerge as problem:
        raise ValidationError(str(problem)) from problem
    return f"{account.name} is part of {into.name} now."


DEEDS: dict[str, Callable[[By, Account, Sent], str]] = {
    "note": _note, "task": _task, "finish": _finish, "snooze": _snooze, "drop": _drop, "plan": _plan, "hold": _hold,
    "call off": _call_off, "contact": _contact, "change person": _change_person,
    "left": _left, "change": _change, "contract": _contract,
    "expansion": _expansion, "end expansion": _end_expansion,
    "override": _override, "score again": _score_again,
    "merge": _merge,
}  # fmt: skip
