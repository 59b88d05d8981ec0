"""A guest link: one person, one work object, for a time, and nothing else."""

import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest
from acting import by
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from holdfast.accounts.access import MayNot, NotThere
from holdfast.accounts.act import CannotUndo, undo
from holdfast.accounts.actions import accounts, guests, lines, remarks, timeline, works
from holdfast.accounts.models import Audit, GuestLink, GuestVisit, Line, Remark, WorkObject
from holdfast.accounts.reading.guests import NO_LINK, Guest, TurnedAway, guest_of, guest_page

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = AT.date()


@pytest.fixture(scope="module")
def metric():
    from holdfast.metrics.registry import METRICS

    return next(iter(METRICS))


@pytest.fixture
def ann(cast):
    return timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann")


@pytest.fixture
def plan(cast, ann):
    """A mutual action plan that was shared: a step of Ann's and one of ours."""
    made = works.create_work("A01", "Go live", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk,
                             fields={"goal": "Live by June", "value_by": date(2026, 6, 1), "deciding": "Ann signs"})  # fmt: skip
    lines.add_line(made.pk, "step", "Hers", by=by(cast.cas), at=AT, customer_owner_id=ann.pk, due=DAY)
    lines.add_line(made.pk, "step", "Ours", by=by(cast.cas), at=AT, our_owner_id=cast.cas.pk, due=DAY)
    works.share_work(made.pk, by=by(cast.cas), at=AT, visibility="customer")
    return works.move_work(made.pk, "shared", by=by(cast.cas), at=AT)


@pytest.fixture
def token(cast, plan, ann):
    return guests.make_guest_link(plan.pk, ann.pk, by=by(cast.cas), at=AT)


def line(plan, what):
    return Line.objects.get(work=plan, what=what)


def test_it_lets_in_one_person_until_its_end_and_keeps_no_token(plan, ann, token):
    until = AT + timedelta(days=14)
    link = GuestLink.objects.get()
    assert guest_of(token, AT) == Guest(link.pk, plan.pk, ann.pk, "Ann", until)
    assert isinstance(guest_of(token, until - timedelta(seconds=1)), Guest)
    expired = guest_of(token, until)
    assert isinstance(expired, TurnedAway) and "expired" in expired.why
    secret = signing.Signer(salt="holdfast.guest").unsign(token)
    assert link.digest == hashlib.sha256(secret.encode()).hexdigest()
    written = str(list(GuestLink.objects.values())) + str(list(Audit.objects.values_list("changes", flat=True)))
    assert token not in written and secret not in written


def test_what_we_never_signed_is_turned_away_without_a_question_to_the_database(token):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for forged in ("", "x", token[:-1] + ("A" if token[-1] != "A" else "B"), token.split(":")[0],
                       signing.Signer(salt="another").sign("x")):  # fmt: skip
            assert guest_of(forged, AT) == NO_LINK
    assert not asked
    assert guest_of(signing.Signer(salt="holdfast.guest").sign("guessed"), AT) == NO_LINK


def test_a_revoked_link_opens_nothing_and_does_nothing(cast, plan, token):
    guests.revoke_guest_link(GuestLink.objects.get().pk, by=by(cast.cas), at=AT)
    assert guest_of(token, AT) == NO_LINK
    before = Audit.objects.count()
    for deed in (lambda: guests.guest_moves(token, "accepted", at=AT), lambda: guests.guest_visits(token, at=AT),
                 lambda: guests.guest_comments(token, "x", at=AT), lambda: guests.guest_corrects(token, "x", at=AT),
                 lambda: guests.guest_moves_line(token, line(plan, "Hers").pk, "done", at=AT),
                 lambda: guests.guest_changes_line(token, line(plan, "Hers").pk, due=DAY, at=AT),
                 lambda: guests.guest_adds_line(token, "step", "x", at=AT)):  # fmt: skip
        with pytest.raises(NotThere, match="opens nothing"):
            deed()
    assert Audit.objects.count() == before


@pytest.mark.parametrize("end", ["hidden", "left", "moved"])
def test_it_ends_when_the_customer_may_no_longer_see_it_or_the_person_has_left(cast, plan, ann, token, end):
    if end == "hidden":
        works.share_work(plan.pk, by=by(cast.cas), at=AT, visibility="internal")
    elif end == "left":
        timeline.contact_left(ann.pk, on=DAY, by=by(cast.cas), owner_id=None, due=DAY)
    else:
        WorkObject.objects.filter(pk=plan.pk).update(account=cast.dune)
    assert guest_of(token, AT) == NO_LINK


def test_links_are_made_for_people_of_the_account_to_what_they_may_see_and_not_for_long(cast, plan, ann):
    other = timeline.add_contact(cast.dune.pk, by=by(cast.dot), name="Zoe")
    for contact, days, why in ((other.pk, 14, "nobody"), (ann.pk, 31, "1 to 30"), (ann.pk, 0, "1 to 30")):
        with pytest.raises(ValidationError, match=why):
            guests.make_guest_link(plan.pk, contact, by=by(cast.cas), at=AT, days=days)
    works.share_work(plan.pk, by=by(cast.cas), at=AT, visibility="internal")
    with pytest.raises(ValidationError, match="share it"):
        guests.make_guest_link(plan.pk, ann.pk, by=by(cast.cas), at=AT)
    works.share_work(plan.pk, by=by(cast.cas), at=AT, visibility="customer")
    guests.make_guest_link(plan.pk, ann.pk, by=by(cast.cas), at=AT)
    link = GuestLink.objects.get().pk
    for who in (cast.eve, cast.dot):
        with pytest.raises(NotThere):
            guests.make_guest_link(plan.pk, ann.pk, by=by(who), at=AT)
        with pytest.raises(NotThere):
            guests.revoke_guest_link(link, by=by(who), at=AT)
    with pytest.raises(MayNot):
        guests.make_guest_link(plan.pk, ann.pk, by=by(cast.exe), at=AT)


def test_a_guest_accepts_and_edits_their_side_under_their_own_name(cast, plan, ann, token):
    guests.guest_visits(token, at=AT)
    guests.guest_moves(token, "accepted", at=AT)
    guests.guest_changes_line(
        token, line(plan, "Hers").pk, at=AT, due=DAY + timedelta(days=3), fields={"exit": "mapped"}
    )
    guests.guest_adds_line(token, "step", "Train the team", at=AT, due=DAY)
    guests.guest_moves_line(token, line(plan, "Hers").pk, "done", at=AT)
    plan.refresh_from_db()
    hers = line(plan, "Hers")
    assert (plan.state, plan.decided_on, hers.state, hers.fields) == ("accepted", DAY, "done", {"exit": "mapped"})
    assert line(plan, "Train the team").customer_owner == ann
    assert GuestVisit.objects.get().at == AT
    remark = Remark.objects.get()
    assert (remark.text, remark.from_customer) == ("“Hers”: 2026-03-02 became 2026-03-05", True)
    told = set(Audit.objects.filter(via="guest").values_list("by_name", "by", "about", "account"))
    assert told == {("Ann", None, f"WorkObject:{plan.pk}", cast.kelp.pk)}
    assert Audit.objects.filter(via="guest").count() == 5


def test_a_guest_hands_a_line_to_a_colleague_whom_the_plan_names_and_to_nobody_else_we_know(cast, plan, ann, token):
    """Whom else we talk to there is not for a guest to find out, by no list and by no trying of keys."""
    bo, cy = (timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name=name) for name in ("Bo", "Cy"))
    assert guest_page(token, AT).colleagues == ((ann.pk, "Ann"),)
    lines.add_line(plan.pk, "step", "His", by=by(cast.cas), at=AT, customer_owner_id=bo.pk, due=DAY)
    assert guest_page(token, AT).colleagues == ((ann.pk, "Ann"), (bo.pk, "Bo"))
    guests.guest_moves(token, "accepted", at=AT)
    guests.guest_changes_line(token, line(plan, "Hers").pk, at=AT, customer_owner_id=bo.pk)
    assert line(plan, "Hers").customer_owner == bo
    assert Remark.objects.get().text == "“Hers”: handed to Bo"
    for deed in (lambda: guests.guest_changes_line(token, line(plan, "Hers").pk, at=AT, customer_owner_id=cy.pk),
                 lambda: guests.guest_adds_line(token, "step", "New", at=AT, customer_owner_id=cy.pk)):  # fmt: skip
        with pytest.raises(ValidationError, match="nobody who is named here"):
            deed()
    guests.guest_adds_line(token, "step", "New", at=AT, due=DAY, customer_owner_id=bo.pk)
    assert line(plan, "New").customer_owner == bo
    works.edit_work(plan.pk, by=by(cast.cas), at=AT, redaction="names")
    assert guest_page(token, AT).colleagues == ()


def test_a_guest_does_not_touch_our_side(cast, plan, ann, token):
    ours = line(plan, "Ours")
    with pytest.raises(ValidationError, match="not yours"):
        guests.guest_changes_line(token, ours.pk, at=AT, due=DAY)
    with pytest.raises(ValidationError, match="not the customer's"):
        guests.guest_moves_line(token, ours.pk, "done", at=AT)
    with pytest.raises(ValidationError, match="not yours"):
        guests.guest_changes_line(token, line(plan, "Hers").pk, at=AT, our_owner_id=cast.cas.pk)
    with pytest.raises(ValidationError, match="for us to say"):
        guests.guest_moves(token, "draft", at=AT)
    for deed, why in ((lambda: guests.guest_adds_line(token, "gap", "x", at=AT), "cannot add lines"),
                      (lambda: guests.guest_adds_line(token, "step", "x", at=AT, fields={"colour": "x"}), "not yours"),
                      (lambda: guests.guest_changes_line(token, line(plan, "Hers").pk, at=AT, customer_owner_id=None),
                       "who of you")):  # fmt: skip
        with pytest.raises(ValidationError, match=why):
            deed()
    zoe = timeline.add_contact(cast.dune.pk, by=by(cast.dot), name="Zoe")
    with pytest.raises(ValidationError, match="nobody who is named here"):
        guests.guest_changes_line(token, line(plan, "Hers").pk, at=AT, customer_owner_id=zoe.pk)


def test_a_guest_reaches_no_line_of_another_object_even_of_the_same_account(cast, plan, token):
    other = works.create_work("A01", "Another", by=by(cast.cas), at=AT, account_id=cast.kelp.pk)
    secret = lines.add_line(
        other.pk, "step", "Secret", by=by(cast.cas), at=AT, customer_owner_id=line(plan, "Hers").customer_owner_id
    )
    for deed in (lambda: guests.guest_changes_line(token, secret.pk, at=AT, due=DAY),
                 lambda: guests.guest_moves_line(token, secret.pk, "done", at=AT)):  # fmt: skip
        with pytest.raises(NotThere):
            deed()
    with pytest.raises(ValidationError, match="no such line"):
        guests.guest_comments(token, "x", at=AT, line_id=secret.pk)
    with pytest.raises(ValidationError, match="no such line"):
        lines.change_line(line(plan, "Ours").pk, by=by(cast.cas), at=AT, depends_on_id=secret.pk)


def test_an_outcome_is_accepted_and_verified_by_the_customer_alone(cast, ann, metric):
    made = works.create_work("A02", "Success", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk,
                             fields={"strategy": "grow at home"})  # fmt: skip
    goal = lines.add_line(
        made.pk, "objective", "Buyers return", by=by(cast.cas), at=AT, our_owner_id=cast.cas.pk, due=DAY
    )
    outcome = lines.add_line(made.pk, "outcome", "A quarter return", by=by(cast.cas), at=AT, our_owner_id=cast.cas.pk,
                             customer_owner_id=ann.pk, due=DAY, under_id=goal.pk)  # fmt: skip
    works.share_work(made.pk, by=by(cast.cas), at=AT, visibility="customer")
    works.move_work(made.pk, "running", by=by(cast.cas), at=AT)
    token = guests.make_guest_link(made.pk, ann.pk, by=by(cast.cas), at=AT)
    with pytest.raises(ValidationError, match="lacks the metric, the baseline, the target, the day"):
        guests.guest_moves_line(token, outcome.pk, "accepted", at=AT)
    terms = {"metric": metric, "baseline": 0.2, "target": 0.25, "by": "2026-06-30"}
    lines.change_line(outcome.pk, by=by(cast.cas), at=AT, fields={"criterion": terms})
    with pytest.raises(ValidationError, match="only the customer"):
        lines.move_line(outcome.pk, "accepted", by=by(cast.ada), at=AT)
    guests.guest_moves_line(token, outcome.pk, "accepted", at=AT)
    with pytest.raises(ValidationError, match="take it back"):  # what was accepted is not moved silently
        lines.change_line(outcome.pk, by=by(cast.cas), at=AT, fields={"criterion": terms | {"target": 0.21}})
    lines.move_line(outcome.pk, "delivered", by=by(cast.cas), at=AT)
    lines.move_line(goal.pk, "on_track", by=by(cast.cas), at=AT)
    with pytest.raises(ValidationError, match="1 of its 1 outcome lines are not verified"):
        lines.move_line(goal.pk, "closed", by=by(cast.cas), at=AT)
    with pytest.raises(ValidationError, match="only the customer"):
        lines.move_line(outcome.pk, "verified", by=by(cast.ada), at=AT)
    guests.guest_moves_line(token, outcome.pk, "verified", at=AT)
    lines.move_line(goal.pk, "closed", by=by(cast.cas), at=AT)
    guests.guest_moves(token, "verified", at=AT)
    made.refresh_from_db()
    assert (made.state, made.ended_on) == ("verified", DAY)


def test_undoing_never_puts_the_customers_name_under_other_terms(cast, ann, metric):
    made = works.create_work("A02", "Success", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk)
    goal = lines.add_line(made.pk, "objective", "Return", by=by(cast.cas), at=AT, our_owner_id=cast.cas.pk, due=DAY)
    terms = {"metric": metric, "baseline": 0.2, "target": 0.25, "by": "2026-06-30"}
    outcome = lines.add_line(made.pk, "outcome", "More", by=by(cast.cas), at=AT, our_owner_id=cast.cas.pk, due=DAY,
                             under_id=goal.pk, fields={"criterion": terms | {"target": 0.21}})  # fmt: skip
    lines.change_line(outcome.pk, by=by(cast.cas), at=AT, fields={"criterion": terms})
    raised = Audit.objects.first()
    works.share_work(made.pk, by=by(cast.cas), at=AT, visibility="customer")
    token = guests.make_guest_link(made.pk, ann.pk, by=by(cast.cas), at=AT)
    link = Audit.objects.first()
    guests.guest_moves_line(token, outcome.pk, "accepted", at=AT)
    with pytest.raises(CannotUndo, match="in the open"):  # back to the easy target, under her name
        undo(raised, by=by(cast.cas))
    lines.move_line(outcome.pk, "proposed", by=by(cast.cas), at=AT)
    taken_back = Audit.objects.first()
    lines.change_line(outcome.pk, by=by(cast.cas), at=AT, fields={"criterion": terms | {"target": 0.21}})
    for entry in (taken_back, link):
        with pytest.raises(CannotUndo):
            undo(entry, by=by(cast.cas))
    outcome.refresh_from_db()
    assert (outcome.state, outcome.fields["criterion"]["target"]) == ("proposed", 0.21)


def test_what_was_said_is_not_unsaid_by_undoing(cast, plan, token):
    remarks.post_update(plan.pk, "Late", by=by(cast.cas), at=AT)
    with pytest.raises(CannotUndo, match="stays said"):
        undo(Audit.objects.first(), by=by(cast.cas))
    guests.guest_moves(token, "accepted", at=AT)
    works.move_work(plan.pk, "on_track", by=by(cast.cas), at=AT)
    with pytest.raises(CannotUndo, match="not for us alone"):
        undo(Audit.objects.first(), by=by(cast.cas))


def test_an_escalation_is_closed_by_both_sides_whoever_speaks_first(cast, ann):
    told = {"severity": "high", "trigger": "t", "impact": "i", "outcome": "o", "criteria_met": True, "helped": "h"}
    made = works.create_work("A14", "Down", by=by(cast.sup), at=AT, account_id=cast.kelp.pk, owner_id=cast.sup.pk,
                             fields=told)  # fmt: skip
    ends = lines.add_line(made.pk, "exit", "3 days without a lost order", by=by(cast.sup), at=AT)
    works.share_work(made.pk, by=by(cast.sup), at=AT, visibility="customer")
    token = guests.make_guest_link(made.pk, ann.pk, by=by(cast.sup), at=AT)
    guests.guest_moves_line(token, ends.pk, "agreed", at=AT)
    for state in ("acknowledged", "managed", "monitoring"):
        works.move_work(made.pk, state, by=by(cast.sup), at=AT)
    with pytest.raises(ValidationError, match="still agreed"):
        works.move_work(made.pk, "closed", by=by(cast.sup), at=AT)
    guests.guest_moves_line(token, ends.pk, "met", at=AT)
    works.move_work(made.pk, "closed", by=by(cast.sup), at=AT)
    made.refresh_from_db()
    assert made.state == "monitoring"
    guests.guest_moves(token, "closed", at=AT)
    made.refresh_from_db()
    assert made.state == "closed"


def test_a_recap_that_the_customer_corrects_is_called_so(cast, ann, metric):
    told = {"met_on": DAY, "pain": "“We guess”", "metric": metric, "size": "a tenth", "proof": "kept aside"}
    made = works.create_work("A04", "Recap", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk,
                             fields=told, decision="trial", decision_on=DAY, decider="Ann")  # fmt: skip
    works.move_work(made.pk, "sent", by=by(cast.cas), at=AT)
    works.share_work(made.pk, by=by(cast.cas), at=AT, visibility="customer")
    token = guests.make_guest_link(made.pk, ann.pk, by=by(cast.cas), at=AT)
    guests.guest_corrects(token, "We do not guess, we copy", at=AT)
    made.refresh_from_db()
    assert (made.state, Remark.objects.get().kind) == ("corrected", "correction")


def test_an_evidence_pack_says_with_whom_it_was_shared_and_when(cast, ann):
    made = works.create_work("A23", "Security", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk)
    told = {"control": "retention", "document": "policy 7", "dated": DAY, "expires_on": DAY + timedelta(days=90),
            "may_see": "security lead"}  # fmt: skip
    item = lines.add_line(
        made.pk, "item", "Retention", by=by(cast.cas), at=AT, our_owner_id=cast.cas.pk, due=DAY, fields=told
    )
    lines.move_line(item.pk, "available", by=by(cast.cas), at=AT)
    works.move_work(made.pk, "available", by=by(cast.cas), at=AT)
    with pytest.raises(ValidationError, match="the log says with whom"):
        works.move_work(made.pk, "shared", by=by(cast.cas), at=AT)
    remarks.share_with(made.pk, ann.pk, by=by(cast.cas), at=AT, line_id=item.pk)
    made = works.move_work(made.pk, "shared", by=by(cast.cas), at=AT)
    logged = Remark.objects.get(kind="shared")
    assert (logged.shared_with, logged.line, logged.at) == (ann, item, AT)
    assert made.expires_on == DAY + timedelta(days=90)


def test_what_belongs_to_a_merged_account_goes_with_it_and_its_links_too(cast, plan, token):
    guests.guest_moves(token, "accepted", at=AT)
    accounts.merge_account(cast.kelp.pk, into_id=cast.dune.pk, by=by(cast.mia))
    plan.refresh_from_db()
    assert plan.account == cast.dune and isinstance(guest_of(token, AT), Guest)
    undo(Audit.objects.first(), by=by(cast.mia))
    plan.refresh_from_db()
    assert plan.account == cast.kelp and plan.state == "accepted" and isinstance(guest_of(token, AT), Guest)
