"""Notes, people of the account, next steps and touchpoints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError

from holdfast.accounts.access import access_account, access_of_account, may_own
from holdfast.accounts.act import By, act, only
from holdfast.accounts.models import Account, Contact, Entry, Task, Touchpoint

CONTACT_FIELDS = frozenset(
    {
        "name", "title", "email", "part", "influence", "interest", "stance", "stance_why", "stance_on", "concern",
        "reports_to_id",
    }
)  # fmt: skip
NEEDS_REASON = "a stance needs what they said or did, and when"


def note(account_id: int, text: str, *, by: By, at: datetime, kind: str = Entry.Kind.NOTE) -> Entry:
    account = access_account(by.user, account_id, "note")
    with act("note", by=by, account=account) as doing:
        return doing.create(Entry, account=account, at=at, kind=kind, text=text.strip(), by_id=by.key)


def add_contact(account_id: int, *, by: By, **fields: Any) -> Contact:
    account = access_account(by.user, account_id, "note")
    with act("add contact", by=by, account=account) as doing:
        return doing.create(Contact, account=account, **_with_reason(_of_contact(account, fields)))


def change_contact(contact_id: int, *, by: By, **fields: Any) -> None:
    """A stance needs what they said or did, and the day."""
    contact = access_of_account(by.user, Contact, contact_id, "note")
    with act("change contact", by=by, account=contact.account) as doing:
        _with_reason({name: getattr(contact, name) for name in ("stance", "stance_why", "stance_on")} | fields)
        doing.change(contact, **_of_contact(contact.account, fields, contact))


def contact_left(contact_id: int, *, on: date, by: By, owner_id: int | None, due: date) -> None:
    """Somebody left the account. Where it was a champion or the buyer, finding the next one becomes somebody's step."""
    contact = access_of_account(by.user, Contact, contact_id, "note")
    with act("contact left", by=by, account=contact.account) as doing:
        doing.change(contact, left_on=on)
        if contact.part in (Contact.Part.CHAMPION, Contact.Part.BUYER):
            what = f"Find who follows {contact.name}, {contact.get_part_display().lower()}"
            doing.create(
                Task, account=contact.account, what=what[:200], why=f"{contact.name} left on {on}", due=due,
                owner_id=_owner(contact.account, owner_id),
            )  # fmt: skip


def add_task(account_id: int, what: str, *, due: date, owner_id: int, by: By, why: str = "") -> Task:
    account = access_account(by.user, account_id, "note")
    with act("add task", by=by, account=account) as doing:
        owner = _owner(account, owner_id)
        return doing.create(Task, account=account, what=what.strip(), why=why, due=due, owner_id=owner)


def finish_task(task_id: int, *, at: datetime, by: By) -> None:
    task = access_of_account(by.user, Task, task_id, "note")
    with act("finish task", by=by, account=task.account) as doing:
        doing.change(task, done_at=at)


def snooze_task(task_id: int, *, until: date, today: date, by: By) -> None:
    """Out of sight until a day; the day it is due stays, so that it is late all the same."""
    if until <= today:
        raise ValidationError("snooze to a day that is still to come")
    task = access_of_account(by.user, Task, task_id, "note")
    with act("snooze task", by=by, account=task.account) as doing:
        doing.change(task, snoozed_until=until)


def drop_task(task_id: int, why: str, *, at: datetime, by: By) -> None:
    """Decided against: the reason stays."""
    if not why.strip():
        raise ValidationError("say why it is not done")
    task = access_of_account(by.user, Task, task_id, "note")
    with act("drop task", by=by, account=task.account) as doing:
        doing.change(task, done_at=at, dropped_why=why.strip())


def plan_touchpoint(
    account_id: int, *, kind: str, due: date, owner_id: int, by: By, at: datetime | None = None, agenda: str = ""
) -> Touchpoint:
    account = access_account(by.user, account_id, "note")
    with act("plan touchpoint", by=by, account=account) as doing:
        owner = _owner(account, owner_id)
        return doing.create(Touchpoint, account=account, kind=kind, due=due, owner_id=owner, at=at, agenda=agenda)


def hold_touchpoint(
    touchpoint_id: int, *, at: datetime, recap: str, next_step: str, next_due: date, next_owner_id: int, by: By
) -> Touchpoint:
    """It was held. Without a next step that somebody owns by a day it was a conversation, and does not count."""
    if not recap.strip() or not next_step.strip():
        raise ValidationError("a touchpoint ends with a recap and a next step")
    touchpoint = access_of_account(by.user, Touchpoint, touchpoint_id, "note")
    account = touchpoint.account
    with act("hold touchpoint", by=by, account=account) as doing:
        step = doing.create(
            Task, account=account, what=next_step.strip()[:200], why=f"agreed on {at:%Y-%m-%d}", due=next_due,
            owner_id=_owner(account, next_owner_id),
        )  # fmt: skip
        doing.change(touchpoint, held_at=at, recap=recap.strip(), next_step=step)
        return touchpoint


def call_off_touchpoint(touchpoint_id: int, why: str, *, by: By) -> None:
    if not why.strip():
        raise ValidationError("say why it is not held")
    touchpoint = access_of_account(by.user, Touchpoint, touchpoint_id, "note")
    with act("call off touchpoint", by=by, account=touchpoint.account) as doing:
        doing.change(touchpoint, called_off=why.strip())


def _of_contact(account: Account, fields: dict[str, Any], contact: Contact | None = None) -> dict[str, Any]:
    """Raises ValidationError for a superior who is not of the account, or who stands below the contact."""
    boss = fields.get("reports_to_id")
    if boss is not None:
        above = dict(Contact.objects.filter(account=account).values_list("pk", "reports_to"))
        if boss not in above:
            raise ValidationError({"reports_to": "nobody of this account has that key"})
        if contact is not None and contact.pk in _upwards(boss, above):
            raise ValidationError({"reports_to": f"{contact.name} would report to themselves, over others or at once"})
    return only(fields, CONTACT_FIELDS, of="a contact")


def _upwards(boss: int, above: Mapping[int, int | None]) -> set[int]:
    """A person and everybody above them, also where older rows go in a circle."""
    seen: set[int] = set()
    one: int | None = boss
    while one is not None and one not in seen:
        seen.add(one)
        one = above.get(one)
    return seen


def has_reason(fields: Mapping[str, Any]) -> bool:
    """Whether a stance, if there is one, stands with what they said or did, and when."""
    return not fields.get("stance") or bool(fields.get("stance_why") and fields.get("stance_on"))


def _with_reason(fields: dict[str, Any]) -> dict[str, Any]:
    if not has_reason(fields):
        raise ValidationError({"stance_why": NEEDS_REASON})
    return fields


def _owner(account: Account, user_id: int | None) -> int | None:
    """Raises ValidationError for somebody who may not work on the account."""
    if user_id is None:
        return None
    if not may_own(account).filter(pk=user_id).exists():
        raise ValidationError({"owner": "this person may not work on this account"})
    return user_id
