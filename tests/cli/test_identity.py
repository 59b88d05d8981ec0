"""Who is who, at the terminal: explained, doubted, decided and taken back."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

ORDERS = """order id,customer id,email,phone,first name,last name,country,order date,sku,quantity,price,currency,financial status
1,c1,ana@shop.example,06 12345678,Ana,Vos,NL,2025-01-05 10:00,mug,1,10.00,EUR,paid
2,c2,ana@shop.example,,Ana,Vos,NL,2025-02-05 10:00,mug,1,10.00,EUR,paid
3,c3,bo.b@gmail.com,+31612345678,Bo,Bos,NL,2025-02-06 10:00,mug,1,10.00,EUR,
4,c4,bob+mugs@gmail.com,,Bob,Bos,NL,2025-02-07 10:00,mug,1,10.00,EUR,
5,c5,info@acme.example,,Cy,Kok,NL,2025-02-08 10:00,mug,1,10.00,EUR,
6,c6,info@acme.example,,Dee,Pol,NL,2025-02-09 10:00,mug,1,10.00,EUR,
7,c7,eli@acme.example,,Eli,Mos,NL,2025-02-10 10:00,mug,1,10.00,EUR,
"""
CONTACTS = "account id,customer id,role,influence,valid from\nacme,c7,champion,3,2025-01-01\n"
MORE = "order id,customer id,email,order date,sku,quantity,price,currency\n8,c8,fay@acme.example,2025-02-11 10:00,mug,1,1.00,EUR\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory, terminal_at):
    """The first order comes first, so that c1 is the oldest profile."""
    folder = tmp_path_factory.mktemp("identity")
    terminal = terminal_at(folder / "home")
    head, first, *rest = ORDERS.splitlines(keepends=True)
    files = {
        "first orders": head + first,
        "orders": head + "".join(rest),
        "contacts of accounts": CONTACTS,
        "more orders": MORE,
    }
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content)
        terminal(
            "import",
            folder / f"{name}.csv",
            "--shop",
            "Shop",
            "--zone",
            "Europe/Amsterdam",
            "--currency",
            "EUR",
            "--quiet",
        )
    terminal("build", "--quiet")
    return terminal


@pytest.fixture
def own(shop, terminal_at, tmp_path):
    """A copy of that home, to be changed."""
    return terminal_at(Path(copytree(shop.home, tmp_path / "home", symlinks=True)))


def members(terminal, who: str) -> set[str]:
    return {m["number"] for m in terminal("identity", "why", who, "--json").json["members"]}


def test_why_tells_each_link_with_place_days_load_and_file(shop):
    said = shop("identity", "why", "c3").out
    assert "c3 (Shop) is one person with c1 (Shop), c2 (Shop)." in said
    assert "1. c3 and c1 gave the same phone" in said and "the phone was given" in said
    assert "c3: on an order, first 6 Feb 2025, last 6 Feb 2025; load 2 (orders.csv)" in said
    assert "c1: on an order, first 5 Jan 2025, last 5 Jan 2025; load 1 (first orders.csv)" in said
    assert "@" not in said and "12345678" not in said


def test_why_in_json_names_the_chain_its_weakest_link_and_the_batch(shop):
    document = shop("identity", "why", "c2", "--json").json
    assert [(link["rule"], link["one"]["number"], link["other"]["number"]) for link in document["chain"]] == [
        ("email_paid", "c2", "c1")
    ]
    assert document["confidence"] == "email_paid" and document["batch"].startswith("000001-")
    assert members(shop, "ana@shop.example") == {"c1", "c2", "c3"}


def test_somebody_who_stands_alone_is_told_so_with_what_does_not_count(shop):
    said = shop("identity", "why", "c5").out
    assert "stands alone" in said and "blocked: a role address" in said


def test_a_name_nobody_has_and_one_that_several_have_are_told(shop):
    assert "no customer is known as 'c99'" in shop("identity", "why", "c99", code=1).err
    assert "more than one person" in shop("identity", "why", "info@acme.example", code=1).err


def test_the_list_tells_persons_and_what_joins_nobody(shop):
    document = shop("identity", "list", "--json").json
    assert (document["profiles"], document["persons"], document["orders_of_somebody"]) == (8, 6, 8)
    assert [(a["profiles"], a["state"]) for a in document["aside"]] == [(2, "blocked: a role address")]
    assert (document["weeks"][0]["merges"], document["weeks"][0]["splits"]) == (2, 0)
    assert "8 profiles are 6 persons" in shop("identity", "list").out


def test_dots_and_words_in_an_address_are_a_suggestion_and_colleagues_may_speak_for_the_account(shop):
    document = shop("identity", "suggest", "--json").json
    found = [({s["one"]["number"], s["other"]["number"]}, s["why"]) for s in document["persons"]]
    assert found == [({"c3", "c4"}, "their e-mails differ in dots or a +word only")]
    assert {c["profile"]["number"] for c in document["contacts"]} == {"c5", "c6", "c8"}
    assert "may speak for an account" in shop("identity", "suggest").out


def test_a_merge_an_unmerge_and_an_undo_count_at_the_next_build(own):
    own("identity", "merge", "c5", "c6", "--why", "one office", "--by", "eva")
    said = own("identity", "unmerge", "c3", "c1", "--why", "one landline", "--by", "otto").out
    assert "decision 2" in said and "holdfast build" in said
    assert 'To take it back: holdfast identity undo 2 --why "…"' in said
    assert members(own, "c1") == {"c1", "c2", "c3"}  # not before the build
    own("build", "--quiet")
    assert members(own, "c5") == {"c5", "c6"} and members(own, "c1") == {"c1", "c2"}
    assert "Held apart" in own("identity", "why", "c3").out
    for number in (1, 2):
        own("identity", "undo", number, "--why", "after all", "--by", "eva")
    own("build", "--quiet")
    assert members(own, "c5") == {"c5"} and members(own, "c1") == {"c1", "c2", "c3"}
    kinds = [d["kind"] for d in own("identity", "decisions", "--json").json["decisions"]]
    assert kinds == ["together", "apart", "undo", "undo"]
    assert "taken back" in own("identity", "decisions").out


@pytest.mark.slow
def test_an_identifier_can_be_taken_out_and_then_a_whole_batch(own):
    (link,) = own("identity", "why", "c3", "--json").json["chain"]
    own("identity", "unmerge", "--identifier", link["identifier_hash"][:12], "--why", "the shop's own", "--by", "eva")
    own("build", "--quiet")
    assert members(own, "c1") == {"c1", "c2"}
    own("identity", "unmerge", "--batch", "000001", "--why", "start again", "--by", "eva")
    own("build", "--quiet")
    assert own("identity", "list", "--json").json["persons"] == 8


def test_what_cannot_be_meant_is_refused(shop):
    assert "--why" in shop("identity", "unmerge", "c1", code=2).err
    assert "name a customer" in shop("identity", "unmerge", "--why", "x", code=2).err
    assert "merged with nobody" in shop("identity", "unmerge", "c7", "--why", "x", code=1).err
    assert "no merge that stands" in shop("identity", "unmerge", "--batch", "999999", "--why", "x", code=1).err
    assert "one person already" in shop("identity", "merge", "c1", "c2", "--why", "x", code=1).err
    assert "no decision 77" in shop("identity", "undo", 77, "--why", "x", code=1).err
