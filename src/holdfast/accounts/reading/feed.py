"""Whose calendar a secret address opens, and what is in it."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING

from holdfast.accounts.access import NotThere, accounts_of
from holdfast.accounts.decide.due import WORDS
from holdfast.accounts.models import CalendarFeed, Renewal, Task, Touchpoint
from holdfast.accounts.telling.calendar import Meeting, ToDo

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from holdfast.accounts.access import Anybody

PAST_DAYS = 30  # how long what was missed or held stays in the calendar


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def owner_of(token: str) -> User:
    """Raises NotThere for an address that never was, was revoked, or is of somebody who may not sign in any more."""
    feeds = CalendarFeed.objects.filter(token_hash=token_hash(token), revoked_at=None, user__is_active=True)
    found = feeds.select_related("user").first()
    if found is None:
        raise NotThere("there is no calendar at this address")
    user: User = found.user
    return user


def calendar_of(user: Anybody, today: date) -> list[Meeting | ToDo]:
    """Their own touchpoints, open tasks and open renewals, of accounts they see now."""
    seen, since = accounts_of(user), today - timedelta(days=PAST_DAYS)
    rows: list[Meeting | ToDo] = []
    touchpoints = Touchpoint.objects.filter(account__in=seen, owner=user.pk, called_off="", due__gte=since)
    for t in touchpoints.select_related("account"):
        title = f"{t.account}: {WORDS[t.kind]}"
        rows.append(Meeting(f"touchpoint:{t.pk}", title, t.held_at or t.at or t.due, t.recap or t.agenda))
    tasks = Task.objects.filter(account__in=seen, owner=user.pk, done_at=None)
    rows += [ToDo(f"task:{t.pk}", f"{t.account}: {t.what}", t.due, t.why) for t in tasks.select_related("account")]
    renewals = Renewal.objects.filter(account__in=seen, owner=user.pk, stage__in=Renewal.OPEN)
    for r in renewals.select_related("account", "contract"):
        contract = r.contract
        rows.append(Meeting(f"renewal:{r.pk}", f"{r.account}: {contract} ends", contract.ends))
        if contract.notice_on:
            title = f"{r.account}: last day for notice of {contract}"
            rows.append(Meeting(f"notice:{r.pk}", title, contract.notice_on))
    return rows
