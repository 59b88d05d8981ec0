"""`holdfast segments`, over a shop of a few lines."""

from __future__ import annotations

import csv
import io

import pytest

MINE = """
id = "mug_people"
name = "Mug people"
when = { fact = "frequency", at_least = 2 }
"""


@pytest.fixture
def shop(mugs):
    return mugs


def test_segments_are_declared_listed_shown_and_counted(shop, tmp_path):
    path = tmp_path / "mug_people.toml"
    path.write_text(MINE)
    assert "is version 1: Who has bought" in shop("segments", "declare", path).out
    rows = {row["segment"]: row for row in shop("segments", "--json").json["segments"]}
    assert (rows["mug_people"]["members"], rows["mug_people"]["universe"]) == (1, 2)
    assert "Mug people" in shop("segments").out
    told = shop("segments", "show", "mug_people", "--json").json
    assert told["shops"][0]["money"] == 27.5
    assert told["versions"][0]["digest"] == told["digest"]
    assert "1 of 2" in shop("segments", "show", "mug_people").out
    points = shop("segments", "sizes", "mug_people", "--json").json["points"]
    assert [(p["as_of"], p["members"], p["entered"]) for p in points][:2] == [
        ("2025-01-31", 0, None),
        ("2025-02-05", 1, 1),
    ]


def test_members_are_listed_written_and_explained(shop, tmp_path):
    told = shop("segments", "members", "new_buyers", "--json").json
    assert told["total"] == len(told["members"]) == 1
    number = f"#{told['members'][0]['customer_id']}"
    out = tmp_path / "new.csv"
    shop("segments", "members", "new_buyers", "--out", out)
    (row,) = csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig")))
    assert (row["frequency"], row["money"], row["first_purchase"]) == ("1", "10.0", "2025-01-06")
    why = shop("segments", "why", "new_buyers", number).out
    assert "belongs to New buyers" in why
    assert "● yes first purchase: at most 30 days ago (2025-01-06)" in why
    assert shop("segments", "why", "champions", number, "--json").json["belongs"] is False


def test_what_nobody_can_be_in_is_not_known_and_says_why(shop, tmp_path):
    rows = {row["segment"]: row for row in shop("segments", "--json").json["segments"]}
    assert rows["waiting_for_help"]["members"] is None
    assert rows["waiting_for_help"]["unknown"]["unknown"] == "no tickets connected"
    assert rows["new_buyers"]["unknown"] is None
    assert "waiting_for_help is not known: no tickets connected" in shop("segments").out
    assert "how many is not known: no tickets connected" in shop("segments", "show", "waiting_for_help").out
    sizes = shop("segments", "sizes", "waiting_for_help", "--json").json
    assert sizes["unknown"]["would_need"]
    assert {(p["members"], p["entered"], p["left"]) for p in sizes["points"]} == {(None, None, None)}
    out = tmp_path / "sizes.csv"
    shop("segments", "sizes", "waiting_for_help", "--out", out)
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    assert {(row["members"], row["universe"]) for row in rows} <= {("", "1"), ("", "2")} and rows
    assert "of goods whose kind is known" in shop("segments", "goods", code=1).err


def test_wrong_days_and_wrong_names_are_told_as_such(shop):
    assert "is not before" in shop("segments", "migration", "--since", "2030-01-01", code=1).err
    assert "did you mean champions?" in shop("segments", "show", "champion", code=1).err


def test_the_vocabulary_is_listed(terminal):
    told = {fact["fact"]: fact for fact in terminal("segments", "facts", "--json").json["facts"]}
    assert told["state"]["choices"] == ["lapsed", "reactivated", "slipping", "new", "active"]
    assert "within_days" in told["last_purchase"]["tests"]
    assert "value_decile" in terminal("segments", "facts").out


def test_moving_from_state_to_state_adds_up(shop):
    cells = shop("segments", "migration", "--since", "2025-01-20", "--json").json["cells"]
    assert {(c["from"], c["to"]): c["customers"] for c in cells if c["customers"]} == {
        ("new", "active"): 1, ("new", "new"): 1,
    }  # fmt: skip
    assert "not yet a buyer" in shop("segments", "migration", "--since", "2025-01-05").out
    assert "did you mean money_score" in shop("segments", "migration", "--by", "money_scores", code=1).err


def test_what_is_wrong_is_said(shop, tmp_path):
    assert "there are at_risk_with_value" in shop("segments", "show", "nothing", code=1).err
    path = tmp_path / "mug_people.toml"
    path.write_text(MINE.replace("at_least", "at_leest"))
    assert "frequency needs one of at_least" in shop("segments", "declare", path, code=1).err
    assert "the data end on" in shop("segments", "members", "slipping", "--as-of", "2026-01-01", code=1).err
