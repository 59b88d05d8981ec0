"""A file of accounts in the browser: chosen, looked at, read otherwise, taken in once, taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from holdfast.accounts.models import Account, Audit, Book, Contact, Person, Role, Seat
from holdfast.warehouse.home import Home
from holdfast.web.models import BookFile

FILE = "Company,Level,Plan,Book\nKelp,pooled,gold,North\nDune,,,North\nSand,golden,,North\n"


@pytest.fixture
def book(shop: Home, ada: Client) -> Book:
    north = Book.objects.create(name="North")
    Account.objects.create(name="Kelp", book=north)
    return north


@pytest.fixture
def cas(book: Book, person: Callable[..., Any]) -> Client:
    user, client = person("cas"), Client()
    Person.objects.create(user=user, role=Role.CSM)
    Seat.objects.create(user=user, book=book)
    client.force_login(user)
    return client


def uploaded(who: Client, text: str = FILE, name: str = "crm.csv", **more: str) -> str:
    """The address of its preview."""
    answer = who.post("/accounts/import/", {"file": SimpleUploadedFile(name, text.encode()), **more})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


def said(who: Client, address: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", who.get(address).content.decode()).split())


def stamp(who: Client, address: str) -> str:
    found = re.search(r'name="stamp" value="(\w+)"', who.get(address).content.decode())
    assert found
    return found[1]


def test_a_file_is_looked_at_read_otherwise_taken_in_and_taken_back(book: Book, ada: Client) -> None:
    at = uploaded(ada)
    told = said(ada, at)
    assert "Columns: 2 of 4 used" in told and Account.objects.count() == 1
    ada.post(
        at, {"do": "read", "kind": "accounts", "is_0": "name", "is_1": "tier", "is_2": "custom: Plan", "is_3": "book"}
    )
    told = said(ada, at)
    assert "Tier Named → becomes Pooled" in told and "it is one of Named, Pooled, Automated" in told
    assert Account.objects.count() == 1
    done = ada.post(at, {"do": "take in", "stamp": stamp(ada, at)}, follow=True).content.decode()
    assert "crm.csv was taken in" in done and "golden" in done and "Take back" in done
    assert dict(Account.objects.values_list("name", "tier")) == {"Kelp": "pooled", "Dune": "named"}
    entry = Audit.objects.get()
    assert (entry.verb, entry.note, entry.via) == ("take in accounts from a file", "crm.csv", "web")
    ada.post(f"/activity/{entry.pk}/undo/", {"next": at})
    assert dict(Account.objects.values_list("name", "tier")) == {"Kelp": "named"}
    assert "It was taken back since." in said(ada, at)


def test_a_day_of_a_file_is_written_as_pages_write_days(book: Book, ada: Client) -> None:
    told = said(ada, uploaded(ada, "name,since\nKelp,2025-03-01\n"))
    assert "becomes 1 Mar 2025" in told and "2025-03-01" not in told.partition("becomes")[2]


def test_what_was_refused_is_a_file_that_can_be_mended_and_taken_in(book: Book, ada: Client) -> None:
    at = uploaded(ada, "name,tier,book\nKelp,pooled,\nSand,golden,North\n")
    rejected = "rejected file,rejected line,rejected column,rejected reason,name,tier,book"
    ahead = ada.get(f"{at}?status=rejected&as=csv").content.decode("utf-8-sig")
    ada.post(at, {"do": "take in", "stamp": stamp(ada, at)})
    kept = ada.get(f"{at}?as=csv").content.decode("utf-8-sig")
    assert ahead == kept and kept.splitlines()[0] == rejected and "crm.csv,3,tier," in kept
    again = uploaded(ada, kept.replace("golden", "automated"))
    ada.post(again, {"do": "take in", "stamp": stamp(ada, again)})
    assert Account.objects.get(name="Sand").tier == "automated"


def test_two_clicks_take_a_file_in_once_and_its_upload_is_gone(book: Book, ada: Client, shop: Home) -> None:
    at = uploaded(ada, "name,book\nDune,North\n")
    sent = {"do": "take in", "stamp": stamp(ada, at)}
    ada.post(at, sent)
    ada.post(at, sent)
    assert Account.objects.filter(name="Dune").count() == 1 and Audit.objects.count() == 1
    assert not list((shop.path / "inbox").iterdir())


def test_nothing_is_done_when_the_book_changed_since_it_was_looked_at(book: Book, ada: Client) -> None:
    at = uploaded(ada, "name,tier\nKelp,pooled\n")
    sent = {"do": "take in", "stamp": stamp(ada, at)}
    Account.objects.update(tier="automated")
    assert "look again" in ada.post(at, sent, follow=True).content.decode()
    assert Account.objects.get().tier == "automated"
    ada.post(at, {"do": "take in", "stamp": stamp(ada, at)})
    assert Account.objects.get().tier == "pooled"


def test_a_file_is_seen_by_nobody_but_who_uploaded_it(book: Book, ada: Client, cas: Client, rob: Client) -> None:
    at = uploaded(ada)
    assert cas.get(at).status_code == cas.post(at, {"do": "drop"}).status_code == 404
    assert rob.get("/accounts/import/").status_code == 403
    assert BookFile.objects.count() == 1
    ada.post(at, {"do": "drop"})
    assert not BookFile.objects.exists()


def test_somebody_who_may_not_assign_takes_in_people_and_no_accounts(book: Book, cas: Client) -> None:
    at = uploaded(cas, "account,name,email\nKelp,Ann,ann@kelp.example\n", kind="accounts")
    assert BookFile.objects.get().kind == "contacts"
    cas.post(at, {"do": "read", "kind": "accounts", "is_0": "account", "is_1": "name", "is_2": "email"})
    assert BookFile.objects.get().kind == "contacts"
    cas.post(at, {"do": "take in", "stamp": stamp(cas, at)})
    assert Contact.objects.get().name == "Ann"
    assert "Take back" in said(cas, at)


def test_a_book_that_is_not_ones_own_is_no_book_for_new_accounts(book: Book, ada: Client) -> None:
    user = get_user_model().objects.get(username="ada")
    Person.objects.create(user=user, role=Role.MANAGER)
    at = uploaded(ada, "name\nDune\n")
    assert ada.post(at, {"do": "read", "kind": "accounts", "is_0": "name", "book": str(book.pk)}).status_code == 404
    Seat.objects.create(user=user, book=book)
    ada.post(at, {"do": "read", "kind": "accounts", "is_0": "name", "book": str(book.pk)})
    ada.post(at, {"do": "take in", "stamp": stamp(ada, at)})
    assert Account.objects.get(name="Dune").book == book


@pytest.mark.parametrize(("name", "text", "words"), [
    ("book.pdf", "x", "save it as CSV or XLSX"), ("a.csv", "name,book\n", "no row under the header"),
    ("a.xlsx", "x", "not an XLSX workbook"),
])  # fmt: skip
def test_a_file_that_is_no_table_says_so_and_leaves_nothing(
    book: Book, ada: Client, shop: Home, name: str, text: str, words: str
) -> None:
    answer = ada.post("/accounts/import/", {"file": SimpleUploadedFile(name, text.encode())})
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not BookFile.objects.exists() and not list((shop.path / "inbox").iterdir())
    assert ada.post("/accounts/import/").status_code == 422


def test_an_upload_that_was_deleted_meanwhile_is_said_so(book: Book, ada: Client, shop: Home) -> None:
    at = uploaded(ada)
    for path in (shop.path / "inbox").rglob("*.csv"):
        path.unlink()
    assert "The upload was deleted" in ada.get(at, follow=True).content.decode()
