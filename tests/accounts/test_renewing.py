"""The rules of a renewal on paper: what a stage needs, what came late, where it stands in a forecast."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from holdfast.accounts.decide.approving import Limits, limits, may_decide, needed
from holdfast.accounts.decide.renewing import MOVES, OPEN, Case, Enter, Option, Refuse, bucket, late, may_enter, ways_on
from holdfast.accounts.decide.slipping import Change, Frozen, Slips, changes, iso_week, slips
from holdfast.accounts.models import Renewal
from holdfast.commerce.money import Money
from holdfast.metrics.section import FrameworkProblem

ENDS = date(2026, 12, 31)
EARLY = ENDS - timedelta(days=130)
BOTH = (Option("renew", "They keep the warehouse sync."), Option("exit", "They lose it in January."))
READY = Case(
    stage="committed", ends=ENDS, owned=True, options=BOTH, chosen="renew", walk_away="Below cost to serve.",
    answer="We have no reason to leave.", talked_on=ENDS - timedelta(days=80), forecast=True, yes_from=True,
)  # fmt: skip


def at(stage: str, **fields) -> Case:
    return replace(READY, stage=stage, **fields)


def test_every_stage_of_a_renewal_has_a_way_on_but_the_last():
    assert {was for was, _ in MOVES} == set(Renewal.Stage) - {"reviewed"}
    assert {to for _, to in MOVES} == set(Renewal.Stage) - {"ahead"}
    assert set(OPEN) == set(Renewal.OPEN)
    assert all(needs for needs in MOVES.values())


def test_each_stage_says_what_it_still_needs_in_sentences():
    bare = Case(stage="review", ends=ENDS)
    found = may_enter(bare, "asked", EARLY)
    assert isinstance(found, Refuse) and len(found.reasons) == 4
    assert "at least two options" in found.reasons[1] and "walk away" in found.reasons[2]
    one = at("review", options=(BOTH[0], Option("shrink", " ")))
    assert may_enter(one, "asked", EARLY) == Refuse(
        "asked", ("Write down at least two options, each with its consequences.",)
    )


def test_no_stage_is_skipped_and_nothing_follows_the_post_mortem():
    assert "only the soft question or the loss can follow" in may_enter(at("review"), "signed", EARLY).reasons[0]
    assert may_enter(at("reviewed"), "review", EARLY).reasons == ("It is over: nothing follows the post-mortem.",)
    assert "already" in may_enter(at("asked"), "asked", EARLY).reasons[0]
    assert ways_on(at("reviewed"), EARLY) == ()


@pytest.mark.parametrize(
    ("stage", "to", "days"), [("ahead", "review", 120), ("review", "asked", 90), ("asked", "contact", 70)]
)
def test_a_stage_entered_on_its_last_day_is_in_time_and_a_day_later_is_a_finding_not_a_refusal(stage, to, days):
    last = ENDS - timedelta(days=days)
    assert may_enter(at(stage), to, last) == Enter(to, ())
    after = may_enter(at(stage), to, last + timedelta(days=1))
    assert isinstance(after, Enter) and f"1 day late: it was due by {last}" in after.findings[0]


def test_nobody_commits_over_a_price_that_nobody_approved_or_without_a_person_who_said_yes():
    assert may_enter(at("contact"), "committed", EARLY) == Enter("committed", ())
    assert "approved" in may_enter(at("contact", prices_open=True), "committed", EARLY).reasons[0]
    assert "person on their side" in may_enter(at("contact", yes_from=False), "committed", EARLY).reasons[0]
    assert "option" in may_enter(at("contact", chosen="exit"), "committed", EARLY).reasons[0]


def test_contact_is_a_talk_that_was_held_and_a_forecast():
    assert len(may_enter(at("asked", talked_on=None, forecast=False), "contact", EARLY).reasons) == 2


def test_any_open_renewal_can_be_lost_with_the_reason_they_gave():
    for stage in OPEN:
        assert isinstance(may_enter(at(stage), "lost", EARLY), Refuse)
        assert may_enter(at(stage, why_lost="Closed their shop.", ended_on=EARLY), "lost", EARLY) == Enter("lost", ())


def test_a_commitment_is_taken_back_only_with_what_happened():
    assert isinstance(may_enter(at("committed"), "contact", EARLY), Refuse)
    assert isinstance(may_enter(at("committed", note="Their CFO left."), "contact", EARLY), Enter)


def test_what_is_over_goes_on_only_with_what_happened():
    assert isinstance(may_enter(at("lost"), "review", EARLY), Refuse) and isinstance(
        may_enter(at("signed"), "committed", EARLY), Refuse
    )
    assert may_enter(at("lost", note="They came back."), "review", EARLY) == Enter("review", ())


def test_signing_after_the_term_and_a_late_post_mortem_are_told():
    signed = at("committed", signed_minor=100, ended_on=ENDS + timedelta(days=3))
    assert "3 days after the term had ended" in may_enter(signed, "signed", ENDS + timedelta(days=3)).findings[0]
    over = at("signed", ended_on=ENDS, learned="Ask earlier.")
    assert may_enter(over, "reviewed", ENDS + timedelta(days=10)).findings == ()
    assert "11 days after" in may_enter(over, "reviewed", ENDS + timedelta(days=11)).findings[0]


def test_what_should_have_happened_by_today_is_told_oldest_first():
    said = late(at("ahead", notice_on=ENDS - timedelta(days=60)), ENDS - timedelta(days=59))
    assert [s.split(" was")[0] for s in said] == [
        "The internal review",
        "The soft question",
        "Commercial contact",
        "The last day for notice",
    ]
    assert (
        late(at("committed"), ENDS) == () and "nothing is signed" in late(at("committed"), ENDS + timedelta(days=1))[0]
    )
    assert late(at("signed"), ENDS + timedelta(days=400)) == ()


def test_a_rosy_forecast_without_a_talk_is_at_risk_once_contact_was_due():
    rosy = Decimal("0.95")
    alone = at("asked", talked_on=None)
    assert bucket(alone, rosy, ENDS - timedelta(days=70))[0] == "likely"
    where, why = bucket(alone, rosy, ENDS - timedelta(days=69))
    assert where == "at risk" and "no renewal talk" in why and "95%" in why


@pytest.mark.parametrize(
    ("case", "chance", "where"),
    [
        (at("contact"), Decimal("0.7"), "likely"), (at("contact"), Decimal("0.699"), "at risk"), (at("contact"), None, "not forecast"),
        (at("committed"), None, "committed"), (at("signed", ended_on=EARLY, signed_minor=0), None, "signed"),
        (at("lost", ended_on=EARLY), Decimal(1), "lost"), (at("reviewed", ended_on=EARLY), None, "lost"),
    ],
)  # fmt: skip
def test_where_a_renewal_stands_in_the_forecast(case, chance, where):
    assert bucket(case, chance, EARLY)[0] == where


# --- slips ---


def test_a_day_that_comes_earlier_again_takes_no_slip_back():
    days = [date(2026, 3, 1), date(2026, 3, 11), date(2026, 3, 6), date(2026, 3, 31), date(2026, 3, 31)]
    assert slips(days) == Slips(2, 35) and slips(days[:1]) == Slips(0, 0)


def test_changes_between_two_weeks():
    a = Frozen(1, "asked", date(2026, 3, 1), 100, "EUR", Decimal("0.5"))
    b = replace(a, stage="contact", closes_on=date(2026, 3, 8), value_minor=90, probability=Decimal("0.6"))
    gone, new = replace(a, renewal_id=2), replace(a, renewal_id=3)
    assert changes({1: a, 2: gone}, {1: b, 3: new}) == (
        Change(1, "probability", Decimal("0.5"), Decimal("0.6")), Change(1, "slipped", date(2026, 3, 1), date(2026, 3, 8), 7),
        Change(1, "stage", "asked", "contact"), Change(1, "value", Money(100, "EUR"), Money(90, "EUR")),
        Change(2, "gone", "asked"), Change(3, "new", None, "asked"),
    )  # fmt: skip
    assert changes({1: b}, {1: replace(b, closes_on=date(2026, 3, 1))})[0].what == "earlier"


def test_a_week_belongs_to_the_year_of_its_thursday():
    assert iso_week(date(2027, 1, 3)) == "2026-W53" and iso_week(date(2026, 3, 2)) == "2026-W10"


# --- whose yes ---


def test_a_change_of_price_needs_a_role_whose_limit_reaches_so_far():
    known = limits()
    assert needed(Decimal(-15), None, 100, known).roles == ("manager", "executive", "administrator")
    assert needed(Decimal("-15.01"), None, 100, known).roles == ("executive", "administrator")
    assert needed(None, -20, 100, known).roles == ("executive", "administrator")
    assert needed(Decimal(40), None, 100, known).roles == ("administrator",)
    assert needed(Decimal(-120), None, 100, known).roles == ()
    assert needed(None, -1, None, known).roles == ("administrator",)


def test_nobody_approves_what_they_asked_for_and_a_named_approver_stands_before_the_table():
    assert "themselves" in may_decide("administrator", 1, 1, ("administrator",), None)
    assert "themselves" in may_decide("administrator", 1, 1, ("administrator",), 1)
    assert may_decide("administrator", 2, 1, ("administrator",), 1) == ""  # a named approver who asks needs the table
    assert may_decide("manager", 2, 1, ("manager",), None) == ""
    assert "needs manager" in may_decide("csm", 2, 1, ("manager",), None)
    assert may_decide("csm", 2, 1, ("manager",), 2) == "" and "names somebody else" in may_decide(
        "manager", 3, 1, ("manager",), 2
    )
    assert may_decide("manager", None, 1, ("manager",), None)


def test_limits_of_the_home_take_the_place_of_what_ships_and_a_mistake_is_named(tmp_path):
    (tmp_path / "approvals.toml").write_text("holds_days = 5\n[limit.csm]\npercent = 3\n")
    assert limits(tmp_path) == Limits({"csm": Decimal("3.0")}, 5)
    (tmp_path / "approvals.toml").write_text("holds_days = 5\n[limit.csm]\npercents = 3\n")
    with pytest.raises(FrameworkProblem, match="percent"):
        limits(tmp_path)
