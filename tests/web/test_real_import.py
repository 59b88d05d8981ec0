"""The browser's import over the real layers: real files, nothing invented below."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from holdfast.warehouse.home import Home
from holdfast.web import importing, jobs
from holdfast.web.models import Import

SHOP = {"shop": "mugs", "account": "", "zone": "Europe/London", "currency": "GBP", "then": "import"}
HEAD = "order id,email,order date,sku,quantity,price\n"


def begun(ada: Client, text: str) -> tuple[Import, str]:
    answer = ada.post("/start/", {"files": [SimpleUploadedFile("orders.csv", text.encode())]})
    return Import.objects.get(), answer.headers["Location"]


def test_a_person_says_that_the_day_comes_first_and_imports(home: Home, ada: Client) -> None:
    job, at = begun(
        ada, HEAD + "1,ana@example.com,03/04/2025 10:00,mug,2,10.00\n2,bo@example.com,05/06/2025,mug,1,10.00\n"
    )
    asked = ada.get(at).content.decode()
    assert "Day first: 3 April 2025" in asked
    assert "Import and build" not in asked
    assert ada.post(at, SHOP).status_code == 302  # not an answer: asked again, nothing begins
    job.refresh_from_db()
    assert job.state == Import.State.MAPPING
    ada.post(at, {"dates": "day first"})
    shown = ada.get(at).content.decode()
    assert "Import and build" in shown
    assert "3 Apr 2025" in shown
    other = ada.post(at, SHOP | {"zone": "Asia/Tokyo", "currency": "JPY", "then": "look"}).content.decode()
    assert "¥20" in other  # 2 × 10.00
    ada.post(at, SHOP)
    jobs.run_import.call(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.problem) == (Import.State.DONE, "")
    assert [(s.name, s.account, s.zone, s.currency) for s in home.shops()] == [("mugs", "mugs", "Europe/London", "GBP")]
    assert not (home.path / "inbox" / str(job.pk)).exists()  # landed: the upload is not kept twice


def test_an_import_that_cannot_read_its_files_declares_no_shop(home: Home, ada: Client, tmp_path: Path) -> None:
    gone = Import.objects.create(
        paths=[str(tmp_path / "gone.csv")], state="waiting", shop="mugs", zone="UTC", currency="GBP"
    )
    jobs.run_import.call(str(gone.pk))
    gone.refresh_from_db()
    assert gone.state == Import.State.FAILED
    assert home.shops() == ()


@pytest.mark.parametrize("wrong", [{"currency": "XYZ"}, {"currency": "eur"}, {"zone": "Mars/Olympus"}])
def test_a_wrong_currency_or_zone_is_answered_and_breaks_nothing(
    home: Home, ada: Client, wrong: dict[str, str]
) -> None:
    job, at = begun(ada, HEAD + "1,ana@example.com,2025-04-03,mug,2,10.00\n")
    assert ada.post(at, SHOP | wrong).status_code == 422
    job.refresh_from_db()
    assert job.state == Import.State.MAPPING
    assert home.shops() == ()


def test_files_that_lack_what_is_needed_are_not_imported_by_a_handmade_form(home: Home, ada: Client) -> None:
    job, at = begun(ada, "order id,email,sku,quantity,price\n1,ana@example.com,mug,2,10.00\n")
    assert ada.post(at, SHOP).status_code == 422
    job.refresh_from_db()
    assert job.state != Import.State.WAITING
    assert home.shops() == ()


def test_the_page_stages_the_files_once(home: Home, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    load = import_module("holdfast.sources.files.load")

    staged: list[int] = []
    real = load.preview

    def counting(*given: Any, **named: Any) -> Any:
        staged.append(1)
        return real(*given, **named)

    monkeypatch.setattr(load, "preview", counting)
    _, at = begun(ada, HEAD + "1,ana@example.com,2025-04-03,mug,2,10.00\n")
    for _ in range(3):
        ada.get(at)
    assert len(staged) == 1


ODD = "bestellung,email,wann,artikel,menge,price\n1,ana@example.com,2025-04-03,mug,2,10.00\n"
MINE = """name = "german"
[order_lines]
order_id = "bestellung"
email = "email"
placed_at = "wann"
sku = "artikel"
quantity = "menge"
price = "price"
"""


def test_a_mapping_is_edited_on_the_page_looked_at_again_and_kept_with_the_import(home: Home, ada: Client) -> None:
    job, at = begun(ada, ODD)
    page = ada.get(at).content.decode()
    assert '<textarea class="input code" id="toml"' in page
    assert ada.post(at, {"then": "edit", "toml": MINE.replace("\n", "\r\n")}).headers["Location"] == at
    shown = ada.get(at).content.decode()
    assert "as you wrote it" in shown
    assert "Order lines: placed at" in shown
    assert "Back to the guess" in shown
    assert "1 row</span>" not in shown
    assert list((home.path / "mappings").glob("*.toml")) == []  # nothing is kept before the import
    ada.post(at, SHOP)
    jobs.run_import.call(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.problem) == (Import.State.DONE, "")
    assert (home.path / "mappings" / "german.toml").read_text() == MINE
    _, next_at = begun_again(ada, ODD.replace("1,ana", "2,bo"))
    assert "Order lines: placed at" in ada.get(next_at).content.decode()


def begun_again(ada: Client, text: str) -> tuple[Import, str]:
    answer = ada.post("/start/", {"files": [SimpleUploadedFile("orders.csv", text.encode())]})
    return Import.objects.order_by("-created_at")[0], answer.headers["Location"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = ", "This text: this is not TOML"),
        (MINE.replace("quantity =", "quantty ="), "order_lines.quantty is not known; did you mean &#39;quantity&#39;?"),
        (MINE, "map order_id or placed_at under [order_lines]"),  # its headers are not those of the file
        (MINE.replace('= "price"', '= "preis"'), "the mapping &#39;german&#39; fits none of its columns"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_answered_beside_its_text(
    home: Home, ada: Client, text: str, sentence: str
) -> None:
    job, at = begun(ada, HEAD + "1,ana@example.com,2025-04-03,mug,2,10.00\n")
    answer = ada.post(at, {"then": "edit", "toml": text})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page.split('id="toml-bad"')[1].split("</span>")[0]
    assert 'aria-invalid="true"' in page
    assert text.splitlines()[0].replace('"', "&#34;") in page.split("<textarea")[1]  # as it was written
    job.refresh_from_db()
    assert job.state == Import.State.MAPPING
    assert "as you wrote it" not in ada.get(at).content.decode()


def test_an_edited_mapping_can_be_given_up_again(home: Home, ada: Client) -> None:
    _, at = begun(ada, HEAD + "1,ana@example.com,2025-04-03,mug,2,10.00\n")
    guessed = ada.get(at).content.decode().split("<textarea")[1].split("</textarea>")[0]
    text = guessed.split(">", 1)[1].replace("&#34;", '"').replace("&#39;", "'")
    ada.post(at, {"then": "edit", "toml": text + '\n[kinds]\nmug = "shipping"\n' if "[kinds]" not in text else text})
    assert "as you wrote it" in ada.get(at).content.decode()
    ada.post(at, {"then": "guess"})
    assert "as you wrote it" not in ada.get(at).content.decode()


def test_rows_that_an_edited_mapping_cannot_read_are_shown_with_their_reason(home: Home, ada: Client) -> None:
    _, at = begun(ada, HEAD + "1,ana@example.com,31/12/2025,mug,2,10.00\n2,bo@example.com,30/12/2025,mug,1,10.00\n")
    text = MINE.replace("bestellung", "order id").replace("wann", "order date").replace("artikel", "sku")
    ada.post(at, {"then": "edit", "toml": text.replace("menge", "quantity") + '[format]\ndates = "month first"\n'})
    page = ada.get(at).content.decode()
    assert "Rows that could not be used" in page
    assert "31/12/2025" in page.split("Rows that could not be used")[1]


def test_an_upload_that_nobody_imports_is_deleted_after_an_hour_and_the_import_says_so(home: Home, ada: Client) -> None:
    import os

    job, at = begun(ada, HEAD)
    folder = home.path / "inbox" / str(job.pk)
    importing.forget_abandoned()
    assert folder.exists()
    long_ago = timezone.now() - timedelta(minutes=61)
    Import.objects.update(changed_at=long_ago)
    os.utime(folder, (long_ago.timestamp(), long_ago.timestamp()))
    importing.forget_abandoned()
    assert not folder.exists()
    page = ada.get(at).content.decode()
    assert "Nothing was imported within an hour, so the uploaded files were deleted" in page
    assert "deleted after an hour" in ada.get("/start/").content.decode()


def test_an_import_that_runs_keeps_its_upload_however_old_it_is(home: Home, ada: Client) -> None:
    import os

    job, _ = begun(ada, HEAD)
    folder = home.path / "inbox" / str(job.pk)
    long_ago = timezone.now() - timedelta(hours=5)
    Import.objects.update(changed_at=long_ago, state=Import.State.READING)
    os.utime(folder, (long_ago.timestamp(), long_ago.timestamp()))
    importing.forget_abandoned()
    assert folder.exists()


def test_the_worker_deletes_such_uploads_without_anybody_opening_a_page(
    home: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from holdfast.web.management.commands import db_worker

    looked: list[int] = []
    stop = Event()

    def look() -> None:
        looked.append(1)
        if len(looked) == 3:
            stop.set()
        raise OSError  # one look that fails does not end the looking

    monkeypatch.setattr(db_worker, "LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(importing, "forget_abandoned", look)
    db_worker.sweep(stop)
    assert len(looked) == 3


def test_a_second_shop_may_be_in_another_currency_than_the_first(home: Home, ada: Client) -> None:
    """The mapping kept from the first shop is used again, and says nothing of its money."""
    from holdfast.warehouse.receipts import receipts

    job, _ = begun(ada, HEAD + "1,ana@example.com,2025-04-03,mug,2,10.00\n")
    for shop, currency, zone in (("north", "EUR", "Europe/Berlin"), ("south", "JPY", "Asia/Tokyo")):
        job.shop, job.currency, job.zone = shop, currency, zone
        importing.load(job, lambda step, share: None)
    assert [list(r.totals) for r in receipts(home)] == [["EUR"], ["JPY"]]


def test_what_is_shown_before_and_after_is_for_people(home: Home, ada: Client) -> None:
    """A currency is asked for in the form, hashes are short, our own columns are not shown; rejects are told."""
    text = HEAD + "1,ana@example.com,2025-04-03,mug,2,10.00\n2,bo@example.com,2025-04-04,mug,two,10.00\n"
    job, at = begun(ada, text)
    page = ada.get(at).content.decode()
    assert "constants" not in page.split("<textarea")[0]
    assert "Free counts" not in page
    assert "File no" not in page
    assert not re.search("[0-9a-f]{64}", page)
    ada.post(at, SHOP)
    jobs.run_import.call(str(job.pk))
    done = ada.get(at).content.decode().replace("\u00a0", " ")
    assert "Rows read</dt><dd>2</dd>" in done
    assert 'href="/sources/rejects/?load=1"' in done
    assert "1 row: see which and why" in done
    assert "Orders</dt><dd>1 new" in done
    assert "orders.csv" in ada.get("/sources/rejects/?load=1").content.decode()
    _, again = begun_again(ada, text)
    ada.post(again, SHOP)
    jobs.run_import.call(str(Import.objects.order_by("-created_at")[0].pk))
    assert "nothing: every row was known before" in ada.get(again).content.decode()
