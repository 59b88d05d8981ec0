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
from holdfast.playbooks.channels.events import MACHINE
from holdfast.playbooks.models import MessageEvent, Outbox, SlotContent
from holdfast.warehouse.home import Home, scratch
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

MESSAGES = ("message id", "customer id", "email", "channel", "flow", "campaign", "sent at")
EVENTS = ("message id", "type", "happened at", "is machine open", "is bot click")
EXPOSURES = ("exposure id", "customer id", "email", "slot", "personalized", "shown at", "clicked at")
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
        shown = list(_shown_untold(shop.shop_id))
        if not messages and not events and not shown:
            continue
        with scratch(home, "told") as folder:
            made = _messages(folder, messages, who), _events(folder, events), _exposures(folder, shown, who)
            paths = [path for path in made if path]
            load(paths, shop.name)
        batch = 1 + (Outbox.objects.aggregate(last=Max("told_in"))["last"] or 0)
        mark(Outbox.objects.filter(pk__in=[one.pk for one in messages]), told_in=batch)
        mark(MessageEvent.objects.filter(pk__in=[one.pk for one in (*events, *shown)]), told_in=batch)
        told = Told(told.messages + len(messages), told.events + len(events) + len(shown))
    return told


def _untold(shop_id: int) -> Iterable[Outbox]:
    """Of a person; whoever was erased is told to nobody."""
    return Outbox.objects.filter(
        told_in=None, shop_id=shop_id, state=Outbox.State.SENT, channel__in=CHANNELS, customer_id__isnull=False,
    ).order_by("id")  # fmt: skip


def _events_untold(shop_id: int) -> Iterable[MessageEvent]:
    ours = {"message__shop_id": shop_id, "message__state": Outbox.State.SENT, "message__channel__in": CHANNELS}
    return MessageEvent.objects.filter(told_in=None, **ours).select_related("message")


def _shown_untold(shop_id: int) -> Iterable[MessageEvent]:
    """What slots showed to a person, and clicks on it."""
    ours = {"message__shop_id": shop_id, "message__channel": "slot", "message__customer_id__isnull": False}
    found = MessageEvent.objects.filter(told_in=None, type__in=("shown", "click"), **ours)
    return found.select_related("message").order_by("at", "id")


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
    rows = []
    for one in events:
        machine = [str(one.type == type and one.detail == MACHINE).lower() for type in ("open", "click")]
        rows.append((one.message.message_key, one.type, _moment(one.at), *machine))
    return _write(folder / "message_events.csv", EVENTS, rows)


def _exposures(folder: Path, untold: Iterable[MessageEvent], who: Mapping[int, tuple[str, str]]) -> Path | None:
    """Of each message of which something new is known, every time it was shown, with the click that followed: told
    again under its number where the click came later. What is shown to everybody else is the shop's to tell."""
    messages = {one.message.message_key: one.message for one in untold}
    slots = dict(SlotContent.objects.filter(message_key__in=messages).values_list("message_key", "slot"))
    rows = []
    for key, message in messages.items():
        number, email = who.get(message.customer_id or 0, ("", ""))
        if number or email:
            slot = slots.get(key, message.template)
            rows += [
                (f"{key}-{at:%Y%m%d%H%M%S%f}", number, "" if number else email, slot, "true", _moment(at), clicked)
                for at, clicked in _showings(message)
            ]
    return _write(folder / "exposures.csv", EXPOSURES, rows)


def _showings(message: Outbox) -> list[tuple[datetime, str]]:
    """When it was shown, and when it was clicked after that; a click that nobody told a showing of stands for one."""
    found: list[tuple[datetime, str]] = []
    for type, at in (
        message.events.filter(type__in=("shown", "click")).order_by("at", "-type").values_list("type", "at")
    ):
        if type == "shown":
            found.append((at, ""))
        elif not found:
            found.append((at, _moment(at)))
        elif not found[-1][1]:
            found[-1] = found[-1][0], _moment(at)
    return found


def _write(path: Path, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Path | None:
    if not rows:
        return None
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
