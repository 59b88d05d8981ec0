"""All that is kept of one person of a customer, as they may have it: facts of work, each with where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q

from holdfast.accounts.access import access_of_account
from holdfast.accounts.kinds.catalog import KINDS
from holdfast.accounts.models import Attendance, Contact, GuestLink, Heard, Line, Remark, WorkObject

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

OF_CONTACT = ("name", "title", "email", "part", "influence", "interest", "stance", "stance_why", "stance_on", "concern",
              "left_on")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that is kept: where, what, in which words, of which day."""

    where: str
    what: str
    told: str
    on: date | None = None


def record_of(user: Anybody, contact_id: int) -> list[Kept]:
    """What is kept of a person, for the person. Raises NotThere.

    Free text that only mentions them by name is not searched for.
    """
    contact = access_of_account(user, Contact, contact_id)
    return [*_of_contact(contact), *_of_talks(contact), *_of_work(contact)]


def _of_contact(contact: Contact) -> Iterator[Kept]:
    for name in OF_CONTACT:
        value = getattr(contact, name)
        if value not in ("", None):
            yield Kept("contact", name.replace("_", " "), str(value), contact.stance_on if "stance" in name else None)
    if contact.reports_to is not None:
        yield Kept("contact", "reports to", contact.reports_to.name)


def _of_talks(contact: Contact) -> Iterator[Kept]:
    for one in Attendance.objects.filter(contact=contact).select_related("touchpoint"):
        held = one.touchpoint.held_at
        yield Kept("touchpoint", "took part", one.touchpoint.get_kind_display(), held.date() if held else None)
    for heard in Heard.objects.filter(contact=contact).select_related("question"):
        yield Kept("discovery", heard.question.text, heard.answer, heard.at.date())


def _of_work(contact: Contact) -> Iterator[Kept]:
    for line in Line.objects.filter(customer_owner=contact).select_related("work"):
        yield Kept(line.work.title, "owns a line", line.what, line.due)
    for remark in Remark.objects.filter(shared_with=contact).select_related("work"):
        yield Kept(remark.work.title, "was sent", remark.text, remark.at.date())
    for link in GuestLink.objects.filter(contact=contact).select_related("work"):
        yield Kept(link.work.title, "was given a link", f"until {link.expires_at.date()}", link.made_at.date())
    theirs = Q(account=contact.account_id) & Q(kind__in=[kind for kind, names in NAMED.items() if names])
    for work in WorkObject.objects.filter(theirs):
        for name in NAMED[work.kind]:
            if work.fields.get(name) == contact.pk:
                yield Kept(work.title, name.replace("_", " "), contact.name)
    for work in WorkObject.objects.filter(participants__contact=contact):
        yield Kept(work.title, "takes part", contact.name)


# The fields of each kind that name a person of the customer.
NAMED = {kind.id: tuple(field.name for field in kind.fields if field.type == "contact") for kind in KINDS.values()}
