"""The log of a work object: updates with the promise of the next one, comments, and what was shared with whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from holdfast.accounts.act import Act, By, act
from holdfast.accounts.actions.works import arrive, hold, known_to, must_hold, open_work
from holdfast.accounts.as_facts import object_facts
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.models import Line, Remark, WorkObject


def post_update(work_id: int, text: str, *, by: By, at: datetime, promised_at: datetime | None = None) -> Remark:
    """An update. It keeps or misses the promise of the one before, and may promise the next (`promised_at`)."""
    work, kind = open_work(work_id, by)
    if kind.machine.state(work.state).fixed:
        raise ValidationError("it is over: begin a new one")
    if promised_at is not None and promised_at <= at:
        raise ValidationError("promise the next update for a moment that is still to come")
    with act("post update", by=by, account=work.account, about=work) as doing:
        work = hold(work)
        remark = said(doing, work, text, by, at, kind=Remark.Kind.UPDATE, promised_at=promised_at)
        measured(doing, work, at)
        return remark


def comment(
    work_id: int, text: str, *, by: By, at: datetime, line_id: int | None = None, to_customer: bool = False
) -> Remark:
    """A comment: among us, unless it is meant for the customer."""
    work, _ = open_work(work_id, by)
    with act("comment", by=by, account=work.account, about=work) as doing:
        return said(
            doing, work, text, by, at, kind=Remark.Kind.COMMENT, line=line_of(work, line_id), internal=not to_customer
        )


def share_with(
    work_id: int, contact_id: int, *, by: By, at: datetime, line_id: int | None = None, text: str = ""
) -> Remark:
    """Write down that it, or one line of it, was handed to a person of the customer: to whom, and when."""
    work, _ = open_work(work_id, by)
    if contact_id not in known_to(work).contacts:
        raise ValidationError("nobody of this account has that key")
    must_hold(work, at, line_id)
    with act("share", by=by, account=work.account, about=work) as doing:
        told = text.strip() or "shared"
        return said(
            doing, work, told, by, at, kind=Remark.Kind.SHARED, line=line_of(work, line_id), shared_with_id=contact_id,
        )  # fmt: skip


# --- what ours and the guest's actions share ---


def said(doing: Act, work: WorkObject, text: str, by: By, at: datetime, **more: Any) -> Remark:
    """What is said while only we see the object stays among us when the customer is let in later."""
    if not text.strip():
        raise ValidationError("write something")
    among_us = {"internal": work.visibility == WorkObject.Visibility.INTERNAL}
    remark = doing.create(
        Remark, work=work, at=at, text=text.strip(), by_name=by.called, from_customer=by.via == "guest",
        **among_us | more,
    )  # fmt: skip
    doing.change(work, changed_at=at)
    return remark


def line_of(work: WorkObject, line_id: int | None) -> Line | None:
    """Raises ValidationError for a line of something else."""
    if line_id is None:
        return None
    line = Line.objects.filter(pk=line_id, work=work).first()
    if line is None:
        raise ValidationError("there is no such line in it")
    return line


def to_measure(work: WorkObject, at: datetime) -> str:
    """The state that the clock asks for; empty where it is there already, or nothing was promised."""
    stands = object_facts(work, at).promise if work.kind == "A22" else ""
    return stands if stands and kind_of(work.kind).machine.move(work.state, stands) is not None else ""


def measured(doing: Act, work: WorkObject, at: datetime) -> None:
    """Bad news is kept or missed by what the clock says, not by what anybody says."""
    if stands := to_measure(work, at):
        arrive(doing, kind_of(work.kind), work, stands, at)
