"""What a person was told, and the mail of their day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from holdfast.accounts.access import accounts_of
from holdfast.accounts.models import Notice
from holdfast.accounts.reading.given import given_of
from holdfast.accounts.reading.item import Given, Item
from holdfast.accounts.reading.today import queue
from holdfast.accounts.telling.digest import Line, Page
from holdfast.commerce.unknown import Unknown

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from holdfast.accounts.access import Anybody

LINES = 10  # of a mail: a longer one is not read
NOTICES = 10
REASONS = 4  # of a line


@dataclass(frozen=True, slots=True)
class Told:
    notice_id: int
    account_id: int | None
    text: str
    at: datetime
    seen: bool


def notices_of(user: Anybody, limit: int = 50) -> tuple[Told, ...]:
    """Newest first; those of accounts they do not see any more are not there."""
    return tuple(Told(n.pk, n.account_id, n.text, n.at, n.seen_at is not None) for n in _seen(user)[:limit])


def unseen(user: Anybody) -> int:
    return _seen(user).filter(seen_at=None).count()


def digest_of(user: User, day: date, given: Given, address: str) -> Page | None:
    """None on a day on which nothing is due and nothing is new: no mail is better than an empty one.

    given: what other layers know; what the book of work itself knows, such as alarms, is read here.
    """
    own = given_of(user, day, everybodys=False)
    given = replace(given, promises=(*own.promises, *given.promises), alarms=(*own.alarms, *given.alarms))
    found = queue(user, day, given, first=LINES)
    named = set(found.keys)  # what the queue says is not said twice
    unread = [n for n in _seen(user).filter(seen_at=None) if ":".join(n.key.split(":")[:2]) not in named]
    fresh = tuple(n.text for n in unread[:NOTICES])
    if not found.keys and not fresh:
        return None
    lines = tuple(_lines(found.items))
    person = getattr(user, "person", None)
    return Page(str(person or user), day, lines, max(0, len(found.keys) - LINES), fresh, address)


def _lines(items: Sequence[Item]) -> Iterator[Line]:
    """What is known of an account, and what would be lost with it, is said with the first thing that is due there."""
    told: dict[int, set[str]] = defaultdict(set)
    for item in items:
        before = told[item.account_id]
        loss = "" if isinstance(item.loss, Unknown) else str(item.loss)
        why = item.evidence[:-1] if loss else item.evidence  # the last one says the loss
        new = tuple(said for said in why if said not in before)[:REASONS]
        yield Line(item.what, item.account, item.due, new, item.key, "" if loss in before else loss, item.rings)
        before |= {loss, *why}


def _seen(user: Anybody) -> QuerySet[Notice]:
    return Notice.objects.filter(Q(account=None) | Q(account__in=accounts_of(user)), user=user.pk)
