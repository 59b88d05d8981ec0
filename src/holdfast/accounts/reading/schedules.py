"""What runs by itself, for whoever keeps it running."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from holdfast.accounts.access import must
from holdfast.accounts.models import Schedule

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody


@dataclass(frozen=True, slots=True)
class Row:
    """One job. began_at: it runs now, or whoever ran it was killed."""

    name: str
    every_minutes: int
    last_run: datetime | None
    next_run: datetime
    began_at: datetime | None
    failed: bool
    said: str
    paused: bool


def schedules(user: Anybody) -> tuple[Row, ...]:
    """Raises MayNot for all but administrators."""
    must(user, "people")
    return tuple(
        Row(s.name, s.every_minutes, s.last_run, s.next_run, s.began_at, s.failed, s.said, s.paused)
        for s in Schedule.objects.all()
    )
