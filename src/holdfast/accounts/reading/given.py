"""What the book of work itself gives the queue of the day: updates that were promised, and alarms about people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from holdfast.accounts.access import accounts_of
from holdfast.accounts.decide.stakeholders import FRESH_DAYS, Stakeholder, standing
from holdfast.accounts.decide.stakeholders import Alarm as Rung
from holdfast.accounts.models import Account, Remark
from holdfast.accounts.reading.item import Alarm, Given, Promise
from holdfast.accounts.reading.stakeholders import all_known, ringing

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

# Alarms that somebody has to act on; what is merely not known yet stays on the map.
URGENT = frozenset({"single_thread", "champion_left", "buyer_left"})


def given_of(user: Anybody, day: date, *, everybodys: bool = True) -> Given:
    """Of the accounts a person sees; else what is theirs, which of alarms are those of their accounts. Two queries."""
    seen = accounts_of(user)
    return Given(
        promises=_promises(seen, None if everybodys else user),
        alarms=_alarms(ringing(seen, day) if everybodys else seen.filter(owner=user.pk), day),
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


def _alarms(accounts: QuerySet[Account], day: date) -> tuple[Alarm, ...]:
    found = []
    for account_id, people in all_known(accounts).items():
        for rung in standing(people, day, wanted=()).alarms:
            if rung.code in URGENT:
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
