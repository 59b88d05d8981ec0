"""The bank of questions: what pays, what does not, and whose answers anybody sees."""

from datetime import UTC, date, datetime, timedelta

import pytest
from acting import SCHEDULE, by
from django.core.exceptions import ValidationError

from holdfast.accounts.access import MayNot, NotThere
from holdfast.accounts.actions import calibration, discovery, expiry, lines, timeline, works
from holdfast.accounts.decide.asking import may_ask, worth
from holdfast.accounts.kinds.catalog import KINDS
from holdfast.accounts.kinds.questions import STARTING
from holdfast.accounts.models import Heard, Question, WorkObject
from holdfast.accounts.reading.calibration import calibration as calibration_of
from holdfast.accounts.reading.discovery import answers, bank

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_the_starting_questions_feed_fields_that_exist_and_come_from_eight_personas():
    assert len({one.persona for one in STARTING}) == 8
    assert len({one.slug for one in STARTING}) == len(STARTING) >= 24
    for one in STARTING:
        kind, _, field = one.feeds.partition(".")
        assert field in {f.name for f in KINDS[kind].fields}, one.slug
        assert one.text.endswith("?") and one.red_flag and one.good_answer


def test_a_question_is_judged_after_five_uses_by_its_whole_interval():
    assert worth([]).advice == worth([False] * 4).advice == "wait"
    assert worth([False] * 12).advice == "wait"  # of 12, none: at most 1 − 0.025^(1/12) = 0.265
    assert worth([False] * 13).advice == "retire"  # of 13, none: at most 0.247, which is below a quarter
    assert worth([True] * 5).advice == "keep"
    assert (worth([True, False, False]).used, worth([True, False, False]).uses) == (1, 3)


def test_any_half_year_holds_two_asks():
    asked = [date(2026, 1, 1), date(2026, 5, 1)]
    assert may_ask(asked, date(2026, 7, 1)) == "they were asked 2 times in half a year: ask again from 2026-07-02"
    assert may_ask(asked, date(2026, 7, 2)) == ""
    assert may_ask([], date(2026, 7, 2)) == may_ask(asked[:1], date(2026, 1, 1)) == ""


@pytest.mark.django_db
def test_stocking_twice_adds_nothing_and_leaves_what_the_house_changed(cast):
    assert discovery.stock_bank(by=by(cast.cas)) == len(STARTING)
    one = Question.objects.get(slug="approver-away")
    discovery.change_question(one.pk, by=by(cast.cas), text="Who signs when Ann is away?")
    assert discovery.stock_bank(by=by(cast.cas)) == 0
    assert Question.objects.get(slug="approver-away").text == "Who signs when Ann is away?"
    own = discovery.add_question(
        "Finance", "What do returns cost?", by=by(cast.sup), fields={"feeds": "A09.constraints"}
    )
    assert own.slug == "" and own.state == "candidate"


@pytest.mark.django_db
def test_an_answer_pays_once_it_stands_in_a_plan_of_the_same_account(cast):
    discovery.stock_bank(by=by(cast.cas))
    asked = Question.objects.get(slug="approval-steps")
    with pytest.raises(ValidationError, match="cannot become kept"):
        discovery.move_question(asked.pk, "kept", by=by(cast.cas), at=AT)
    ann = timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann")
    heard = discovery.hear(asked.pk, cast.kelp.pk, "Ann, then the board", by=by(cast.cas), at=AT, contact_id=ann.pk)
    silent = discovery.hear(asked.pk, cast.kelp.pk, "", by=by(cast.cas), at=AT)
    asked.refresh_from_db()
    assert asked.state == "used"
    plan = works.create_work("A01", "Go live", by=by(cast.cas), at=AT, account_id=cast.kelp.pk,
                             fields={"approvers": ["Bob"]})  # fmt: skip
    other = works.create_work("A01", "Other", by=by(cast.dot), at=AT, account_id=cast.dune.pk)
    with pytest.raises(ValidationError, match="nothing was answered"):
        discovery.use_answer(silent.pk, plan.pk, "approvers", by=by(cast.cas), at=AT)
    with pytest.raises(ValidationError, match="takes words"):
        discovery.use_answer(heard.pk, plan.pk, "value_by", by=by(cast.cas), at=AT)
    with pytest.raises(ValidationError, match="of the account that gave it"):
        discovery.use_answer(heard.pk, other.pk, "approvers", by=by(cast.mia), at=AT)
    discovery.use_answer(heard.pk, plan.pk, "approvers", by=by(cast.cas), at=AT)
    plan.refresh_from_db()
    assert plan.fields["approvers"] == ["Bob", "Ann, then the board"]
    row = next(one for one in bank(cast.dot) if one.id == asked.pk)
    assert (row.worth.uses, row.worth.used, row.worth.advice) == (2, 1, "wait")
    told = {(one.answer, one.contact, one.used_in, one.used_as) for one in answers(cast.exe, cast.kelp.pk)}
    assert told == {("Ann, then the board", "Ann", plan.pk, "approvers"), ("", "", None, "")}


@pytest.mark.django_db
def test_answers_are_seen_by_those_of_the_account_and_the_bank_by_whoever_has_a_book(cast):
    discovery.stock_bank(by=by(cast.cas))
    asked = Question.objects.first()
    heard = discovery.hear(asked.pk, cast.kelp.pk, "Ann", by=by(cast.cas), at=AT)
    assert bank(cast.dot) and bank(cast.exe)
    for who in (cast.eve, cast.dot):
        for deed in (lambda who=who: answers(who, cast.kelp.pk),
                     lambda who=who: discovery.hear(asked.pk, cast.kelp.pk, "x", by=by(who), at=AT),
                     lambda who=who: discovery.use_answer(heard.pk, 1, "x", by=by(who), at=AT)):  # fmt: skip
            with pytest.raises(NotThere):
                deed()
    for deed in (lambda: bank(cast.eve), lambda: discovery.stock_bank(by=by(cast.eve)),
                 lambda: discovery.add_question("x", "y", by=by(cast.eve)),
                 lambda: discovery.move_question(asked.pk, "retired", by=by(cast.eve), at=AT)):  # fmt: skip
        with pytest.raises(NotThere):
            deed()
    with pytest.raises(MayNot):
        discovery.add_question("x", "y", by=by(cast.exe))
    assert Heard.objects.count() == 1


@pytest.mark.django_db
def test_two_people_score_blind_and_then_their_agreement_is_told(cast):
    told = {"good": "g", "example": "e", "counter_example": "c", "rubric": "1 to 4"}
    made = works.create_work(
        "A10", "Recaps", by=by(cast.cas), at=AT, book_id=cast.north.pk, owner_id=cast.cas.pk, fields=told
    )
    samples = [lines.add_line(made.pk, "sample", f"Recap {n}", by=by(cast.cas), at=AT) for n in range(4)]
    with pytest.raises(ValidationError, match="being scored blind"):
        calibration.score_sample(samples[0].pk, 3, by=by(cast.cas))
    works.move_work(made.pk, "scoring", by=by(cast.cas), at=AT)
    for line, score in zip(samples, (1, 2, 3, 4), strict=True):
        calibration.score_sample(line.pk, score, by=by(cast.cas))
    with pytest.raises(ValidationError):
        calibration.score_sample(samples[0].pk, 5, by=by(cast.mia))
    with pytest.raises(ValidationError, match="1 of 2 people"):
        works.move_work(made.pk, "compared", by=by(cast.cas), at=AT)
    seen = calibration_of(cast.mia, made.pk)
    assert seen.blind and seen.agreements == () and all(not row.scores for row in seen.samples)
    for line, score in zip(samples, (1, 2, 3, 3), strict=True):
        calibration.score_sample(line.pk, score, by=by(cast.mia))
    assert {name for row in calibration_of(cast.mia, made.pk).samples for name in row.scores} == {"mia"}
    works.move_work(made.pk, "compared", by=by(cast.cas), at=AT)
    seen = calibration_of(cast.mia, made.pk)
    (agreement,) = seen.agreements
    assert (agreement.first, agreement.second) == ("cas", "mia")
    assert agreement.kappa.point == pytest.approx((0.75 - 0.25) / 0.75)  # by chance (1 + 1 + 2 + 0) / 16
    assert [row.differ for row in seen.samples] == [False, False, False, True]
    for who in (cast.eve, cast.dot):
        with pytest.raises(NotThere):
            calibration_of(who, made.pk)
        with pytest.raises(NotThere):
            calibration.score_sample(samples[0].pk, 1, by=by(who))


@pytest.mark.django_db
def test_the_schedule_calls_expired_what_is_over_and_doing_it_twice_changes_nothing(cast):
    study = works.create_work("A26", "Kelp", by=by(cast.cas), at=AT, account_id=cast.kelp.pk)
    drill = works.create_work("A17", "Freeze", by=by(cast.cas), at=AT, book_id=cast.north.pk)
    later = works.create_work("A26", "Later", by=by(cast.cas), at=AT, account_id=cast.kelp.pk)
    day = AT.date()
    WorkObject.objects.filter(pk__in=(study.pk, later.pk)).update(state="published", expires_on=day + timedelta(days=1))
    WorkObject.objects.filter(pk=drill.pk).update(state="drilled", expires_on=day)
    assert expiry.expire(by=SCHEDULE, at=AT) == 1
    WorkObject.objects.filter(pk=later.pk).update(expires_on=day + timedelta(days=2))
    assert expiry.expire(by=SCHEDULE, at=AT + timedelta(days=1)) == 1
    assert expiry.expire(by=SCHEDULE, at=AT + timedelta(days=1)) == 0
    assert list(WorkObject.objects.order_by("pk").values_list("state", "ended_on")) == [
        ("expired", day + timedelta(days=1)), ("active", None), ("published", None)]  # fmt: skip
    works.create_work("A06", "People", by=by(cast.cas), at=AT, account_id=cast.kelp.pk)
    ann = timeline.add_contact(
        cast.kelp.pk, by=by(cast.cas), name="Ann", stance="support", stance_why="x", stance_on=day
    )
    assert expiry.expire(by=SCHEDULE, at=AT) == 0
    assert expiry.expire(by=SCHEDULE, at=AT + timedelta(days=91)) == 2  # the map, and the study that was published
    assert WorkObject.objects.get(kind="A06").state == "stale" and ann.stance_on == day
    news = works.create_work("A22", "Prices", by=by(cast.sup), at=AT, account_id=cast.kelp.pk, owner_id=cast.sup.pk,
                             fields={"happened": "h", "impact": "i", "known": ["k"], "unknown": ["u"], "doing": ["d"],
                                     "next_update": AT + timedelta(hours=1)})  # fmt: skip
    works.move_work(news.pk, "sent", by=by(cast.sup), at=AT)
    expiry.expire(by=SCHEDULE, at=AT + timedelta(hours=1))
    news.refresh_from_db()
    assert news.state == "sent"
    expiry.expire(by=SCHEDULE, at=AT + timedelta(hours=2))
    news.refresh_from_db()
    assert news.state == "missed"
