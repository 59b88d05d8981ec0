"""From a playbook's text to a message in the outbox: judged once, put once, filled with what is known."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from acting import SCHEDULE
from greeting import HELLO, written
from written_to import keys

from holdfast.playbooks.channels.audience import files, hashed
from holdfast.playbooks.channels.sending import said, send
from holdfast.playbooks.channels.settings import Messages
from holdfast.playbooks.declare import PlaybookProblem
from holdfast.playbooks.handing import edges, hand_over
from holdfast.playbooks.models import Outbox
from holdfast.playbooks.plan import plan
from holdfast.playbooks.reading import arms, listed, runs, stays, story
from holdfast.playbooks.restraint.words import Word, address_hash, say, suppress
from holdfast.playbooks.shelf import set_programme, switch_on
from holdfast.playbooks.tick import tick
from holdfast.playbooks.walk import NOBODYS
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot

pytestmark = pytest.mark.django_db
STEPS = """
[[step]]
id = "mail"
do = "email"
subject = "Hello from {{ shop }}"
body = "Hello {{ first_name }}"
[[step]]
id = "desk"
do = "ticket"
subject = "Look at {{ customer }}"
body = "Call customer {{ customer }}."
[[step]]
id = "banner"
do = "slot"
after_days = 1
name = "home"
body = "Welcome back"
[stop]
"""


@pytest.fixture
def home(people, tmp_path):
    shutil.copytree(people.path, tmp_path / "home", symlinks=True)
    home = Home(tmp_path / "home")
    text = HELLO[: HELLO.index("[[step]]")] + STEPS + HELLO[HELLO.index("[stop]") + len("[stop]") :]
    written(home, text)
    switch_on(home, "hello", by="Ada", now=datetime(2026, 3, 1, tzinfo=UTC))
    set_programme(home, 0.0)
    return home


@pytest.fixture
def now(home):
    day = current_snapshot(home).as_of
    return datetime(day.year, day.month, day.day, 16, tzinfo=UTC)  # day in London and in New York


def test_messages_are_put_for_whom_nothing_holds_and_others_are_told_why(home, now):
    done = tick(home, edges(home, now=now), now=now)
    ann = keys(home)["1"]
    mails = {one.customer_id: one for one in Outbox.objects.filter(channel="email")}
    assert {one.address for one in mails.values()} == {"ann@kelp.example", "bo@kelp.example"}
    assert mails[ann].template == "hello-v1-mail"
    why = {number: next(e.why for e in story(home, "customers", (key,)) if e.what == "held")
           for number, key in keys(home).items() if number not in "12"}  # fmt: skip
    assert why == {"3": "said no", "4": "no address", "5": "the address cannot be one", "6": "never said yes"}
    hand_over(home, done, now=now)
    assert Outbox.objects.filter(channel="email").count() == 2


def test_a_message_says_what_its_version_said_and_a_ticket_whom_it_is_about(home, now):
    tick(home, edges(home, now=now), now=now)
    ann = keys(home)["1"]
    mail = Outbox.objects.get(channel="email", customer_id=ann)
    read = said(home, Messages(), mail, now, {1: "Kelp"})
    assert (read.subject, read.text.strip()) == ("Hello from Kelp", "Hello Ann")
    ticket = Outbox.objects.get(channel="webhook", customer_id=ann)
    assert ticket.variables["endpoint"] == "tickets"
    assert said(home, Messages(), ticket, now, {1: "Kelp"}).text.strip() == f"Call customer {ann}."


def test_a_slot_is_put_under_the_name_the_shop_asks_for(home, now):
    tick(home, edges(home, now=now), now=now)
    later = now + timedelta(days=1)
    tick(home, edges(home, now=later), now=later)
    assert {one.variables["slot"] for one in Outbox.objects.filter(channel="slot")} == {"home"}
    assert runs(home) == ()


def test_what_pages_tell_is_what_was_decided(home, now):
    tick(home, edges(home, now=now), now=now)
    (row,) = [one for one in listed(home) if one.on]
    assert (row.under_way, row.waiting, row.counts["start"], row.edited) == (6, 0, 6, False)
    assert {one.step for one in runs(home)} == {"banner"}
    assert len(stays(home, "customers", (keys(home)["1"],))) == 1
    assert arms(home, "hello") == ()


def test_a_text_that_cannot_be_filled_is_refused_before_it_is_on(home):
    (home.path / "playbooks" / "hello.toml").write_text(
        (home.path / "playbooks" / "hello.toml").read_text().replace("Hello {{ first_name }}", "Hello {{ first_name")
    )
    with pytest.raises(PlaybookProblem, match="step 'mail': its text cannot be filled"):
        switch_on(home, "hello", by="Ada", now=datetime(2026, 3, 1, tzinfo=UTC))


def test_whoever_says_no_or_is_suppressed_stops(home, now):
    path = home.path / "playbooks" / "hello.toml"
    path.write_text(path.read_text().replace("[stop]", "[stop]\nunsubscribed = true"))
    switch_on(home, "hello", by="Ada", now=now)
    tick(home, edges(home, now=now), now=now)
    ann, bo = keys(home)["1"], keys(home)["2"]
    say([Word(word="no", source="a letter", customer_id=ann)], by=SCHEDULE, at=now)
    suppress([address_hash(home, "bo@kelp.example")], "complaint", by=SCHEDULE, at=now)
    later = now + timedelta(hours=1)
    tick(home, edges(home, now=later), now=later)
    assert [e.why for e in story(home, "customers", (ann, bo)) if e.what == "stop"] == ["said no to marketing"] * 2


TOOL = """
[[step]]
id = "into"
do = "audience"
name = "Win back, all"
[[step]]
id = "call"
do = "task"
what = "Call {customer}"
[[step]]
id = "out"
do = "audience"
after_days = 1
name = "Win back, all"
action = "remove"
[stop]
"""


@pytest.fixture
def with_tool(home):
    text = HELLO[: HELLO.index("[[step]]")] + TOOL + HELLO[HELLO.index("[stop]") + len("[stop]") :]
    written(home, text)
    switch_on(home, "hello", by="Ada", now=datetime(2026, 3, 1, tzinfo=UTC))
    return home


def test_an_audience_of_a_marketing_tool_has_its_name_and_loses_also_who_said_no_since(with_tool, now):
    home = with_tool
    tick(home, edges(home, now=now), now=now)
    send(home, clock=lambda: now, by=SCHEDULE)
    (path,) = files(home)
    assert path.name == "Win-back-all.csv"
    assert set(path.read_text().splitlines()[1:]) == {hashed("ann@kelp.example"), hashed("bo@kelp.example")}
    say([Word(word="no", source="a letter", customer_id=keys(home)["2"])], by=SCHEDULE, at=now)
    later = now + timedelta(days=1)
    tick(home, edges(home, now=later), now=later)
    send(home, clock=lambda: later, by=SCHEDULE)
    assert path.read_text().splitlines() == ["hashed_email"]


def test_a_task_for_customers_of_a_shop_without_an_account_is_told_before_and_after(with_tool, now):
    home = with_tool
    (seen,) = plan(home, edges(home, now=now), now=now).playbooks
    assert [(one.what, one.why, one.n) for one in seen.steps if one.what == "call"] == [
        ("call", f"left out: {NOBODYS}", 6)
    ]
    tick(home, edges(home, now=now), now=now)
    told = [e for e in story(home, "customers", (keys(home)["1"],)) if e.step == "call"]
    assert [(one.what, one.why) for one in told] == [("left out", NOBODYS)]
