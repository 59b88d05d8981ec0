"""Who comes in by a link: one person of a customer, to one work object, for a time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.core import signing

from holdfast.accounts.models import GuestLink, WorkObject

SALT = "holdfast.guest"


@dataclass(frozen=True, slots=True)
class Guest:
    link_id: int
    work_id: int
    contact_id: int
    name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """why: one sentence for whoever opened the link; it says nothing about what the link led to."""

    why: str


NO_LINK = TurnedAway("This link opens nothing. Ask whoever sent it for a new one.")


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def guest_of(token: str, now: datetime) -> Guest | TurnedAway:
    """Who this token lets in at a moment. A token we never signed is turned away without asking the database."""
    try:
        secret = signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return NO_LINK
    link = GuestLink.objects.select_related("work", "contact").filter(digest=digest_of(secret)).first()
    if link is None or link.revoked_at is not None:
        return NO_LINK
    if now >= link.expires_at:
        return TurnedAway("This link has expired. Ask whoever sent it for a new one.")
    shown = link.work.visibility == WorkObject.Visibility.CUSTOMER
    theirs = link.contact.account_id == link.work.account_id and link.contact.left_on is None
    if not shown or not theirs:
        return NO_LINK
    return Guest(link.pk, link.work_id, link.contact_id, link.contact.name, link.expires_at)
