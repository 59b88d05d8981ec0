"""Which touchpoint is due, by when and why; planned by the schedule once; kept or not."""

from datetime import UTC, date, datetime, timedelta

import pytest
from acting import SCHEDULE, by

from holdfast.accounts.access import MayNot
from holdfast.accounts.actions import accounts, timeline
from holdfast.accounts.actions.due import plan_due_touchpoints
from holdfast.accounts.decide.due import Due, Hold, Looked, due, rules, shipped
from holdfast.accounts.models import Account, Audit, Touchpoint
from holdfast.accounts.reading.touchpoints import adherence, due_of
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.section import FrameworkProblem

KNOWN = shipped()
DAY = date(2026, 3, 2)


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


def asked(**fields) -> dict[str, date | str]:
    """Kind → the day it is due, or why it is not."""
    told = {"account_id": 1, "tier": "named", "stage": "steady", "status": "green"} | fields
    return {a.kind: a.on if isinstance(a, Due) else a.because for a in due(Looked(**told), KNOWN, DAY)}


# --- the rule ---


def test_a_named_account_is_seen_every_14_days_and_any_talk_counts_but_a_letter_does_not():
    assert asked(held={"check_in": ago(10)})["check_in"] == ago(10) + timedelta(days=14)
    assert asked(held={"check_in": ago(10), "renewal": ago(3), "update": ago(1)})["check_in"] == DAY + timedelta(
        days=11
    )
    assert asked(held={"check_in": ago(30)})["check_in"] == ago(16)  # late, and told so
    assert asked(held={"check_in": ago(10)})["review"] == DAY


def test_why_names_the_last_one():
    (first, _) = due(Looked(1, "named", "steady", status="green", held={"check_in": ago(10)}), KNOWN, DAY)
    assert first.because == "check-in every 14 days; the last was on 2026-02-20"


def test_nobody_is_late_by_years_on_the_first_day():
    assert asked(since=date(2019, 1, 1))["check_in"] == DAY == asked()["check_in"]
    assert asked(since=ago(4))["check_in"] == DAY + timedelta(days=10)


def test_one_that_is_planned_is_not_asked_for_again():
    assert asked(planned={"check_in": DAY})["check_in"] == "one is planned for 2026-03-02"


def test_what_was_called_off_comes_again_after_the_usual_time_not_tomorrow():
    assert asked(held={"check_in": ago(30)}, called_off={"check_in": ago(2)})["check_in"] == DAY + timedelta(days=12)
    assert asked(held={"check_in": ago(1)}, called_off={"check_in": ago(2)})["check_in"] == DAY + timedelta(days=13)


def test_an_account_in_onboarding_is_called_weekly_and_not_checked_in_on():
    assert asked(stage="onboarding", held={"onboarding": ago(3)}) == {"onboarding": DAY + timedelta(days=4)}


def test_a_pooled_account_has_two_calls_in_its_first_45_days():
    pooled = {"tier": "pooled", "stage": "onboarding", "since": ago(10)}
    assert asked(**pooled)["onboarding"] == ago(10) + timedelta(days=22)
    assert asked(**pooled, times={"onboarding": 1})["onboarding"] == ago(10) + timedelta(days=45)
    assert asked(**pooled, times={"onboarding": 2})["onboarding"] == "all 2 were held"
    assert (
        "something happens" in asked(tier="pooled")["check_in"]
        and asked(tier="pooled", held={"review": ago(365)})["review"] == DAY
    )


def test_red_health_asks_for_a_letter_a_week_and_unknown_health_says_so():
    assert asked(status="red", held={"update": ago(8)})["update"] == ago(1)
    assert "update" not in asked(status="green")
    assert asked(status="")["update"] == "nobody knows whether its health is red"


def test_who_left_and_who_is_automated_hear_from_nobody():
    assert asked(stage="left", status="red") == {"check_in": "the account left"}
    assert asked(tier="automated") == {"check_in": "messages do this, and people where something is severe"}


def test_the_table_of_the_home_takes_the_place_of_what_ships(tmp_path):
    assert rules(tmp_path) == KNOWN
    path = tmp_path / "touchpoints.toml"
    path.write_text('plan_ahead_days = 3\n[tier.named.steady]\nkind = "check_in"\nevery_days = 30\n')
    own = rules(tmp_path)
    assert due(Looked(1, "named", "steady", held={"check_in": DAY}), own, DAY) == (
        Due(1, "check_in", DAY + timedelta(days=30), "check-in every 30 days; the last was on 2026-03-02"),
    )
    for wrong, said in (("every_days = 0", "from 1 to 365"), ("every_day = 3", "missing"), ('hold = ""', "not empty")):
        path.write_text(f'plan_ahead_days = 3\n[tier.named.steady]\nkind = "check_in"\n{wrong}\n')
        with pytest.raises(FrameworkProblem, match=said):
            rules(tmp_path)


# --- planned by the schedule ---


def plan(today=DAY, who=SCHEDULE, **fields):
    return plan_due_touchpoints(today=today, known=KNOWN, by=who, **fields)


@pytest.mark.django_db
def test_what_is_due_soon_is_planned_once_with_its_reason_and_an_owner(cast):
    made = plan()
    assert {(t.account.name, t.kind, t.due, t.owner) for t in made} == {
        ("Kelp", "check_in", DAY, cast.cas), ("Kelp", "review", DAY, cast.cas),
        ("Dune", "check_in", DAY, None), ("Dune", "review", DAY, None),
    }  # fmt: skip
    assert "none was held yet" in made[0].agenda
    before = Audit.objects.count()
    assert plan() == [] and plan(DAY + timedelta(days=5)) == []
    assert Audit.objects.count() == before and Touchpoint.objects.count() == 4


@pytest.mark.django_db
def test_after_one_was_held_the_next_is_planned_ahead(cast):
    first = next(t for t in plan() if t.account == cast.kelp and t.kind == "check_in")
    hold(cast, first, DAY)
    assert plan(DAY + timedelta(days=0)) != []  # due on day 14, planned 14 days ahead
    again = Touchpoint.objects.get(account=cast.kelp, kind="check_in", held_at=None)
    assert again.due == DAY + timedelta(days=14)


@pytest.mark.django_db
def test_red_health_comes_in_from_outside(cast):
    kinds = {t.kind for t in plan(statuses={cast.kelp.pk: "red"}) if t.account == cast.kelp}
    assert kinds == {"check_in", "review", "update"}


@pytest.mark.django_db
def test_an_owner_without_a_seat_is_not_given_more(cast):
    from holdfast.accounts.models import Seat

    accounts.change_account(cast.kelp.pk, by=by(cast.mia), owner_id=cast.cas.pk)
    Seat.objects.filter(user=cast.cas).delete()
    assert all(t.owner is None for t in plan() if t.account == cast.kelp)


@pytest.mark.django_db
def test_a_person_plans_for_their_own_accounts_only(cast):
    assert {t.account for t in plan(who=by(cast.cas))} == {cast.kelp}
    assert plan(who=by(cast.eve)) == []
    with pytest.raises(MayNot):
        plan(who=by(cast.exe))


@pytest.mark.django_db
def test_the_rule_is_asked_with_few_queries_for_any_number(cast, django_assert_num_queries):
    with django_assert_num_queries(3):  # the role once, touchpoints, accounts
        assert {a.account_id for a in due_of(cast.cas, KNOWN, DAY)} == {cast.kelp.pk}
    assert due_of(cast.eve, KNOWN, DAY) == []
    assert all(isinstance(a, Due | Hold) for a in due_of(cast.exe, KNOWN, DAY))
    assert Account.objects.count() == 2


# --- kept or not ---


def hold(cast, touchpoint, on):
    timeline.hold_touchpoint(
        touchpoint.pk, at=datetime(on.year, on.month, on.day, 15, tzinfo=UTC), recap="Fine.", next_step="Send it", next_due=on,
        next_owner_id=cast.cas.pk, by=by(cast.cas),
    )  # fmt: skip


@pytest.mark.django_db
def test_kept_is_held_by_its_day_with_a_next_step_and_calling_off_does_not_help(cast):
    def planned(day):
        return timeline.plan_touchpoint(cast.kelp.pk, kind="check_in", due=day, owner_id=cast.cas.pk, by=by(cast.cas))

    in_time, late, off, never = (planned(ago(n)) for n in (20, 15, 10, 5))
    planned(ago(40))  # before the period
    hold(cast, in_time, ago(20))
    hold(cast, late, ago(14))
    timeline.call_off_touchpoint(off.pk, "On holiday.", by=by(cast.cas))
    everybody, cas = adherence(cast.ada, ago(30), DAY)
    assert (everybody.due, everybody.kept, everybody.called_off, never.pk is not None) == (4, 1, 1, True)
    assert cas.owner == "cas" and everybody.share.point == 0.25 and everybody.share.method == "Wilson"
    assert adherence(cast.dot, ago(30), DAY) == adherence(cast.eve, ago(30), DAY) == ()
    assert adherence(cast.cas, ago(30), DAY)[0].due == 4
    assert not isinstance(cas.share, Unknown)
