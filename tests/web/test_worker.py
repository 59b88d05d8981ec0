"""One worker for each home, however many times somebody serves it."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from holdfast.warehouse.home import Home
from holdfast.web import jobs


def test_a_second_worker_says_that_it_waits_and_then_takes_over(
    home: Home, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, waited = jobs.only_worker, []

    def first_lets_go(at: Home, *, wait: bool = False) -> object:
        if wait:
            waited.append(True)
            holding.__exit__(None, None, None)
        return real(at, wait=wait)

    monkeypatch.setattr("holdfast.web.management.commands.db_worker.only_worker", first_lets_go)
    monkeypatch.setattr("holdfast.web.management.commands.db_worker.run_due", lambda now: ())
    holding = real(home)
    assert holding.__enter__()
    worked: list[bool] = []
    monkeypatch.setattr(
        "django_tasks_db.management.commands.db_worker.Command.handle", lambda self, **options: worked.append(True)
    )
    said = io.StringIO()
    call_command("db_worker", verbosity=0, stderr=said)
    assert "another `holdfast serve` of this home runs the imports" in said.getvalue()
    assert waited
    assert worked


def test_the_worker_runs_the_schedule_each_minute_and_one_bad_minute_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from threading import Event

    from holdfast.web.management.commands import db_worker

    asked, stop = [], Event()

    def run_due(now: object, given: object) -> tuple[()]:
        asked.append(now)
        if len(asked) == 1:
            raise OSError("the disk was full for a moment")
        stop.set()
        return ()

    monkeypatch.setattr(db_worker, "run_due", run_due)
    monkeypatch.setattr(db_worker, "_keep", lambda now: None)
    monkeypatch.setattr(db_worker, "_hear", lambda: None)
    monkeypatch.setattr(db_worker, "_foretell", lambda now: None)
    monkeypatch.setattr(db_worker, "BEAT_SECONDS", 0)
    monkeypatch.setattr(db_worker, "close_old_connections", lambda: None)
    db_worker.beat(stop)
    assert len(asked) == 2


def test_what_models_say_is_published_once_a_snapshot_and_a_failure_ends_no_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from datetime import UTC, datetime

    from holdfast.web.management.commands import db_worker

    def broken(home: object, now: object) -> bool:
        raise OSError("no room")

    monkeypatch.setattr("holdfast.predictions.rounds.say_once", broken)
    db_worker._foretell(datetime(2026, 1, 1, tzinfo=UTC))
    assert "could not be published: OSError" in caplog.text
    monkeypatch.setattr(db_worker, "tell_models", lambda home: broken(home, None))
    db_worker._hear()
    assert "who objects to being profiled could not be read: OSError" in caplog.text
