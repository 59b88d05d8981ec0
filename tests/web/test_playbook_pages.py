"""Playbooks in the browser: listed, opened, looked ahead, switched, written, and seen by nobody who may not."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from shutil import copytree
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from paper_shop import build_rows, data_end

from holdfast.accounts.act import By, CannotUndo, undo
from holdfast.accounts.models import Account, Audit, Book, Person, Role, Seat
from holdfast.playbooks.handing import edges
from holdfast.playbooks.models import Switching
from holdfast.playbooks.shelf import switches
from holdfast.playbooks.tick import tick
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home
from holdfast.web import playing
from holdfast.web.frame import PLACES
from holdfast.web.jobs import run_look
from holdfast.web.models import LookAhead

TODAY = datetime.now(UTC).date()
BUYERS = 80  # of each of two shops of one account, of whom half bought again
BOWLS = 6  # of a shop of another account
ALL = 2 * BUYERS + BOWLS
HELLO = """# kept by hand
id = "hello"
name = "Hello"
who = "customers"
aim = "Who bought is spoken to."
owner = "Ada"

[audience]
when = ["frequency >= 1"]

[trigger]
on = "enter"
those_inside = true

[[step]]
id = "mail"  # the first
do = "email"
subject = "Hello {{ first_name }}"
body = "Here we are, <b>{{ first_name }}</b>"

[[step]]
id = "asked"
do = "branch"
after_days = 2
if = ["frequency >= 2"]
then = "call"
otherwise = "end"

[[step]]
id = "call"
do = "webhook"
name = "crm"

[holdout]
share = 0.25

[measured]
metric = "net_revenue"
hypothesis = "They buy more."
days = 30
planned = 100
"""


def orders_of(shop: str, buyers: int) -> str:
    """Everybody bought 100 and 40 days ago, every other one again 10 days ago."""
    rows = [(f"{shop}{n}-1", n, 40) for n in range(buyers)] + [(f"{shop}{n}-2", n, 10) for n in range(0, buyers, 2)]
    rows += [(f"{shop}{n}-0", n, 100) for n in range(buyers)] + [(f"{shop}-now", 0, 0)]
    lines = [
        f"{id},{shop}{n},{TODAY - timedelta(days=ago)} 10:00,mug,1,{10 + n % 7}.00,EUR,First{n}" for id, n, ago in rows
    ]
    return "\n".join(["order id,customer id,order date,sku,quantity,price,currency,first name", *lines])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("playbooks")
    home = Home(folder / "home")
    home.create()
    for shop, account, buyers in (("Mugs", "Kiln", BUYERS), ("Cups", "Kiln", BUYERS), ("Bowls", "Wheel", BOWLS)):
        (folder / f"{shop}.csv").write_text(orders_of(shop, buyers))
        load(home, [folder / f"{shop}.csv"], shop=shop, account=account, zone="UTC", currency="EUR")
    build_rows(home)
    (home.path / "playbooks").mkdir()
    (home.path / "playbooks" / "hello.toml").write_text(HELLO)
    return home


@pytest.fixture
def kiln(made: Home, tmp_path: Any, settings: Any) -> Home:
    settings.HOME = Home(copytree(made.path, tmp_path / "home", symlinks=True))
    return Home(settings.HOME.path)


@pytest.fixture
def eve(person: Callable[..., Any]) -> Client:
    return signed_in(person("eve"), Role.CSM)


def signed_in(user: Any, role: str) -> Client:
    Person.objects.create(user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return str(answer.content.decode().replace("\u00a0", " ").replace("\u202f", " "))


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def decide(home: Home) -> None:
    now = datetime.now(UTC)
    tick(home, edges(home, now=now), now=now)


def test_every_place_of_the_navigation_opens_by_a_letter_of_its_own() -> None:
    letters = [place.key for place in PLACES]
    assert len(letters) == len(set(letters))
    assert all(re.fullmatch("[a-z]", letter) for letter in letters)


def test_playbooks_are_listed_filtered_and_taken_away_as_a_file(kiln: Home, ada: Client) -> None:
    page = text_of(ada.get("/playbooks/"))
    assert "Win-back" in page and "Hello" in page and "Your own" in page
    assert "Hello" not in text_of(ada.get("/playbooks/?who=accounts"))
    assert "No such playbook" in text_of(ada.get("/playbooks/?state=on"))
    told = {row["id"]: row for row in rows_of(ada.get("/playbooks/?as=csv"))}
    assert (told["hello"]["state"], told["hello"]["for"]) == ("own", "customers")
    assert told["renewal-120"]["for"] == "accounts"
    assert ada.get("/playbooks/?state=none").status_code == 404
    assert ada.get("/playbooks/none/").status_code == 404


def test_one_says_what_it_does_for_whom_and_who_is_kept_aside(kiln: Home, ada: Client) -> None:
    page = text_of(ada.get("/playbooks/hello/"))
    assert f"{ALL} customers in the audience" in page
    assert "wait 2 days" in page and "no: it ends" in page and "yes: on to step 3" in page
    assert "25 % of them, drawn by lot" in page
    assert "Nobody is kept aside:" in text_of(ada.get("/playbooks/renewal-120/"))


def test_the_start_says_what_is_found_by_when_and_who_would_begin_without_doing_any_of_it(
    kiln: Home, ada: Client
) -> None:
    page = text_of(ada.get("/playbooks/hello/start/?look=1"))
    assert "As declared" in page and "Half kept aside" in page and "They buy more." in page
    assert "Shops read together" in page and "Mugs, Cups" in page and "Staggered start" in page
    assert f"{ALL} customers in the audience" in page and "Would begin" in page and "Kept aside by lot" in page
    assert not switches(kiln) and not (kiln.path / "experiments").exists()
    part = ada.get("/playbooks/hello/start/", headers={"HX-Request": "true"})
    assert text_of(part).startswith("<div") and "As declared" in text_of(part)


def test_with_very_many_customers_the_worker_looks_ahead_once_and_says_how_far_it_is(
    kiln: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playing, "counts_at_once", lambda: False)
    start, part = "/playbooks/hello/start/", {"HX-Request": "true"}
    for _ in range(2):
        assert "The worker takes it next." in text_of(ada.get(start, headers=part))
    run = LookAhead.objects.get()
    run_look.call(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.problem) == ("done", "")
    for page in (text_of(ada.get(start, headers=part)), text_of(ada.get(start + "?look=1"))):
        assert "As declared" in page
        assert f"{ALL} customers in the audience" in page
    with (kiln.path / "playbooks" / "hello.toml").open("a") as text:
        text.write("# read anew\n")
    assert "The worker takes it next." in text_of(ada.get(start, headers=part))
    assert LookAhead.objects.count() == 2


def test_it_is_switched_on_by_typing_its_name_seals_what_decides_and_goes_off_again(kiln: Home, ada: Client) -> None:
    start = "/playbooks/hello/start/"
    assert "Type hello to switch it on." in text_of(ada.post(start, {"do": "on", "typed": "helo"}, follow=True))
    assert not switches(kiln)
    assert "Hello is on." in text_of(ada.post(start, {"do": "on", "typed": "hello"}, follow=True))
    assert switches(kiln)["hello"].by == "ada"
    entry = Audit.objects.get(verb="switch playbook on")
    assert (entry.by_name, entry.via, entry.note, Switching.objects.get().version) == ("ada", "web", "hello", 1)
    with pytest.raises(CannotUndo, match="switch the playbook the other way"):
        undo(entry, by=By(entry.by, "web"))
    assert len(playing.lots("hello")) == 3
    decide(kiln)
    page = text_of(ada.get("/playbooks/hello/"))
    told = {row["id"]: row for row in rows_of(ada.get("/playbooks/?as=csv"))}["hello"]
    treated, held_out = int(told["treated"]), int(told["held_out"])
    assert treated + held_out <= ALL  # the programme's own lot keeps some out of every playbook
    assert f"{held_out} of {treated + held_out} customers" in page
    assert 'href="/experiments/hello-' in page
    aside = rows_of(ada.get("/playbooks/hello/?of=kept+aside&as=csv"))
    assert len(aside) == held_out
    going = rows_of(ada.get("/playbooks/hello/?of=under+way&as=csv"))
    assert len(going) == treated and {row["step"] for row in going} <= {"mail", "asked"}
    held = rows_of(ada.get("/playbooks/hello/?of=held&as=csv"))
    assert {row["why"] for row in held} <= {"kept out of every playbook, by the programme's own lot", *(
        row["why"] for row in held if row["step"])}  # fmt: skip
    one, other = going[0]["subject"], aside[0]["subject"]
    assert "began" in text_of(ada.get(f"/customers/{one}/")) or "step" in text_of(ada.get(f"/customers/{one}/"))
    assert "kept aside by lot" in text_of(ada.get(f"/customers/{other}/"))
    assert "Hello is off." in text_of(ada.post(start, {"do": "off"}, follow=True))
    assert "Switched off" in text_of(ada.get("/playbooks/"))


def test_pages_say_whose_data_are_old_to_those_who_see_them(
    kiln: Home, ada: Client, person: Callable[..., Any]
) -> None:
    data_end(kiln, Mugs=TODAY, Cups=TODAY, Bowls=TODAY - timedelta(days=9))
    book = Book.objects.create(name="North")
    Account.objects.create(name="Kiln & Co", source="shops:Kiln", book=book)
    cas = signed_in(person("cas"), Role.CSM)
    Seat.objects.create(user=get_user_model().objects.get(username="cas"), book=book)
    look = text_of(ada.get("/playbooks/hello/start/?look=1"))
    assert "customers of Bowls, whose data end on" in look and "There are no newer data" not in look
    ada.post("/playbooks/hello/start/", {"do": "on", "typed": "hello"})
    decide(kiln)
    assert "Held by Hello: customers of Bowls, whose data end on" in text_of(ada.get("/playbooks/"))
    page = text_of(ada.get("/playbooks/hello/?of=waiting"))
    assert "Held: customers of Bowls, whose data end on" in page and "too long ago to decide by" in page
    assert "Bowls" not in text_of(ada.get("/playbooks/win-back/"))
    for path in ("/playbooks/", "/playbooks/hello/"):
        assert "whose data end on" not in text_of(cas.get(path))


def test_who_sees_one_shop_of_two_reads_numbers_of_that_one_and_switches_nothing(
    kiln: Home, ada: Client, person: Callable[..., Any], eve: Client
) -> None:
    ada.post("/playbooks/hello/start/", {"do": "on", "typed": "hello"})
    decide(kiln)
    book = Book.objects.create(name="North")
    Account.objects.create(name="Kiln & Co", source="shops:Kiln", book=book)
    cas = signed_in(person("cas"), Role.CSM)
    Seat.objects.create(user=get_user_model().objects.get(username="cas"), book=book)
    page = text_of(cas.get("/playbooks/hello/"))
    assert f"{2 * BUYERS} customers in the audience" in page and "Bowls" not in page
    of_all, of_kiln = (rows_of(who.get("/playbooks/hello/?of=under+way&as=csv")) for who in (ada, cas))
    assert {row["name"] for row in of_kiln} == {row["name"] for row in of_all if "Bowls" not in row["name"]}
    assert 0 < len(of_kiln) < len(of_all)
    told = {row["id"]: row for row in rows_of(cas.get("/playbooks/?as=csv"))}["hello"]
    assert int(told["under_way"]) == len(of_kiln)
    assert "Bowls" not in text_of(cas.get("/playbooks/hello/start/?look=1"))
    assert "Bowls" not in text_of(cas.post("/playbooks/hello/edit/", {"toml": HELLO, "do": "look"}))
    assert "No customer" in text_of(cas.get("/playbooks/hello/message/mail/?customer=Bowls1"))
    assert cas.post("/playbooks/hello/start/", {"do": "off"}).status_code == 403
    assert eve.get("/playbooks/").status_code == 404
    for page in ("", "start/", "edit/", "message/mail/"):
        assert eve.get(f"/playbooks/hello/{page}").status_code == 404
        assert eve.post(f"/playbooks/hello/{page}", {"do": "off", "toml": HELLO}).status_code == 404
    assert switches(kiln)["hello"].on


def test_a_reader_looks_and_changes_nothing(kiln: Home, rob: Client) -> None:
    assert "Whoever may plan" in text_of(rob.get("/playbooks/hello/start/?look=1"))
    assert rob.post("/playbooks/hello/start/", {"do": "on", "typed": "hello"}).status_code == 403
    assert rob.get("/playbooks/hello/edit/").status_code == 403
    assert rob.post("/playbooks/hello/edit/", {"do": "keep", "toml": HELLO}).status_code == 403
    assert not switches(kiln)


def test_a_field_changes_its_line_of_the_text_and_leaves_the_rest_as_it_was_written(kiln: Home, ada: Client) -> None:
    sent = {"toml": HELLO, "do": "keep", "set-subject-mail": "Good day", "was-subject-mail": "Hello {{ first_name }}",
            "set-share": "50", "was-share": "25", "set-days": "30", "was-days": "30", "set-priority": "7",
            "was-priority": "50"}  # fmt: skip
    assert "is kept as your own" in text_of(ada.post("/playbooks/hello/edit/", sent, follow=True))
    kept = (kiln.path / "playbooks" / "hello.toml").read_text()
    assert 'subject = "Good day"' in kept and "share = 0.5" in kept
    assert "# kept by hand" in kept and "# the first" in kept
    assert playing.one("hello").playbook.priority == 7  # type: ignore[union-attr]


@pytest.mark.parametrize(("old", "new", "said"), [
    ('do = "email"', 'do = "e-mail"', "must be one of email"),
    ("share = 0.25", "shares = 0.25", "holdout.share"),
    ("[holdout]", "[holdout", "is not TOML"),
    ('"net_revenue"', '"net_revenues"', "net_revenues"),
    ("{{ first_name }}</b>", "{{ first_name </b>", "mail"),
    ('when = ["frequency >= 1"]', 'when = ["frequenzy >= 1"]', "did you mean frequency?"),
])  # fmt: skip
def test_a_text_that_cannot_be_says_which_key_and_is_given_back_whole(
    kiln: Home, ada: Client, old: str, new: str, said: str
) -> None:
    wrong = HELLO.replace(old, new)
    sent = {"toml": wrong, "do": "keep", "set-subject-mail": "Typed", "was-subject-mail": "Hello {{ first_name }}"}
    page = text_of(ada.post("/playbooks/hello/edit/", sent))
    assert said in page and page.count('id="wrong"') == 1
    assert "Typed" in page and "# kept by hand" in page
    assert (kiln.path / "playbooks" / "hello.toml").read_text() == HELLO


def test_the_designer_counts_as_one_writes_with_and_without_script(kiln: Home, ada: Client) -> None:
    half = HELLO.replace("frequency >= 1", "frequency >= 3")
    for headers in ({}, {"HX-Request": "true"}):
        page = text_of(ada.post("/playbooks/hello/edit/", {"toml": half, "do": "look"}, headers=headers))
        assert f"<dd>{ALL // 2}</dd>" in page
        assert page.startswith("<!doctype") is not bool(headers)


def test_a_copy_of_the_library_stands_in_its_place_or_beside_it_under_another_id(kiln: Home, ada: Client) -> None:
    text = playing.text_of("win-back")
    ada.post("/playbooks/win-back/edit/", {"toml": text.replace("owner =", "#\nowner ="), "do": "keep"})
    assert playing.is_own("win-back")
    ada.post("/playbooks/win-back/edit/", {"toml": text.replace('"win-back"', '"win-more"', 1), "do": "keep"})
    assert playing.is_own("win-more")
    page = text_of(ada.post("/playbooks/win-back/edit/", {"toml": HELLO, "do": "keep"}))
    assert "there is a playbook called" in page


def test_a_message_is_shown_as_somebody_would_get_it_in_a_box_that_runs_nothing(kiln: Home, ada: Client) -> None:
    page = text_of(ada.get("/playbooks/hello/message/mail/"))
    assert "Hello there" in page and 'sandbox=""' in page
    assert "&lt;p&gt;Here we are, &amp;lt;b&amp;gt;there" in page
    assert "No customer of the shops you see has the number nobody." in text_of(
        ada.get("/playbooks/hello/message/mail/?customer=nobody")
    )
    assert "Hello First3" in text_of(ada.get("/playbooks/hello/message/mail/?customer=Mugs3"))
    assert ada.get("/playbooks/hello/message/asked/").status_code == 404


def test_a_file_that_cannot_be_read_is_told_and_can_be_mended(kiln: Home, ada: Client) -> None:
    (kiln.path / "playbooks" / "hello.toml").write_text(HELLO.replace('who = "customers"', 'who = "all"'))
    assert "Cannot be read" in text_of(ada.get("/playbooks/"))
    assert "must be one of" in text_of(ada.get("/playbooks/hello/"))
    assert ada.get("/playbooks/hello/start/").status_code == 302
    page = text_of(ada.get("/playbooks/hello/edit/"))
    assert "must be one of" in page and "# kept by hand" in page
