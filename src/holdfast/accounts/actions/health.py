"""Saying otherwise than an account's health score, and taking it back."""

from __future__ import annotations

from datetime import date

from holdfast.accounts.access import access_account, access_of_account
from holdfast.accounts.act import By, act
from holdfast.accounts.models import HealthOverride


def override_health(account_id: int, status: str, reason: str, *, since: date, until: date, by: By) -> HealthOverride:
    """One holds at a time: what was said before ends with it. The days and words are `health.override`'s to judge."""
    account = access_account(by.user, account_id, "plan")
    with act("override health", by=by, account=account, note=reason.strip()) as doing:
        for before in HealthOverride.objects.filter(account=account, until__gt=since):
            doing.change(before, until=max(since, before.since))
        return doing.create(
            HealthOverride,
            account=account,
            status=status,
            reason=reason.strip(),
            by_id=by.key,
            since=since,
            until=until,
        )


def end_override(override_id: int, *, on: date, by: By) -> None:
    """The score speaks again."""
    said = access_of_account(by.user, HealthOverride, override_id, "plan")
    with act("end health override", by=by, account=said.account) as doing:
        doing.change(said, until=max(on, said.since))
