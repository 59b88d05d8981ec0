"""Reviews through the write path: drafted, written on, issued, and then never changed; and seen by nobody else."""

from datetime import UTC, date, datetime, timedelta

import pytest
from acting import by
from django.core.exceptions import ValidationError

from holdfast.accounts.access import MayNot, NotThere
from holdfast.accounts.act import CannotUndo, undo
from holdfast.accounts.actions import accounts, discovery, evidence, lines, reviews, timeline, works
from holdfast.accounts.models import Audit, IssuedReview, NeverRewritten, ReviewDraft
from holdfast.accounts.reading.given import given_of
from holdfast.accounts.reading.reviews import reviews as listed
from holdfast.accounts.reading.reviews import told_of
from holdfast.accounts.reading.today import today as queue_of

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = AT.date()
DRAWN = reviews.Drawn("Review with Kelp", DAY, "000001", {"figure": 0.141})
LATER = reviews.Drawn("Review with Kelp", DAY, "000002", {"figure": 0.2})
SLOTS = frozenset({"purpose", "decisions"})


def fit(story, words):
    return ()


@pytest.fixture
def draft(cast):
    return reviews.draft_review(cast.kelp.pk, DRAWN, at=AT, by=by(cast.cas))


def write(cast, draft, **words):
    reviews.write_review(draft.pk, words, SLOTS, at=AT, by=by(cast.cas))


def issue(cast, draft, lacks=fit):
    return reviews.issue_review(draft.pk, lacks=lacks, at=AT, by=by(cast.cas))


def test_a_persons_words_outlive_new_numbers(cast, draft):
    write(cast, draft, purpose=" Decide about returns. ")
    reviews.draw_again(draft.pk, LATER, at=AT, by=by(cast.cas))
    draft.refresh_from_db()
    assert (draft.words, draft.story) == ({"purpose": "Decide about returns."}, {"figure": 0.2})


def test_words_for_a_place_that_is_not_there_and_endless_words_are_refused(cast, draft):
    with pytest.raises(ValidationError, match="no place called mood"):
        write(cast, draft, mood="fine")
    with pytest.raises(ValidationError, match="fit a slide"):
        write(cast, draft, purpose="x" * 5_000)


def test_what_was_issued_says_who_and_when_and_is_never_changed(cast, draft):
    write(cast, draft, purpose="Decide.")
    made = issue(cast, draft)
    assert (made.by_name, made.issued_at, made.story, made.words) == (
        "cas",
        AT,
        {"figure": 0.141},
        {"purpose": "Decide."},
    )
    assert not ReviewDraft.objects.exists()
    made.words = {}
    for rewrite in (
        made.save,
        made.delete,
        lambda: IssuedReview.objects.update(words={}),
        IssuedReview.objects.all().delete,
    ):
        with pytest.raises(NeverRewritten):
            rewrite()
    with pytest.raises(CannotUndo):
        undo(Audit.objects.get(verb="issue review"), by=by(cast.ada))
    assert IssuedReview.objects.get().words == {"purpose": "Decide."}


def test_a_new_one_takes_the_place_of_the_one_before_which_stays(cast, draft):
    first = issue(cast, draft)
    one, other = (reviews.draft_review(cast.kelp.pk, LATER, at=AT, by=by(cast.cas)) for _ in range(2))
    second = issue(cast, one)
    assert second.supersedes == first
    with pytest.raises(ValidationError, match="another review has taken the place"):
        issue(cast, other)
    states = [(row.issued, row.superseded) for row in listed(cast.cas, cast.kelp.pk)]
    assert states == [(False, False), (True, False), (True, True)]


def test_one_that_asks_for_no_decision_is_not_issued(cast, draft):
    with pytest.raises(ValidationError, match="asks for no decision"):
        issue(cast, draft, lacks=lambda story, words: ("It asks for no decision.",))
    assert ReviewDraft.objects.exists() and not IssuedReview.objects.exists()


def test_nobody_outside_the_book_sees_or_touches_a_review(cast, draft):
    made = issue(cast, draft)
    second = reviews.draft_review(cast.kelp.pk, LATER, at=AT, by=by(cast.cas))
    for stranger in (cast.eve, cast.dot):
        assert listed(stranger) == () and listed(stranger, cast.kelp.pk) == ()
        with pytest.raises(NotThere):
            told_of(stranger, cast.kelp.pk)
        for deed in (
            lambda who: reviews.draft_review(cast.kelp.pk, DRAWN, at=AT, by=by(who)),
            lambda who: reviews.draw_again(second.pk, DRAWN, at=AT, by=by(who)),
            lambda who: reviews.write_review(second.pk, {}, SLOTS, at=AT, by=by(who)),
            lambda who: reviews.issue_review(second.pk, lacks=fit, at=AT, by=by(who)),
            lambda who: reviews.drop_review(second.pk, by=by(who)),
        ):
            with pytest.raises(NotThere):
                deed(stranger)
    with pytest.raises(NotThere):  # nor may a review of another account be superseded
        reviews.draft_review(cast.dune.pk, DRAWN, at=AT, by=by(cast.dot), supersedes_id=made.pk)


def test_who_may_read_and_not_plan_sees_reviews_and_writes_none(cast, draft):
    assert [row.title for row in listed(cast.exe)] == ["Review with Kelp"]
    for reader in (cast.exe, cast.sup):
        with pytest.raises(MayNot):
            reviews.issue_review(draft.pk, lacks=fit, at=AT, by=by(reader))


def test_a_draft_that_is_thrown_away_is_gone_and_can_be_taken_back(cast, draft):
    reviews.drop_review(draft.pk, by=by(cast.cas))
    assert not ReviewDraft.objects.exists()
    undo(Audit.objects.get(verb="drop review"), by=by(cast.cas))
    assert ReviewDraft.objects.get().story == {"figure": 0.141}


def test_the_customers_goals_outcomes_and_actions_come_from_the_plan_and_what_is_only_ours_stays_here(cast):
    ann = timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann Berg")
    plan = works.create_work("A02", "Plan", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk,
                             fields={"strategy": "Sell more to those we know", "highlights": ["New site"]})  # fmt: skip
    goal = lines.add_line(plan.pk, "objective", "More second orders", by=by(cast.cas), at=AT, our_owner_id=cast.cas.pk,
                          due=date(2026, 6, 30))  # fmt: skip
    criterion = {"metric": "repeat_purchase_rate", "baseline": 0.2, "target": 0.25, "by": "2026-06-30"}
    lines.add_line(plan.pk, "outcome", "A quarter comes back", by=by(cast.cas), at=AT, under_id=goal.pk,
                   customer_owner_id=ann.pk, fields={"criterion": criterion})  # fmt: skip
    lines.add_line(plan.pk, "initiative", "Write the reminder", by=by(cast.cas), at=AT, under_id=goal.pk,
                   customer_owner_id=ann.pk, due=date(2026, 4, 1))  # fmt: skip
    question = discovery.add_question("Growth or marketing", "Which number?", by=by(cast.ada))
    discovery.hear(question.pk, cast.kelp.pk, "Repeat share", by=by(cast.cas), at=AT, contact_id=ann.pk)
    ours = works.create_work("A08", "Saved", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, decision="Tell nobody",
                             decider="cas", decision_on=DAY)  # fmt: skip
    evidence.link_quote(ours.pk, by=by(cast.cas), at=AT, text="They nearly left", said_by="dot", said_on=DAY)
    timeline.add_task(cast.kelp.pk, "Find out whether they leave", due=DAY, owner_id=cast.cas.pk, by=by(cast.cas))
    told = told_of(cast.cas, cast.kelp.pk)
    assert (told.strategy, told.highlights) == ("Sell more to those we know", ("New site",))
    assert [(o.what, o.open, o.owners) for o in told.objectives] == [("More second orders", True, ("cas",))]
    (outcome,) = told.outcomes
    assert (outcome.metric, outcome.baseline, outcome.target, outcome.by, outcome.state) == (
        "repeat_purchase_rate", 0.2, 0.25, date(2026, 6, 30), "Proposed")  # fmt: skip
    assert [(a.what, a.owner, a.theirs) for a in told.actions] == [("Write the reminder", "Ann Berg", True)]
    assert [(a.answer, a.by) for a in told.answers] == [("Repeat share", "Ann Berg")]
    assert told.decisions == () and told.quotes == ()
    assert {"Ann Berg", "cas"} <= set(told.people)


def test_a_prepared_review_brings_its_purpose_decisions_and_misses(cast):
    made = works.create_work("A12", "Spring", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk,
                             fields={"purpose": "Decide on returns", "misses": ["Late twice"], "their_goals": ["Fewer returns"]})  # fmt: skip
    lines.add_line(made.pk, "decision", "Open a second depot", by=by(cast.cas), at=AT, due=date(2026, 4, 1))
    told = told_of(cast.cas, cast.kelp.pk)
    assert (told.purpose, told.misses, told.their_goals) == ("Decide on returns", ("Late twice",), ("Fewer returns",))
    assert [(d.what, d.on) for d in told.decisions] == [("Open a second depot", date(2026, 4, 1))]


def test_reviews_of_an_account_that_was_merged_away_are_found_at_the_one_it_is_part_of(cast, draft):
    issue(cast, draft)
    reviews.draft_review(cast.kelp.pk, LATER, at=AT, by=by(cast.cas))
    accounts.merge_account(cast.kelp.pk, into_id=cast.dune.pk, by=by(cast.mia))
    assert [(row.issued, row.account) for row in listed(cast.mia, cast.dune.pk)] == [(False, "Dune"), (True, "Kelp")]


def test_a_draft_is_due_from_a_week_before_its_review_until_it_is_issued(cast, draft):
    held, owner = AT.date() + timedelta(days=9), draft.account.owner
    timeline.plan_touchpoint(draft.account_id, kind="review", due=held, owner_id=cast.cas.pk, by=by(cast.cas))

    def told(day):
        return [
            item.what for item in queue_of(owner, day, given_of(owner, day, everybodys=False)) if item.kind == "alarm"
        ]

    assert told(held - timedelta(days=8)) == []
    assert told(held - timedelta(days=7)) == [f"Issue the review of {held}"]
    issue(cast, draft)
    assert told(held - timedelta(days=7)) == []
