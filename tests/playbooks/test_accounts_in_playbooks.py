"""Accounts by the dozen: what is known of them, and work that a playbook begins for them once, with a way back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from acting import SCHEDULE, by
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser

from holdfast.accounts.act import By, act, undo
from holdfast.accounts.models import Account, Audit, Book, Contact, Contract, Person, Role, Seat, Task, Touchpoint
from holdfast.playbooks.actions.deeds import Doing, do
from holdfast.playbooks.declare import Step
from holdfast.playbooks.handing import edges
from holdfast.playbooks.known.accounts import told
from holdfast.playbooks.models import Deed
from holdfast.playbooks.reading import runs, story
from holdfast.playbooks.shelf import shipped, switch_on
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
