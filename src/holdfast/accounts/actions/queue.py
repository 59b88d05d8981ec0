"""What somebody puts out of their sight until a day."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError

from holdfast.accounts.access import MayNot, access_account
from holdfast.accounts.act import By, act
from holdfast.accounts.actions.timeline import snooze_task
from holdfast.accounts.models import Snooze


def snooze_item(item: str, account_id: int, *, until: date, today: date, by: By) -> None:
    """An item of the queue by its key, for this person only; a task, which is one person's, for everybody."""
    if until <= today:
        raise ValidationError("snooze to a day that is still to come")
    kind, _, row = item.partition(":")
    if kind == "task" and row.isdecimal():
        snooze_task(int(row), until=until, today=today, by=by)
        return
    account = access_account(by.user, account_id, "note")
    if by.key is None:
        raise MayNot("a queue is somebody's")
    with act("snooze", by=by, account=account) as doing:
        found = Snooze.objects.filter(user_id=by.key, item=item).first()
        if found is None:
            doing.create(Snooze, user_id=by.key, account=account, item=item, until=until)
        else:
            doing.change(found, until=until)
