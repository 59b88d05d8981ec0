"""The bank of questions: stocked, asked, answered, put to use in a plan, kept or retired."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from holdfast.accounts.access import NotThere, access_account, access_library, access_of_account
from holdfast.accounts.act import Act, By, act
from holdfast.accounts.actions.works import agree_to_change, fitted, hold, must_be_open, open_work, ours, written
from holdfast.accounts.decide.moving import Refused, moving
from holdfast.accounts.kinds import facts
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.kinds.fields import Field, Known, Misfit, fitting
from holdfast.accounts.kinds.questions import STARTING
from holdfast.accounts.models import Contact, Heard, Question, WorkObject

KIND = kind_of("A03")
OWN = frozenset({"persona", "text"})  # fields with columns of their own


def stock_bank(*, by: By) -> int:
    """Put in the starting questions that are not there yet; those the house changed or retired stay as they are."""
    access_library(by.user, "note")
    known = set(Question.objects.exclude(slug="").values_list("slug", flat=True))
    with act("stock the bank of questions", by=by) as doing:
        new = [one for one in STARTING if one.slug not in known]
        for one in new:
            doing.create(Question, slug=one.slug, persona=one.persona, text=one.text, fields=one.fields)
        return len(new)


def add_question(persona: str, text: str, *, by: By, fields: Mapping[str, Any] | None = None) -> Question:
    """A question of the house's own. Raises ValidationError."""
    access_library(by.user, "note")
    with act("add question", by=by) as doing:
        told = _fitted(fields or {})
        doing.about = made = doing.create(Question, persona=persona.strip(), text=text.strip(), fields=told)
        return made


def change_question(
    question_id: int, *, by: By, persona: str | None = None, text: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Question:  # fmt: skip
    question = _question(question_id, by)
    with act("change question", by=by, about=question) as doing:
        doing.change(
            question, persona=question.persona if persona is None else persona.strip(),
            text=question.text if text is None else text.strip(),
            fields=_fitted({**question.fields, **(fields or {})}),
        )  # fmt: skip
        return question


def move_question(question_id: int, end: str, *, by: By, at: datetime) -> Question:
    """Kept or retired, and back. Raises ValidationError."""
    question = _question(question_id, by)
    with act(f"question {end}"[:60], by=by, about=question) as doing:
        _moved(doing, question, end, by, at)
        return question


def hear(
    question_id: int, account_id: int, answer: str, *, by: By, at: datetime, contact_id: int | None = None
) -> Heard:
    """It was asked of an account. An empty answer is written down too: asked, and nothing came."""
    account = access_account(by.user, account_id, "note")
    question = _question(question_id, by)
    if contact_id is not None and not Contact.objects.filter(pk=contact_id, account=account).exists():
        raise ValidationError("nobody of this account has that key")
    with act("hear an answer", by=by, account=account, about=question) as doing:
        heard = doing.create(
            Heard, question=question, account=account, contact_id=contact_id, at=at, answer=answer.strip()
        )
        if question.state == KIND.machine.first:
            _moved(doing, question, "used", by, at)
        return heard


def use_answer(heard_id: int, work_id: int, field: str, *, by: By, at: datetime, note: str = "") -> WorkObject:
    """Put what was heard into a field of a plan of the same account; only that makes the question pay."""
    heard = access_of_account(by.user, Heard, heard_id, "note")
    work, kind = open_work(work_id, by)
    declared = {one.name: one for one in kind.fields}.get(field)
    if work.account_id != heard.account_id:
        raise ValidationError("an answer is used in a plan of the account that gave it")
    if declared is None or declared.type not in ("text", "prose", "texts"):
        raise ValidationError(f"a {kind.name.lower()} has no field {field} that takes words")
    if not heard.answer:
        raise ValidationError("nothing was answered")
    with act("use an answer", by=by, account=work.account, about=work) as doing:
        work = hold(work)
        must_be_open(kind, work)
        agree_to_change(doing, kind, work, by, at, note)
        told = {**work.fields, field: _with(declared, work.fields.get(field), heard.answer)}
        written(doing, work, at, fields=fitted(kind.fields, told, work))
        doing.change(heard, used_in=work, used_as=field)
        return work


def _with(field: Field, held: Any, answer: str) -> Any:
    if field.type == "texts":
        return [*(held or []), answer]
    return f"{held}\n{answer}" if held else answer


def _question(question_id: int, by: By) -> Question:
    access_library(by.user, "note")
    question = Question.objects.filter(pk=question_id).first()
    if question is None:
        raise NotThere(f"there is no question {question_id}")
    return question


def _moved(doing: Act, question: Question, end: str, by: By, at: datetime) -> None:
    asked = tuple(moment.date() for moment in question.heard.values_list("at", flat=True))
    of = facts.Object(question.state, at.date(), at.date(), fields=question.fields, told={"asked": asked})
    answer = moving(KIND, of, end, ours(by))
    if isinstance(answer, Refused):
        raise ValidationError([answer.why, *answer.mend])
    doing.change(question, state=end)


def _fitted(fields: Mapping[str, Any]) -> dict[str, Any]:
    from holdfast.metrics.registry import METRICS

    declared = tuple(field for field in KIND.fields if field.name not in OWN)
    try:
        return fitting(declared, fields, Known(frozenset(METRICS)))
    except Misfit as misfit:
        raise ValidationError([f"{name}: {why}" for name, why in misfit.why.items()]) from misfit
