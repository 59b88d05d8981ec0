"""The worker of django-tasks-db, one at a time for each home."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from threading import Event, Thread
from typing import Any

from django.db import close_old_connections, connections
from django_tasks_db.management.commands.db_worker import Command as Worker

from holdfast.accounts.jobs import run_due
from holdfast.accounts.models import Account
from holdfast.accounts.reading.item import Given
from holdfast.playbooks.jobs import run_due as run_playbooks
from holdfast.playbooks.restraint.profiling import tell_models
from holdfast.warehouse.snapshot import NothingBuilt
from holdfast.web import importing, reading, wellbeing
from holdfast.web.jobs import only_worker, put_back

LOOK_EVERY_SECONDS = 300
BEAT_SECONDS = 60
log = logging.getLogger("holdfast.web.worker")


def sweep(stop: Event) -> None:
    """Delete uploads that nobody imported, as long as the worker lives: no page has to be opened for it."""
    while not stop.is_set():
        try:
            importing.forget_abandoned()
            close_old_connections()
        except Exception as problem:  # the next look may work
            log.warning("uploads could not be looked through: %s", type(problem).__name__)
        stop.wait(LOOK_EVERY_SECONDS)


def beat(stop: Event) -> None:
    """Run what the schedule has due, each minute; the worker of a home is alone, and so is its schedule."""
    while not stop.is_set():
        try:
            now = datetime.now(UTC)
            _keep(now)
            _hear()
            _foretell(now)
            _size()
            for ran in (*run_due(now, partial(_given, now)), *run_playbooks(now)):
                (log.warning if ran.failed else log.debug)("%s: %s", ran.name, "failed" if ran.failed else "done")
            close_old_connections()
        except Exception as problem:  # the next minute may work
            log.warning("the schedule could not be looked at: %s", type(problem).__name__)
        stop.wait(BEAT_SECONDS)


def _beside(work: Callable[[Event], None], stop: Event) -> None:
    """In a thread of its own, whose connections end with it."""

    def run() -> None:
        try:
            work(stop)
        finally:
            connections.close_all()

    Thread(target=run, daemon=True).start()


def _keep(now: datetime) -> None:
    """How the accounts are, once for each snapshot; what cannot be read holds up no job."""
    try:
        wellbeing.keep(now)
    except NothingBuilt:
        return
    except Exception as problem:
        log.warning("the health of the accounts could not be read: %s", type(problem).__name__)


def _hear() -> None:
    """Who objects to being profiled, before anything is foretold; what cannot be read holds up no job."""
    try:
        tell_models(reading.home())
    except Exception as problem:
        log.warning("who objects to being profiled could not be read: %s", type(problem).__name__)


def _foretell(now: datetime) -> None:
    """What the models say of each snapshot's customers, and what became of what they said; once a snapshot."""
    from holdfast.predictions.rounds import say_once

    try:
        say_once(reading.home(), now=now)
    except NothingBuilt:
        return
    except Exception as problem:
        log.warning("what the models say could not be published: %s", type(problem).__name__)


def _size() -> None:
    """How large segments were at every month end; once a snapshot, after the models have spoken."""
    from holdfast.web.segmenting import keep_sizes

    try:
        keep_sizes()
    except NothingBuilt:
        return
    except Exception as problem:
        log.warning("the sizes of segments could not be counted: %s", type(problem).__name__)


def _given(now: datetime) -> Given:
    return wellbeing.given(tuple(Account.objects.exclude(source="")), now.date())


class Command(Worker):
    """A second worker of the same home says so, waits, and takes over when the first one ends."""

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        _beside(sweep, stop)
        try:
            self._work(stop, *args, **options)
        finally:
            stop.set()

    def _work(self, stop: Event, *args: Any, **options: Any) -> None:
        with only_worker(reading.home()) as alone:
            if alone:
                _beside(beat, stop)
                super().handle(*args, **options)
                return
        self.stderr.write("holdfast: another `holdfast serve` of this home runs the imports; this one only waits")
        with only_worker(reading.home(), wait=True):
            put_back()
            _beside(beat, stop)
            super().handle(*args, **options)
