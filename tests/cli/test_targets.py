"""`holdfast targets`, `holdfast freeze`, `holdfast peaks`: what a merchant decides, and how the card tells it."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def shop(tmp_path_factory, terminal_at):
    """A home of one shop that was told its segment at set-up; its data end today, so that a freeze covers them."""
    folder = tmp_path_factory.mktemp("targets")
    terminal = terminal_at(folder / "home")
    terminal("init", "--segment", "b2c_marketplace")
    lines = ["order id,email,order date,sku,quantity,price,currency"]
    lines += [f"{n},c{n % 9}@example.com,{TODAY - timedelta(days=n)},mug,1,9.00,EUR" for n in range(60)]
    (folder / "orders.csv").write_text("\n".join(lines) + "\n")
    terminal("import", folder / "orders.csv", "--shop", "mugs", "--account", "Mugs Ltd", "--zone", "Europe/London")
    terminal("build")
    return terminal


def test_a_segment_named_at_set_up_is_the_cards(shop):
    said = shop("scorecard", "--json").json
    assert said["segment"] == {"id": "b2c_marketplace", "name": "B2C marketplace", "chosen": "kept"}
    assert "no segment" not in shop("scorecard").out.lower()


def test_another_segment_is_kept_for_the_account_and_the_card_shows_where_its_targets_clash(shop):
    shop("targets", "segment", "subscription", "--account", "Mugs Ltd")
    out = " ".join(shop("scorecard").out.split())
    assert "3 % a month keeps 69.4 % over a year" in out
    clashes = out.split("Targets that contradict each other")[1].split("Asked once")[0]
    assert not re.search(r"\. [a-z]", clashes)
    assert "Targets: built-in framework, criteria of the acquisition phase" in out
    groups = {group["title"] for group in shop("scorecard", "--json").json["groups"]}
    assert "Subscription" in groups
    assert not groups & {"B2C marketplace", "B2B platform"}
    shop("targets", "segment", "b2c_marketplace", "--account", "Mugs Ltd")


def test_every_line_of_the_spreadsheet_with_a_target_names_its_source(shop):
    rows = list(csv.DictReader(io.StringIO(shop("scorecard", "--csv").out)))
    assert all(row["source"].startswith("built-in framework") for row in rows if row["target"])


def test_a_question_is_asked_on_the_card_until_it_is_answered(shop):
    assert "retention_satisfaction:" in shop("scorecard").out
    shop("targets", "answer", "retention_satisfaction", "mean", "--by", "ada")
    assert "retention_satisfaction:" not in shop("scorecard").out
    (said,) = [q for q in shop("targets", "list", "--json").json["questions"] if q["id"] == "retention_satisfaction"]
    assert (said["answer"]["says"], said["answer"]["by"]) == ("mean", "ada")
    assert "answered by ada" in shop("explain", "retained_satisfaction").out.replace("\n", " ")


def test_what_cannot_be_answered_or_chosen_gets_a_hint(shop):
    assert "retention_satisfaction" in shop("targets", "answer", "retention_satisfactio", "mean", code=1).err
    assert "nps_43" in shop("targets", "answer", "retention_satisfaction", "nps", code=1).err
    assert "subscription" in shop("targets", "segment", "subscripton", code=1).err
    assert "Mugs Ltd" in shop("targets", "segment", "subscription", "--account", "Mug Ltd", code=1).err
    assert "known: US" in shop("peaks", "--market", "ZZ", code=1).err


def test_a_freeze_is_told_on_the_card_with_what_waits_for_its_end(shop):
    until = TODAY + timedelta(days=20)
    shop("freeze", "start", "--until", until, "--why", "peak season", "--by", "ada")
    shop("targets", "answer", "marketplace_satisfaction", "nps_43", "--by", "bo")
    held = shop("scorecard", "--json").json["freeze"]
    assert (held["until"], held["why"], held["by"]) == (str(until), "peak season", "ada")
    assert held["waiting"] == ["“Customer satisfaction 4.3+ NPS” changes"]
    assert "Targets and definitions are frozen until" in shop("scorecard").out
    assert "end it first" in shop("freeze", "start", "--until", until, code=1).err
    shop("freeze", "end", held["name"])
    assert shop("scorecard", "--json").json["freeze"] is None
    assert shop("freeze", "list", "--json").json["freezes"] == []  # it had begun today: no day of it is behind


def test_peaks_have_dates_in_any_year_and_a_shop_has_a_market(shop):
    said = shop("peaks", "--year", "2025", "--json").json
    assert said["shops"] == {"mugs": "GB"}  # by its time zone
    days = {peak["id"]: (peak["since"], peak["until"]) for peak in said["markets"][0]["peaks"]}
    assert days["black_friday"] == ("2025-11-28", "2025-12-01")
    assert days["mothering_sunday"] == ("2025-03-24", "2025-03-30")
    assert shop("peaks", "--shop", "mugs", "--market", "DE", "--json").json["shops"] == {"mugs": "DE"}
    assert "Black Friday to Cyber Monday" in shop("peaks").out


def test_weeks_and_phases_are_told_and_a_week_opens_its_rows(shop, tmp_path):
    said = shop("weeks", "average_order_value", "--json").json["weeks"]
    assert said[0]["against"]["weeks_back"] in (51, 52, 53)
    assert "the data begin later" in said[0]["change"]["unknown"]  # sixty days are no year
    page = shop("rows", "average_order_value", "--by", f"week={said[0]['since']}", "--json").json
    assert page["total"] == said[0]["n"] > 0
    assert "not told by weeks" in shop("weeks", "annual_retention", code=1).err
    assert said[0]["week"] in shop("weeks", "average_order_value", columns=160).out
    assert "Activation" in shop("phases").out
    shop("phases", "--out", tmp_path / "phases.csv")
    assert "reactivated" in (tmp_path / "phases.csv").read_text(encoding="utf-8-sig").splitlines()[0]
