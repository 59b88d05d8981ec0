"""The day's mail: once a person and day, also when whoever sends it is killed half way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives

from holdfast.accounts.act import By, keep_marks, mark
from holdfast.accounts.actions.scheduled import only_scheduled
from holdfast.accounts.models import Digest
from holdfast.accounts.reading.item import NOTHING, Given
from holdfast.accounts.reading.notices import digest_of
from holdfast.accounts.telling.digest import Page, digest_html, digest_text

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.core.mail.backends.base import BaseEmailBackend

AGAIN_AFTER = timedelta(minutes=60)  # what was begun and not sent: its sender was killed, or the server refused


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom the mail is from, and where Holdfast answers (empty: nobody said)."""

    address: str
    link: str = ""

    @property
    def host(self) -> str:
        return self.address.rpartition("@")[2].rstrip(">") or "localhost"


@dataclass(frozen=True, slots=True)
class Sent:
    sent: int
    refused: tuple[str, ...]  # what the server said, once each


def send_digests(
    *, now: datetime, connection: BaseEmailBackend, sender: Sender, by: By, given: Given = NOTHING,
) -> Sent:  # fmt: skip
    """To everybody who can sign in, has an address, did not say no, and has something due.

    A mail is marked as begun before it is handed over and as sent after. One that was begun and not sent goes out again
    an hour later under the same Message-ID, by which mail programs know it as the same. Raises OSError where the server
    does not answer: then nothing is marked as sent.
    """
    only_scheduled(by)
    people = get_user_model().objects.filter(is_active=True).exclude(email="").exclude(mail_choice__digest=False)
    done = Digest.objects.filter(day=now.date(), sent_at__isnull=False).values("user")
    sent, refused = 0, dict[str, None]()
    connection.open()
    try:
        for user in people.exclude(pk__in=done).select_related("person").order_by("pk"):
            page = digest_of(user, now.date(), given, sender.link)
            if page is None or not _begin(user, now):
                continue
            problem = _hand_over(user, page, connection, sender)
            _end(user, now, problem)
            sent += not problem
            if problem:
                refused[problem] = None
    finally:
        connection.close()
    return Sent(sent, tuple(refused))


def _begin(user: User, now: datetime) -> bool:
    """Whether it is ours to send: nobody else began it, or they did so long ago."""
    keep_marks([Digest(user=user, day=now.date())])
    row = Digest.objects.get(user=user, day=now.date())
    if row.sent_at is not None or (row.begun_at is not None and row.begun_at > now - AGAIN_AFTER):
        return False
    return mark(Digest.objects.filter(pk=row.pk, sent_at=None, begun_at=row.begun_at), begun_at=now) == 1


def _end(user: User, now: datetime, problem: str) -> None:
    row = Digest.objects.filter(user=user, day=now.date())
    mark(row, problem=problem) if problem else mark(row, sent_at=now, problem="")


def _hand_over(user: User, page: Page, connection: BaseEmailBackend, sender: Sender) -> str:
    """Empty where the server took it, else what it said, without the address."""
    message = EmailMultiAlternatives(
        page.subject, digest_text(page), sender.address, [user.email], connection=connection,
        headers={"Message-ID": f"<digest-{user.pk}-{page.day}@{sender.host}>", "Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    message.attach_alternative(digest_html(page), "text/html")
    try:
        message.send()
    except (SMTPException, ValueError) as problem:  # ValueError: an address with a line break
        return f"the mail server refused one: {type(problem).__name__}"
    return ""
