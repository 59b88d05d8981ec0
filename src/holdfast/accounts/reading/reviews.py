"""Reviews of an account: what the book of work tells for a new one, the drafts, and those that were issued."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from holdfast.accounts.access import access_account, accounts_of
from holdfast.accounts.decide.reviewing import Action, Answer, Decision, Narrative, Objective, Outcome, Quote, Told
from holdfast.accounts.kinds.catalog import KINDS
from holdfast.accounts.models import Contact, Evidence, Heard, IssuedReview, Line, ReviewDraft, WorkObject

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from holdfast.accounts.access import Anybody

ANSWERS, QUOTES = 5, 3  # the newest ones
SHARED = WorkObject.Visibility.CUSTOMER
ASKED_OF = ("A01", "A02", "A12")  # made with the customer: their open lines are actions of both sides
STEPS = {"A01": "step", "A02": "initiative", "A12": "action"}


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A draft or an issued review in a list."""

    id: int
    issued: bool
    account_id: int
    account: str
    title: str
    as_of: date | None
    by: str
    at: datetime  # drafted, or issued
    superseded: bool = False
    draft_of: int | None = None  # the issued review a draft is to supersede


def reviews(user: Anybody, account_id: int | None = None, limit: int | None = None) -> tuple[ReviewRow, ...]:
    """Drafts first, then what was issued, the newest first; of one account, or of all this person sees.

    limit: of drafts, and of issued ones.
    """
    seen = accounts_of(user, merged=True)  # what was issued stays with an account that was merged away
    if account_id is not None:
        seen = seen.filter(Q(pk=account_id) | Q(merged_into=account_id))
    drafts = ReviewDraft.objects.filter(account__in=seen.values("pk")).select_related("account", "made_by")
    issued = IssuedReview.objects.filter(account__in=seen.values("pk")).select_related("account", "superseded_by")
    return (
        *(
            ReviewRow(d.pk, False, d.account_id, d.account.name, d.title, d.as_of,
                      d.made_by.get_username() if d.made_by else "", d.changed_at, draft_of=d.supersedes_id)
            for d in drafts.defer("story")[:limit]
        ),
        *(
            ReviewRow(r.pk, True, r.account_id, r.account.name, r.title, r.as_of, r.by_name, r.issued_at,
                      hasattr(r, "superseded_by"))
            for r in issued.defer("story")[:limit]
        ),
    )  # fmt: skip


def told_of(user: Anybody, account_id: int) -> Told:
    """What the customer may read of the account's work: nothing that is only ours. Raises NotThere."""
    account = access_account(user, account_id)
    works = list(
        WorkObject.objects.filter(account=account, kind__in=(*ASKED_OF, "A11"), ended_on=None)
        .order_by("-changed_at", "-id").prefetch_related("lines__our_owner", "lines__customer_owner", "lines__under")
    )  # fmt: skip
    plan = next((one for one in works if one.kind == "A02"), None)
    prepared = next((one for one in works if one.kind == "A12"), None)
    lines = {} if plan is None else _by_part(plan)
    at_hand = {} if prepared is None else _by_part(prepared)
    heard = (
        Heard.objects.filter(account=account).exclude(answer="").select_related("question", "contact")[:ANSWERS]
    )  # fmt: skip
    quotes = Evidence.objects.filter(work__account=account, what="quote", work__visibility=SHARED).order_by("-said_on")
    return Told(
        account.name,
        purpose=_field(prepared, "purpose", ""), their_goals=_texts(prepared, "their_goals"),
        misses=_texts(prepared, "misses"),
        next_objectives=tuple(line.what for line in at_hand.get("objective", ())),
        strategy=_field(plan, "strategy", ""), highlights=_texts(plan, "highlights"),
        objectives=tuple(_objective(plan, line) for line in lines.get("objective", ()) if plan is not None),
        outcomes=tuple(_outcome(plan, line) for line in lines.get("outcome", ()) if plan is not None),
        answers=tuple(Answer(h.question.text, h.answer, h.at.date(), h.contact.name if h.contact else "")
                      for h in heard),
        narratives=tuple(_narrative(one) for one in works if one.kind == "A11" and one.state == "published"),
        quotes=tuple(Quote(q.text, q.said_by, q.said_on) for q in quotes[:QUOTES]),
        decisions=_decisions(account.pk, prepared, at_hand),
        actions=tuple(_actions(works)), people=_people(user, account_id, works),
    )  # fmt: skip


def _by_part(work: WorkObject) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in work.lines.all():
        if line.state != "dropped":
            found.setdefault(line.part, []).append(line)
    return found


def _field(work: WorkObject | None, name: str, nothing: Any) -> Any:
    return nothing if work is None else work.fields.get(name, nothing)


def _texts(work: WorkObject | None, name: str) -> tuple[str, ...]:
    return tuple(_field(work, name, ()))


def _state(work: WorkObject, line: Line) -> str:
    return KINDS[work.kind].part(line.part).machine.state(line.state).label


def _ours(line: Line) -> str:
    return line.our_owner.get_username() if line.our_owner else ""


def _theirs(line: Line) -> str:
    return line.customer_owner.name if line.customer_owner else ""


def _objective(plan: WorkObject, line: Line) -> Objective:
    owners = tuple(filter(None, (_theirs(line), _ours(line))))
    why = line.fields.get("why", "")
    return Objective(line.what, _state(plan, line), line.finished_on is None, line.due, owners, why)


def _outcome(plan: WorkObject, line: Line) -> Outcome:
    held: Mapping[str, Any] = line.fields.get("criterion", {})
    by = held.get("by")
    return Outcome(
        line.pk, line.what, line.under.what if line.under else "", _state(plan, line), line.state == "verified",
        held.get("metric", ""), held.get("baseline"), held.get("target"), date.fromisoformat(by) if by else line.due,
        _ours(line), _theirs(line),
    )  # fmt: skip


def _narrative(work: WorkObject) -> Narrative:
    said = work.fields
    return Narrative(
        work.title, said.get("metric", ""), said.get("outcome", ""), said.get("grade", "E0"),
        said.get("guardrail", ""), tuple(said.get("otherwise", ())),
    )  # fmt: skip


def _decisions(account_id: int, prepared: WorkObject | None, at_hand: Mapping[str, list[Line]]) -> tuple[Decision, ...]:
    """Those of the review first, then the next ones of what the customer may read."""
    found = [
        Decision(line.what, line.fields.get("decider", ""), line.due)
        for line in at_hand.get("decision", ())
        if line.state == "asked"
    ]
    others = WorkObject.objects.filter(account=account_id, ended_on=None, visibility=SHARED).exclude(decision="")
    if prepared is not None:
        others = others.exclude(pk=prepared.pk)
    return (*found, *(Decision(one.decision, one.decider, one.decision_on) for one in others.order_by("decision_on")))


def _actions(works: Iterable[WorkObject]) -> Iterable[Action]:
    found = [
        Action(line.what, _theirs(line) or _ours(line), line.customer_owner is not None, line.due)
        for work in works
        for line in work.lines.all()
        if STEPS.get(work.kind) == line.part and line.finished_on is None
    ]
    return sorted(found, key=lambda one: (one.due is None, one.due or date.max, one.what))


def _people(user: Anybody, account_id: int, works: Iterable[WorkObject]) -> tuple[str, ...]:
    """Names to be blackened where that is asked for, ours and theirs, in whatever way they are written."""
    contacts = Contact.objects.filter(account=account_id).values_list("name", flat=True)
    ours: set[User] = {line.our_owner for one in works for line in one.lines.all() if line.our_owner}
    deciders = {one.decider for one in WorkObject.objects.filter(account=account_id)}
    said = set(Evidence.objects.filter(work__account=account_id).values_list("said_by", flat=True))
    named = {name for one in ours for name in (one.get_username(), one.get_full_name(), one.last_name)}
    return tuple(sorted(filter(None, {*contacts, *named, *deciders, *said})))
