"""Accounts by the dozen: what is known of them, and work that a playbook begins for them once, with a way back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from acting import SCHEDULE, by
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from greeting import written

from holdfast.accounts.act import By, act, undo
from holdfast.accounts.models import (
    Account,
    Audit,
    Book,
    Contact,
    Contract,
    Person,
    Role,
    Seat,
    Task,
    Touchpoint,
    source_of,
)
from holdfast.playbooks.actions.deeds import Doing, do
from holdfast.playbooks.behind import of_tick
from holdfast.playbooks.channels.sending import said
from holdfast.playbooks.channels.settings import Messages
from holdfast.playbooks.declare import PARTS, Step
from holdfast.playbooks.handing import edges, hand_over
from holdfast.playbooks.known.accounts import told
from holdfast.playbooks.models import Deed, Outbox
from holdfast.playbooks.reading import runs, story, waiting
from holdfast.playbooks.restraint.words import Word, address_hash, say, suppress
from holdfast.playbooks.shelf import lives, shipped, switch_on
from holdfast.playbooks.tick import tick
from holdfast.warehouse.snapshot import current_snapshot

TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def kelp(quick_passwords):
    """An account with an owner, a contract that ends in a hundred days, and a champion who left yesterday."""
    with act("set the scene", by=SCHEDULE) as doing:
        cas = doing.create(get_user_model(), username="cas", password="-")
        doing.create(Person, user=cas, role=Role.CSM)
        north = doing.create(Book, name="North")
        doing.create(Seat, user=cas, book=north)
        kelp = doing.create(Account, name="Kelp", book=north, owner=cas, since=TODAY - timedelta(days=400))
        doing.create(Contract, account=kelp, name="Term", currency="EUR", value_minor=120000,
                     starts=TODAY - timedelta(days=265), ends=TODAY + timedelta(days=100))  # fmt: skip
        doing.create(Contact, account=kelp, name="Ines", part="champion", left_on=TODAY - timedelta(days=1))
    return kelp


@pytest.fixture
def home(shop):
    return shop


def test_what_is_known_of_an_account_comes_from_the_book_and_the_data(home, kelp):
    (row,) = told(home, current_snapshot(home), TODAY)
    assert row["renewal_on"] == TODAY + timedelta(days=100)
    assert row["value_year"] == 1200.0
    assert (row["champion"], row["champion_left_on"]) == (False, TODAY - timedelta(days=1))
    assert row["days_as_account"] == 400.0
    assert row["open_escalation"] is False
    assert row["health_status"] is None


def test_a_renewal_and_a_champion_who_left_become_work_once(home, kelp):
    for id in ("renewal-120", "champion-left"):
        switch_on(home, id, by="Ada", now=NOW)
    tick(home, edges(home, now=NOW), now=NOW)
    tick(home, edges(home, now=NOW), now=NOW + timedelta(hours=1))
    tasks = {task.what: task for task in Task.objects.all()}
    assert set(tasks) == {
        "Gather for Kelp what was reached, with its figures", "Find who stands up for us at Kelp now",
    }  # fmt: skip
    assert {task.owner.username for task in tasks.values()} == {"cas"}
    assert {entry.by_name for entry in Audit.objects.filter(verb="playbook task")} == {"playbooks"}
    assert {one.playbook for one in runs(home)} == {"renewal-120", "champion-left"}
    later = NOW + timedelta(days=7, hours=1)
    tick(home, edges(home, now=later), now=later)
    assert [one.kind for one in Touchpoint.objects.all()] == ["check_in"]
    assert {event.what for event in story(home, "accounts", (kelp.pk,))} == {"start", "did", "done"}


ASKS_THE_DATA = """
id = "watched"
name = "Watched"
who = "accounts"
aim = "To be tested."
owner = "Ada"
[audience]
when = ["unknown urgent_ticket_on"]
[trigger]
on = "enter"
those_inside = true
[[step]]
id = "look"
do = "task"
what = "Look at {account}"
[holdout]
none_because = "They are few."
"""


def test_old_data_hold_only_what_asks_them_and_the_book_of_work_goes_on(home, kelp):
    with act("take in", by=SCHEDULE) as doing:
        doing.change(kelp, source=source_of("paper"))
        doing.create(Account, name="By hand", book=kelp.book, since=TODAY - timedelta(days=400))
    written(home, ASKS_THE_DATA, "watched")
    later = NOW + timedelta(days=9)
    for id in ("watched", "champion-left"):
        switch_on(home, id, by="Ada", now=later)
    done = tick(home, edges(home, now=later), now=later)
    assert {task.what for task in Task.objects.all()} == {
        "Look at By hand", "Find who stands up for us at Kelp now",
    }, "of whom no data tell, none are old"  # fmt: skip
    assert [(one.playbook, one.subject) for one in waiting(home)] == [("watched", kelp.pk)]
    (held,) = of_tick(home, done, lives(home))
    assert held.said == "Held by Watched: 1 account, whose data end on 2026-03-10"


def test_a_renewal_is_prepared_whatever_the_data_and_waits_only_before_the_step_that_asks_them(home, kelp):
    with act("take in", by=SCHEDULE) as doing:
        doing.change(kelp, source=source_of("paper"))
    switch_on(home, "renewal-120", by="Ada", now=NOW)
    for days in (9, 40, 71):
        later = NOW + timedelta(days=days)
        tick(home, edges(home, now=later), now=later)
    assert Task.objects.get().what == "Gather for Kelp what was reached, with its figures"
    assert [one.kind for one in Touchpoint.objects.all()] == ["review"]
    assert [one.step for one in runs(home)] == ["well"]
    assert [one.why for one in waiting(home)] == ["the data end on 2026-03-10, too long ago to decide by"]
    assert [event.what for event in story(home, "accounts", (kelp.pk,))] == ["start", "did", "did", "not yet"]


GOES_ON_BY_DATA = """
id = "left"
name = "Left"
who = "accounts"
aim = "To be tested."
owner = "Ada"
[audience]
when = ["days_as_account >= 0"]
[trigger]
on = "date"
fact = "champion_left_on"
within_days = 30
[[step]]
id = "look"
do = "task"
what = "Look at {account}"
[[step]]
id = "well"
after_days = 1
do = "task"
what = "Ask {account}"
only_if = ["health < 50"]
[holdout]
none_because = "They are few."
"""


def test_who_stands_still_and_would_begin_again_waits_for_one_reason_that_is_told_once(home, kelp):
    with act("take in", by=SCHEDULE) as doing:
        doing.change(kelp, source=source_of("paper"))
    written(home, GOES_ON_BY_DATA, "left")
    switch_on(home, "left", by="Ada", now=NOW)
    later = NOW + timedelta(days=9)
    tick(home, edges(home, now=later), now=later)
    with act("leave", by=SCHEDULE) as doing:
        doing.create(Contact, account=kelp, name="Noa", part="champion", left_on=TODAY)
    for hours in (48, 49, 50):
        at = later + timedelta(hours=hours)
        tick(home, edges(home, now=at), now=at)
    assert [one.why for one in waiting(home)] == ["the data end on 2026-03-10, too long ago to decide by"]
    assert [event.what for event in story(home, "accounts", (kelp.pk,))].count("not yet") == 1


def doing(account, step):
    return Doing("escalation", "Escalation", 1, 7, step, 1, account, {"account": account.name})


def test_what_somebody_undid_is_not_done_again(kelp):
    machine = By(AnonymousUser(), "schedule", "playbooks")
    open_ = next(step for step in shipped()["escalation"].steps if step.do == "work")
    assert do(doing(kelp, open_), by=machine, at=NOW)
    entry = Audit.objects.get(verb="playbook work")
    assert kelp.work_objects.get().kind == "A14"
    undo(entry, by=by(kelp.owner))
    assert not kelp.work_objects.exists()
    assert not do(doing(kelp, open_), by=machine, at=NOW)
    assert not kelp.work_objects.exists()


def test_what_cannot_be_done_is_kept_with_why_and_holds_up_nobody(kelp):
    machine = By(AnonymousUser(), "schedule", "playbooks")
    wrong = Step("talk", "touchpoint", {"kind": "a dance"})
    assert do(doing(kelp, wrong), by=machine, at=NOW)
    assert "a dance" in Deed.objects.get().problem
    assert not Touchpoint.objects.exists()


def test_the_schedule_ticks_only_where_a_playbook_is_on(home, kelp, settings):
    from holdfast.playbooks.jobs import run_due

    settings.HOME = home
    assert {ran.said for ran in run_due(NOW)} == {"no playbook is on", "messages are not live"}
    switch_on(home, "champion-left", by="Ada", now=NOW)
    ran = run_due(NOW + timedelta(hours=1))
    assert not [one for one in ran if one.failed]
    assert {one.said for one in ran} == {"tick 1: 1 began, 1 steps done", "messages are not live"}


WRITE = """
id = "hello-account"
name = "Hello"
who = "accounts"
aim = "To be tested."
owner = "Ada"
[audience]
when = ["days_as_account >= 1"]
[trigger]
on = "enter"
those_inside = true
[[step]]
id = "mail"
do = "email"
to = "buyer, champion"
class = "{class}"
subject = "To {{{{ account }}}}"
body = "Hello {{{{ first_name }}}}"
[again]
once = true
[holdout]
none_because = "They are few."
"""


DAYTIME = NOW + timedelta(hours=6)  # also where nobody knows how late it is there


def ticked(home, said, now=DAYTIME, to="marketing"):
    folder = home.path / "playbooks"
    folder.mkdir(exist_ok=True)
    (folder / "hello-account.toml").write_text(said.format(**{"class": to}))
    switch_on(home, "hello-account", by="Ada", now=NOW)
    return tick(home, edges(home, now=now), now=now)


def somebody(account, name, part, email, **more):
    with act("set the scene", by=SCHEDULE) as doing:
        doing.create(Contact, account=account, name=name, part=part, email=email, **more)


def test_mail_goes_to_the_person_whose_part_is_preferred_and_who_said_yes(home, kelp):
    somebody(kelp, "Max Meer", "champion", "max@kelp.example")
    somebody(kelp, "Bea Bay", "buyer", "bea@kelp.example")
    somebody(kelp, "Old Bay", "buyer", "old@kelp.example", left_on=TODAY)
    say([Word(word="yes", source="a call", address_hash=address_hash(home, "bea@kelp.example"))], by=SCHEDULE, at=NOW)
    done = ticked(home, WRITE)
    message = Outbox.objects.get()
    assert (message.address, message.contact_id) == ("bea@kelp.example", Contact.objects.get(name="Bea Bay").pk)
    assert said(home, Messages(), message, NOW, {}).subject == "To Kelp"
    assert said(home, Messages(), message, NOW, {}).text.strip() == "Hello Bea"
    hand_over(home, done, now=NOW)
    assert Outbox.objects.count() == 1
    assert not Task.objects.exists()


def test_without_a_yes_a_person_of_an_account_gets_no_marketing(home, kelp):
    somebody(kelp, "Bea Bay", "buyer", "bea@kelp.example")
    ticked(home, WRITE)
    assert not Outbox.objects.exists()
    assert [e.why for e in story(home, "accounts", (kelp.pk,)) if e.what == "held"] == ["never said yes"]


def test_who_is_suppressed_gets_nothing_and_a_dead_address_not_even_service(home, kelp):
    somebody(kelp, "Bea Bay", "buyer", "bea@kelp.example")
    suppress([address_hash(home, "bea@kelp.example")], "hard bounce", by=SCHEDULE, at=NOW)
    ticked(home, WRITE, to="service")
    assert not Outbox.objects.exists()


def test_where_nobody_has_that_part_the_owner_has_a_task_once(home, kelp):
    done = ticked(home, WRITE)
    task = Task.objects.get()
    assert (task.what, task.owner) == ("Write to Kelp: To Kelp", kelp.owner)
    somebody(kelp, "Bea Bay", "buyer", "bea@kelp.example")
    hand_over(home, done, now=NOW)
    assert Task.objects.count() == 1
    assert not Outbox.objects.exists()
    assert [e.what for e in story(home, "accounts", (kelp.pk,)) if e.step == "mail"] == ["did"]


def test_parts_of_people_are_those_of_contacts():
    assert set(PARTS) == set(Contact.Part.values)
