"""Two people who do the same at the same moment: nothing twice, nothing lost, and neither sees an error of ours.

SQLite lets one of them write at a time; PostgreSQL lets both, and these laws are the database's and the locks' to keep.
"""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from acting import SCHEDULE, by
from django.core.exceptions import ValidationError
from django.db import connections

from holdfast.accounts.act import CannotUndo, undo
from holdfast.accounts.actions import accounts, guests, lines, people, timeline, works
from holdfast.accounts.actions.due import plan_due_touchpoints
from holdfast.accounts.actions.pipeline import take_snapshot
from holdfast.accounts.decide.due import rules
from holdfast.accounts.models import Audit, Book, Line, PipelineSnapshot, Remark, Seat, Touchpoint
from holdfast.accounts.schedule import Job, run_due_schedules

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = AT.date()


def at_once(*deeds):
    """What each gave back, or the error it raised, in their order."""
    came, gate = [None] * len(deeds), threading.Barrier(len(deeds))

    def carry_out(place, deed):
        gate.wait()
        try:
            came[place] = deed()
        except Exception as problem:
            came[place] = problem
        finally:
            connections.close_all()

    threads = [threading.Thread(target=carry_out, args=pair) for pair in enumerate(deeds)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return came


def test_a_seat_that_two_give_is_given_once(cast):
    given = at_once(*[lambda: people.seat(cast.eve.pk, by=by(cast.ada), book_id=cast.north.pk)] * 4)
    assert given == [None] * 4
    assert Seat.objects.filter(user=cast.eve).count() == 1
    assert Audit.objects.filter(verb="give seat").count() == 1


def test_of_two_books_of_one_name_one_is_made_and_the_other_person_is_told(cast):
    made = at_once(*[lambda: people.add_book("West", by=by(cast.ada))] * 3)
    assert Book.objects.filter(name="West").count() == 1
    assert sorted(type(one).__name__ == "Book" for one in made) == [False, False, True]
    assert all(isinstance(one, Book | ValidationError) for one in made)


def test_a_deed_that_two_take_back_is_taken_back_once(cast):
    accounts.change_account(cast.kelp.pk, by=by(cast.cas), stage="leaving")
    deed = Audit.objects.first()
    came = at_once(*[lambda: undo(Audit.objects.get(pk=deed.pk), by=by(cast.cas))] * 3)
    assert sorted(isinstance(one, CannotUndo) for one in came) == [False, True, True], came
    cast.kelp.refresh_from_db()
    assert cast.kelp.stage == "steady"


@pytest.fixture
def shared(cast):
    """A plan that Ann may change a line of, by a link."""
    ann = timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann")
    plan = works.create_work("A01", "Go live", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk,
                             fields={"goal": "Live by June", "value_by": date(2026, 6, 1), "deciding": "Ann signs"})  # fmt: skip
    hers = lines.add_line(plan.pk, "step", "Hers", by=by(cast.cas), at=AT, customer_owner_id=ann.pk, due=DAY)
    works.share_work(plan.pk, by=by(cast.cas), at=AT, visibility="customer")
    return guests.make_guest_link(plan.pk, ann.pk, by=by(cast.cas), at=AT), hers


def test_guests_who_write_at_once_all_write(shared):
    token, _ = shared
    said = [f"Comment {n}" for n in range(6)]
    came = at_once(*(lambda text=text: guests.guest_comments(token, text, at=AT) for text in said))
    assert came == [None] * 6
    assert sorted(Remark.objects.filter(from_customer=True).values_list("text", flat=True)) == said


def test_each_change_of_a_line_begins_where_the_one_before_ended(shared):
    """Whoever comes second sees what the first made of it, so that undoing goes back step by step."""
    token, line = shared
    days = [DAY + timedelta(days=n) for n in range(1, 6)]
    came = at_once(*(lambda day=day: guests.guest_changes_line(token, line.pk, at=AT, due=day) for day in days))
    assert came == [None] * 5
    told = [
        (change["before"]["due"], change["after"]["due"])
        for entry in Audit.objects.filter(verb="guest changes line").order_by("id")
        for change in entry.changes
        if change["model"] == "accounts.Line"
    ]
    assert [before for before, _ in told] == [str(DAY), *(after for _, after in told[:-1])]
    assert str(Line.objects.get(pk=line.pk).due) == told[-1][1]


def test_a_week_that_two_freeze_is_frozen_once(cast):
    frozen = at_once(*[lambda: take_snapshot(today=DAY, by=SCHEDULE)] * 3)
    assert {one.pk for one in frozen} == {PipelineSnapshot.objects.get().pk}


def test_touchpoints_that_two_plan_are_planned_once(cast, tmp_path):
    plan = lambda: plan_due_touchpoints(today=DAY, known=rules(tmp_path), by=SCHEDULE)  # noqa: E731
    at_once(plan, plan, plan)
    kinds = list(Touchpoint.objects.values_list("account", "kind"))
    assert kinds
    assert len(kinds) == len(set(kinds))


def test_a_job_that_two_find_due_runs_once(cast):
    ran = []
    jobs = {"count": Job(60, lambda now, look: str(ran.append(now)))}
    told = at_once(*[lambda: run_due_schedules(AT, jobs)] * 3)
    assert len(ran) == 1
    assert sorted(map(len, told)) == [0, 0, 1]
