"""Agendas and recaps: what is in them, how they read, and what a customer is not shown."""

from datetime import UTC, date, datetime, timedelta

import pytest
from acting import by
from django.core.exceptions import ValidationError

from holdfast.accounts.access import NotThere
from holdfast.accounts.actions import renewals, timeline
from holdfast.accounts.reading.agenda import Beside, agenda, recap
from holdfast.accounts.reading.item import Health
from holdfast.accounts.telling.agenda import Agenda, Step, agenda_text, recap_text

DAY = date(2026, 3, 2)


def test_an_agenda_on_paper():
    told = Agenda(
        "Kelp", "Check-in", datetime(2026, 3, 2, 14, 30, tzinfo=UTC), "cas", ("Ann, buyer",), "They wait for the sync.", date(2026, 2, 16),
        ours=(Step("Send the terms", "cas", date(2026, 2, 27)),), theirs=(Step("Name a tester", "Ann", None),),
        health="red, 31 points", reasons=("Orders fell by a third.",), renewal=("Plan A ends on 2026-06-30.",),
    )  # fmt: skip
    assert (
        agenda_text(told, DAY)
        == """\
# Check-in: Kelp

2026-03-02 14:30 UTC, led by cas. With Ann, buyer.

## Last time, on 2026-02-16

- They wait for the sync.

## Our open steps

- Send the terms (cas, by 2026-02-27, late)

## Their open steps

- Name a tester (Ann, no day is set)

## Health: red, 31 points

- Orders fell by a third.

## Renewal

- Plan A ends on 2026-06-30.

## Before we part

- One next step, with one owner and a day.
"""
    )


def test_what_is_not_known_is_said():
    said = agenda_text(Agenda("Kelp", "Check-in", DAY, ""), DAY, markdown=False)
    for words in ("led by nobody yet", "nothing is open on our side", "Health: not known", "no contract is known"):
        assert words in said
    assert "#" not in said


def test_what_somebody_typed_is_no_mark_up():
    told = Agenda("K*lp_", "Check-in", DAY, "cas", ours=(Step("# <b>\n- [x](http://y)", "", DAY),))
    assert r"\# \<b\> - \[x\](http://y) (nobody is named, by 2026-03-02)" in agenda_text(told, DAY)
    assert "# <b> - [x](http://y)" in agenda_text(told, DAY, markdown=False)


@pytest.fixture
def talk(cast):
    cast.first = timeline.plan_touchpoint(
        cast.kelp.pk, kind="check_in", due=DAY - timedelta(days=14), owner_id=cast.cas.pk, by=by(cast.cas)
    )
    timeline.hold_touchpoint(
        cast.first.pk, at=datetime(2026, 2, 16, 10, tzinfo=UTC), recap="They wait for the sync.", next_step="Send the terms",
        next_due=DAY - timedelta(days=3), next_owner_id=cast.cas.pk, by=by(cast.cas),
    )  # fmt: skip
    timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann", title="Head of shop")
    gone = timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Bo", part="champion")
    timeline.contact_left(gone.pk, on=DAY - timedelta(days=1), by=by(cast.cas), owner_id=cast.sup.pk, due=DAY)
    term = {"currency": "EUR", "starts": date(2025, 7, 1), "ends": date(2026, 6, 30), "value_minor": 1_000_00}
    renewals.add_contract(cast.kelp.pk, by=by(cast.cas), name="Plan A", notice_on=date(2026, 3, 22), **term)
    cast.talk = timeline.plan_touchpoint(cast.kelp.pk, kind="review", due=DAY, owner_id=cast.cas.pk, by=by(cast.cas))
    return cast


@pytest.mark.django_db
def test_an_agenda_is_made_of_what_stands_open(talk):
    beside = Beside(
        Health("red", 31, ("Orders fell.",)),
        theirs=[Step("Name a tester", "Ann", DAY)],
        promises=[Step("Say why it was down", "cas", DAY)],
    )
    told = agenda(talk.cas, talk.talk.pk, DAY, beside)
    assert (told.kind, told.people, told.last, told.last_on) == (
        "Review",
        ("Ann, Head of shop",),
        "They wait for the sync.",
        date(2026, 2, 16),
    )
    assert {s.what for s in told.ours} == {"Send the terms", "Find who follows Bo, champion"}
    assert (
        told.renewal[0] == "Plan A ends on 2026-06-30, EUR 1000.00 a year; not begun. Last day for notice: 2026-03-22."
    )
    assert told.health == "red, 31 points" and told.promises[0].what == "Say why it was down"


@pytest.mark.django_db
def test_a_recap_for_the_customer_holds_what_was_agreed_and_no_step_of_our_own(talk):
    told = recap_text(recap(talk.cas, talk.first.pk, Beside(theirs=[Step("Name a tester", "Ann", DAY)])), DAY)
    assert "- Send the terms (cas, by 2026-02-27, late)" in told and "- Name a tester (Ann, by 2026-03-02)" in told
    assert "Bo" not in told and "red" not in told.lower()
    with pytest.raises(ValidationError, match="not held"):
        recap(talk.cas, talk.talk.pk)


@pytest.mark.django_db
def test_another_book_finds_neither(talk):
    for user in (talk.dot, talk.eve):
        with pytest.raises(NotThere):
            agenda(user, talk.talk.pk, DAY)
        with pytest.raises(NotThere):
            recap(user, talk.first.pk)
    assert agenda(talk.exe, talk.talk.pk, DAY).account == "Kelp"
