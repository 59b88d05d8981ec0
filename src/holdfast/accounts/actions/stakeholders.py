"""Who took part in a touchpoint, and steps for what the stakeholder map lacks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.core.exceptions import ValidationError

from holdfast.accounts.access import access_of_account
from holdfast.accounts.act import By, act
from holdfast.accounts.actions.lines import added
from holdfast.accounts.actions.works import hold, must_be_open, open_work
from holdfast.accounts.models import Attendance, Contact, Line, Touchpoint
from holdfast.accounts.reading.stakeholders import stakeholder_map


def attended(touchpoint_id: int, contact_ids: Sequence[int], *, by: By) -> None:
    """These people of the customer took part: those who stand there already stay. Raises ValidationError."""
    touchpoint = access_of_account(by.user, Touchpoint, touchpoint_id, "note")
    theirs = set(Contact.objects.filter(account=touchpoint.account, pk__in=contact_ids).values_list("pk", flat=True))
    if missing := sorted(set(contact_ids) - theirs):
        raise ValidationError(f"nobody of this account has the key {missing[0]}")
    noted = set(Attendance.objects.filter(touchpoint=touchpoint).values_list("contact_id", flat=True))
    with act("note who attended", by=by, account=touchpoint.account) as doing:
        for contact_id in sorted(theirs - noted):
            doing.create(Attendance, touchpoint=touchpoint, contact_id=contact_id)


def steps_for_gaps(work_id: int, *, owner_id: int, due: date, by: By, at: datetime) -> list[Line]:
    """One step for every alarm of the map that has none yet: somebody's, by a day."""
    work, kind = open_work(work_id, by)
    if work.kind != "A06" or work.account_id is None:
        raise ValidationError("only a stakeholder map has gaps of this sort")
    alarms = stakeholder_map(by.user, work.account_id, at.date()).standing.alarms
    with act("steps for gaps", by=by, account=work.account, about=work) as doing:
        work = hold(work)
        must_be_open(kind, work)
        known = set(work.lines.filter(part="gap", finished_on=None).values_list("what", flat=True))
        told = [alarm.says[:300] for alarm in alarms if alarm.says[:300] not in known]
        frame = {"our_owner_id": owner_id, "due": due}
        return [added(doing, kind, work, "gap", at, {}, {**frame, "what": says}) for says in told]
