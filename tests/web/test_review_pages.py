"""A review in the browser: drafted from real numbers, written on, issued, taken away; and it stays when they change."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pptx import Presentation
from typer.testing import CliRunner

from holdfast.accounts.decide.reviewing import Told
from holdfast.accounts.models import Account, Book, IssuedReview, Person, ReviewDraft, Role, Seat
from holdfast.cli import reviewing
from holdfast.cli.app import app
from holdfast.metrics.published import need_published
from holdfast.metrics.values import Scope
from holdfast.reviews.story import figures_in, from_json
from holdfast.warehouse.home import Home


@pytest.fixture(scope="module")
def saltmarsh(saltmarsh_folder: Any) -> Home:
    found: Home = saltmarsh_folder()
    return found


@pytest.fixture
def cast(saltmarsh: Home, settings: Any, person: Any) -> dict[str, Any]:
    """Cas looks after Saltmarsh; Dot has another book, Eve none."""
    settings.HOME = saltmarsh
    north, south = Book.objects.create(name="North"), Book.objects.create(name="South")
    made: dict[str, Any] = {}
    for name, book in (("cas", north), ("dot", south), ("eve", None)):
        user = person(name)
        Person.objects.create(user=user, role=Role.CSM)
        made[name] = Client()
        made[name].force_login(user)
        if book:
            Seat.objects.create(user=user, book=book)
    account = Account.objects.create(name="Saltmarsh", book=north, source="shops:Saltmarsh")
    return made | {"account": account, "page": f"/accounts/{account.pk}/", "new": f"/reviews/new/{account.pk}/"}


@pytest.fixture
def draft(cast: dict[str, Any]) -> str:
    answer = cast["cas"].post(cast["new"])
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def said(client: Client, address: str, sent: dict[str, Any] | None = None) -> str:
    answer = client.post(address, sent, follow=True) if sent else client.get(address)
    return answer.content.decode()


DECIDED = {
    "do": "write",
    "slot.decisions": "Keep a tenth aside?\nOpen a second shop?",
    "slot.purpose": "Decide on returns.",
}


def test_a_draft_holds_the_published_numbers_and_opens_them(cast: dict[str, Any], draft: str, saltmarsh: Home) -> None:
    story = from_json(ReviewDraft.objects.get().story)
    source = need_published(saltmarsh)
    value = source.value("average_order_value", Scope("account", "Saltmarsh"))
    note = next(n for n in story.notes if n.metric == "average_order_value" and n.until == value.until)
    figure = next(f for f in figures_in(story.pages) if f.note == note.number)
    assert figure.point == value.reading.point and note.n == value.n and note.snapshot == source.snapshot
    told = said(cast["cas"], draft)
    assert note.address in told and "simulated data; draft, not issued" in told
    assert cast["cas"].get(note.address).status_code == 200
    assert 'href="/reviews/' in said(cast["cas"], cast["page"])


def test_words_are_kept_when_the_numbers_are_drawn_again(cast: dict[str, Any], draft: str) -> None:
    assert "asks for no decision" in said(cast["cas"], draft, {"do": "issue"})
    assert "Your words are kept" in said(cast["cas"], draft, DECIDED)
    told = said(cast["cas"], draft, {"do": "again"})
    assert "your words stayed" in told and "Decide on returns." in told and "<li>Open a second shop?</li>" in told


def test_an_issued_review_does_not_change_when_the_data_do(cast: dict[str, Any], draft: str, monkeypatch: Any) -> None:
    said(cast["cas"], draft, DECIDED)
    cast["cas"].post(draft, {"do": "issue"})
    address = f"/reviews/issued/{IssuedReview.objects.get().pk}/"
    before = said(cast["cas"], address)
    assert "Issued by cas" in before and "draft, not issued" not in before
    taken = cast["cas"].post(address, {"kind": "html"}).content
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: None)  # nothing is known any more
    cast["account"].name = "Otherwise"
    cast["account"].save()
    assert cast["cas"].post(address, {"kind": "html"}).content == taken
    again = cast["cas"].post(cast["new"]).headers["Location"]
    assert "The data hold no numbers" in said(cast["cas"], again) and "the one before" in said(cast["cas"], again)
    assert cast["cas"].post(address, {"do": "write", "slot.purpose": "x", "kind": "html"}).content == taken


def test_a_deck_is_taken_away_in_the_looks_that_were_sent(cast: dict[str, Any], draft: str) -> None:
    answer = cast["cas"].post(draft, {"do": "take", "kind": "pptx", "hide": "both"})
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="simulated-review-2026')
    deck = Presentation(io.BytesIO(answer.content))
    assert 5 <= len(deck.slides) <= 10
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert not any(b"Saltmarsh" in packed.read(name) for name in packed.namelist())
    other = Presentation()
    other.slide_layouts[5].name = "Kapitel"
    other.slide_layouts[5]._element.attrib.pop("type")  # by which it would be known under any name
    file = io.BytesIO()
    other.save(file)
    sent = SimpleUploadedFile("ours.pptx", file.getvalue())
    told = said(cast["cas"], draft, {"do": "take", "kind": "pptx", "template": sent})
    assert "no layout called “Title Only”" in told and "“Kapitel”" in told


def test_a_pdf_without_an_office_says_to_print_the_html(cast: dict[str, Any], draft: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert "print the HTML file" in said(cast["cas"], draft, {"do": "take", "kind": "pdf"})
    assert cast["cas"].post(draft, {"do": "take", "kind": "docx"}).status_code == 404


@pytest.mark.parametrize("stranger", ["eve", "dot"])
def test_who_has_no_seat_in_the_book_sees_nothing(cast: dict[str, Any], draft: str, stranger: str) -> None:
    said(cast["cas"], draft, DECIDED)
    cast["cas"].post(draft, {"do": "issue"})
    second = cast["cas"].post(cast["new"]).headers["Location"]
    issued = f"/reviews/issued/{IssuedReview.objects.get().pk}/"
    client = cast[stranger]
    for address in (second, issued):
        assert client.get(address).status_code == 404
        assert client.post(address, {"do": "take", "kind": "html"}).status_code == 404
    assert client.post(cast["new"]).status_code == 404
    assert "No review yet" in said(client, "/reviews/")
    assert "Saltmarsh" not in client.get("/reviews/?as=csv").content.decode()


def test_the_list_is_a_table_to_take_away(cast: dict[str, Any], draft: str) -> None:
    assert "Draft" in said(cast["cas"], "/reviews/")
    lines = cast["cas"].get("/reviews/?as=csv").content.decode().splitlines()
    assert len(lines) == 2 and "Saltmarsh,Review with Saltmarsh,draft" in lines[1]


def test_the_command_line_drafts_the_same_into_a_file(saltmarsh: Home, tmp_path: Path, db: None) -> None:
    out = tmp_path / "review.pptx"
    told = CliRunner().invoke(app, ["review", "Saltmarsh", "--out", str(out), "--home", str(saltmarsh.path), "--json"])
    assert told.exit_code == 0, told.output
    deck = Presentation(str(out))
    assert len(deck.slides) == json.loads(told.stdout)["pages"]
    shown = [shape.text_frame.text for shape in deck.slides[0].shapes if shape.has_text_frame]
    assert "SIMULATED DATA; DRAFT, NOT ISSUED" in shown
    refused = CliRunner().invoke(app, ["review", "Saltmarch", "--out", str(out), "--home", str(saltmarsh.path)])
    assert refused.exit_code == 1 and "did you mean Saltmarsh" in refused.output


def test_the_command_line_says_that_nobody_chose_targets_for_a_segment_of_the_merchants_own(
    saltmarsh: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "review.html"
    for segment, said in (("boutique", True), ("subscription", False)):
        monkeypatch.setattr(reviewing, "_told", lambda *_, of=segment: (Told("Saltmarsh"), of))
        told = CliRunner().invoke(app, ["review", "Saltmarsh", "--out", str(out), "--home", str(saltmarsh.path)])
        assert told.exit_code == 0, told.output
        assert ("Nobody has chosen a segment" in out.read_text()) is said


def test_a_draft_can_be_thrown_away(cast: dict[str, Any], draft: str) -> None:
    assert "thrown away" in said(cast["cas"], draft, {"do": "drop"})
    assert cast["cas"].get(draft).status_code == 404
