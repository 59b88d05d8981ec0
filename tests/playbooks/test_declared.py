"""Playbooks as records and as TOML: the library reads, both ways give the same, and what is wrong is named."""

from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from holdfast.playbooks.conditions import ConditionProblem, all_hold, conditions
from holdfast.playbooks.declare import (
    Again,
    Audience,
    Holdout,
    Measured,
    Peaks,
    Playbook,
    PlaybookProblem,
    Step,
    Stop,
    Trigger,
    Watched,
)
from holdfast.playbooks.written import read

LIBRARY = sorted(Path(str(files("holdfast.playbooks") / "library")).glob("*.toml"))
TODAY = date(2026, 3, 10)
WRITTEN = """
id = "back"
name = "Back"
who = "customers"
aim = "They come back."
owner = "Ada"
priority = 30
[audience]
segment = "lapsed"
when = ["orders >= 2"]
[trigger]
on = "date"
fact = "last_purchase"
days = 90
within_days = 30
[stop]
bought = true
when = ["open_tickets > 0"]
[again]
rest_days = 60
most = 3
[peaks]
messages = "hold"
[holdout]
share = 0.2
stratum = "country"
[measured]
metric = "net_revenue"
hypothesis = "They buy again."
days = 60
planned = 500
[[measured.guardrails]]
metric = "refund_share"
per = "own"
tolerance = 0.1
[[step]]
id = "mail"
do = "email"
subject = "Hello"
body = "Hello {first_name}"
turns = 2
every_days = 3
cost = 0.01
[[step]]
id = "way"
do = "branch"
after_days = 1
after_hours = 12
if = ["country in DE, AT"]
otherwise = "end"
[[step]]
id = "text"
do = "sms"
class = "service"
body = "Hello"
only_if = ["known money"]
"""


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_every_playbook_of_the_library_reads(path):
    found = read(path)
    assert found.holdout.none_because or found.lot == found.id


def test_the_library_is_for_both_kinds_of_users():
    assert {read(path).who for path in LIBRARY} == {"customers", "accounts"}
    assert len(LIBRARY) == 14


def test_the_same_playbook_in_python_and_in_toml_are_equal_records(tmp_path):
    path = tmp_path / "back.toml"
    path.write_text(WRITTEN)
    assert read(path) == Playbook(
        id="back", name="Back", who="customers", aim="They come back.", owner="Ada", priority=30,
        audience=Audience(conditions("customers", "orders >= 2"), "lapsed"),
        trigger=Trigger("date", "last_purchase", 90, 30),
        steps=(
            Step("mail", "email", {"subject": "Hello", "body": "Hello {first_name}"}, turns=2,
                 every=timedelta(days=3), cost=0.01),
            Step("way", "branch", after=timedelta(days=1, hours=12), otherwise="end",
                 only_if=conditions("customers", "country in DE, AT")),
            Step("text", "sms", {"body": "Hello"}, only_if=conditions("customers", "known money"),
                 of_class="service"),
        ),
        stop=Stop(bought=True, when=conditions("customers", "open_tickets > 0")),
        again=Again(once=False, rest_days=60, most=3),
        peaks=Peaks(messages="hold"),
        holdout=Holdout(0.2, stratum="country"),
        measured=Measured("net_revenue", "They buy again.", 60, 500,
                          guardrails=(Watched("refund_share", 0.1, "own"),)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("was", "wrong", "named"),
    [
        ('subject = "Hello"', 'subjekt = "Hello"', r"step 'mail'.subjekt: is not a key here"),
        ('who = "customers"', 'who = "people"', r"who: must be one of customers, accounts, not 'people'"),
        ("orders >= 2", "order >= 2", r"audience.when: 'order >= 2': no fact of customers is called 'order'; did you mean"),
        ("orders >= 2", "orders >= many", r"audience.when: 'orders >= many': 'many' is no number"),
        ("share = 0.2", "share = 0", r"holdout.share: is from 0.01 to 0.9; or write none_because"),
        ('otherwise = "end"', 'otherwise = "mail"', r"step 'way': a branch leads to a later step"),
        ('fact = "last_purchase"', 'fact = "orders"', r"trigger.fact: orders is no day"),
        ("most = 3", "most = 3\nonce = true", r"again.once: there is no other run"),
        ('stratum = "country"', 'stratum = "hair"', r"holdout.stratum: is one of country, channel"),
        ('do = "sms"', 'do = "touchpoint"', r"step 'text'"),
        ("[stop]", "[stop", r"is not TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_once_and_names_the_key(tmp_path, was, wrong, named):
    path = tmp_path / "back.toml"
    path.write_text(WRITTEN.replace(was, wrong))
    with pytest.raises(PlaybookProblem, match=named) as problem:
        read(path)
    assert str(problem.value).startswith(str(path))


def test_a_file_is_called_as_its_playbook_is(tmp_path):
    path = tmp_path / "forth.toml"
    path.write_text(WRITTEN)
    with pytest.raises(PlaybookProblem, match="a playbook's file is called as it is"):
        read(path)


def test_nobody_is_kept_aside_only_for_a_written_reason(tmp_path):
    path = tmp_path / "back.toml"
    path.write_text(WRITTEN.replace('share = 0.2\nstratum = "country"', 'none_because = "They are owed it."'))
    assert read(path).lot == ""


@pytest.mark.parametrize(
    ("said", "facts", "met"),
    [
        ("orders >= 2", {"orders": 2.0}, True),
        ("orders >= 2", {}, False),
        ("not loyalty_member", {"loyalty_member": False}, True),
        ("not loyalty_member", {"loyalty_member": None}, False),
        ("unknown loyalty_member", {}, True),
        ("known last_purchase", {"last_purchase": TODAY}, True),
        ("last_purchase <= today-10", {"last_purchase": date(2026, 2, 28)}, True),
        ("last_purchase <= today - 10", {"last_purchase": date(2026, 3, 1)}, False),
        ("last_purchase = 2026-03-10", {"last_purchase": TODAY}, True),
        ("country in DE, AT", {"country": "AT"}, True),
        ("country != DE", {"country": None}, False),
        ("orders = 1 or loyalty_member", {"orders": 0.0, "loyalty_member": True}, True),
        ("segment:lapsed", {"segment:lapsed": True}, True),
    ],
)
def test_what_is_not_known_meets_nothing_but_unknown(said, facts, met):
    assert all_hold(conditions("customers", said), facts, TODAY) is met


@pytest.mark.parametrize(
    "said", ["orders", "country > DE", "loyalty_member = 1", "who knows what", "last_purchase > soon"]
)
def test_a_condition_that_means_nothing_is_refused(said):
    with pytest.raises(ConditionProblem, match=r"write|compare|words are compared|is no day|no fact"):
        conditions("customers", said)


@pytest.mark.parametrize("said", ["known event:sign_up", "segment:vips"])
def test_events_and_segments_are_of_customers_and_are_not_asked_of_accounts(said):
    with pytest.raises(ConditionProblem, match="are of customers"):
        conditions("accounts", said)


def test_the_playbook_of_the_how_to_reads(tmp_path):
    page = Path(__file__).parents[2] / "docs" / "how-to" / "run-a-playbook.md"
    written = page.read_text().partition("```toml\n")[2].partition("```")[0]
    path = tmp_path / "back.toml"
    path.write_text(written)
    assert [step.do for step in read(path).steps] == ["email", "branch", "task"]
