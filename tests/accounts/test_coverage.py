"""Coverage: who has how much, what is due, what the rules ask, and the accounts behind each number."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from acting import SCHEDULE, by
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from holdfast.accounts.access import MayNot, NotThere
from holdfast.accounts.act import act, undo
from holdfast.accounts.actions.accounts import change_accounts
from holdfast.accounts.actions.people import set_capacity
from holdfast.accounts.decide.capacity import TOUCHPOINTS_A_WEEK, asked_a_week, silent_after
from holdfast.accounts.decide.due import shipped
from holdfast.accounts.models import Account, Audit, Contract, Person, Renewal, Seat, Task, Touchpoint, WorkObject
from holdfast.accounts.reading.coverage import WHAT, Look, behind, coverage
from holdfast.commerce.money import Money

DAY = date(2026, 3, 2)
RULES = shipped()


def look(user, lens="person", **more):
    return Look(user, lens, DAY, RULES, **more)


def rows(user, lens="person", **more):
    return {row.name or "nobody": row for row in coverage(look(user, lens, **more))}


def made(account, days=0, **work):
    """A step, and what else is named, due so many days from today."""
    due = DAY + timedelta(days=days)
    with act("set the scene", by=SCHEDULE) as doing:
        return doing.create(Task, account=account, what="Call", due=due, **work)


def talked(account, days_ago, kind="check_in"):
    at = datetime(2026, 3, 2, 9, tzinfo=UTC) - timedelta(days=days_ago)
    with act("set the scene", by=SCHEDULE) as doing:
        return doing.create(Touchpoint, account=account, kind=kind, due=at.date(), held_at=at, recap="Talked")


def test_the_rules_ask_for_so_many_touchpoints_a_week():
    """By hand: a check-in every 14 days and a review twice a year; two calls in 45 days; a weekly update when red."""
    assert asked_a_week(RULES, "named", "steady") == pytest.approx(7 / 14 + 7 / 182)
    assert asked_a_week(RULES, "named", "onboarding") == 1.0
    assert asked_a_week(RULES, "pooled", "onboarding") == pytest.approx(14 / 45)
    assert asked_a_week(RULES, "named", "steady", red=True) == pytest.approx(7 / 14 + 7 / 182 + 1)
    assert asked_a_week(RULES, "automated", "steady") == asked_a_week(RULES, "named", "left") == 0


def test_an_account_is_silent_after_as_long_as_its_tier_has_between_two_talks():
    assert silent_after(RULES, "named", "steady") == 14
    assert silent_after(RULES, "pooled", "steady") == 365  # the yearly review is all it is promised
    assert silent_after(RULES, "automated", "steady") is None


def test_each_person_has_their_accounts_money_and_work(cast):
    dune = cast.dune
    change_accounts([dune.pk], by=by(cast.mia), tier="pooled", segment="subscription")
    with act("set the scene", by=SCHEDULE) as doing:
        held = {"starts": date(2026, 1, 1), "ends": date(2026, 3, 4), "currency": "EUR"}
        contract = doing.create(Contract, account=cast.kelp, name="Yearly", value_minor=1200000, **held)
        doing.create(Renewal, account=cast.kelp, contract=contract, closes_on=DAY + timedelta(2), stage="review")
        gone = held | {"ends": date(2026, 3, 1)}
        doing.create(Contract, account=cast.kelp, name="Over", value_minor=99, **gone)
        doing.create(Touchpoint, account=cast.kelp, kind="check_in", due=DAY)
        doing.create(WorkObject, account=cast.kelp, kind="A14", title="Down", state="open", created_on=DAY,
                     changed_at=datetime(2026, 3, 2, tzinfo=UTC))  # fmt: skip
    made(cast.kelp, -1)
    made(cast.kelp, 6)
    made(cast.kelp, 7)  # next week
    made(cast.kelp, 3, owner=cast.mia)  # hers, on his account
    made(dune, -3)
    found = rows(cast.ada)
    cas = found["cas"]
    assert (cas.accounts, cas.tiers, cas.segments, cas.money) == (1, {"named": 1}, {"": 1}, (Money(1200000, "EUR"),))
    assert cas.due["late"] == {"tasks": 1, "touchpoints": 0, "renewals": 0}
    assert cas.due["today"] == {"tasks": 0, "touchpoints": 1, "renewals": 0}
    assert cas.due["week"] == {"tasks": 1, "touchpoints": 0, "renewals": 1}
    assert (cas.escalations, cas.silent, cas.unowned) == (1, 1, 0)
    assert (cas.asked, cas.capacity, cas.said) == (pytest.approx(0.538, abs=0.001), TOUCHPOINTS_A_WEEK, False)
    assert (found["nobody"].unowned, found["nobody"].of_span("late"), found["nobody"].capacity) == (1, 1, None)
    assert found["mia"].due["week"]["tasks"] == 1 and found["mia"].accounts == 0
    assert found["dot"].accounts == 0  # she has a seat and owns nothing yet
    assert {"exe", "eve", "ada"}.isdisjoint(found)
    books = rows(cast.ada, "book")
    assert (books["North"].accounts, books["North"].due["week"]["tasks"], books["South"].unowned) == (1, 2, 1)


def test_every_number_opens_as_many_accounts_as_it_speaks_of(cast):
    with act("set the scene", by=SCHEDULE) as doing:
        for n in range(6):
            account = doing.create(
                Account, name=f"A{n}", book=cast.north, owner=(cast.cas, None, cast.sup)[n % 3],
                tier=("named", "pooled")[n % 2],
            )  # fmt: skip
            doing.create(Task, account=account, what="Call", due=DAY + timedelta(days=n - 2))
    for lens in ("person", "book"):
        for row in coverage(look(cast.ada, lens)):
            told = {
                "accounts": row.accounts, "escalations": row.escalations, "silent": row.silent, "unowned": row.unowned,
                **{span: row.of_span(span) for span in ("late", "today", "week")},
            }  # fmt: skip
            assert {what: behind(look(cast.ada, lens), row.key, what).count() for what in WHAT} == told, row.name
    with pytest.raises(ValueError, match="no number"):
        behind(look(cast.ada), None, "nothing")


def test_an_account_is_not_spoken_to_when_its_own_rule_has_passed(cast):
    def silent():
        return set(behind(look(cast.ada, "book"), cast.north.pk, "silent").values_list("name", flat=True))

    talked(cast.kelp, 15)
    talked(cast.kelp, 2, "update")  # written, and no talk
    assert silent() == {"Kelp"}
    talked(cast.kelp, 14)
    assert silent() == set()
    change_accounts([cast.kelp.pk], by=by(cast.mia), tier="automated")
    Touchpoint.objects.all().delete()
    assert silent() == set()  # nobody promised anything
    change_accounts([cast.kelp.pk], by=by(cast.mia), tier="named", since=DAY - timedelta(days=10))
    assert silent() == set()  # not an account for that long
    change_accounts([cast.kelp.pk], by=by(cast.mia), stage="left")
    assert rows(cast.ada)["cas"].accounts == 0


def test_health_at_risk_asks_for_more(cast):
    plain, red = rows(cast.ada)["cas"].asked, rows(cast.ada, at_risk={cast.kelp.pk})["cas"].asked
    assert red - plain == pytest.approx(1.0)


def test_people_see_their_books_a_manager_their_team_and_an_executive_all(cast):
    assert set(rows(cast.cas, "book")) == {"North"}
    assert sum(row.accounts for row in coverage(look(cast.cas))) == 1
    assert set(rows(cast.mia, "book")) == set(rows(cast.exe, "book")) == {"North", "South"}
    assert coverage(look(cast.eve)) == coverage(look(cast.eve, "book")) == ()
    assert not behind(look(cast.cas), None, "accounts").exists()  # Dune is nobody's, in a book that is not his


def test_filters_leave_out_accounts_and_what_is_due_of_them(cast):
    made(cast.kelp, -1)
    assert rows(cast.ada, book=cast.south.pk).get("cas") is None
    assert rows(cast.ada, tier="pooled")["cas"].of_span("late") == 0
    assert rows(cast.ada, segment="")["cas"].of_span("late") == 1
    assert rows(cast.ada, segment="subscription")["cas"].accounts == 0


def test_the_number_of_queries_does_not_grow(cast):
    def asked(lens):
        with CaptureQueriesContext(connection) as queries:
            coverage(look(cast.mia, lens, at_risk={cast.kelp.pk}))
        return len(queries)

    coverage(look(cast.mia))
    few = asked("person"), asked("book")
    with act("set the scene", by=SCHEDULE) as doing:
        for n in range(30):
            user = doing.create(get_user_model(), username=f"u{n}", password="-")
            doing.create(Person, user=user, role="csm")
            doing.create(Seat, user=user, book=cast.north)
            account = doing.create(Account, name=f"A{n}", book=cast.north, owner=user)
            doing.create(Task, account=account, what="Call", due=DAY)
    assert (asked("person"), asked("book")) == few
    assert max(few) <= 10


def test_capacity_is_ones_own_or_a_managers_to_say(cast):
    set_capacity(cast.cas.pk, 8, by=by(cast.cas))
    assert (rows(cast.ada)["cas"].capacity, rows(cast.ada)["cas"].said) == (8, True)
    set_capacity(cast.dot.pk, 30, by=by(cast.mia))
    with pytest.raises(MayNot):
        set_capacity(cast.dot.pk, 1, by=by(cast.cas))
    with pytest.raises(NotThere):
        set_capacity(cast.eve.pk, 1, by=by(cast.mia))  # in none of her books
    with pytest.raises(ValidationError):
        set_capacity(cast.cas.pk, 0, by=by(cast.cas))
    undo(Audit.objects.filter(verb="set capacity", by=cast.cas).get(), by=by(cast.ada))
    assert rows(cast.ada)["cas"].said is False
