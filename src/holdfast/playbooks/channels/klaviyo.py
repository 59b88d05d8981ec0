"""E-mail and SMS by Klaviyo: an event of a profile, to which a flow of the merchant's account sends what it says.

Its events API, revision 2026-07-15 (create_event; https://developers.klaviyo.com/en/reference/create_event). The
message's key is the event's `unique_id`: of two, only the first is recorded, so that after a crash it is told again.
The flow shows {{ event.subject }}, {{ event.text }}, {{ event.html }} and {{ event.link }}; who may be written to was
decided here before, and Klaviyo holds back whom it has suppressed itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from holdfast.playbooks.channels.template import Written
from holdfast.playbooks.models import Outbox

REVISION = "2026-07-15"
TYPE = "application/vnd.api+json"
LONGEST = 127  # characters of a metric's name


def headers(key: str) -> dict[str, str]:
    """key: the private API key of the account, with the scope events:write."""
    return {
        "Authorization": f"Klaviyo-API-Key {key}", "revision": REVISION, "Content-Type": TYPE, "Accept": TYPE,
        "User-Agent": "holdfast",
    }  # fmt: skip


def body(message: Outbox, said: Written, now: datetime) -> Mapping[str, Any]:
    """EventCreateQueryV2. The metric is named after playbook and step, so that each has a flow of its own."""
    who = {"phone_number" if message.channel == "sms" else "email": message.address}
    properties = {
        "playbook": message.playbook, "step": message.step, "message_id": message.message_key, "subject": said.subject,
        "text": said.text, "html": said.html, "link": said.link,
    }  # fmt: skip
    name = f"Holdfast: {message.playbook}, {message.step}"[:LONGEST]
    return {
        "data": {
            "type": "event",
            "attributes": {
                "properties": properties, "time": now.astimezone(UTC).isoformat(timespec="seconds"),
                "unique_id": message.message_key,
                "metric": {"data": {"type": "metric", "attributes": {"name": name}}},
                "profile": {"data": {"type": "profile", "attributes": who}},
            },
        }
    }  # fmt: skip
