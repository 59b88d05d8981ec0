"""The worker of django-tasks-db, one at a time for each home."""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import Any

from django.db import close_old_connections
from django_tasks_db.management.commands.db_worker import Command as Worker

from holdfast.web import importing, reading
from holdfast.web.jobs import only_worker, put_back

LOOK_EVERY_SECONDS = 300
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


class Command(Worker):
    """A second worker of the same home says so, waits, and takes over when the first one ends."""

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        Thread(target=sweep, args=(stop,), daemon=True).start()
        try:
            self._work(*args, **options)
        finally:
            stop.set()

    def _work(self, *args: Any, **options: Any) -> None:
        with only_worker(reading.home()) as alone:
            if alone:
                super().handle(*args, **options)
                return
        self.stderr.write("holdfast: another `holdfast serve` of this home runs the imports; this one only waits")
        with only_worker(reading.home(), wait=True):
            put_back()
            super().handle(*args, **options)
