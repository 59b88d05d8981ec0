"""Segments in the browser: listed, opened, composed, explained, and seen by nobody who may not see the shop."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from shutil import copytree
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from paper_shop import build_rows

from holdfast.accounts.models import Account, Book, Person, Role, Seat
from holdfast.segments.affinity import Affinity, Kind
from holdfast.segments.knowable import not_known
from holdfast.segments.store import find
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home
from holdfast.web import segmenting

ORDERS = """order id,email,order date,sku,quantity,price,currency
1,ana@example.com,2025-01-05 10:00,mug,2,10.00,EUR
2,bo@example.com,2025-01-06 11:00,mug,1,10.00,EUR
3,ana@example.com,2025-02-05 10:00,cup,1,7.50,EUR
4,cy@example.com,2025-04-20 10:00,cup,1,70.50,EUR
"""
TWICE = {"fact0": "frequency", "test0": "at_least", "value0": "2", "every": "all"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("segments")
    home = Home(folder / "home")
    home.create()
    (folder / "orders.csv").write_text(ORDERS)
    load(home, [folder / "orders.csv"], shop="Mugs", zone="UTC", currency="EUR")
    build_rows(home)
    return home


@pytest.fixture
def mugs(made: Home, tmp_path: Any, settings: Any) -> Home:
    settings.HOME = Home(copytree(made.path, tmp_path / "home", symlinks=True))
    return Home(settings.HOME.path)


def text_of(answer: Any) -> str:
    return str(answer.content.decode().replace("\u00a0", " ").replace("\u202f", " "))


def rows_of(answer: Any) -> list[dict[str, str]]:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def test_segments_are_listed_with_size_and_change_and_open(mugs: Home, ada: Client) -> None:
    page = text_of(ada.get("/segments/"))
    assert "New buyers" in page and "Moves" in page and "not counted yet" not in page
    row = next(r for r in rows_of(ada.get("/segments/?as=csv")) if r["segment"] == "new_buyers")
    assert (row["customers"], row["of"], row["entered"]) == ("1", "3", "1")
    one = text_of(ada.get("/segments/new_buyers/"))
    assert "Where its members of 31 Jan 2025 stand now" in one
    assert "1 to 1 of 1 customer" in one and "70.50" in one and "First purchase: at most 30 days ago" not in one
    assert "Who has bought, where first purchase: at most 30 days ago." in one
    (member,) = rows_of(ada.get("/segments/new_buyers/?as=csv"))
    assert member["money"] == "70.5"
    sizes = rows_of(ada.get("/segments/new_buyers/?of=sizes&as=csv"))
    assert [(r["day"], r["customers"]) for r in sizes] == [
        ("2025-01-31", "2"), ("2025-02-28", "0"), ("2025-03-31", "0"), ("2025-04-20", "1"),
    ]  # fmt: skip
    assert len(rows_of(ada.get("/segments/new_buyers/?of=entered&as=csv"))) == 1
    assert ada.get("/segments/new_buyers/?as=xlsx").status_code == 200
    assert ada.get("/segments/new_buyers/?page=2").status_code == 404
    assert ada.get("/segments/no_such/").status_code == 404


def test_before_anything_is_built_the_pages_lead_to_the_start(home: Home, ada: Client) -> None:
    for address in ("", "slipping/", "new/", "rfm/", "moves/", "goods/"):
        assert ada.get(f"/segments/{address}").headers["Location"] == "/start/"


def test_a_size_that_cannot_be_known_is_no_zero(mugs: Home, ada: Client) -> None:
    missing = not_known(mugs, mugs.shops()[0])
    assert not {"state", "frequency", "money", "country"} & set(missing)
    assert missing["risk"].why == "no model has said anything of these customers"
    page = text_of(ada.get("/segments/"))
    assert "Not known: no tickets connected." in page and "Not known: nothing says of what kind the goods are." in page
    (row,) = (r for r in rows_of(ada.get("/segments/?as=csv")) if r["segment"] == "waiting_for_help")
    assert (row["customers"], row["of"]) == ("", "3")
    one = text_of(ada.get("/segments/waiting_for_help/"))
    assert "How many they are is not known here: no tickets connected." in one
    assert "Nobody belongs to it" not in one and "0 of 3" not in one
    composed = text_of(ada.get("/segments/new/", {"fact0": "open_tickets", "test0": "at_least", "value0": "1"}))
    assert "Nobody can be counted: no tickets connected." in composed


def test_kinds_of_goods_are_told_where_they_are_known(mugs: Home, ada: Client, monkeypatch: Any) -> None:
    assert "No kinds of goods are known" in text_of(ada.get("/segments/goods/"))
    told = Affinity(date(2025, 4, 20), find(mugs, "champions"), 3, 2, (Kind("tea", 1, 2, 1, 1),))
    monkeypatch.setattr(segmenting, "affinity", lambda shop, of: told)
    page = text_of(ada.get("/segments/goods/?of=champions"))
    assert "33.3 %" in page and "50.0 %" in page and "1.50" in page and "2 of them in" in page
    (row,) = rows_of(ada.get("/segments/goods/?of=champions&as=csv"))
    assert (row["kind"], row["prefer"], row["times"]) == ("tea", "1", "1.5")
    assert ada.get("/segments/goods/?of=nobody").status_code == 404


def test_a_file_that_cannot_be_read_is_told_and_takes_no_page_away(mugs: Home, ada: Client) -> None:
    (mugs.path / "segments").mkdir(exist_ok=True)
    (mugs.path / "segments" / "mine.toml").write_text("id = 'mine'\nname = 'Mine'\nwhen = {fact = 'recencey'}")
    page = text_of(ada.get("/segments/"))
    assert "did you mean recency?" in page and "New buyers" in page


def test_why_somebody_belongs_is_said_condition_by_condition(mugs: Home, ada: Client) -> None:
    (member,) = rows_of(ada.get("/segments/new_buyers/?as=csv"))
    page = text_of(ada.get(f"/segments/new_buyers/why/{member['customer_id']}/"))
    assert "Belongs to New buyers" in page and "and it is 2025-04-20" in page
    page = text_of(ada.get(f"/segments/champions/why/{member['customer_id']}/"))
    assert "Does not belong to Champions" in page and "does not hold" in page
    assert ada.get("/segments/new_buyers/why/999/").status_code == 404


def test_a_segment_is_counted_as_it_is_composed_kept_and_changed(mugs: Home, ada: Client) -> None:
    assert "Choose a first condition" in text_of(ada.get("/segments/new/"))
    page = text_of(ada.get("/segments/new/", TWICE))
    assert "1 customer" in page and "33.3 %" in page and "<html" in page
    part = text_of(ada.get("/segments/new/", TWICE, headers={"HX-Request": "true"}))
    assert "<html" not in part and "1 customer" in part
    assert "Condition 2" in text_of(ada.get("/segments/new/", TWICE | {"do": "more"}))
    assert "Write a number" in text_of(ada.get("/segments/new/", TWICE | {"value0": "often"}))
    assert "Give the segment a name" in text_of(ada.post("/segments/new/", TWICE, follow=True))
    assert "choose another name" in text_of(ada.post("/segments/new/", TWICE | {"name": "Moves"}, follow=True))
    kept = text_of(ada.post("/segments/new/", TWICE | {"name": "Bought twice"}, follow=True))
    assert "Bought twice is kept as version 1." in kept and "1 to 1 of 1 customer" in kept
    assert "# declared on" in (mugs.path / "segments" / "versions" / "bought_twice" / "1.toml").read_text()
    change = text_of(ada.get("/segments/new/?from=bought_twice"))
    assert 'name="id" value="bought_twice"' in change and 'value="2"' in change
    again = TWICE | {"name": "Bought twice", "value0": "3"}
    assert "already" in text_of(ada.post("/segments/new/", again, follow=True))
    ada.post("/segments/new/", again | {"id": "bought_twice"})
    assert find(mugs, "bought_twice").sentence == "Who has bought, where days on which they bought: 3 or more."


def test_conditions_inside_conditions_are_written_as_text(mugs: Home, ada: Client) -> None:
    toml = (
        "id = 'deep'\nname = 'Deep'\nwhen = {any = [{all = [{fact = 'frequency', at_least = 2},"
        " {fact = 'money', above = 20}]}, {not = {fact = 'recency', above = 30}}]}"
    )
    assert "2 customers" in text_of(ada.get("/segments/new/", {"toml": toml}))
    assert "is not TOML" in text_of(ada.get("/segments/new/", {"toml": "id ="}))
    assert "Deep is kept as version 1." in text_of(ada.post("/segments/new/", {"toml": toml}, follow=True))
    assert "all = [" in text_of(ada.get("/segments/new/?from=deep"))


def test_grid_and_moves_are_drawn_and_add_up(mugs: Home, ada: Client) -> None:
    assert "3 buyers" in text_of(ada.get("/segments/rfm/"))
    assert sum(int(r["customers"]) for r in rows_of(ada.get("/segments/rfm/?as=csv"))) == 3
    assert "No cuts of your own yet" in text_of(ada.get("/segments/rfm/?by=cuts"))
    (mugs.path / "rfm.toml").write_text(
        "[cuts]\nrecency_days = [365, 180, 90, 30]\nfrequency = [2, 3, 5, 10]\nmoney = [20, 50, 100, 200]\n"
    )
    assert {(r["recency"], r["frequency"]) for r in rows_of(ada.get("/segments/rfm/?by=cuts&as=csv"))} == {
        ("5", "1"), ("4", "2"), ("3", "1"),
    }  # fmt: skip
    moves = rows_of(ada.get("/segments/moves/?since=2025-03-01&as=csv"))
    assert sum(int(r["customers"]) for r in moves) == 3
    assert {(r["from"], r["to"]): r["customers"] for r in moves if r["to"] == "new" and r["customers"] != "0"} == {
        ("not yet a buyer", "new"): "1"
    }
    assert "Choose a first day before" in text_of(ada.get("/segments/moves/?since=2026-01-01"))
    assert ada.get("/segments/moves/?since=soon").status_code == 404


def test_who_may_not_see_the_shop_sees_no_member_and_no_size(
    mugs: Home, ada: Client, rob: Client, person: Callable[..., Any]
) -> None:
    north = Book.objects.create(name="North")
    Account.objects.create(name="Mugs", source="shops:Mugs", book=north)
    clients = {}
    for name in ("cas", "eve"):
        user = person(name)
        Person.objects.create(user=user, role=Role.CSM)
        clients[name] = Client()
        clients[name].force_login(user)
    Seat.objects.create(user=get_user_model().objects.get(username="cas"), book=north)
    (member,) = rows_of(ada.get("/segments/new_buyers/?as=csv"))
    for address in ("", "new_buyers/", "new_buyers/?as=csv", "rfm/", "moves/", "new/?fact0=recency&value0=900"):
        assert clients["cas"].get(f"/segments/{address}").status_code == 200, address
        told = clients["eve"].get(f"/segments/{address}", follow=True)
        assert b"Mugs" not in told.content and b"70.5" not in told.content and b"customers" not in told.content[:0]
        assert told.redirect_chain, address
    for address in ("?shop=1", "new_buyers/?shop=1", "new/?shop=1", f"new_buyers/why/{member['customer_id']}/"):
        assert clients["eve"].get(f"/segments/{address}").status_code == 404, address
    assert rob.post("/segments/new/", TWICE | {"name": "Mine"}).status_code == 403
    assert clients["eve"].post("/segments/new/", TWICE | {"name": "Mine", "shop": "1"}).status_code == 404


def test_of_a_large_shop_the_worker_counts_and_the_page_says_so(
    mugs: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segmenting, "AT_ONCE", 0)
    assert "The worker counts" in text_of(ada.get("/segments/"))
    assert "1 to 1 of 1 customer" in text_of(ada.get("/segments/new_buyers/"))
    assert segmenting.keep_sizes() == len(segmenting.every()[0])
    assert segmenting.keep_sizes() == 0
    assert "is in files" in text_of(ada.get("/segments/new_buyers/"))
    assert "The worker counts" not in text_of(ada.get("/segments/"))


def test_the_address_of_a_profile_that_was_merged_away_leads_to_who_remains(
    saltmarsh_folder: Any, ada: Client, settings: Any
) -> None:
    from holdfast.metrics.drill import opened

    settings.HOME = home = saltmarsh_folder("identity")
    with opened(home) as (connection, _):
        rows = connection.execute(
            "SELECT p.customer_id, m.shop_key FROM customer_profile AS p JOIN merged_profile AS m USING (customer_id)"
            " WHERE p.customer_id <> m.shop_key"
        ).fetchall()
    (old, remains), *_ = rows
    for address in ("/customers/{}/", "/segments/slipping/why/{}/"):
        assert ada.get(address.format(old)).headers["Location"] == address.format(remains)
        assert ada.get(address.format(remains)).status_code == 200
