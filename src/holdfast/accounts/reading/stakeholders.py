"""The stakeholder map of an account, read off its contacts and what they took part in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Max, QuerySet

from holdfast.accounts.access import access_account
from holdfast.accounts.decide.stakeholders import FRESH_DAYS, WANTED, Stakeholder, Standing, standing
from holdfast.accounts.models import Account, Contact, Touchpoint, WorkObject

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person of the map. stale: nothing dated of the last 90 days stands behind what is said of them."""

    id: int
    name: str
    title: str
    part: str
    influence: int | None
    interest: int | None
    stance: str
    stance_why: str
    stance_on: date | None
    concern: str
    reports_to: str
    seen_on: date | None
    left_on: date | None
    stale: bool


@dataclass(frozen=True, slots=True)
class StakeholderMap:
    account_id: int
    people: tuple[PersonRow, ...]
    standing: Standing


def stakeholder_map(user: Anybody, account_id: int, today: date) -> StakeholderMap:
    """Raises NotThere."""
    access_account(user, account_id)
    contacts = list(_seen(Contact.objects.filter(account=account_id)).select_related("reports_to"))
    people = [(contact, _stakeholder(contact)) for contact in contacts]
    stands = standing(
        [one for _, one in people], today, wanted=_wanted(account_id), unattended=_unattended(account_id, today)
    )
    return StakeholderMap(account_id, tuple(_row(contact, one, today) for contact, one in people), stands)


def all_known(accounts: QuerySet[Account]) -> dict[int, tuple[Stakeholder, ...]]:
    """The people of many accounts at once, by account."""
    found: defaultdict[int, list[Stakeholder]] = defaultdict(list)
    for contact in _seen(Contact.objects.filter(account__in=accounts.order_by().values("pk"))):
        found[contact.account_id].append(_stakeholder(contact))
    return {account_id: tuple(people) for account_id, people in found.items()}


def _seen(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """With when each was last met and last answered."""
    met = Max("attendances__touchpoint__held_at")
    return contacts.annotate(met=met, answered=Max("heard__at")).order_by("name", "id")


def _stakeholder(contact: Contact) -> Stakeholder:
    moments = [moment for moment in (contact.met, contact.answered) if moment is not None]  # type: ignore[attr-defined]
    seen = max(moments).date() if moments else None
    return Stakeholder(contact.pk, contact.name, contact.part, contact.stance, contact.stance_on, seen, contact.left_on)


def _row(contact: Contact, one: Stakeholder, today: date) -> PersonRow:
    above = contact.reports_to.name if contact.reports_to else ""
    return PersonRow(
        contact.pk, contact.name, contact.title, contact.part, contact.influence, contact.interest, contact.stance,
        contact.stance_why, contact.stance_on, contact.concern, above, one.seen_on, contact.left_on,
        not one.fresh(today),
    )  # fmt: skip


def _wanted(account_id: int) -> Iterable[str]:
    """The parts that the account's map asks for, or the usual ones."""
    work = WorkObject.objects.filter(kind="A06", account=account_id, ended_on=None).first()
    rows = work.fields.get("wanted", []) if work is not None else []
    return [row["part"] for row in rows if "part" in row] or WANTED


def _unattended(account_id: int, today: date) -> int:
    return held_lately([account_id], today).filter(attendances=None).count()


def held_lately(accounts: Any, today: date) -> QuerySet[Touchpoint]:
    """Touchpoints held as lately as what is known of people holds. accounts: keys, or a query of them."""
    since = today - timedelta(days=FRESH_DAYS)
    return Touchpoint.objects.filter(account__in=accounts, held_at__date__gte=since, held_at__date__lte=today)
