"""A worker that is killed in the middle of a job: the job is put back, and the next worker does it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from acting import same_book
from django_tasks_db.models import DBTaskResult

from holdfast.warehouse.home import Home
from holdfast.web import jobs
from holdfast.web.models import Import

SECONDS = 90  # that a cold start may take on a busy machine
# A worker whose job stops half way, as one does that reads a large file.
STUCK = """
import time
import django
django.setup()
from django.core.management import call_command
from holdfast.web import importing
importing.load = lambda job, tell: time.sleep(600)
call_command("db_worker", verbosity=0, interval=0.1)
"""


@contextmanager
def worker(home: Home, script: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", script], env=same_book(home.path), start_new_session=True) as running:
        try:
            yield running
        finally:
            running.kill()


def wait_until(found: object) -> None:
    until = time.monotonic() + SECONDS
    while not found():  # type: ignore[operator]
        assert time.monotonic() < until, "nothing came of it"
        time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_killed_worker_is_put_back_and_done_by_the_next(home: Home) -> None:
    job = Import.objects.create(state=Import.State.WAITING)
    jobs.run_import.enqueue(str(job.pk))
    with worker(home, STUCK) as running:
        wait_until(lambda: DBTaskResult.objects.filter(status="RUNNING").exists())
        assert jobs.put_back_interrupted() == 0  # somebody is at it
        wait_until(lambda: Import.objects.filter(pk=job.pk, state=Import.State.READING).exists())
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert DBTaskResult.objects.get().status == "RUNNING"
    assert jobs.put_back_interrupted() == 1
    again = 'import django; django.setup(); from django.core.management import call_command; call_command("db_worker", verbosity=0, batch=True)'
    (home.path / "work.sqlite3").unlink(missing_ok=True)
    with worker(home, again) as running:
        wait_until(lambda: DBTaskResult.objects.get().status == "SUCCESSFUL")
    job.refresh_from_db()
    assert job.state == Import.State.FAILED  # it named no file, and says so
    assert job.problem
