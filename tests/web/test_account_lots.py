"""Lots of accounts in the browser: experiments, ledger, plans and reviews, for who sees every account of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from shutil import copytree
from typing import Any

import pytest
import tomlkit
from acting import SCHEDULE
from django.contrib.auth import get_user_model
from django.test import Client
from talking import TALK
from terminal import Terminal

from holdfast.accounts.act import act
from holdfast.accounts.models import Account, Book, Contract, Evidence, Person, Role, Seat, WorkObject
from holdfast.evidence.open_lot import register
from holdfast.evidence.sealed_accounts import account_lot, assigned_by
from holdfast.playbooks.aside import TREATED
from holdfast.playbooks.handing import edges
from holdfast.playbooks.shelf import find, switch_on
from holdfast.playbooks.tick import tick
from holdfast.warehouse.home import Home
from holdfast.web import trying
from holdfast.web.views.reviews import drawn_for

DRAWN = datetime(2026, 7, 1, 9, tzinfo=UTC)
ENDS = date(2026, 7, 20)
COSTLY = (
    TALK.replace("PLANNED", "24").replace("days = 60", "days = 30").replace('{account}"', '{account}"\ncost = 10')
    + '[[measured.guardrails]]\nmetric = "account_orders"\ntolerance = 0.2\n'
)


def text_of(answer: Any) -> str:
    return str(answer.content.decode().replace("\u00a0", " ").replace("\u202f", " "))


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.fixture(scope="module")
def built(saltmarsh_folder: Callable[[str], Home]) -> Home:
    return saltmarsh_folder("value")


@pytest.fixture
def home(built: Home, tmp_path: Any, settings: Any) -> Home:
    settings.HOME = Home(copytree(built.path, tmp_path / "home", symlinks=True))
    return Home(settings.HOME.path)


@pytest.fixture
def books(db: None) -> tuple[Book, Book]:
    """Twelve accounts in each; their contracts end soon after the lot is drawn."""
    with act("set the scene", by=SCHEDULE) as doing:
        made = doing.create(Book, name="North"), doing.create(Book, name="South")
        for n in range(24):
            account = doing.create(
                Account, name=f"Account {n}", book=made[n % 2], source="shops:Saltmarsh" if not n else ""
            )
            begin = ENDS - timedelta(days=364)
            doing.create(
                Contract, account=account, name="Term", currency="EUR", value_minor=100_000, starts=begin, ends=ENDS
            )
    return made


def drawn(home: Home, *metrics: str, when: str = "known renewal_on") -> None:
    """One playbook for each; every lot assigns on the same day."""
    (home.path / "playbooks").mkdir(exist_ok=True)
    for metric in metrics:
        id = metric.replace("_", "-")
        text = COSTLY.replace("METRIC", metric).replace('"talk"', f'"{id}"').replace("known renewal_on", when)
        (home.path / "playbooks" / f"{id}.toml").write_text(text)
        register(home, find(home, id), by="Ada", now=DRAWN)
        switch_on(home, id, by="Ada", now=DRAWN)
    tick(home, edges(home, now=DRAWN), now=DRAWN)


def renew(home: Home, lot: str, arm: str, minor: int, *, but_each: int = 0) -> None:
    """Every account of an arm goes on, for so much a year; but_each: and every so many-th of the other."""
    found = account_lot(home, lot)
    assert found is not None
    starts = ENDS + timedelta(days=1)
    with act("renew", by=SCHEDULE) as doing:
        others = 0
        for one in assigned_by(home, found):
            others += one.arm != arm
            if one.arm == arm or (but_each and others % but_each == 0):
                doing.create(
                    Contract, account_id=one.subject, name="Next", currency="EUR", value_minor=minor, starts=starts,
                    ends=starts + timedelta(days=364),
                )  # fmt: skip


def torn(home: Home, lot: str) -> None:
    """As if one in a hundred had been kept aside, of whom there are about half."""
    path = home.path / "experiments" / lot / "accounts.toml"
    kept = tomlkit.parse(path.read_text())
    sealed = kept["sealed"].replace("held_out = 0.5", "held_out = 0.01")
    kept.update({"sealed": sealed, "declared": sha256(sealed.encode()).hexdigest()})
    path.write_text(tomlkit.dumps(kept))


@pytest.fixture
def seated(person: Callable[..., Any]) -> Callable[..., Client]:
    """A customer success manager with seats in these books."""

    def make(name: str, *books: Book) -> Client:
        user = person(name)
        Person.objects.create(user=user, role=Role.CSM)
        for book in books:
            Seat.objects.create(user=user, book=book)
        client = Client()
        client.force_login(user)
        return client

    return make


def test_it_is_listed_and_opened_with_effect_guardrail_checks_and_sentence(
    home: Home, books: tuple[Book, Book], ada: Client
) -> None:
    drawn(home, "account_renewed")
    renew(home, "account-renewed", TREATED, 100_000, but_each=4)
    (row,) = rows_of(ada.get("/experiments/?as=csv"))
    assert (row["id"], row["shop"], row["verdict"], row["grade"]) == ("account-renewed", "accounts", "worked", "E4")
    page = text_of(ada.get("/experiments/account-renewed/"))
    for said in (
        "A talk before the end changed the share renewed", "Effects chart", "Growth chart", "Fisher’s exact test",
        "as many in each arm as the lot should have given".capitalize(), "The orders of an account", "Planned accounts",
        "by the playbook",
    ):  # fmt: skip
        assert said in page, said
    told = rows_of(ada.get("/experiments/account-renewed/?as=csv"))
    assert (told[0]["what"], float(told[0]["treated"]), told[0]["method"]) == ("primary", 1.0, "Newcombe and Fisher")
    listed = {row["id"]: row for row in rows_of(ada.get("/playbooks/?as=csv"))}
    assert listed["account-renewed"]["verdict"] == "worked"
    assert "changed the share renewed" in text_of(ada.get("/playbooks/account-renewed/"))


def test_where_nobody_kept_aside_renewed_the_effect_is_told_in_points(
    home: Home, books: tuple[Book, Book], ada: Client
) -> None:
    drawn(home, "account_renewed")
    renew(home, "account-renewed", TREATED, 100_000)
    for address in ("/experiments/", "/experiments/account-renewed/", "/value/"):
        assert "100.00 (" in text_of(ada.get(address)), address
    page = text_of(ada.get("/experiments/account-renewed/"))
    assert "none can be told in per cent" in page
    assert "Growth chart" in page


def test_value_kept_is_told_by_the_lots_and_named_after_no_test_that_was_not_made(
    home: Home, books: tuple[Book, Book], ada: Client
) -> None:
    drawn(home, "account_value_kept")
    renew(home, "account-value-kept", TREATED, 90_000, but_each=2)
    page = text_of(ada.get("/experiments/account-value-kept/"))
    assert "the lot that was drawn is held against all lots" in page and "Fisher" not in page
    told = rows_of(ada.get("/experiments/account-value-kept/?as=csv"))
    assert told[0]["method"] == "lots drawn again"


def test_money_is_claimed_by_its_kind_and_what_is_none_has_no_sum(
    home: Home, books: tuple[Book, Book], ada: Client
) -> None:
    drawn(home, "account_renewed", "account_contract_value", "account_net_revenue")
    renew(home, "account-contract-value", TREATED, 120_000)
    claims = {row["id"]: row for row in rows_of(ada.get("/value/?as=csv"))}
    assert {(row["unit"], row["version"]) for row in claims.values()} == {("accounts", "1")}
    value = claims["account-contract-value"]
    n = int(value["treated"])
    assert (value["basis"], value["currency"], float(value["cost"])) == ("contracted", "EUR", 10.0 * n)
    assert float(value["net_value"]) == pytest.approx(1190.0 * n)
    assert claims["account-renewed"]["net_value"] == ""
    assert claims["account-net-revenue"]["basis"] == "received"
    page = text_of(ada.get("/value/"))
    assert "Contracted for a year, not received, and never added to what was" in page
    assert "accounts, as of" in page


def test_an_account_of_another_persons_book_hides_the_whole_lot(
    home: Home, books: tuple[Book, Book], ada: Client, seated: Callable[..., Client]
) -> None:
    drawn(home, "account_renewed")
    renew(home, "account-renewed", TREATED, 100_000)
    some, both = seated("cas", books[0]), seated("eve", *books)
    assert both.get("/experiments/account-renewed/").status_code == 200
    assert "A talk before the end" in text_of(both.get("/value/"))
    assert some.get("/experiments/account-renewed/").status_code == 404
    for address in ("/experiments/", "/value/", "/experiments/?as=csv", "/value/?as=csv", "/playbooks/?as=csv"):
        assert "share renewed" not in text_of(some.get(address)), address  # of each lot the outcome stands there
    assert "changed the share" not in text_of(some.get("/playbooks/account-renewed/"))
    assert "nobody was assigned" in text_of(some.get("/value/one/?claim=account-renewed"))


def test_a_lot_of_one_book_is_seen_by_who_sits_there_until_an_account_moves_away(
    home: Home, books: tuple[Book, Book], seated: Callable[..., Client]
) -> None:
    Account.objects.filter(book=books[0]).update(tier="pooled")
    drawn(home, "account_renewed", when="tier = pooled")
    some, others = seated("cas", books[0]), seated("eve", books[1])
    assert some.get("/experiments/account-renewed/").status_code == 200
    assert others.get("/experiments/account-renewed/").status_code == 404
    one = Account.objects.filter(book=books[0]).first()
    assert one is not None
    Account.objects.filter(pk=one.pk).update(book=books[1])
    assert some.get("/experiments/account-renewed/").status_code == 404


def test_before_a_tick_only_who_sees_every_account_sees_what_was_sealed(
    home: Home, books: tuple[Book, Book], ada: Client, seated: Callable[..., Client]
) -> None:
    (home.path / "playbooks").mkdir(exist_ok=True)
    (home.path / "playbooks" / "talk.toml").write_text(COSTLY.replace("METRIC", "account_renewed"))
    register(home, find(home, "talk"), by="Ada", now=DRAWN)
    assert "nobody is assigned yet" in text_of(ada.get("/experiments/"))
    assert "No account is assigned yet" in text_of(ada.get("/experiments/talk/"))
    assert "Nothing is claimed yet" in text_of(ada.get("/value/"))
    assert seated("cas", books[0]).get("/experiments/talk/").status_code == 404
    assert "What will be sealed" in text_of(ada.get("/playbooks/talk/start/"))


def test_a_torn_lot_is_hidden_at_every_door_and_its_linked_claim_with_it(
    home: Home, books: tuple[Book, Book], ada: Client
) -> None:
    drawn(home, "account_renewed")
    renew(home, "account-renewed", TREATED, 100_000)
    account = Account.objects.order_by("pk")[0]
    ada.post("/work/new/", {"kind": "A01", "title": "Live before the peak", "account": account.pk})
    work = WorkObject.objects.latest("id")
    linked = ada.post(f"/work/{work.pk}/", {"do": "claim", "claim": "account-renewed"}, follow=True)
    assert linked.status_code == 200
    (kept,) = Evidence.objects.filter(what="claim")
    assert (kept.scope, kept.metric, kept.version, kept.said_by) == (
        "accounts", "account_renewed", 1, "E4 account-renewed",
    )  # fmt: skip
    assert "changed the share renewed" in text_of(ada.get(f"/work/{work.pk}/"))
    torn(home, "account-renewed")
    page = text_of(ada.get("/experiments/account-renewed/"))
    assert "Nothing is said of A talk before the end" in page
    for hidden in ("Effects chart", "Growth chart", "four times in five"):
        assert hidden not in page
    told = [*rows_of(ada.get("/experiments/?as=csv")), *rows_of(ada.get("/value/?as=csv"))]
    assert not any(row.get(name) for row in told for name in ("effect", "low", "high", "net_value"))
    assert "is withheld" in text_of(ada.get(f"/work/{work.pk}/"))


def test_a_review_tells_of_a_lot_that_the_account_is_in_with_its_footnote(
    home: Home, books: tuple[Book, Book], ada: Client
) -> None:
    drawn(home, "account_renewed")
    renew(home, "account-renewed", TREATED, 100_000)
    account = Account.objects.get(source="shops:Saltmarsh")
    user = get_user_model().objects.get(username="ada")
    story = str(drawn_for(user, account, "https://cs.example.com").story)
    assert "accounts held out by lot" in story
    assert "https://cs.example.com/experiments/account-renewed/" in story
    assert "accounts treated, of every book" in story
    assert trying.claims_of(-1, set()) == ()


def test_commands_list_show_and_put_it_into_the_ledger(home: Home, books: tuple[Book, Book]) -> None:
    drawn(home, "account_renewed", "account_contract_value")
    renew(home, "account-renewed", TREATED, 100_000, but_each=4)
    (home.path / "work.sqlite3").touch()  # there is a book, whose database tests have elsewhere
    run = Terminal(home.path)
    listed = {row["id"]: row for row in run("experiments", "list", "--json").json["experiments"]}
    assert listed["account-renewed"]["unit"] == "accounts"
    assert "account-renewed  A talk before the end  (accounts, drawn as of" in run("experiments", "list").out
    shown = run("experiments", "show", "account-renewed", "--json").json
    assert (shown["verdict"]["word"], shown["grade"]) == ("worked", "E4")
    assert shown["sentence"] == run("playbooks", "effect", "account-renewed", "--json").json["sentence"]
    ledger = run("experiments", "ledger", "--json").json
    claims = {claim["id"]: claim for claim in ledger["claims"]}
    assert {claim["unit"] for claim in claims.values()} == {"accounts"}
    assert [(total["basis"], total["claims"]) for total in ledger["totals"]] == [("contracted", 1)]
    assert "contracted for a year" in run("experiments", "ledger").out
