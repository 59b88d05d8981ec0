"""What hangs on accounts as columns and rows of a file. People and contracts are taken in again from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet

from holdfast.accounts.models import Account, Contact, Contract, Expansion, Task, Touchpoint
from holdfast.commerce.money import Money

File = tuple[tuple[str, ...], list[tuple[Any, ...]]]  # columns, and rows of plain values

_ACCOUNT = ("account_id", "account_source", "account")
# Of people and contracts: names that `filed.columns` knows.
CONTACTS = (
    "id", *_ACCOUNT, "name", "title", "email", "part", "influence", "interest", "stance", "stance_why", "stance_on",
    "concern", "reports_to", "left_on",
)  # fmt: skip
CONTRACTS = (
    "id", *_ACCOUNT, "name", "value", "currency", "starts", "ends", "notice_on", "auto_renew", "budget_cycle",
    "price_rights", "approver",
)  # fmt: skip
TASKS = ("id", *_ACCOUNT, "what", "why", "owner", "due", "snoozed_until", "done_at", "dropped_why", "created_at")
TOUCHPOINTS = (
    "id", *_ACCOUNT, "kind", "owner", "due", "at", "agenda", "held_at", "recap", "next_step", "next_step_due",
    "called_off",
)  # fmt: skip

EXPANSIONS = (
    "id", *_ACCOUNT, "what", "objective", "accepted_by", "accepted_on", "value", "currency", "owner", "state",
    "ended_on", "why",
)  # fmt: skip


def contacts(accounts: QuerySet[Account]) -> File:
    """Those who left too."""
    rows = Contact.objects.filter(account__in=accounts.order_by().values("pk")).order_by("account__name", "name", "pk")
    return CONTACTS, [
        (
            one.pk, *_whose(one), one.name, one.title, one.email, one.part, one.influence, one.interest, one.stance,
            one.stance_why, one.stance_on, one.concern, one.reports_to.name if one.reports_to else "", one.left_on,
        )
        for one in rows.select_related("account", "reports_to")
    ]  # fmt: skip


def contracts(accounts: QuerySet[Account]) -> File:
    """Money in major units."""
    rows = Contract.objects.filter(account__in=accounts.order_by().values("pk")).order_by("account__name", "ends", "pk")
    return CONTRACTS, [
        (
            one.pk, *_whose(one), one.name,
            None if one.value_minor is None else Money(one.value_minor, one.currency).to_decimal(), one.currency,
            one.starts, one.ends, one.notice_on, one.auto_renew, one.budget_cycle, one.price_rights,
            one.approver.get_username() if one.approver else "",
        )
        for one in rows.select_related("account", "approver")
    ]  # fmt: skip


def tasks(accounts: QuerySet[Account]) -> File:
    """Open, done and dropped ones."""
    rows = Task.objects.filter(account__in=accounts.order_by().values("pk")).order_by("account__name", "due", "pk")
    return TASKS, [
        (
            one.pk, *_whose(one), one.what, one.why, one.owner.get_username() if one.owner else "", one.due,
            one.snoozed_until, one.done_at, one.dropped_why, one.created_at,
        )
        for one in rows.select_related("account", "owner")
    ]  # fmt: skip


def touchpoints(accounts: QuerySet[Account]) -> File:
    """Open, held and called off ones."""
    rows = Touchpoint.objects.filter(account__in=accounts.order_by().values("pk"))
    return TOUCHPOINTS, [
        (
            one.pk, *_whose(one), one.kind, one.owner.get_username() if one.owner else "", one.due, one.at, one.agenda,
            one.held_at, one.recap, one.next_step.what if one.next_step else "",
            one.next_step.due if one.next_step else None, one.called_off,
        )
        for one in rows.order_by("account__name", "due", "pk").select_related("account", "owner", "next_step")
    ]  # fmt: skip


def expansions(accounts: QuerySet[Account]) -> File:
    """Growth that was planned, won and dropped. Money in major units."""
    rows = Expansion.objects.filter(account__in=accounts.order_by().values("pk")).order_by("account__name", "pk")
    return EXPANSIONS, [
        (
            one.pk, *_whose(one), one.what, one.objective, one.accepted_by.name, one.accepted_on,
            None if one.value_minor is None else Money(one.value_minor, one.currency).to_decimal(), one.currency,
            one.owner.get_username() if one.owner else "", one.state, one.ended_on, one.why,
        )
        for one in rows.select_related("account", "accepted_by", "owner")
    ]  # fmt: skip


FILES: Mapping[str, Callable[[QuerySet[Account]], File]] = {
    "contacts": contacts, "contracts": contracts, "steps": tasks, "touchpoints": touchpoints,
    "growth": expansions,
}  # fmt: skip


def _whose(one: Contact | Contract | Expansion | Task | Touchpoint) -> tuple[int, str, str]:
    return one.account_id, one.account.source, one.account.name
