"""What comes back of messages: bounces, complaints, deliveries, opens; from a provider's call or a folder of mail.

A hard bounce kills an address, soft ones do after as many as `restraint.toml` says without a delivery in between; a
complaint is a no to all marketing. What is not about a message of ours changes nothing.
"""

from __future__ import annotations

import email
import mailbox
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from holdfast.accounts.act import By, keep_marks, mark
from holdfast.playbooks.channels.events import KEY, Event
from holdfast.playbooks.models import Consent, MessageEvent, Outbox, Suppression
from holdfast.playbooks.restraint.settings import restraint
from holdfast.playbooks.restraint.words import Word, say, suppress
from holdfast.warehouse.home import Home

# Of what a server says for good: the box is full, the mail is too long or unwelcome. The address is not at fault.
NOT_THE_ADDRESS = re.compile(r"5\.(2\.[234]|3\.|6\.|7\.)")


def read_folder(path: Path) -> Iterator[Event]:
    """Of every report in an mbox or a maildir. Mail that is no report of a message of ours is passed over."""
    kind: Any = mailbox.Maildir if path.is_dir() else mailbox.mbox
    box: mailbox.Mailbox[Any] = kind(path, create=False)
    try:
        for one in box:
            yield from read_report(email.message_from_bytes(one.as_bytes()))
    finally:
        box.close()


def read_report(report: Message) -> Iterator[Event]:
    """A delivery status (RFC 3464) or an abuse report (RFC 5965)."""
    key, at = _key(report), _moment(report)
    if key is None or report.get_content_type() != "multipart/report":
        return
    for part in report.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            yield from _status(part, key, at)
        elif kind == "message/feedback-report":
            told = part.get_payload()
            first = told[0] if isinstance(told, list) else None
            fields = first if isinstance(first, Message) else email.message_from_string(str(told))
            if str(fields.get("Feedback-Type", "")).strip().lower() == "abuse":
                yield Event(key, "complaint", at)


def _status(part: Message, key: str, at: datetime) -> Iterator[Event]:
    for fields in part.get_payload() if part.is_multipart() else ():
        if not isinstance(fields, Message):
            continue
        action, status = (str(fields.get(name, "")).strip().lower() for name in ("Action", "Status"))
        if action == "failed":
            hard = status.startswith("5.") and not NOT_THE_ADDRESS.match(status)
            yield Event(key, "bounce", at, hard, status[:20])
        elif action in ("delivered", "relayed"):
            yield Event(key, "delivered", at, detail=status[:20])


def _key(report: Message) -> str | None:
    """Of the message that is reported on: its Message-ID, in the copy that the report carries."""
    for part in report.walk():
        if part is not report and part.get("Message-ID") and (found := KEY.fullmatch(str(part["Message-ID"]).strip())):
            return found[1]
        if part.get_content_type() == "text/rfc822-headers":
            headers = email.message_from_string(str(part.get_payload()))
            if found := KEY.fullmatch(str(headers.get("Message-ID", "")).strip()):
                return found[1]
    return None


def _moment(report: Message) -> datetime:
    try:
        at = parsedate_to_datetime(str(report["Date"]))
    except (TypeError, ValueError):
        return datetime.fromtimestamp(0, UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def take(home: Home, events: Iterable[Event], *, by: By) -> Counter[str]:
    """Write down what came back; what was told already changes nothing. Counts events by type, and "not ours"."""
    counted: Counter[str] = Counter()
    soft = restraint(home).soft_bounces
    for event in events:
        message = Outbox.objects.filter(message_key=event.key).first()
        if message is None:
            counted["not ours"] += 1
            continue
        counted[event.type] += 1
        _take(message, event, soft, by)
    return counted


def _take(message: Outbox, event: Event, soft: int, by: By) -> None:
    detail = f"{'hard' if event.hard else 'soft'} {event.detail}".strip() if event.type == "bounce" else event.detail
    keep_marks([MessageEvent(message=message, type=event.type, at=event.at, detail=detail)])
    if message.state in (Outbox.State.UNKNOWN, Outbox.State.SENDING):  # now somebody knows: it went
        unknown = Outbox.objects.filter(pk=message.pk, state__in=[Outbox.State.UNKNOWN, Outbox.State.SENDING])
        said = f"it went: {event.type}"
        mark(unknown, state=Outbox.State.SENT, address="", variables={}, problem=said, lease_until=None)
    hashed = message.address_hash
    if event.type == "bounce" and hashed:
        if event.hard:
            suppress([hashed], Suppression.Why.HARD, by=by, at=event.at, source=event.detail)
        elif _soft_in_a_row(hashed) >= soft:
            suppress([hashed], Suppression.Why.SOFT, by=by, at=event.at, source=event.detail)
    elif event.type in ("complaint", "unsubscribe"):
        _no(message, event, by)


def _soft_in_a_row(hashed: str) -> int:
    events = MessageEvent.objects.filter(message__address_hash=hashed)
    delivered = events.filter(type="delivered").order_by("at").last()
    soft = events.filter(type="bounce", detail__startswith="soft")
    return (soft if delivered is None else soft.filter(at__gt=delivered.at)).count()


def _no(message: Outbox, event: Event, by: By) -> None:
    if event.type == "complaint" and message.address_hash:
        suppress([message.address_hash], Suppression.Why.COMPLAINT, by=by, at=event.at)
    told = Consent.objects.filter(source=event.type, at=event.at, address_hash=message.address_hash)
    if (message.customer_id is not None or message.address_hash) and not told.exists():
        channel = (
            "" if event.type == "complaint" else message.channel if message.channel in ("email", "sms") else "email"
        )
        word = Word(
            Consent.Word.NO, channel, customer_id=message.customer_id, shop_id=message.shop_id,
            address_hash=message.address_hash, source=event.type,
        )  # fmt: skip
        say([word], by=by, at=event.at)
