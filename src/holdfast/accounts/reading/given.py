"""What the book of work itself gives the queue of the day: updates that were promised, alarms about people, what
holds no longer, and reviews to issue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, QuerySet, Subquery

from holdfast.accounts.access import accounts_of
from holdfast.accounts.as_facts import line_facts
from holdfast.accounts.decide.expiring import AHEAD_DAYS, documents
from holdfast.accounts.decide.stakeholders import FRESH_DAYS, Stakeholder, standing
from holdfast.accounts.decide.stakeholders import Alarm as Rung
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.models import Account, Remark, ReviewDraft, Touchpoint, WorkObject
from holdfast.accounts.reading.item import RINGING, Alarm, Given, Promise
from holdfast.accounts.reading.stakeholders import all_known, ringing

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

ISSUE_AHEAD_DAYS = 7  # of a review: what is issued on its day, nobody has read before


def given_of(user: Anybody, day: date, *, everybodys: bool = True) -> Given:
    """Of the accounts a person sees; else what is theirs, which of alarms are those of their accounts. Few queries."""
    seen, whose = accounts_of(user), None if everybodys else user
    return Given(
        promises=_promises(seen, whose),
        alarms=(
            *_alarms(ringing(seen, day) if everybodys else seen.filter(owner=user.pk), day),
            *_ending(seen, whose, day),
            *_drafts(seen, whose, day),
        ),
    )


def _promises(seen: QuerySet[Account], owner: Anybody | None) -> tuple[Promise, ...]:
    """The next update of every open plan whose last one promised it. owner: whose, or of whose accounts; None: all."""
    updates = Remark.objects.filter(
        kind=Remark.Kind.UPDATE, work__account__in=seen.order_by().values("pk"), work__ended_on=None
    )
    if owner is not None:
        updates = updates.filter(Q(work__owner=owner.pk) | Q(work__owner=None, work__account__owner=owner.pk))
    last = {update.work_id: update for update in updates.select_related("work").order_by("at", "id")}
    found = []
    for update in last.values():
        if update.promised_at is not None and (account_id := update.work.account_id) is not None:
            work = update.work
            key = f"{'bad_news' if work.kind == 'A22' else 'update'}:{work.pk}"
            text = f"Give the promised update: {work.title}"
            found.append(Promise(key, account_id, text, update.promised_at.date(), work.owner_id))
    return tuple(found)


def _ending(seen: QuerySet[Account], owner: Anybody | None, day: date) -> list[Alarm]:
    """What a customer was given or is to be given and holds no longer soon, or has ended and was not renewed."""
    until = day + timedelta(days=AHEAD_DAYS)
    works = WorkObject.objects.filter(account__in=seen.order_by().values("pk"), ended_on=None, expires_on__lte=until)
    if owner is not None:
        works = works.filter(Q(owner=owner.pk) | Q(owner=None, account__owner=owner.pk))
    found = []
    for work in works.prefetch_related("lines"):
        if (ends := work.expires_on) is None or (account_id := work.account_id) is None:
            continue
        since, what = (
            ends - timedelta(days=AHEAD_DAYS),
            f"{work.title} {'held' if ends <= day else 'holds'} until {ends}",
        )
        found.append(Alarm(f"ends:{work.pk}", account_id, what, since, _rests_on(work, day), work.owner_id, ends))
    return found


def _drafts(seen: QuerySet[Account], owner: Anybody | None, day: date) -> list[Alarm]:
    """Drafts of reviews that are held soon: what the customer gets has to be issued before."""
    held = Touchpoint.objects.filter(
        account=OuterRef("account"), kind=Touchpoint.Kind.REVIEW, held_at=None, called_off="",
        due__lte=day + timedelta(days=ISSUE_AHEAD_DAYS),
    )  # fmt: skip
    drafts = ReviewDraft.objects.filter(account__in=seen.order_by().values("pk"))
    if owner is not None:
        drafts = drafts.filter(account__owner=owner.pk)
    rows = drafts.annotate(held_on=Subquery(held.order_by("due").values("due")[:1])).exclude(held_on=None)
    found = []
    for pk, account_id, as_of, on in rows.values_list("pk", "account", "as_of", "held_on"):
        since = min(day, on - timedelta(days=ISSUE_AHEAD_DAYS))
        why = (f"It is held on {on}, and its draft was not issued yet.", _drawn(as_of))
        found.append(Alarm(f"draft:{pk}", account_id, f"Issue the review of {on}", since, why, due=on))
    return found


def _drawn(as_of: date | None) -> str:
    return (
        "It has no numbers."
        if as_of is None
        else f"Its numbers are those of {as_of}: draw it again if there are newer."
    )


def _rests_on(work: WorkObject, day: date) -> tuple[str, ...]:
    """The documents behind it that have ended or end soon."""
    near = [(on, line) for on, line in documents(kind_of(work.kind), line_facts(work))
            if on <= day + timedelta(days=AHEAD_DAYS)]  # fmt: skip
    told = tuple(f"“{line.what}” {'was' if on <= day else 'is'} good until {on}: renew it." for on, line in near)
    return told or ("Renew it, or say what takes its place.",)


def _alarms(accounts: QuerySet[Account], day: date) -> tuple[Alarm, ...]:
    found = []
    for account_id, people in all_known(accounts).items():
        for rung in standing(people, day, wanted=()).alarms:
            if rung.code in RINGING:
                key = f"{rung.code}:{rung.contact}"
                found.append(Alarm(key, account_id, rung.says, _since(rung, people), _evidence(rung)))
    return tuple(found)


def _since(rung: Rung, people: Sequence[Stakeholder]) -> date:
    """The day somebody left; of a single thread, the day on which what the others had said grew old."""
    about = next(person for person in people if person.id == rung.contact)
    if rung.code != "single_thread":
        return about.left_on or date.min
    others = [person.evidence_on for person in people if person.id != about.id and person.evidence_on is not None]
    alone = max(others) + timedelta(days=FRESH_DAYS + 1) if others else about.evidence_on
    return alone or date.min


def _evidence(rung: Rung) -> tuple[str, ...]:
    if rung.code == "single_thread":
        return ("If they leave, nobody there speaks for us: meet a second person.",)
    return ("Name who follows, or make finding them a step.",)
