"""What a customer said to being written to, and what went to them, as their page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.playbooks.channels.listing import Listed, listed
from holdfast.playbooks.restraint.ledger import of_person
from holdfast.playbooks.restraint.people import person
from holdfast.web import reading

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Written:
    """words, stopped: as `ledger.of_person` tells them. messages: the newest first."""

    words: Sequence[Mapping[str, Any]]
    stopped: Sequence[Mapping[str, Any]]
    messages: Sequence[Listed]


def written_to(shop_id: int, customer_id: int) -> Written | None:
    """Of somebody whose page may be seen. None for somebody whom no snapshot knows."""
    who = person(reading.home(), shop_id, f"#{customer_id}")
    if who is None:
        return None
    words, stopped = of_person(who)
    return Written(words[:SHOWN], stopped, listed([shop_id], customer_ids=who.keys, limit=SHOWN))
