"""Whose accounts a job of the schedule reaches."""

from __future__ import annotations

from django.db.models import QuerySet

from holdfast.accounts.access import MayNot, accounts_of, must
from holdfast.accounts.act import By
from holdfast.accounts.models import Account

SCHEDULE = "schedule"  # the door


def only_scheduled(by: By) -> None:
    """Raises MayNot for a person: what is done for everybody at once is the schedule's."""
    if by.via != SCHEDULE or by.key is not None:
        raise MayNot("this runs by itself")


def all_accounts(by: By) -> QuerySet[Account]:
    """Every account for the schedule; for a person who runs a job by hand, those they see. Raises MayNot."""
    if by.via == SCHEDULE and by.key is None:
        return Account.objects.filter(merged_into=None)
    must(by.user, "plan")
    return accounts_of(by.user)
