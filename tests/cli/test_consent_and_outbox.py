"""Consent and the outbox by commands."""

import pytest
import written_to

from holdfast.accounts.act import keep_marks
from holdfast.playbooks.models import Consent, Outbox, Suppression


@pytest.fixture
def shop(terminal, db, tmp_path, monkeypatch):
    """A built home of one shop, with a message that waits and one of which nobody knows."""
    (tmp_path / "made").mkdir()
    home = written_to.made(tmp_path / "made")
    monkeypatch.setenv("HOLDFAST_HOME", str(home.path))
    (home.path / "work.sqlite3").touch()
    usual = {"playbook": "welcome", "version": 1, "step": "write", "turn": 1, "channel": "slot", "shop_id": 1,
             "template": "welcome", "customer_id": written_to.keys(home)["1"], "put_at": written_to.NOON,
             "not_before": written_to.NOON}  # fmt: skip
    keep_marks(
        [Outbox(run=1, message_key="a" * 32, **usual), Outbox(run=2, message_key="b" * 32, state="unknown", **usual)]
    )
    return home


def run(terminal, shop, *words, code=0):
    return terminal(*words, "--home", shop.path, code=code)


def test_a_word_is_written_down_and_shown_with_its_source(terminal, shop):
    run(terminal, shop, "consent", "set", "1", "no", "--channel", "email", "--source", "call of 3 March")
    said = run(terminal, shop, "consent", "show", "1")
    assert "no" in said.out and "call of 3 March" in said.out
    told = run(terminal, shop, "consent", "show", "1", "--json").json
    assert [(w["word"], w["channel"], w["by_name"]) for w in told["words"]] == [("no", "email", "the command line")]
    assert told["kept"]["messages"] == 2


def test_a_yes_says_where_it_was_said_and_a_stranger_is_not_written_down(terminal, shop):
    assert "needs --source" in run(terminal, shop, "consent", "set", "1", "yes", code=2).err
    assert "no customer goes by '99'" in run(terminal, shop, "consent", "set", "99", "no", code=1).err
    assert not Consent.objects.exists()


def test_words_of_another_tool_are_taken_in_once_and_bad_lines_are_told(terminal, shop, tmp_path):
    file = tmp_path / "consents.csv"
    file.write_text(
        "customer,address,word,channel,at,source\n1,,yes,email,2026-01-02T10:00:00Z,form\n,bo@kelp.example,no,,2026-01-03,\n"
        "99,,yes,email,2026-01-02,\n1,,perhaps,email,2026-01-02,\n1,,yes,email,soon,\n"
    )
    told = run(terminal, shop, "consent", "import", file, "--json").json
    assert (told["taken"], told["there"], [line for line, _ in told["rejected"]]) == (2, 0, [4, 5, 6])
    assert run(terminal, shop, "consent", "import", file, "--json").json["there"] == 2
    assert Consent.objects.count() == 2


def test_an_address_is_suppressed_and_lifted_by_its_hash_alone(terminal, shop):
    run(terminal, shop, "consent", "suppress", "Ann@kelp.example")
    assert [(s.why, "ann" in s.address_hash) for s in Suppression.objects.all()] == [("asked", False)]
    assert run(terminal, shop, "consent", "suppress", "ann@kelp.example", "--lift", "--json").json["changed"] == 1


def test_erasure_asks_first(terminal, shop):
    assert "say --yes" in run(terminal, shop, "consent", "erase", "1", "--json", code=1).err
    assert Outbox.objects.exclude(customer_id=None).count() == 2
    assert run(terminal, shop, "consent", "erase", "1", "--yes", "--json").json["messages"] == 2
    assert Outbox.objects.exclude(customer_id=None).count() == 0


def test_sending_shows_what_would_go_until_it_is_told_to_go(terminal, shop):
    said = run(terminal, shop, "outbox", "send")
    assert "Welcome to Kelp" in said.out and "say --live" in said.out
    assert Outbox.objects.get(run=1).state == "waiting"
    assert run(terminal, shop, "outbox", "send", "--live", "--json").json["became"] == {"sent": 1}


def test_what_nobody_knows_is_listed_and_settled_by_a_person(terminal, shop):
    listed = run(terminal, shop, "outbox", "unknown", "--json").json
    assert listed["counts"] == {"unknown": 1, "waiting": 1}
    (one,) = listed["messages"]
    assert run(terminal, shop, "outbox", "retry", str(one["message"]), "--json").json["state"] == "waiting"
    assert "nobody knows" in run(terminal, shop, "outbox", "settle", str(one["message"]), "went", code=1).err
    assert "2 waiting" in run(terminal, shop, "outbox", "list").out


def test_codes_are_added_to_a_pool_once(terminal, shop, tmp_path):
    (tmp_path / "codes.txt").write_text("A1\nA2\nA2\n")
    for added in (2, 0):
        told = run(terminal, shop, "outbox", "codes", "spring", tmp_path / "codes.txt", "--json").json
        assert (told["added"], told["left"]) == (added, 2)
