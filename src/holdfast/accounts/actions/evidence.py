"""What shows it, linked to a work object: a value that can be found again, a document, a dated quote, a claim."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError

from holdfast.accounts.act import By, act
from holdfast.accounts.actions.remarks import line_of
from holdfast.accounts.actions.works import known_to, open_of_work, open_work
from holdfast.accounts.models import Evidence


def link_value(
    work_id: int,
    metric: str,
    *,
    version: int,
    scope: str,
    as_of: date,
    snapshot: str,
    by: By,
    at: datetime,
    line_id: int | None = None,
) -> Evidence:
    """A metric's value, named so that it can be opened again tomorrow."""
    work, _ = open_work(work_id, by)
    if metric not in known_to(work).metrics:
        raise ValidationError(f"there is no metric {metric}")
    if not scope.strip() or not snapshot.strip():
        raise ValidationError("say whose numbers and of which snapshot")
    told = {"metric": metric, "version": version, "scope": scope, "as_of": as_of, "snapshot": snapshot}
    return _linked(work_id, Evidence.What.VALUE, line_id, by, at, told)


def link_document(
    work_id: int, address: str, text: str, *, by: By, at: datetime, line_id: int | None = None
) -> Evidence:
    """A document by its web address, and what it is called."""
    if not address.startswith(("https://", "http://")) or not text.strip():
        raise ValidationError("a document has a web address and a name")
    return _linked(work_id, Evidence.What.DOCUMENT, line_id, by, at, {"address": address, "text": text.strip()})


def link_quote(
    work_id: int, text: str, *, said_by: str, said_on: date, by: By, at: datetime, line_id: int | None = None
) -> Evidence:
    """What somebody said, word for word, with who and when."""
    if not text.strip() or not said_by.strip():
        raise ValidationError("a quote has its words and who said them")
    if said_on > at.date():
        raise ValidationError("nobody has said that yet: mend the day")
    told = {"text": text.strip(), "said_by": said_by.strip(), "said_on": said_on}
    return _linked(work_id, Evidence.What.QUOTE, line_id, by, at, told)


def link_claim(
    work_id: int, name: str, text: str, *, metric: str, version: int, scope: str, as_of: date, snapshot: str,
    grade: str, by: By, at: datetime, line_id: int | None = None,
) -> Evidence:  # fmt: skip
    """What a comparison has shown, in its own sentence as it stood that day. name: the experiment's id."""
    if not text.strip() or not name.strip():
        raise ValidationError("a claim has its sentence and the experiment it is of")
    told = {
        "metric": metric, "version": version, "scope": scope, "as_of": as_of, "snapshot": snapshot,
        "text": text.strip(), "said_by": f"{grade} {name}",
    }  # fmt: skip
    return _linked(work_id, Evidence.What.CLAIM, line_id, by, at, told)


def unlink(evidence_id: int, *, by: By, at: datetime) -> None:
    found, work, _ = open_of_work(Evidence, evidence_id, by)
    with act("unlink evidence", by=by, account=work.account, about=work) as doing:
        doing.remove(found)
        doing.change(work, changed_at=at)


def _linked(work_id: int, what: str, line_id: int | None, by: By, at: datetime, told: dict[str, Any]) -> Evidence:
    work, kind = open_work(work_id, by)
    if kind.machine.state(work.state).fixed:
        raise ValidationError("it is over, and stays as it is")
    with act("link evidence", by=by, account=work.account, about=work) as doing:
        doing.change(work, changed_at=at)
        return doing.create(Evidence, work=work, line=line_of(work, line_id), what=what, **told)
