"""A slot of the shop: what it shows to a customer is kept here, and the shop asks for it.

It is called as the message's variable `slot` says, else as its template.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from holdfast.accounts.act import keep_marks
from holdfast.playbooks.channels.outcome import Outcome, Refused, Taken
from holdfast.playbooks.channels.template import Written
from holdfast.playbooks.models import Outbox, SlotContent


class Slot:
    """Kept twice is kept once."""

    again = True

    def __init__(
        self, write: Callable[[Outbox], Written], days: Callable[[Outbox], int], clock: Callable[[], datetime]
    ):
        self._write, self._days, self._clock = write, days, clock

    def hand_over(self, message: Outbox) -> Outcome:
        if message.customer_id is None:
            return Refused("a slot shows something to a customer, and this is for none")
        said, now = self._write(message), self._clock()
        keep_marks([SlotContent(
            shop_id=message.shop_id, customer_id=message.customer_id,
            slot=message.variables.get("slot", message.template),
            message_key=message.message_key, since=now, until=now + timedelta(days=self._days(message)),
            content={"title": said.subject, "text": said.text.strip(), "html": said.html, "link": said.link},
        )])  # fmt: skip
        return Taken()

    def close(self) -> None:
        """Nothing is open."""


def shown(shop_id: int, customer_ids: list[int], slot: str, now: datetime) -> dict[str, Any] | None:
    """What a slot shows to a customer (under any key they have had) now; None where that is what it shows to all."""
    rows = SlotContent.objects.filter(shop_id=shop_id, customer_id__in=customer_ids, slot=slot)
    found = rows.filter(since__lte=now, until__gt=now).first()
    return None if found is None else {"id": found.message_key, "until": found.until.isoformat(), **found.content}
