"""What went, told to the facts: files as `holdfast import` takes them, so that metrics of messages see them too.

Twice told is once: a message keeps its number. A message is told when it went, what came back of it when it is known.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db.models import Max

from holdfast.accounts.act import mark
from holdfast.playbooks.models import MessageEvent, Outbox
from holdfast.warehouse.home import Home, scratch
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

MESSAGES = ("message id", "customer id", "email", "channel", "flow", "campaign", "sent at")
EVENTS = ("message id", "type", "happened at")
CHANNELS = ("email", "sms")
WHO = (
    "SELECT p.customer_id, any_value(p.customer_number) AS number, any_value(t.email) AS email"
    " FROM customer_profile AS p LEFT JOIN customer_contact AS t USING (customer_id) GROUP BY 1"
)
Load = Callable[[list[Path], str], object]  # takes files of a shop in


@dataclass(frozen=True, slots=True)
class Told:
    messages: int
    events: int


def tell(home: Home, load: Load) -> Told:
    """Hand over what was not told yet, shop by shop; marked as told when it was taken in."""
    who = _people(home)
    told = Told(0, 0)
    for shop in home.shops():
        messages, events = list(_untold(shop.shop_id)), list(_events_untold(shop.shop_id))
        if not messages and not events:
            continue
        with scratch(home, "told") as folder:
            paths = [path for path in (_messages(folder, messages, who), _events(folder, events)) if path]
            load(paths, shop.name)
        batch = 1 + (Outbox.objects.aggregate(last=Max("told_in"))["last"] or 0)
        mark(Outbox.objects.filter(pk__in=[one.pk for one in messages]), told_in=batch)
        mark(MessageEvent.objects.filter(pk__in=[one.pk for one in events]), told_in=batch)
        told = Told(told.messages + len(messages), told.events + len(events))
    return told


def _untold(shop_id: int) -> Iterable[Outbox]:
    """Of a person; whoever was erased is told to nobody."""
    return Outbox.objects.filter(
        told_in=None, shop_id=shop_id, state=Outbox.State.SENT, channel__in=CHANNELS, customer_id__isnull=False,
    ).order_by("id")  # fmt: skip


def _events_untold(shop_id: int) -> Iterable[MessageEvent]:
    ours = {"message__shop_id": shop_id, "message__state": Outbox.State.SENT, "message__channel__in": CHANNELS}
    return MessageEvent.objects.filter(told_in=None, **ours).select_related("message")


def _people(home: Home) -> Mapping[int, tuple[str, str]]:
    """Key → number that the shop gives, and e-mail for those who have none."""
    snapshot = current_snapshot(home)
    if snapshot is None:
        return {}
    reader = open_snapshot(home, snapshot, WHO)
    try:
        return {key: (number or "", email or "") for key, number, email in reader.execute(WHO).fetchall()}
    finally:
        reader.close()


def _messages(folder: Path, messages: Iterable[Outbox], who: Mapping[int, tuple[str, str]]) -> Path | None:
    rows = []
    for one in messages:
        number, email = who.get(one.customer_id or 0, ("", ""))
        if number or email:
            flow = f"{one.playbook} {one.version}"
            rows.append((one.message_key, number, "" if number else email, one.channel, flow, one.playbook,
                         _moment(one.sent_at or one.put_at)))  # fmt: skip
    return _write(folder / "messages.csv", MESSAGES, rows)


def _events(folder: Path, events: Iterable[MessageEvent]) -> Path | None:
    rows = [(one.message.message_key, one.type, _moment(one.at)) for one in events]
    return _write(folder / "message_events.csv", EVENTS, rows)


def _write(path: Path, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Path | None:
    if not rows:
        return None
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
