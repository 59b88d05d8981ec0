"""The worker of django-tasks-db, one at a time for each home."""

from __future__ import annotations

from typing import Any

from django_tasks_db.management.commands.db_worker import Command as Worker

from holdfast.web import reading
from holdfast.web.jobs import only_worker, put_back


class Command(Worker):
    """A second worker of the same home says so, waits, and takes over when the first one ends."""

    def handle(self, *args: Any, **options: Any) -> None:
        with only_worker(reading.home()) as alone:
            if alone:
                super().handle(*args, **options)
                return
        self.stderr.write("holdfast: another `holdfast serve` of this home runs the imports; this one only waits")
        with only_worker(reading.home(), wait=True):
            put_back()
            super().handle(*args, **options)
