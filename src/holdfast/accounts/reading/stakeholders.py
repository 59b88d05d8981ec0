"""The stakeholder map of an account, read off its contacts and what they took part in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from holdfast.accounts.access import access_account
from holdfast.accounts.decide.stakeholders import FRESH_DAYS, KEY, WANTED, Stakeholder, Standing, standing
from holdfast.accounts.models import Account, Attendance, Contact, Heard, Touchpoint, WorkObject

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

MET = "attendances__touchpoint__held_at"  # of a contact: when they took part in something


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
    rows = Contact.objects.filter(account__in=accounts.order_by().values("pk")).order_by("name", "id")
    told = rows.values_list(
        "account_id", "id", "name", "part", "stance", "stance_on", "left_on", Max(MET), Max("heard__at")
    )
    for account_id, pk, name, part, stance, stance_on, left_on, *moments in told:
        found[account_id].append(Stakeholder(pk, name, part, stance, stance_on, _seen_on(*moments), left_on))
    return {account_id: tuple(people) for account_id, people in found.items()}


def ringing(accounts: QuerySet[Account], today: date) -> QuerySet[Account]:
    """Those where an alarm of somebody who left, or of hearing one person only, can ring."""
    since = datetime.combine(today - timedelta(days=FRESH_DAYS), time.min, UTC)
    met = Attendance.objects.filter(contact=OuterRef("pk"), touchpoint__held_at__gte=since)
    heard = Heard.objects.filter(contact=OuterRef("pk"), at__gte=since)
    people = Contact.objects.order_by()
    fresh = people.filter(Q(stance_on__gte=since.date()) | Exists(met) | Exists(heard)).exclude(left_on__lte=today)
    single = fresh.values("account").annotate(n=Count("pk")).filter(n=1)
    left = people.filter(left_on__lte=today, part__in=KEY)
    return accounts.filter(Q(pk__in=single.values("account")) | Q(pk__in=left.values("account")))


def _seen(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """With when each was last met and last answered."""
    return contacts.annotate(met=Max(MET), answered=Max("heard__at")).order_by("name", "id")


def _stakeholder(contact: Contact) -> Stakeholder:
    seen = _seen_on(contact.met, contact.answered)  # type: ignore[attr-defined]
    return Stakeholder(contact.pk, contact.name, contact.part, contact.stance, contact.stance_on, seen, contact.left_on)


def _seen_on(*moments: datetime | None) -> date | None:
    return max((moment.date() for moment in moments if moment is not None), default=None)


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
