"""The bank of questions with what each has brought, and what an account has answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count

from holdfast.accounts.access import access_account, access_library
from holdfast.accounts.decide.asking import Worth, worth
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.models import Heard, Question

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question and how it paid, over all accounts: counts only, no answer of anybody."""

    id: int
    persona: str
    text: str
    why: str
    good_answer: str
    red_flag: str
    follow_up: str
    feeds: str
    state: str
    state_label: str
    worth: Worth


@dataclass(frozen=True, slots=True)
class AnswerRow:
    id: int
    question_id: int
    question: str
    persona: str
    answer: str
    contact: str
    at: datetime
    used_in: int | None
    used_as: str


def bank(user: Anybody, *, persona: str = "", retired: bool = False) -> list[QuestionRow]:
    """Raises NotThere for whoever works in no book."""
    access_library(user)
    questions = Question.objects.order_by("persona", "id")
    if persona:
        questions = questions.filter(persona=persona)
    if not retired:
        questions = questions.exclude(state="retired")
    questions = questions.annotate(uses=Count("heard"), used=Count("heard__used_in"))
    labels = {state.name: state.label for state in kind_of("A03").machine.states}

    def told(one: Question, name: str) -> str:
        return str(one.fields.get(name, ""))

    return [
        QuestionRow(
            one.pk, one.persona, one.text, told(one, "why"), told(one, "good_answer"), told(one, "red_flag"),
            told(one, "follow_up"), told(one, "feeds"), one.state, labels[one.state],
            worth([True] * one.used + [False] * (one.uses - one.used)),
        )
        for one in questions
    ]  # fmt: skip


def answers(user: Anybody, account_id: int) -> list[AnswerRow]:
    """Newest first. Raises NotThere."""
    account = access_account(user, account_id)
    heard = Heard.objects.filter(account=account).select_related("question", "contact")
    return [
        AnswerRow(
            one.pk, one.question_id, one.question.text, one.question.persona, one.answer,
            one.contact.name if one.contact else "", one.at, one.used_in_id, one.used_as,
        )
        for one in heard
    ]  # fmt: skip
