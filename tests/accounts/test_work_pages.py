"""Readings of work objects: lists that leave the stale out, one object whole, and the copy a guest sees."""

from datetime import UTC, date, datetime, timedelta

import pytest
from acting import by
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from holdfast.accounts.access import NotThere
from holdfast.accounts.actions import evidence, guests, lines, remarks, timeline, works
from holdfast.accounts.decide.backwards import Latest, Step, planned_back, too_late
from holdfast.accounts.decide.blackening import blackened, blackened_text
from holdfast.accounts.decide.cadence import Told
from holdfast.accounts.decide.timing import Course, timing, working_days
from holdfast.accounts.kinds.catalog import KINDS, kind_of
from holdfast.accounts.kinds.fields import Field
from holdfast.accounts.models import WorkObject
from holdfast.accounts.reading.guests import TurnedAway, guest_page
from holdfast.accounts.reading.seasons import freezes
from holdfast.accounts.reading.work import in_words, work_page
from holdfast.accounts.reading.works import Wanted, how_many
from holdfast.accounts.reading.works import works as listed

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
DAY = AT.date()


@pytest.fixture
def ann(cast):
    return timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann Bell")


@pytest.fixture
def plan(cast, ann):
    made = works.create_work("A01", "Go live", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk,
                             fields={"goal": "Live by June, says Ann Bell", "value_by": date(2026, 6, 1), "deciding": "cas asks"})  # fmt: skip
    lines.add_line(
        made.pk, "step", "Map", by=by(cast.cas), at=AT, customer_owner_id=ann.pk, due=DAY + timedelta(days=3)
    )
    lines.add_line(made.pk, "step", "Load", by=by(cast.cas), at=AT)
    works.share_work(made.pk, by=by(cast.cas), at=AT, visibility="customer")
    return made


def titles(user, **wanted):
    return [row.title for row in listed(user, Wanted(**wanted), DAY)]


@pytest.mark.django_db
def test_a_list_shows_ones_own_and_leaves_out_what_is_stale_or_over(cast, plan):
    old = works.create_work("A09", "Old", by=by(cast.cas), at=AT - timedelta(days=91), account_id=cast.kelp.pk)
    fresh = works.create_work(
        "A09", "Kept alive", by=by(cast.cas), at=AT - timedelta(days=400), account_id=cast.kelp.pk
    )
    works.changed_a_decision(fresh.pk, "we do not expand", by=by(cast.cas), at=AT - timedelta(days=90))
    works.create_work("A17", "Drill", by=by(cast.cas), at=AT, book_id=cast.north.pk)
    over = works.create_work("A09", "Over", by=by(cast.cas), at=AT, account_id=cast.kelp.pk)
    WorkObject.objects.filter(pk=over.pk).update(state="past", ended_on=DAY)
    assert sorted(titles(cast.cas)) == sorted(titles(cast.mia)) == ["Drill", "Go live", "Kept alive"]
    assert titles(cast.cas, stale=True) == ["Old"]
    assert titles(cast.cas, ended=True, stale=None) == ["Over"]
    assert titles(cast.cas, account_id=cast.kelp.pk, kinds=("A01",)) == ["Go live"]
    assert titles(cast.cas, owner_id=cast.cas.pk, state="draft") == ["Go live"]
    assert titles(cast.eve, stale=None, ended=None) == titles(cast.dot, stale=None, ended=None) == []
    assert how_many(cast.cas, Wanted(stale=None, ended=None), DAY) == 5
    assert old.title not in titles(cast.ada)


@pytest.mark.django_db
def test_a_row_says_what_is_due_first_and_how_many_lines_stand_bare(cast, plan):
    works.edit_work(plan.pk, by=by(cast.cas), at=AT, decision="go?", decision_on=DAY + timedelta(days=9), decider="Ann")
    with CaptureQueriesContext(connection) as asked:
        (row,) = listed(cast.cas, Wanted(), DAY)
    assert (row.due, row.open_lines, row.bare_lines, row.owner, row.account) == (
        DAY + timedelta(days=3), 2, 1, "cas", "Kelp")  # fmt: skip
    assert len(asked) <= 4
    assert titles(cast.cas, due_by=DAY + timedelta(days=3)) == ["Go live"]
    assert titles(cast.cas, due_by=DAY + timedelta(days=2)) == []


@pytest.mark.django_db
def test_a_page_tells_what_is_missing_what_can_follow_and_who_did_what(cast, plan):
    works.add_participant(plan.pk, by=by(cast.cas), at=AT, user_id=cast.sup.pk)
    evidence.link_quote(plan.pk, "We start in May", said_by="Ann Bell", said_on=DAY, by=by(cast.cas), at=AT)
    page = work_page(cast.cas, plan.pk, AT)
    assert [finding.says for finding in page.findings] == [
        "“Load” has no owner: name one person.", "“Load” has no date: say by when."]  # fmt: skip
    assert [(row.end, row.allowed) for row in page.moves] == [("shared", True)]
    (part,) = page.parts
    assert [(line.what, line.customer_owner, [m.allowed for m in line.moves]) for line in part.lines] == [
        ("Map", "Ann Bell", [True, True]), ("Load", "", [False, True])]  # fmt: skip
    assert part.lines[1].moves[0].mend == ("“Load” has no owner: name one person", "“Load” has no date: say by when")
    assert page.participants == ("sup",) and page.evidence[0].text == "We start in May" and not page.stale
    assert [deed.verb for deed in page.history] == [
        "link evidence", "add participant", "share work", "add line", "add line", "begin mutual action plan"]  # fmt: skip
    assert (f"WorkObject {plan.pk}", "visibility", "internal", "customer") in page.history[2].changes
    assert {row.field.name: row.shown for row in page.fields}["value_by"] == "2026-06-01"
    assert page.may_change and not work_page(cast.exe, plan.pk, AT).may_change
    for who in (cast.eve, cast.dot):
        with pytest.raises(NotThere):
            work_page(who, plan.pk, AT)


@pytest.mark.django_db
def test_a_page_asks_the_same_few_questions_however_long_the_object_is(cast, plan):
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            work_page(cast.cas, plan.pk, AT)
        return len(found)

    few = asked()
    for n in range(5):
        lines.add_line(plan.pk, "step", f"Step {n}", by=by(cast.cas), at=AT, our_owner_id=cast.cas.pk, due=DAY)
        remarks.comment(plan.pk, "x", by=by(cast.cas), at=AT)
    assert asked() == few <= 20


@pytest.mark.django_db
def test_a_guest_sees_the_one_object_without_what_is_ours(cast, ann):
    made = works.create_work("A07", "Renewal", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk,
                             fields={"contract": "C-1", "probability": 0.4, "walk_away": "a tenth off",
                                     "value": {"minor": 500, "currency": "EUR"}, "usage": "ann bell uses it daily, cas says"})  # fmt: skip
    remarks.post_update(made.pk, "Among us", by=by(cast.cas), at=AT)
    works.share_work(made.pk, by=by(cast.cas), at=AT, visibility="customer")
    remarks.comment(made.pk, "She hesitates", by=by(cast.cas), at=AT)
    remarks.comment(made.pk, "Shall we talk?", by=by(cast.cas), at=AT, to_customer=True)
    token = guests.make_guest_link(made.pk, ann.pk, by=by(cast.cas), at=AT)
    page = guest_page(token, AT)
    shown = {row.field.name: row.shown for row in page.fields}
    assert "probability" not in shown and "walk_away" not in shown and shown["contract"] == "C-1"
    assert [row.text for row in page.log] == ["Shall we talk?"]
    assert "0.4" not in str(page) and "hesitates" not in str(page) and "Among us" not in str(page)
    assert page.moves == () and page.owner == "cas"
    works.edit_work(made.pk, by=by(cast.cas), at=AT, redaction="both")
    blackened_page = guest_page(token, AT)
    shown = {row.field.name: row.shown for row in blackened_page.fields}
    assert (shown["value"], shown["usage"], blackened_page.owner) == (
        "(amount withheld)", "ann bell uses it daily, (name withheld) says", "(name withheld)")  # fmt: skip
    assert "500" not in str(blackened_page.fields)
    assert isinstance(guest_page(token, AT + timedelta(days=14)), TurnedAway)


@pytest.mark.django_db
def test_a_guest_is_shown_their_moves_and_their_lines(cast, ann, plan):
    works.move_work(plan.pk, "shared", by=by(cast.cas), at=AT)
    page = guest_page(guests.make_guest_link(plan.pk, ann.pk, by=by(cast.cas), at=AT), AT)
    assert [(row.end, row.allowed) for row in page.moves] == [("accepted", True)]
    (part,) = page.parts
    assert part.may_add
    assert [(line.what, line.theirs, [move.end for move in line.moves]) for line in part.lines] == [
        ("Map", True, ["done", "dropped"]), ("Load", False, [])]  # fmt: skip


@pytest.mark.django_db
def test_a_freeze_holds_from_its_day_until_it_was_looked_back_on_and_begins_two_weeks_before_the_peak(cast, ann):
    told = {"peaks": ["DE 27 to 30 November"], "low": 100, "high": 300, "capacity": ["90 an hour"], "rollback": "Sup",
            "on_call": ["Sup"], "telling": "all", "decide_on": "2026-11-01", "choice": "go", "load_tested_on": "2026-10-20",
            "freeze_on": "2026-11-14", "peak_starts": "2026-11-27", "peak_ends": "2026-11-30"}  # fmt: skip
    made = works.create_work(
        "A25", "November", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk, fields=told
    )
    lines.add_line(made.pk, "step", "Test the load", by=by(cast.cas), at=AT, customer_owner_id=ann.pk, due=DAY)
    works.share_work(made.pk, by=by(cast.cas), at=AT, visibility="customer")
    november = datetime(2026, 11, 2, 9, tzinfo=UTC)
    works.move_work(made.pk, "deciding", by=by(cast.cas), at=november)
    with pytest.raises(ValidationError, match="14 days before “Peak begins”"):
        works.move_work(made.pk, "frozen", by=by(cast.cas), at=november)
    works.move_work(made.pk, "frozen", by=by(cast.cas), at=november, fields={"freeze_on": "2026-11-13"})
    assert freezes(cast.cas, date(2026, 11, 13)) == []  # the customer has not said so yet
    token = guests.make_guest_link(made.pk, ann.pk, by=by(cast.cas), at=november)
    assert guest_page(token, november).waits
    guests.guest_moves(token, "frozen", at=november)
    assert freezes(cast.cas, date(2026, 11, 12)) == []
    (row,) = freezes(cast.cas, date(2026, 11, 13))
    assert (row.account, row.since, row.until, row.rollback) == ("Kelp", date(2026, 11, 13), None, "Sup")
    assert freezes(cast.eve, date(2026, 11, 13)) == freezes(cast.dot, date(2026, 11, 13)) == []


@pytest.mark.django_db
def test_every_kind_has_a_page_and_a_row_when_it_has_just_begun(cast, ann):
    begun = {"account": {"account_id": cast.kelp.pk}, "book": {"book_id": cast.north.pk}}
    for kind in (kind for kind in KINDS.values() if kind.scope != "house"):
        made = works.create_work(kind.id, kind.name, by=by(cast.cas), at=AT, **begun[kind.scope])
        page = work_page(cast.cas, made.pk, AT)
        assert page.state == kind.machine.first and len(page.fields) == len(kind.fields)
    assert len(listed(cast.cas, Wanted(), DAY)) == 27


def test_steps_are_planned_back_from_the_day_it_has_to_work():
    steps = [Step(1, "Map", 5, None, date(2026, 5, 12)), Step(2, "Load", 10, 1, date(2026, 5, 22)),
             Step(3, "Train", 3, 1, None), Step(4, "Sign", 0, 2, date(2026, 6, 1))]  # fmt: skip
    found = planned_back(steps, date(2026, 6, 1))
    assert found[4] == Latest(date(2026, 6, 1), date(2026, 6, 1))
    assert found[2] == Latest(date(2026, 5, 22), date(2026, 6, 1))
    assert found[3] == Latest(date(2026, 5, 29), date(2026, 6, 1))
    assert found[1] == Latest(date(2026, 5, 17), date(2026, 5, 22))  # before the earlier of what waits for it
    assert too_late(steps, date(2026, 6, 1)) == ()
    assert [step.id for step, _ in too_late(steps, date(2026, 5, 20))] == [1, 2, 4]
    with pytest.raises(ValueError, match="waits for itself"):
        planned_back([Step(1, "a", after=2), Step(2, "b", after=1)], DAY)


@pytest.mark.django_db
def test_a_step_that_is_due_too_late_is_said_on_the_page(cast, plan):
    first = plan.lines.get(what="Map")
    lines.change_line(first.pk, by=by(cast.cas), at=AT, due=date(2026, 5, 30))
    lines.add_line(plan.pk, "step", "Sign", by=by(cast.cas), at=AT, depends_on_id=first.pk, fields={"lead_days": 7})
    assert [one.says for one in work_page(cast.cas, plan.pk, AT).timing] == [
        "“Map” is due on 2026-05-30 and has to end by 2026-05-25 for what follows."]  # fmt: skip


def test_every_sort_of_value_has_words_for_a_cell():
    names = {("contact", 5): "Ann", ("person", 1): "cas"}
    criterion = {"metric": "aov", "baseline": 1, "target": 2}
    rows = Field("r", "R", type="rows", columns=(Field("a", "A"), Field("b", "B", type="yes_no")))
    for field, value, words in (
        (Field("x", "X", type="contact"), 5, "Ann"), (Field("x", "X", type="person"), 9, "9"),
        (Field("x", "X", type="yes_no"), False, "no"), (Field("x", "X", type="texts"), ["a", "b"], "a; b"),
        (Field("x", "X", type="money"), {"minor": 5, "currency": "EUR"}, "5 EUR (smallest unit)"),
        (Field("x", "X", type="criterion"), criterion, "metric aov, baseline 1, target 2"),
        (rows, [{"a": "p", "b": True}, {"a": "q"}], "p, yes; q"), (Field("x", "X"), None, ""),
    ):  # fmt: skip
        assert in_words(field, value, names) == words


def test_names_are_blackened_whole_and_whatever_their_case():
    assert blackened_text("Ann met ANN BELL and Annabel", ["Ann", "Ann Bell"], "names") == (
        "(name withheld) met (name withheld) and Annabel")  # fmt: skip
    assert blackened_text("Ann", ["Ann"], "money") == "Ann"
    assert blackened_text("Ann pays €1,200 to 1,400 of 36 seats; ann@kelp.example", ["Ann"], "both") == (
        "(name withheld) pays (amount withheld) of 36 seats; (name withheld)")  # fmt: skip
    rows = Field("r", "R", type="rows", columns=(Field("who", "W"), Field("cost", "C", type="money")))
    value = [{"who": "Ann", "cost": {"minor": 1, "currency": "EUR"}}]
    assert blackened(rows, value, ["Ann"], "both") == [{"who": "(name withheld)", "cost": "(amount withheld)"}]
    assert blackened(rows, value, ["Ann"], "nothing") == value


def course(kind, state, fields=None, arrived=None, told=(), now=AT, created=DAY):
    return timing(Course(kind, state, fields or {}, created, arrived or {}, told, now))


def says(found):
    return [(one.says, one.kept) for one in found]


def test_what_was_due_is_measured_and_not_claimed():
    friday = DAY - timedelta(days=3)
    assert working_days(friday, DAY) == 1 and working_days(DAY, DAY) == 0 and working_days(DAY, friday) == 0
    assert says(course("A04", "sent", {"met_on": friday.isoformat()}, {"sent": DAY})) == [
        ("Sent 1 working day after the talk.", True)]  # fmt: skip
    assert says(course("A04", "draft", {"met_on": (friday - timedelta(days=1)).isoformat()}))[0][1] is False
    assert says(course("A05", "accepted", {"decided_on": "2026-02-20", "review_on": "2026-03-01"})) == [
        ("Decided on 2026-02-20, written down 10 days later.", None),
        ("To be looked at again on 2026-03-01.", False)]  # fmt: skip
    assert says(course("A07", "internal", {"due_on": "2026-06-30"})) == [
        ("The soft question is due by 2026-03-02, 120 days before the term ends.", None)]  # fmt: skip
    assert says(course("A17", "drilled", {"drilled_on": "2025-09-03"}))[0] == (
        "Drilled on 2025-09-03, which holds until 2026-03-02.", True)  # fmt: skip
    assert says(course("A19", "draft", {"ended_on": "2026-02-19"})) == [
        ("To be written and read by 2026-03-01.", False)]  # fmt: skip
    assert says(course("A12", "held", {"held_on": friday.isoformat()})) == [
        ("To be followed up within one working day.", None), ("The plan is to be updated by 2026-03-02.", None)]  # fmt: skip
    assert course("A09", "draft") == ()


def test_an_escalation_counts_updates_that_came_too_late():
    told = [Told(AT + timedelta(days=1))]
    found = course("A14", "managed", {"severity": "critical"}, told=told, now=AT + timedelta(days=4))
    assert says(found) == [("2 updates came too late or not at all.", False),
                           ("The next update is due by 2026-03-04.", False)]  # fmt: skip
    closed = course("A14", "closed", {"severity": "critical"}, {"closed": DAY + timedelta(days=2)}, told,
                    AT + timedelta(days=40))  # fmt: skip
    assert says(closed) == [("0 updates came too late or not at all.", True)]


def test_bad_news_says_how_many_promises_were_kept():
    told = [Told(AT, AT + timedelta(hours=1)), Told(AT + timedelta(hours=2), AT + timedelta(hours=5))]
    assert says(course("A22", "missed", told=told, now=AT + timedelta(hours=3))) == [
        ("0 of 1 promised updates came in time.", False),
        ("The next update is promised by 2026-03-02 14:00.", None)]  # fmt: skip
    assert kind_of("A22").need == "note"
