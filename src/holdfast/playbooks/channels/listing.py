"""The outbox as it is read, of the shops that somebody may see: how many stand where, and which. Without addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from holdfast.playbooks.channels.events import MACHINE, SEEN
from holdfast.playbooks.models import MessageEvent, Outbox

STATES = {
    "unknown": "Nobody knows", "waiting": "Waiting", "claimed": "Being sent", "sending": "Being handed over",
    "sent": "Sent", "refused": "Refused", "dropped": "Not sent",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """One message. at: when it went, else when it was put; came: what came back of it."""

    id: int
    key: str
    playbook: str
    version: int
    step: str
    channel: str
    service: bool
    shop_id: int
    customer_id: int | None
    state: str
    at: datetime
    not_before: datetime
    attempts: int
    problem: str
    came: tuple[str, ...]


def counts(shops: Collection[int]) -> dict[str, int]:
    """By state, in the order of STATES; states without a message are not in it."""
    rows = Outbox.objects.filter(shop_id__in=shops).order_by().values("state").annotate(n=Count("pk"))
    found = {row["state"]: row["n"] for row in rows}
    return {state: found[state] for state in STATES if state in found}


def listed(
    shops: Collection[int], *, state: str = "", playbook: str = "", customer_ids: Collection[int] = (),
    limit: int | None = 50, offset: int = 0,
) -> list[Listed]:  # fmt: skip
    """The newest first; of everybody where no customer is named."""
    asked = Q(shop_id__in=shops)
    asked &= Q(state=state) if state else Q()
    asked &= Q(playbook=playbook) if playbook else Q()
    asked &= Q(customer_id__in=list(customer_ids)) if customer_ids else Q()
    rows = Outbox.objects.filter(asked).order_by("-id").prefetch_related("events")
    return [_listed(row) for row in (rows[offset:] if limit is None else rows[offset : offset + limit])]


@dataclass(frozen=True, slots=True)
class CameBack:
    """Of a step's messages that went, how many of which something came back; `by_type` as events.TYPES, and those
    that a machine opened or clicked under "machine"."""

    step: str
    channel: str
    sent: int
    by_type: dict[str, int]


def came_back(shops: Collection[int], playbook: str) -> list[CameBack]:
    """By step and channel. What was seen is shown, and no effect is made of it."""
    mine = {"shop_id__in": shops, "playbook": playbook, "state": Outbox.State.SENT}
    sent = Outbox.objects.filter(**mine).order_by("step", "channel").values("step", "channel").annotate(n=Count("pk"))
    events = MessageEvent.objects.filter(**{f"message__{name}": value for name, value in mine.items()}).order_by()
    by_machine = Q(type__in=SEEN, detail=MACHINE)
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in _counted(events.exclude(by_machine), "type"):
        found.setdefault((row["message__step"], row["message__channel"]), {})[row["type"]] = row["n"]
    for row in _counted(events.filter(by_machine)):
        found.setdefault((row["message__step"], row["message__channel"]), {})[MACHINE] = row["n"]
    return [
        CameBack(row["step"], row["channel"], row["n"], found.get((row["step"], row["channel"]), {})) for row in sent
    ]


def _counted(events: QuerySet[MessageEvent], *by: str) -> Iterable[dict[str, Any]]:
    """Messages, each once."""
    asked = events.values("message__step", "message__channel", *by).annotate(n=Count("message", distinct=True))
    return list(asked)


def playbooks(shops: Collection[int]) -> list[str]:
    rows = Outbox.objects.filter(shop_id__in=shops).order_by("playbook")
    return list(rows.values_list("playbook", flat=True).distinct())


def _listed(row: Outbox) -> Listed:
    return Listed(
        row.pk, row.message_key, row.playbook, row.version, row.step, row.channel, row.service, row.shop_id,
        row.customer_id, row.state, row.sent_at or row.put_at, row.not_before, row.attempts, row.problem,
        tuple(f"{event.type} ({event.detail})" if event.detail else event.type for event in row.events.all()),
    )  # fmt: skip
