"""The way from a file to a scorecard, as an administrator walks it."""

from __future__ import annotations

import stat
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import fakes
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_tasks_db.models import DBTaskResult

from holdfast.warehouse.home import Home
from holdfast.web import jobs
from holdfast.web.models import Import

SHOP = {"shop": "music", "account": "", "zone": "America/New_York", "currency": "USD", "then": "import"}


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text("id,date,dollars\n1,1997-01-01,29.33\n")
    return path


def begun(ada: Client, **form: Any) -> Import:
    answer = ada.post("/start/", form)
    assert answer.status_code == 302
    return Import.objects.get()


def test_a_file_on_the_server_is_read_where_it_is(empty: Home, ada: Client, orders: Path) -> None:
    assert begun(ada, paths=str(orders)).paths == [str(orders)]


def test_a_folder_stands_for_the_files_in_it(empty: Home, ada: Client, orders: Path) -> None:
    orders.with_name("more.xlsx").write_bytes(b"PK")
    orders.with_name("notes.md").write_text("not data")
    paths = begun(ada, paths=str(orders.parent)).paths
    assert [Path(path).name for path in paths] == ["more.xlsx", "orders.csv"]


def test_uploads_are_kept_in_the_inbox_and_only_the_owner_reads_them(empty: Home, ada: Client) -> None:
    files = [SimpleUploadedFile(name, b"id,date\n") for name in ("../../orders.csv", "lines.csv")]
    job = begun(ada, files=files)
    assert [Path(path).name for path in job.paths] == ["orders.csv", "lines.csv"]
    for path in map(Path, job.paths):
        assert path.parent == empty.path / "inbox" / str(job.pk)
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"paths": "/nowhere/orders.csv"}, "There is no file at /nowhere/orders.csv"),
        ({"paths": ""}, "Choose a file to upload"),
    ],
)
def test_a_wrong_choice_is_answered_with_a_sentence(
    empty: Home, ada: Client, form: dict[str, str], sentence: str
) -> None:
    answer = ada.post("/start/", form)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Import.objects.exists()


def test_the_guess_shows_used_unused_and_missing_before_anything_is_kept(
    empty: Home, ada: Client, orders: Path
) -> None:
    job = begun(ada, paths=str(orders))
    page = ada.get(f"/start/{job.pk}/").content.decode()
    assert "Orders: subtotal" in page
    assert "not used" in page
    assert "A refund file is missing: revenue is before returns until you add one." in page
    assert "00004-1" in page
    assert "Channel" not in page  # no sample row fills it
    assert 'value="America/New_York"' in page
    assert empty.shops() == ()


def test_files_that_cannot_be_read_stop_with_the_reason(empty: Home, ada: Client, tmp_path: Path) -> None:
    (tmp_path / "broken.csv").write_text("?")
    job = begun(ada, paths=str(tmp_path / "broken.csv"))
    page = ada.get(f"/start/{job.pk}/").content.decode()
    assert "No column looks like an order number: name it in a mapping file." in page


def test_an_open_question_stops_the_import_until_it_is_settled(empty: Home, ada: Client, tmp_path: Path) -> None:
    (tmp_path / "unsure.csv").write_text("id,date\n1,1/2/1997\n")
    job = begun(ada, paths=str(tmp_path / "unsure.csv"))
    page = ada.get(f"/start/{job.pk}/").content.decode()
    assert "Some dates have the day first and others the month." in page
    assert "Import and build" not in page


def test_a_zone_that_is_none_is_refused(empty: Home, ada: Client, orders: Path) -> None:
    job = begun(ada, paths=str(orders))
    answer = ada.post(f"/start/{job.pk}/", SHOP | {"zone": "Atlantis/Deep"})
    assert answer.status_code == 422
    assert "Write it like Europe/London" in answer.content.decode()


def test_the_worker_declares_the_shop_loads_and_builds(empty: Home, ada: Client, orders: Path) -> None:
    job = begun(ada, paths=str(orders))
    assert ada.post(f"/start/{job.pk}/", SHOP).headers["Location"] == f"/start/{job.pk}/"
    waiting = ada.get(f"/start/{job.pk}/").content.decode()
    assert "Waiting for the worker" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    jobs.run_import.call(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.load_id) == (Import.State.DONE, 1)
    assert [(s.name, s.account, s.zone, s.currency) for s in empty.shops()] == [
        ("music", "music", "America/New_York", "USD")
    ]
    done = ada.get(f"/start/{job.pk}/progress/").content.decode()
    assert "Open the scorecard" in done
    told = done.replace("\u202f", " ").replace("\u00a0", " ")
    assert "69 659" in told  # rows read
    assert 'href="/sources/rejects/?load=1"' in told
    assert "2 rows: see which and why" in told
    assert "hx-trigger" not in done


def test_a_job_that_runs_twice_imports_once(
    empty: Home, ada: Client, orders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[int] = []
    real = fakes.load

    def counting(*given: Any, **named: Any) -> Any:
        loads.append(1)
        return real(*given, **named)

    monkeypatch.setattr(import_module("holdfast.sources.files.load"), "load", counting)
    job = begun(ada, paths=str(orders))
    ada.post(f"/start/{job.pk}/", SHOP)
    for _ in range(2):
        jobs.run_import.call(str(job.pk))
    assert len(loads) == 1


def test_an_unexpected_fault_is_told_without_its_data(
    empty: Home, ada: Client, orders: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*given: Any, **named: Any) -> None:
        raise duckdb.ConversionException("ann@example.org could not be parsed")

    monkeypatch.setattr("holdfast.metrics.publish.build", fail)
    job = begun(ada, paths=str(orders))
    ada.post(f"/start/{job.pk}/", SHOP)
    jobs.run_import.call(str(job.pk))
    job.refresh_from_db()
    assert job.state == Import.State.FAILED
    assert "ConversionException" in job.problem
    assert "ann@example.org" not in job.problem
    assert "ConversionException" in caplog.text
    assert "test_import.py" in caplog.text  # where it happened
    assert "ann@example.org" not in caplog.text


def test_a_task_left_running_by_a_killed_worker_is_made_ready_again(empty: Home, ada: Client, orders: Path) -> None:
    job = begun(ada, paths=str(orders))
    ada.post(f"/start/{job.pk}/", SHOP)
    DBTaskResult.objects.update(status="RUNNING")
    with jobs.only_worker(empty):  # the worker of another serve is at it
        assert jobs.put_back_interrupted() == 0
    assert jobs.put_back_interrupted() == 1
    assert DBTaskResult.objects.get().status == "READY"
