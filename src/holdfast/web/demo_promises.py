"""What the demo's invented people were promised: an update after bad news, and proof of security that soon ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from holdfast.accounts.act import Act
from holdfast.accounts.models import Account, Contact, Line, Remark, WorkObject


def promise_an_update(doing: Act, account: Account, contact: Contact, today: date) -> None:
    """Bad news that was told four days ago; they hear from us again tomorrow."""
    told, again = _at(today - timedelta(days=4)), _at(today + timedelta(days=1))
    happened = "The nightly export of orders failed three nights in a row; nothing is lost."
    news = doing.create(
        WorkObject, kind="A22", account=account, title="Failed exports", state="sent", owner=account.owner,
        visibility=WorkObject.Visibility.CUSTOMER, created_on=told.date(), changed_at=told, decided_on=told.date(),
        review_by=today + timedelta(days=3),
        fields={"happened": happened, "impact": "Three mornings without new orders in their reports",
                "known": ["The disk was full"], "unknown": ["Why nobody was told of it"],
                "doing": ["More room, and an alarm"], "next_update": again.isoformat()},
    )  # fmt: skip
    doing.create(
        Remark, work=news, at=told, kind=Remark.Kind.UPDATE, text=happened, by_name=_name(account), promised_at=again
    )
    doing.create(
        Line, work=news, part="step", state="open", what="Write down the cause", our_owner=account.owner,
        customer_owner=contact, due=again.date(),
    )  # fmt: skip


def collect_proof(doing: Act, account: Account, contact: Contact, today: date) -> None:
    """Two documents for whoever approves there: the first of them ends in twelve days, and the pack with it."""
    ends = today + timedelta(days=12)
    pack = doing.create(
        WorkObject, kind="A23", account=account, title="Proof of security", state="available", owner=account.owner,
        created_on=today - timedelta(days=60), changed_at=timezone.now(), review_by=today + timedelta(days=30),
        expires_on=ends, fields={"approver": contact.pk, "mandatory": ["An audit's report", "A deletion policy"]},
    )  # fmt: skip
    for what, control, until in (
        ("Penetration test", "Independent test within a year", ends),
        ("Deletion policy", "Data are gone 30 days after the end", today + timedelta(days=300)),
    ):
        doing.create(
            Line, work=pack, part="item", state="available", what=what, our_owner=account.owner, due=today,
            fields={"control": control, "document": "In the security folder", "may_see": "Their head of IT",
                    "dated": (until - timedelta(days=365)).isoformat(), "expires_on": until.isoformat()},
        )  # fmt: skip


def _at(day: date) -> datetime:
    return datetime.combine(day, time(15), UTC)


def _name(account: Account) -> str:
    return account.owner.get_username() if account.owner else ""
