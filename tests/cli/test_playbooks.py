"""`holdfast playbooks` on a shop of six customers, without a book of work and with one."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from paper_shop import book, build_rows, data_end, land_rows, order, paper_home
from terminal import Terminal

from holdfast.warehouse.home import Home

TODAY = datetime.now(UTC).date()
BACK = """
id = "back"
name = "Back"
who = "customers"
aim = "To be tested."
owner = "Ada"
[audience]
when = ["recency >= 3"]
[trigger]
on = "enter"
those_inside = true
[[step]]
id = "mail"
do = "email"
subject = "Hello"
body = "Hello {{ first_name }}"
[holdout]
share = 0.5
[measured]
metric = "net_revenue"
hypothesis = "They buy again."
days = 30
planned = 100
"""


@pytest.fixture
def run(tmp_path):
    home, it = paper_home(tmp_path)
    days = {name: TODAY - timedelta(days=n) for n, name in enumerate("abcdef")}
    sold = book(*(order(f"o{name}", name, day) for name, day in days.items()),
                {"customer": [{"customer_source": name, "customer_number": name} for name in days]})  # fmt: skip
    land_rows(home, it, sold)
    build_rows(home)
    (home.path / "playbooks").mkdir()
    (home.path / "playbooks" / "back.toml").write_text(BACK)
    return Terminal(home.path)


def told(run, *words):
    return json.loads(run("playbooks", *words, "--json").out)


def test_the_list_tells_all_there_are_and_which_are_on(run):
    rows = {row["id"]: row for row in told(run, "list")["playbooks"]}
    assert {"back", "win-back", "renewal-120"} <= rows.keys()
    assert not any(row["on"] for row in rows.values())
    run("playbooks", "switch-on", "back")
    on = [row for row in told(run, "list")["playbooks"] if row["on"]]
    assert [(row["id"], row["version"], row["edited"]) for row in on] == [("back", 1, False)]
    assert "back  Back  (customers, on, version 1" in run("playbooks", "list").out


def test_a_preview_says_who_would_begin_and_sends_nothing(run):
    found = told(run, "preview", "back")["playbooks"][0]
    assert found["audience"] == 3
    became = [row for row in found["rows"] if row["what"] in ("start", "hold")]
    assert sum(row["n"] for row in became) == 3
    assert {row["why"] for row in became} <= {
        "entered the audience", "kept aside by lot", "kept out of every playbook, by the programme's own lot",
    }  # fmt: skip
    assert "Nothing was done." in run("playbooks", "preview", "back").out


def test_a_past_day_is_played_again_as_if_the_playbook_had_been_on(run):
    found = told(run, "preview", "back", "--on", str(TODAY - timedelta(days=1)))["playbooks"][0]
    assert found["audience"] == 2
    became = [row for row in found["rows"] if row["what"] in ("start", "hold")]
    assert sum(row["n"] for row in became) == 1, "only who became three days old on that day entered"


def test_a_tick_only_says_what_it_would_do_until_it_is_for_real(run):
    run("playbooks", "switch-on", "back")
    assert told(run, "tick")["playbooks"][0]["audience"] == 3
    assert told(run, "list")["last_tick"]["number"] == 0
    refused = run("playbooks", "tick", "--for-real", code=1)
    assert "there is no book of work here yet" in refused.err


def test_a_look_says_whose_data_are_old_and_what_to_do(run):
    ended = TODAY - timedelta(days=9)
    data_end(Home(run.home), paper=ended)
    run("playbooks", "switch-on", "back")
    said = f"Held by Back: customers of paper, whose data end on {ended}. Import newer data and build."
    dry, look = run("playbooks", "tick").out, run("playbooks", "preview", "back").out
    assert said in dry and "There are no newer data" not in dry
    assert "3  held for now: the data end on" in dry
    assert said in look and "this is what would be done if their last day were today" in look
    assert told(run, "tick")["held_for_old_data"][0]["names"] == ["paper"]


def test_what_was_registered_is_sealed_under_its_name(run):
    run("playbooks", "switch-on", "back")
    run("playbooks", "switch-off", "back")
    path = run.home / "playbooks" / "back.toml"
    path.write_text(BACK.replace("days = 30", "days = 60"))
    refused = run("playbooks", "switch-on", "back", code=1)
    assert "give `lot` under [measured] a new name" in refused.err
    path.write_text(BACK.replace("days = 30", 'days = 60\nlot = "back-2"'))
    assert told(run, "switch-on", "back")["version"] == 2


def test_check_names_what_is_wrong(run):
    assert "Nothing is wrong." in run("playbooks", "check").out
    path = run.home / "playbooks" / "back.toml"
    path.write_text(BACK.replace('metric = "net_revenue"', 'metric = "no_such"'))
    assert "back" in json.loads(run("playbooks", "check", "--json", code=1).out)["wrong"]


def test_why_tells_a_customer_nobody_decided_for(run):
    assert "No playbook has decided anything" in run("playbooks", "why", "a").out
    assert "no customer has the number 'z'" in run("playbooks", "why", "z", code=1).err
