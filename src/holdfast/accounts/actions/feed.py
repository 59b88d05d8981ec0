"""Secret addresses of calendars: made, and revoked."""

from __future__ import annotations

import secrets
from datetime import datetime

from holdfast.accounts.access import MayNot, NotThere
from holdfast.accounts.act import By, act
from holdfast.accounts.models import CalendarFeed
from holdfast.accounts.reading.feed import token_hash

BYTES = 32


def make_feed(*, at: datetime, by: By) -> str:
    """A new secret for this person's calendar, told once; only its hash is kept. The ones before stop working."""
    if by.key is None:
        raise MayNot("a calendar is somebody's")
    token = secrets.token_urlsafe(BYTES)
    with act("make calendar address", by=by) as doing:
        for feed in CalendarFeed.objects.filter(user_id=by.key, revoked_at=None):
            doing.change(feed, revoked_at=at)
        doing.create(CalendarFeed, user_id=by.key, token_hash=token_hash(token), made_at=at)
    return token


def revoke_feed(*, at: datetime, by: By) -> None:
    """Whoever has the address reads nothing any more. Raises NotThere where there is none."""
    with act("revoke calendar address", by=by) as doing:
        feeds = list(CalendarFeed.objects.filter(user_id=by.key, revoked_at=None)) if by.key is not None else []
        if not feeds:
            raise NotThere("there is no calendar address of yours")
        for feed in feeds:
            doing.change(feed, revoked_at=at)
