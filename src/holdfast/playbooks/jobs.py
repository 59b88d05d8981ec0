"""What the schedule does: a tick once an hour where a playbook is on, and what waits to be sent each minute."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from holdfast.accounts.schedule import Job, Look, Ran, nothing_given, run_due_schedules
from holdfast.playbooks.actions.switching import tell_missed
from holdfast.playbooks.behind import DO, of_tick
from holdfast.playbooks.channels.job import EVERY_MINUTES as SENDING_EVERY_MINUTES
from holdfast.playbooks.channels.job import send_due
from holdfast.playbooks.handing import edges
from holdfast.playbooks.reading import forget_failure, note_failure
from holdfast.playbooks.shelf import lives, switches
from holdfast.playbooks.tick import tick
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import NothingBuilt

EVERY_MINUTES = 60


def _tick(now: datetime, look: Look) -> str:
    home: Home = settings.HOME
    if not switches(home):
        return "no playbook is on"
    tell_missed(home)
    try:
        done = tick(home, edges(home, now=now), now=now)
    except NothingBuilt:
        return "nothing has been built yet"
    except Exception as problem:
        note_failure(home, f"{type(problem).__name__}: {problem}", now)
        raise
    forget_failure(home)
    begun = sum(counts.get("start", 0) for counts in done.counts.values())
    did = sum(counts.get("did", 0) for counts in done.counts.values())
    held = [one.said for one in of_tick(home, done, lives(home))]
    said = f"tick {done.number}: {begun} began, {did} steps done"
    return f"{said}; {'; '.join(held)}. {DO}" if held else said


JOBS = {"tick playbooks": Job(EVERY_MINUTES, _tick), "send messages": Job(SENDING_EVERY_MINUTES, send_due)}


def run_due(now: datetime) -> tuple[Ran, ...]:
    """What a door calls each minute."""
    return run_due_schedules(now, JOBS, nothing_given)
