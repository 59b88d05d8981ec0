"""What a provider or a shop tells of messages of ours, in their words: our own, or those of Segment's e-mail events.

Opens, clicks and exposures say that something was seen. Nothing is judged by them: an effect counts everybody assigned,
whatever reached them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

KEY = re.compile(r"<?([0-9a-f]{32})@[^\s>]+>?")
BARE = re.compile(r"[0-9a-f]{32}")
TYPES = ("delivered", "bounce", "complaint", "unsubscribe", "open", "click", "shown")
SEEN = ("open", "click", "shown")  # that somebody looked, which suppresses nobody
MACHINE = "machine"  # the detail of what a mail service or a link scanner did
# Segment's specification of e-mail events; `email_id` is the Message-ID that the mail carried.
SEGMENT = {
    "Email Delivered": "delivered", "Email Bounced": "bounce", "Email Opened": "open", "Email Link Clicked": "click",
    "Email Marked as Spam": "complaint", "Unsubscribed": "unsubscribe",
}  # fmt: skip


class NotAnEvent(ValueError):
    """A provider's call that is not as it should be; the message says what."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a message. hard: of a bounce, the address is dead."""

    key: str
    type: str
    at: datetime
    hard: bool = False
    detail: str = ""


def read_call(told: Any) -> list[Event]:
    """A provider's call: a list under "events", or one or more of Segment's track calls (under "batch", or alone).

    Each of ours is such as {"type": "bounce", "message_id": "<…>", "at": "2026-06-10T12:00:00Z", "hard": true}, with
    "status" where there is one; "machine": true of an open or a click that no person made. Raises NotAnEvent.
    """
    if isinstance(told, Mapping) and "event" in told:
        return [_of_segment(told)]
    if isinstance(told, Mapping) and isinstance(told.get("batch"), list):
        return [_of_segment(one) for one in told["batch"]]
    if not isinstance(told, Mapping) or not isinstance(told.get("events"), list):
        raise NotAnEvent('send {"events": […]}')
    return [_event(one) for one in told["events"]]


def _event(one: Any) -> Event:
    if not isinstance(one, Mapping) or one.get("type") not in TYPES:
        raise NotAnEvent(f"the type of an event is one of {', '.join(TYPES)}")
    seen = one["type"] in SEEN
    detail = (MACHINE if one.get("machine") is True else "") if seen else str(one.get("status", ""))[:20]
    return Event(_key(one.get("message_id")), one["type"], _moment(one.get("at")), one.get("hard") is True, detail)


def _of_segment(one: Any) -> Event:
    if not isinstance(one, Mapping) or one.get("event") not in SEGMENT:
        raise NotAnEvent(f"the event is one of {', '.join(SEGMENT)}")
    properties = one.get("properties")
    told = properties.get("email_id") if isinstance(properties, Mapping) else None
    return Event(_key(told), SEGMENT[one["event"]], _moment(one.get("timestamp")))


def _key(told: Any) -> str:
    found = KEY.fullmatch(str(told or ""))
    key = found[1] if found else str(told or "")
    if not BARE.fullmatch(key):
        raise NotAnEvent("message_id is the Message-ID of a mail of ours, or the id of a call or a slot")
    return key


def _moment(told: Any) -> datetime:
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError as problem:
        raise NotAnEvent("at is a moment such as 2026-06-10T12:00:00Z") from problem
    if at.tzinfo is None:
        raise NotAnEvent("at needs its zone")
    return at
