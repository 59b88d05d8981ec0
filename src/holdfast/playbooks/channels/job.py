"""Sending by itself, each minute, where the settings say that messages may leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from holdfast.accounts.act import By
from holdfast.accounts.schedule import Look
from holdfast.playbooks.channels.sending import send
from holdfast.playbooks.channels.settings import messages
from holdfast.warehouse.home import Home

NOBODY = By(AnonymousUser(), "schedule", "the schedule")
AT_MOST = 2_000  # messages a minute, so that other jobs have their turn
EVERY_MINUTES = 1


def send_due(now: datetime, look: Look) -> str:
    """What waits, up to a limit. A message's moments are told by the clock and not by when the job began."""
    home: Home = settings.HOME
    if not messages(home).live:
        return "messages are not live"
    found = send(home, clock=_clock_from(now), by=NOBODY, limit=AT_MOST)
    counts = ", ".join(f"{n} {state}" for state, n in found.became.items()) or "nothing had to go"
    return "; ".join((counts, *found.problems))


def _clock_from(now: datetime) -> Callable[[], datetime]:
    """The job's own moment, moved on as time passes."""
    began = monotonic()
    return lambda: datetime.fromtimestamp(now.timestamp() + monotonic() - began, UTC)
