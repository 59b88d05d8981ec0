"""`holdfast parity`, over Saltmarsh."""

from __future__ import annotations

from pathlib import Path

import pytest
from terminal import Terminal

import holdfast

SALTMARSH = Path(holdfast.__file__).parent / "examples" / "saltmarsh"
FILES = ("customers", "orders", "value/orders", "value/refunds")


@pytest.fixture(scope="module")
def saltmarsh(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    folder = tmp_path_factory.mktemp("saltmarsh")
    for name in FILES:
        (folder / f"{name.replace('/', '_')}.csv").write_bytes((SALTMARSH / f"{name}.csv").read_bytes())
    terminal = Terminal(tmp_path_factory.mktemp("home") / "home")
    terminal("import", folder, "--shop", "Saltmarsh", "--zone", "Europe/Amsterdam", "--currency", "EUR", "--quiet")
    terminal("build", "--quiet")
    return terminal


def test_every_word_is_listed_with_our_number_and_theirs(saltmarsh):
    said = saltmarsh("parity").out
    assert "€26.69" in said
    assert "€23.57" in said
    assert "unknown: no tickets connected" in said


def test_steps_are_told_for_machines_and_add_up(saltmarsh):
    document = saltmarsh("parity", "M11", "--json").json
    assert (document["term"], document["metric"], document["currency"]) == ("aov", "average_order_value", "EUR")
    for one in document["definitions"]:
        if one["id"] == "dbt_customers":
            assert "no payments connected" in str(one["value"])
            continue
        assert one["counted"] + sum(s["counted"] for s in one["steps"]) == pytest.approx(347.00)
        assert one["steps"][-1]["after"] == pytest.approx(document["value"]["point"])


def test_a_person_reads_what_leads_from_their_number_to_ours(saltmarsh):
    said = saltmarsh("parity", "returning").out
    assert "60.0 %" in said
    assert "= returning customer rate" in said
    assert "1 order of unknown buyers" in said


def test_a_number_the_shop_shows_is_kept_and_what_stays_unexplained_is_told(saltmarsh):
    asked = ("parity", "aov", "--shown", "24.50", "--by", "shopify", "--source", "Analytics")
    assert "unexplained: +€0.31" in saltmarsh(*asked).out
    (kept,) = [d["shown"] for d in saltmarsh("parity", "aov", "--json").json["definitions"] if d["shown"]]
    assert (kept["shown"]["value"], kept["shown"]["on"], kept["shown"]["source"]) == (24.5, "2026-06-30", "Analytics")
    assert "whose number it is: shopify" in saltmarsh(*asked[:4], "--source", "x", code=2).err.replace("\n", " ")
    assert "percent sign" in saltmarsh("parity", "returning", "--shown", "0.6", *("--by", "shopify"), "--source", "x",
                                       code=1).err  # fmt: skip


def test_a_metric_with_one_meaning_only_says_which_words_have_several(saltmarsh):
    assert "words with several meanings" in saltmarsh("parity", "active_customers", code=1).err


def test_a_number_of_a_day_to_come_or_without_a_place_to_look_it_up_is_refused(saltmarsh):
    shown = ("parity", "aov", "--shown", "24.50", "--by", "shopify")
    refused = saltmarsh(*shown, "--source", "Analytics", "--on", "2099-01-01", code=2)
    assert "data end on 2026-06-30" in " ".join(refused.err.replace("│", " ").split())
    assert "200 letters" in " ".join(saltmarsh(*shown, "--source", "x" * 201, code=2).err.replace("│", " ").split())
