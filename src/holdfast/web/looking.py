"""The look ahead of a playbook: in the request where customers are few, else by the worker, once and with progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.template.loader import render_to_string

from holdfast.evidence.account_lot import could_be_told
from holdfast.playbooks import shelf
from holdfast.playbooks.declare import Playbook
from holdfast.playbooks.state import last_tick
from holdfast.web import playing, reading
from holdfast.web.models import LookAhead

WORDS = {"start": "Would begin", "hold": "Held, for good", "not yet": "Wait for now", "stop": "Would stop",
         "done": "Would be done"}  # fmt: skip
AGAIN_AFTER = timedelta(minutes=5)
KEPT = 40  # looks; older ones are of texts and days that have passed


def asked_for(id: str, begin: Callable[[str], object]) -> LookAhead:
    """The look at this text by these data, begun where nobody asked for it yet; again where it stopped a while ago.
    begin: gives a look to the worker, by its key."""
    run, new = LookAhead.objects.get_or_create(stamp=_stamp(id), defaults={"playbook": id})
    if new:
        old = LookAhead.objects.values_list("pk", flat=True)[KEPT:]
        LookAhead.objects.filter(pk__in=list(old)).delete()
    elif run.state == LookAhead.State.FAILED and datetime.now(UTC) - run.changed_at > AGAIN_AFTER:
        run.state = LookAhead.State.WAITING
        run.save(update_fields=["state", "changed_at"])
    else:
        return run
    begin(str(run.pk))
    return run


def context_of(it: Playbook, id: str, tell: Callable[[str, float], None] = lambda step, share: None) -> dict[str, Any]:
    """What `playbook_look.html` shows; all shops are seen by whoever may look."""
    tell("counting who is in the audience", 0.0)
    intake = playing.intake(it)
    tell("working out what can be found", 0.2)
    plans = playing.plans(it)
    tell("deciding for everybody, without doing anything", 0.7)
    ahead = playing.look_ahead(it, id, datetime.now(UTC))
    few = ""
    if isinstance(intake, Mapping):
        inside, began = (sum(getattr(one, what) for one in intake.values()) for what in ("inside", "began"))
        few = could_be_told(it, inside, began)
    switched = id in shelf.switches(reading.home())
    return {
        "it": it, "id": id, "intake": intake, "plans": plans, "ahead": ahead, "words": WORDS, "few": few,
        "was_on": switched, "shops": {shop.shop_id: shop.name for shop in reading.shops()},
    }  # fmt: skip


def part(it: Playbook, id: str, tell: Callable[[str, float], None]) -> str:
    return render_to_string("playbook_look.html", context_of(it, id, tell))


def _stamp(id: str) -> str:
    home, built = reading.home(), playing.snapshot()
    told = (playing.text_of(id), built.id if built else "", last_tick(home).number, datetime.now(UTC).date(),
            shelf.switches(home).get(id))  # fmt: skip
    return sha256(repr(told).encode()).hexdigest()
