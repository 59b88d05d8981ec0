"""What runs by itself: jobs by name, each at its time, each as often as it is asked without doing anything twice.

A door calls `run_due_schedules` each minute. A job's row is marked before it runs and after: whoever is killed in
between leaves the mark of the beginning, and the next call after the lease runs the job again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db.models import Q

from holdfast.accounts.access import must
from holdfast.accounts.act import By, keep_marks, mark
from holdfast.accounts.models import Schedule
from holdfast.accounts.reading.item import NOTHING, Given

LEASE = timedelta(minutes=30)  # a run that began longer ago was killed
AFTER_FAILURE = timedelta(minutes=15)  # the next try, where the job is not due sooner
SAID = 300  # characters kept of what a run said

log = logging.getLogger("holdfast.accounts.schedule")
Look = Callable[[], Given]  # how the accounts are: looked at when the first job that is due asks
Run = Callable[[datetime, Look], str]  # what it did, as a sentence; an error's words are kept as they are


@dataclass(frozen=True, slots=True)
class Job:
    every_minutes: int
    run: Run


@dataclass(frozen=True, slots=True)
class Ran:
    name: str
    failed: bool
    said: str


def nothing_given() -> Given:
    return NOTHING


def run_due_schedules(now: datetime, jobs: Mapping[str, Job], look: Look = nothing_given) -> tuple[Ran, ...]:
    """Run what is due, one after another; what fails says so in its row and holds up nobody else."""
    once = cache(look)
    keep_marks([Schedule(name=name, every_minutes=job.every_minutes, next_run=now) for name, job in jobs.items()])
    free = Q(began_at=None) | Q(began_at__lte=now - LEASE)
    due = Schedule.objects.filter(free, name__in=jobs, next_run__lte=now, paused=False)
    return tuple(_run(row, jobs[row.name], now, once) for row in due.order_by("next_run", "name") if _began(row, now))


def pause_schedule(name: str, *, paused: bool, by: By) -> None:
    """An administrator's to do."""
    must(by.user, "people")
    mark(Schedule.objects.filter(name=name), paused=paused)


def _began(row: Schedule, now: datetime) -> bool:
    """Whether it is ours to run: another process may have begun it since we looked."""
    same = Schedule.objects.filter(pk=row.pk, began_at=row.began_at, next_run=row.next_run)
    return mark(same, began_at=now) == 1


def _run(row: Schedule, job: Job, now: datetime, look: Look) -> Ran:
    mine = Schedule.objects.filter(pk=row.pk, began_at=now)
    every = timedelta(minutes=job.every_minutes)
    try:
        said = job.run(now, look)
    except Exception as problem:  # whatever it was: the other jobs run
        log.error("the job %s stopped: %s", row.name, type(problem).__name__)
        said = f"{type(problem).__name__}: {problem}"[:SAID]
        mark(mine, began_at=None, failed=True, said=said, next_run=now + min(every, AFTER_FAILURE))
        return Ran(row.name, True, said)
    following = row.next_run + every * ((now - row.next_run) // every + 1)  # on its beat, however late this was
    mark(mine, began_at=None, failed=False, said=said[:SAID], last_run=now, next_run=following)
    return Ran(row.name, False, said)
