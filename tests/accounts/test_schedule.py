"""The schedule: on its beat, one at a time, over a killed process; and the book of work's own jobs, each twice."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from acting import by, same_book
from django.conf import settings

from holdfast.accounts.access import MayNot
from holdfast.accounts.jobs import JOBS, run_due
from holdfast.accounts.models import Audit, PipelineSnapshot, Schedule, Touchpoint
from holdfast.accounts.reading.item import Given
from holdfast.accounts.reading.schedules import schedules
from holdfast.accounts.schedule import AFTER_FAILURE, LEASE, Job, pause_schedule, run_due_schedules
from holdfast.warehouse.home import Home

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


class Counter:
    def __init__(self) -> None:
        self.ran = []

    def __call__(self, now, given) -> str:
        self.ran.append(now)
        return f"ran {len(self.ran)}"


def at(**later) -> datetime:
    return NOW + timedelta(**later)


@pytest.mark.django_db
def test_a_job_runs_at_once_and_then_on_its_beat_however_late_it_is_asked():
    job = Counter()
    jobs = {"count": Job(60, job)}
    assert [r.said for r in run_due_schedules(NOW, jobs)] == ["ran 1"]
    assert run_due_schedules(at(minutes=59), jobs) == ()
    assert len(run_due_schedules(at(minutes=150), jobs)) == 1  # two beats late: once, not twice
    row = Schedule.objects.get()
    assert (row.next_run, row.last_run, row.began_at, row.said) == (at(minutes=180), at(minutes=150), None, "ran 2")
    assert not Audit.objects.exists()


@pytest.mark.django_db
def test_what_fails_says_so_is_tried_again_soon_and_holds_up_nobody():
    def broken(now, given) -> str:
        raise ValueError("no such file")

    job = Counter()
    jobs = {"a broken": Job(1440, broken), "b counts": Job(60, job)}
    failed, counted = run_due_schedules(NOW, jobs)
    assert failed.failed and failed.said == "ValueError: no such file" and not counted.failed
    row = Schedule.objects.get(name="a broken")
    assert row.failed and row.next_run == NOW + AFTER_FAILURE and row.last_run is None and row.began_at is None
    jobs["a broken"] = Job(1440, job)
    run_due_schedules(NOW + AFTER_FAILURE, jobs)
    assert not Schedule.objects.get(name="a broken").failed


@pytest.mark.django_db
def test_two_processes_that_ask_at_once_run_it_once(monkeypatch):
    job = Counter()
    jobs = {"count": Job(60, job)}

    def other_first(row, now):
        monkeypatch.undo()
        run_due_schedules(now, jobs)
        from holdfast.accounts import schedule

        return schedule._began(row, now)

    monkeypatch.setattr("holdfast.accounts.schedule._began", other_first)
    assert run_due_schedules(NOW, jobs) == () and len(job.ran) == 1


@pytest.mark.django_db
def test_a_job_that_is_running_is_left_alone_until_its_lease_is_over():
    job = Counter()
    jobs = {"count": Job(60, job)}
    run_due_schedules(NOW, jobs)
    Schedule.objects.update(began_at=at(minutes=60), next_run=at(minutes=60))
    assert run_due_schedules(at(minutes=60) + LEASE - timedelta(seconds=1), jobs) == ()
    assert len(run_due_schedules(at(minutes=60) + LEASE, jobs)) == 1


@pytest.mark.django_db
def test_a_job_that_nobody_declares_any_more_rests_and_a_paused_one_too(cast):
    job = Counter()
    run_due_schedules(NOW, {"old": Job(1, job)})
    assert run_due_schedules(at(hours=9), {}) == ()
    for user in (cast.cas, cast.mia, cast.eve):
        with pytest.raises(MayNot):
            pause_schedule("old", paused=True, by=by(user))
    pause_schedule("old", paused=True, by=by(cast.ada))
    assert run_due_schedules(at(hours=9), {"old": Job(1, job)}) == ()


KILLED = """
import os, signal, sys
from datetime import datetime
import django
django.setup()
from holdfast.accounts.actions.due import plan_due_touchpoints
from holdfast.accounts.actions import due
from holdfast.accounts.jobs import JOBS, run_due
from holdfast.accounts.schedule import run_due_schedules
from holdfast.accounts.act import act
kept, n = due._plan, []
def plan(answers, *more):
    if len(n) == 1:
        with act("half way", by=more[-1]) as doing:  # killed inside a transaction, after one account was done
            doing.account = None
            kept(answers, *more)
            os.kill(os.getpid(), signal.SIGKILL)
    n.append(answers)
    return kept(answers, *more)
due._plan, due.AT_ONCE = plan, 1
run_due_schedules(datetime.fromisoformat(sys.argv[1]), {"plan touchpoints": JOBS["plan touchpoints"]})
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_in_the_middle_leaves_its_mark_and_the_next_run_does_the_rest_and_nothing_twice(
    cast, tmp_path, settings
):
    settings.HOME = Home(tmp_path)
    Home(tmp_path).create()
    child = subprocess.run(
        [sys.executable, "-c", KILLED, NOW.isoformat()], check=False, capture_output=True, text=True,
        env=same_book(tmp_path),
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert Touchpoint.objects.count() == 1 and Schedule.objects.get().began_at == NOW
    jobs = {"plan touchpoints": JOBS["plan touchpoints"]}
    assert run_due_schedules(at(minutes=1), jobs) == ()
    (ran,) = run_due_schedules(NOW + LEASE, jobs)
    assert ran.said == "3 touchpoints planned" and Touchpoint.objects.count() == 4
    assert Schedule.objects.get().began_at is None
    assert (
        Audit.objects.filter(verb="plan due touchpoint").count() == 4
        and not Audit.objects.filter(verb="half way").exists()
    )


@pytest.mark.django_db
def test_every_job_of_the_book_of_work_runs_and_a_second_run_does_nothing_more(cast, tmp_path, settings):
    settings.HOME, settings.PUBLIC_URL = Home(tmp_path), "https://holdfast.example"
    first = run_due(NOW, Given)
    assert {r.name for r in first} == set(JOBS) and not any(r.failed for r in first), first
    held = (Touchpoint.objects.count(), PipelineSnapshot.objects.count(), Audit.objects.count())
    assert held[:2] == (4, 1)
    second = run_due(at(hours=1))
    assert [r.said for r in schedules(cast.ada) if r.name == "freeze pipeline"] == [
        "the pipeline of 2026-W10 is frozen"
    ]
    for user in (cast.cas, cast.mia, cast.eve):
        with pytest.raises(MayNot):
            schedules(user)
    assert (
        len(second) == len(JOBS)
        and (Touchpoint.objects.count(), PipelineSnapshot.objects.count(), Audit.objects.count()) == held
    )


@pytest.mark.django_db
def test_the_days_mail_waits_for_a_server_and_for_the_morning(cast, monkeypatch):
    say = JOBS["send digests"].run
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend")
    assert say(NOW, Given) == "no mail server is set"
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    assert say(NOW.replace(hour=4), Given) == "too early" and say(NOW, Given) == "0 mails sent"


@pytest.mark.django_db
def test_how_the_accounts_are_is_looked_at_once_and_only_when_a_job_that_is_due_asks():
    looked, seen = [], []

    def look() -> Given:
        looked.append(True)
        return Given()

    def asks(now, look) -> str:
        seen.append(look())
        return "asked"

    run_due_schedules(NOW, {"count": Job(60, Counter())}, look)
    assert not looked
    run_due_schedules(NOW, {"one": Job(60, asks), "two": Job(60, asks)}, look)
    run_due_schedules(at(minutes=1), {"one": Job(60, asks), "two": Job(60, asks)}, look)
    assert len(seen) == 2 and len(looked) == 1
