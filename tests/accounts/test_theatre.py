"""The theatre test, the cadence of updates and promises of the next one, worked by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.accounts.decide.cadence import Told, next_update, promises, standing, updates_missed
from holdfast.accounts.decide.moving import Refused, line_moving, moving
from holdfast.accounts.decide.theatre import is_stale, theatre
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.kinds.facts import Actor, Line, Object

DAY = date(2026, 3, 2)  # a Monday
PLAN, WE = kind_of("A01"), Actor("we", 1, "Cas")


def step(number=1, what="Map the products", **more):
    return Line(number, "step", more.pop("state", "open"), what, **more)


def at(day, hour=9):
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_an_open_line_needs_one_person_and_a_day_and_a_mutual_plan_somebody_over_there():
    of = Object("on_track", DAY, DAY, lines=(step(), step(2, "Sign", our_owner=1, due=DAY)))
    assert [(f.code, f.line, f.says) for f in theatre(PLAN, of)] == [
        ("owner", 1, "“Map the products” has no owner: name one person."),
        ("date", 1, "“Map the products” has no date: say by when."),
        ("customer", None, "Nobody on the customer's side owns a line."),
    ]
    theirs = Object("on_track", DAY, DAY, lines=(step(customer_owner=5, due=DAY),))
    assert theatre(PLAN, theirs) == ()


def test_a_line_without_owner_or_date_is_not_done():
    bare = step()
    refused = line_moving(PLAN, Object("on_track", DAY, DAY, lines=(bare,)), bare, "done", WE)
    assert isinstance(refused, Refused)
    assert str(refused) == (
        "“Map the products” cannot be called done yet: “Map the products” has no owner: name one person; "
        "“Map the products” has no date: say by when"
    )


def test_an_object_with_findings_does_not_come_to_its_end():
    fields = {"choice": "go", "outcome": "they went live"}
    of = Object("decided", DAY, DAY, fields=fields, lines=(step(state="done", open=False, our_owner=1, due=DAY),))
    refused = moving(PLAN, of, "closed", WE)
    assert isinstance(refused, Refused) and refused.mend == ("Nobody on the customer's side owns a line",)


def test_a_criterion_is_asked_for_where_the_kind_wants_one():
    plan = kind_of("A02")
    line = Line(7, "outcome", "proposed", "Repeat rate up", our_owner=1, customer_owner=5, due=DAY,
                fields={"criterion": {"metric": "repeat_purchase_rate", "target": 0.25}})  # fmt: skip
    (finding,) = theatre(plan, Object("running", DAY, DAY, lines=(line,)))
    assert finding.says == "“Repeat rate up” lacks the baseline, the day of its criterion."
    assert theatre(kind_of("A05"), Object("proposed", DAY, DAY))[0].says.endswith("baseline, the target, the day.")


def test_what_changed_no_decision_in_90_days_is_stale_from_the_91st():
    for days, stale in ((90, False), (91, True)):
        of = Object("on_track", DAY + timedelta(days=days), date(2025, 1, 1), decided_on=DAY)
        assert is_stale(PLAN, of) is stale
    assert not is_stale(PLAN, Object("closed", date(2030, 1, 1), DAY))
    assert not is_stale(PLAN, Object("draft", DAY, DAY))


@pytest.mark.parametrize(("severity", "last", "due"), [
    ("critical", date(2026, 3, 7), date(2026, 3, 8)),  # Sundays too
    ("high", date(2026, 3, 2), date(2026, 3, 4)), ("high", date(2026, 3, 3), date(2026, 3, 4)),
    ("high", date(2026, 3, 6), date(2026, 3, 9)),
    ("medium", DAY, date(2026, 3, 9)), ("low", DAY, date(2026, 3, 16)),
])  # fmt: skip
def test_severity_sets_how_often_they_hear_from_us(severity, last, due):
    assert next_update(severity, last) == due


@given(st.dates(date(2000, 1, 3), date(2030, 1, 1)))
def test_high_is_three_updates_in_any_seven_days(day):
    dues, last = [], day
    while (last := next_update("high", last)) <= day + timedelta(days=7):
        dues.append(last)
    assert len(dues) == 3


def test_missed_updates_are_the_days_they_were_due():
    told = [date(2026, 3, 3), date(2026, 3, 5)]
    assert updates_missed("critical", DAY, told, date(2026, 3, 8)) == tuple(date(2026, 3, d) for d in (4, 6, 7))
    assert updates_missed("medium", DAY, [], date(2026, 3, 9)) == ()
    assert updates_missed("medium", DAY, [], date(2026, 3, 10)) == (date(2026, 3, 9),)


def test_a_promise_is_kept_by_the_moment_and_missed_after_it():
    told = [Told(at(2), at(3)), Told(at(3), at(5)), Told(at(6), at(9))]
    assert [one.stands for one in promises(told, at(8))] == ["kept", "missed", "open"]
    assert standing(told, at(8)) == ("missed", True)
    assert standing(told, at(10)) == ("missed", True)
    assert standing([Told(at(2), at(3)), Told(at(3))], at(9)) == ("kept", False)
    assert standing([Told(at(2), at(3))], at(2, 10)) == ("", True)
    assert standing([], at(2)) == ("", False)
