"""Work objects through the write path: begun, filled in, moved, agreed to by two, and seen by nobody else."""

from datetime import UTC, date, datetime, timedelta

import pytest
from acting import by
from django.core.exceptions import ValidationError

from holdfast.accounts.access import MayNot, NotThere, work_of
from holdfast.accounts.act import CannotUndo, undo
from holdfast.accounts.actions import evidence, lines, remarks, timeline, works
from holdfast.accounts.models import Audit, Evidence, Line, Remark, WorkObject

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = AT.date()
CRITERION = {"metric": "repeat_purchase_90d", "baseline": 0.2, "target": 0.25, "by": "2026-06-30"}


@pytest.fixture(scope="module")
def metric():
    from holdfast.metrics.registry import METRICS

    return next(iter(METRICS))


@pytest.fixture
def ann(cast):
    return timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann", part="champion")


@pytest.fixture
def plan(cast, ann):
    """A mutual action plan that could be shared: one step, owned by Ann."""
    made = works.create_work("A01", "Go live", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk,
                             fields={"goal": "Live by June", "value_by": date(2026, 6, 1), "deciding": "Ann signs"})  # fmt: skip
    lines.add_line(made.pk, "step", "Map the products", by=by(cast.cas), at=AT, customer_owner_id=ann.pk, due=DAY,
                   fields={"exit": "all mapped", "lead_days": 5})  # fmt: skip
    return made


def said(error) -> str:
    return " | ".join(error.value.messages)


def to(work, *states, who, at=AT, **more):
    for state in states:
        work = works.move_work(work.pk, state, by=by(who), at=at, **more)
    return work


def test_one_is_begun_in_its_first_state_with_its_review_and_one_entry(cast, plan):
    assert (plan.state, plan.review_by, plan.created_on, plan.visibility) == (
        "draft", DAY + timedelta(days=14), DAY, "internal")  # fmt: skip
    assert plan.fields == {"goal": "Live by June", "value_by": "2026-06-01", "deciding": "Ann signs"}
    verbs = Audit.objects.filter(about=f"WorkObject:{plan.pk}").values_list("verb", "by_name")
    assert list(verbs) == [("add line", "cas"), ("begin mutual action plan", "cas")]


def test_a_kind_belongs_to_an_account_or_a_book_or_to_the_bank(cast):
    for kind, place in (("A01", {"book_id": cast.north.pk}), ("A17", {"account_id": cast.kelp.pk}), ("A01", {}),
                        ("A01", {"account_id": cast.kelp.pk, "book_id": cast.north.pk}), ("A03", {})):  # fmt: skip
        with pytest.raises(ValidationError):
            works.create_work(kind, "x", by=by(cast.ada), at=AT, **place)
    made = works.create_work("A17", "Freeze", by=by(cast.cas), at=AT, book_id=cast.north.pk, owner_id=cast.sup.pk)
    assert (made.book, made.account) == (cast.north, None)


def test_others_do_not_see_it_and_readers_do_not_change_it(cast, plan):
    line = Line.objects.get(work=plan)
    acts = {
        "edit": lambda who: works.edit_work(plan.pk, by=by(who), at=AT, title="Mine"),
        "move": lambda who: works.move_work(plan.pk, "shared", by=by(who), at=AT),
        "share": lambda who: works.share_work(plan.pk, by=by(who), at=AT, visibility="customer"),
        "decided": lambda who: works.changed_a_decision(plan.pk, "x", by=by(who), at=AT),
        "take part": lambda who: works.add_participant(plan.pk, by=by(who), at=AT, user_id=cast.sup.pk),
        "add line": lambda who: lines.add_line(plan.pk, "step", "x", by=by(who), at=AT),
        "change line": lambda who: lines.change_line(line.pk, by=by(who), at=AT, due=DAY),
        "finish line": lambda who: lines.finish_line(line.pk, by=by(who), at=AT),
        "update": lambda who: remarks.post_update(plan.pk, "x", by=by(who), at=AT),
        "comment": lambda who: remarks.comment(plan.pk, "x", by=by(who), at=AT),
        "share with": lambda who: remarks.share_with(plan.pk, 1, by=by(who), at=AT),
        "quote": lambda who: evidence.link_quote(plan.pk, "x", said_by="y", said_on=DAY, by=by(who), at=AT),
        "document": lambda who: evidence.link_document(plan.pk, "https://a.example", "x", by=by(who), at=AT),
        "begin": lambda who: works.create_work("A01", "x", by=by(who), at=AT, account_id=cast.kelp.pk),
    }
    before = Audit.objects.count()
    for name, act in acts.items():
        for who in (cast.eve, cast.dot):
            with pytest.raises(NotThere):
                act(who)
        for who in (cast.exe, cast.sup):
            with pytest.raises(MayNot):
                act(who)
        assert Audit.objects.count() == before, name
    assert set(work_of(cast.mia)) == {plan} and not work_of(cast.eve).exists() and not work_of(cast.dot).exists()


def test_support_may_work_on_escalations_and_bad_news(cast):
    made = works.create_work("A14", "Site down", by=by(cast.sup), at=AT, account_id=cast.kelp.pk)
    lines.add_line(made.pk, "exit", "No order lost for 3 days", by=by(cast.sup), at=AT)
    fields = {"severity": "high", "trigger": "checkout fails", "impact": "40 orders a day"}
    works.edit_work(made.pk, by=by(cast.sup), at=AT, owner_id=cast.sup.pk, fields=fields)
    assert to(made, "acknowledged", "managed", who=cast.sup).state == "managed"


def test_no_escalation_is_managed_before_it_is_written_what_ends_it(cast):
    made = works.create_work("A14", "Site down", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk,
                             fields={"severity": "high", "trigger": "t", "impact": "i"})  # fmt: skip
    to(made, "acknowledged", who=cast.cas)
    with pytest.raises(ValidationError, match="at least 1 exit") as error:
        to(made, "managed", who=cast.cas)
    assert said(error) == "it cannot be called managed yet | write at least 1 exit line; there are 0"


def test_a_field_that_does_not_fit_is_named_and_nothing_is_kept(cast, plan):
    with pytest.raises(ValidationError) as error:
        works.edit_work(plan.pk, by=by(cast.cas), at=AT, title="New", fields={"value_by": "soon", "colour": "red"})
    assert sorted(error.value.messages) == [
        "“Value by”: write a day here, as year-month-day",
        "“colour”: there is no such field",
    ]
    plan.refresh_from_db()
    assert plan.title == "Go live"


def test_only_who_may_work_on_it_owns_it(cast, plan):
    with pytest.raises(ValidationError, match="may not work"):
        works.edit_work(plan.pk, by=by(cast.cas), at=AT, owner_id=cast.dot.pk)
    with pytest.raises(ValidationError, match="may not work"):
        lines.add_line(plan.pk, "step", "x", by=by(cast.cas), at=AT, our_owner_id=cast.eve.pk)


def test_our_side_cannot_say_what_is_the_customers_to_say(cast, plan):
    to(plan, "shared", who=cast.cas)
    with pytest.raises(ValidationError, match="only the customer") as error:
        to(plan, "accepted", who=cast.ada)
    assert said(error) == "only the customer can say this | send them a link"


def test_what_the_customer_agreed_to_changes_with_a_reason_they_can_read(cast, plan):
    line = Line.objects.get(work=plan)
    WorkObject.objects.filter(pk=plan.pk).update(state="on_track")
    later = DAY + timedelta(days=9)
    with pytest.raises(ValidationError, match="say why"):
        lines.change_line(line.pk, by=by(cast.cas), at=AT, due=later)
    with pytest.raises(ValidationError, match="say why"):
        works.edit_work(plan.pk, by=by(cast.cas), at=AT, fields={"value_by": later})
    lines.change_line(line.pk, by=by(cast.cas), at=AT, due=later, note="Their catalogue came late")
    line.refresh_from_db()
    remark = Remark.objects.get()
    assert (line.due, remark.kind, remark.text, remark.by_name) == (later, "change", "Their catalogue came late", "cas")
    lines.change_line(line.pk, by=by(cast.cas), at=AT, due=later)  # nothing changes: no reason needed
    assert Remark.objects.count() == 1


def test_months_of_disputes_are_months_so_that_the_newest_is_the_last(cast):
    """ "Sep 2026" came after "Oct 2026" by its letters, and the wrong month was held against the limit."""
    pack = works.create_work("A24", "Cards", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, owner_id=cast.cas.pk)
    with pytest.raises(ValidationError, match="write a month here, such as 2026-03"):
        works.edit_work(pack.pk, by=by(cast.cas), at=AT, fields={"months": [{"month": "Sep 2026", "ratio": 0.001}]})
    rows = [{"month": "2026-02", "ratio": 0.001}, {"month": "2026-01", "ratio": 0.009}]
    works.edit_work(pack.pk, by=by(cast.cas), at=AT, fields={"threshold": 0.01, "months": rows})
    with pytest.raises(ValidationError, match=r"the last value is 0\.10%, and 0\.60% is not reached"):
        works.move_work(pack.pk, "watch", by=by(cast.cas), at=AT)


def test_a_move_fills_in_what_it_asks_for_and_slips_nothing_else_in(cast, plan):
    WorkObject.objects.filter(pk=plan.pk).update(state="on_track")
    with pytest.raises(ValidationError, match="goal: change it first"):
        works.move_work(plan.pk, "decided", by=by(cast.cas), at=AT, fields={"choice": "go", "goal": "Live by August"})
    line = Line.objects.get(work=plan)
    with pytest.raises(ValidationError, match="exit: change it first"):
        lines.move_line(line.pk, "done", by=by(cast.cas), at=AT, fields={"exit": "half mapped"})
    works.move_work(plan.pk, "decided", by=by(cast.cas), at=AT, fields={"choice": "go"})
    plan.refresh_from_db()
    assert (plan.state, plan.assent_to, plan.fields["goal"]) == ("on_track", "decided", "Live by June")


def test_words_that_the_customer_approved_are_not_changed_with_any_reason(cast):
    study = works.create_work(
        "A27", "Kelp speaks", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, fields={"claim": "a tenth"}
    )
    WorkObject.objects.filter(pk=study.pk).update(state="approved")
    with pytest.raises(ValidationError, match="very words"):
        works.edit_work(study.pk, by=by(cast.cas), at=AT, fields={"claim": "a third"}, note="rounding")
    ask = lines.add_line(study.pk, "ask", "Fair", by=by(cast.cas), at=AT, fields={"asked_on": "2026-03-01"})
    lines.change_line(ask.pk, by=by(cast.cas), at=AT, fields={"answer": "yes"})
    works.move_work(study.pk, "draft", by=by(cast.cas), at=AT)
    assert works.edit_work(study.pk, by=by(cast.cas), at=AT, fields={"claim": "a third"}).fields["claim"] == "a third"


def test_a_line_without_owner_or_date_is_not_done_until_it_is_mended(cast, plan):
    bare = lines.add_line(plan.pk, "step", "Sign", by=by(cast.cas), at=AT)
    with pytest.raises(ValidationError, match="has no owner"):
        lines.finish_line(bare.pk, by=by(cast.cas), at=AT)
    lines.change_line(bare.pk, by=by(cast.cas), at=AT, our_owner_id=cast.cas.pk)
    with pytest.raises(ValidationError, match="has no date"):
        lines.finish_line(bare.pk, by=by(cast.cas), at=AT)
    lines.change_line(bare.pk, by=by(cast.cas), at=AT, due=DAY)
    assert lines.finish_line(bare.pk, by=by(cast.cas), at=AT).finished_on == DAY


def test_a_line_waits_for_no_circle_and_stands_under_its_own_kind_of_line(cast, plan):
    first = Line.objects.get(work=plan)
    second = lines.add_line(plan.pk, "step", "Load", by=by(cast.cas), at=AT, depends_on_id=first.pk)
    with pytest.raises(ValidationError, match="wait for itself"):
        lines.change_line(first.pk, by=by(cast.cas), at=AT, depends_on_id=second.pk)
    success = works.create_work("A02", "Success", by=by(cast.cas), at=AT, account_id=cast.kelp.pk)
    with pytest.raises(ValidationError, match="under which objective"):
        lines.add_line(success.pk, "outcome", "x", by=by(cast.cas), at=AT)
    with pytest.raises(ValidationError, match="no such objective"):
        lines.add_line(success.pk, "outcome", "x", by=by(cast.cas), at=AT, under_id=first.pk)


def test_an_action_on_it_is_undone_like_any_other_and_stays_in_its_history(cast, plan):
    works.edit_work(plan.pk, by=by(cast.cas), at=AT, title="Later")
    undo(Audit.objects.first(), by=by(cast.cas))
    plan.refresh_from_db()
    assert plan.title == "Go live"
    assert Audit.objects.filter(about=f"WorkObject:{plan.pk}").first().verb == "undo edit work"


def test_a_trade_off_names_who_loses_and_becomes_a_decision_of_the_log(cast):
    told = {"question": "Which carrier?", "choice": "North", "decider": "Ann", "decided_on": DAY, "reason": "cheaper"}
    made = works.create_work("A15", "Carrier", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, fields=told)
    for name, loser in (("North", "islands"), ("South", "")):
        lines.add_line(made.pk, "option", name, by=by(cast.cas), at=AT,
                       fields={"gives_up": "speed", "way_back": "till May", "loser": loser})  # fmt: skip
    with pytest.raises(ValidationError, match="“South” lacks “Who loses”"):
        to(made, "decided", who=cast.cas)
    lines.change_line(made.lines.get(what="South").pk, by=by(cast.cas), at=AT, fields={"loser": "our margin"})
    to(made, "decided", who=cast.cas)
    entry = WorkObject.objects.get(kind="A05")
    assert (entry.title, entry.state, entry.fields["options"], entry.fields["choice"]) == (
        "Carrier", "proposed", ["North", "South"], "North")  # fmt: skip


def test_a_decision_is_looked_at_again_and_what_was_reversed_stays_so(cast, metric):
    told = {"choice": "x", "decider": "Ann", "decided_on": "2026-02-01", "reason": "r", "review_on": "2026-05-01",
            "criterion": CRITERION | {"metric": metric}}  # fmt: skip
    made = works.create_work("A05", "Sizes", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, fields=told)
    to(made, "accepted", who=cast.cas)
    with pytest.raises(ValidationError, match="Superseded by"):
        works.review_decision(made.pk, "superseded", "no effect", by=by(cast.cas), at=AT)
    assert works.review_decision(made.pk, "held", "rose", by=by(cast.cas), at=AT).state == "held"
    done = works.review_decision(made.pk, "reversed", "fell again", by=by(cast.cas), at=AT)
    assert (done.state, done.ended_on, done.fields["result"]) == ("reversed", DAY, "fell again")


def test_bad_news_keeps_or_misses_its_promise_by_the_clock(cast):
    promised = AT + timedelta(hours=4)
    told = {"happened": "Prices were wrong", "impact": "12 orders", "known": ["when"], "unknown": ["why"],
            "doing": ["reading logs"], "next_update": promised}  # fmt: skip
    made = works.create_work("A22", "Prices", by=by(cast.sup), at=AT, account_id=cast.kelp.pk, owner_id=cast.sup.pk,
                             fields=told)  # fmt: skip
    to(made, "sent", who=cast.sup)
    with pytest.raises(ValidationError, match="no update came"):
        to(made, "kept", who=cast.sup)
    remarks.post_update(made.pk, "Found", by=by(cast.sup), at=promised, promised_at=promised + timedelta(hours=1))
    made.refresh_from_db()
    assert made.state == "kept"
    with pytest.raises(ValidationError, match="still promised"):
        to(made, "closed", who=cast.sup)
    late = promised + timedelta(hours=2)
    remarks.post_update(made.pk, "Mended", by=by(cast.sup), at=late)
    made.refresh_from_db()
    assert made.state == "missed"
    assert to(made, "closed", who=cast.sup, at=late).ended_on == DAY
    with pytest.raises(ValidationError, match="over"):
        remarks.post_update(made.pk, "More", by=by(cast.sup), at=late)


def test_a_save_story_is_checked_by_somebody_who_had_no_hand_in_it(cast):
    told = {"situation": "s", "signal": "s", "seen_on": DAY, "action": "a", "known_by": "unknown", "anyway": "nobody knows",
            "result": "r"}  # fmt: skip
    made = works.create_work("A08", "Stayed", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, fields=told)
    evidence.link_quote(made.pk, "We stay", said_by="Ann", said_on=DAY, by=by(cast.cas), at=AT)
    works.add_participant(made.pk, by=by(cast.cas), at=AT, user_id=cast.mia.pk)
    for who in (cast.cas, cast.mia):
        with pytest.raises(ValidationError, match="no hand in it"):
            to(made, "checked", who=who)
    assert to(made, "checked", who=cast.ada).state == "checked"


def test_a_hand_over_is_accepted_once_both_have_said_so(cast):
    told = {"giver": cast.cas.pk, "receiver": cast.sup.pk, "risks": ["r"], "dates": ["d"]}
    made = works.create_work("A28", "To Sup", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, fields=told)
    lines.add_line(made.pk, "promise", "A call a week", by=by(cast.cas), at=AT, our_owner_id=cast.sup.pk, due=DAY)
    to(made, "reviewed", "accepted", who=cast.cas)
    made.refresh_from_db()
    assert (made.state, made.assent_to, [one["name"] for one in made.assents]) == ("reviewed", "accepted", ["cas"])
    works.edit_work(made.pk, by=by(cast.cas), at=AT, fields={"risks": ["r", "another"]})
    made.refresh_from_db()
    assert made.assents == []  # it is not what was agreed to any more
    to(made, "accepted", who=cast.cas)
    with pytest.raises(ValidationError, match="only who gives"):
        to(made, "accepted", who=cast.mia)


def test_a_reference_is_asked_twice_in_half_a_year_at_most(cast):
    made = works.create_work("A27", "Kelp speaks", by=by(cast.cas), at=AT, account_id=cast.kelp.pk)
    for day in ("2026-01-10", "2026-03-01"):
        lines.add_line(made.pk, "ask", "Fair", by=by(cast.cas), at=AT, fields={"asked_on": day})
    for day in ("2026-03-02", "2026-07-10", "2025-12-01"):
        with pytest.raises(ValidationError, match="2 times in half a year"):
            lines.add_line(made.pk, "ask", "Fair", by=by(cast.cas), at=AT, fields={"asked_on": day})
    lines.add_line(made.pk, "ask", "Fair", by=by(cast.cas), at=AT, fields={"asked_on": "2026-07-11"})


def test_evidence_can_be_found_again_and_is_held_to_what_exists(cast, plan, metric):
    linked = {"version": 2, "scope": "account Kelp", "as_of": DAY, "snapshot": "7", "by": by(cast.cas), "at": AT}
    evidence.link_value(plan.pk, metric, **linked)
    with pytest.raises(ValidationError, match="no metric made_up"):
        evidence.link_value(plan.pk, "made_up", **linked)
    with pytest.raises(ValidationError, match="web address"):
        evidence.link_document(plan.pk, "javascript:alert(1)", "x", by=by(cast.cas), at=AT)
    with pytest.raises(ValidationError, match="nobody has said that yet"):
        evidence.link_quote(plan.pk, "x", said_by="Ann", said_on=DAY + timedelta(days=1), by=by(cast.cas), at=AT)
    kept = Evidence.objects.get()
    assert (kept.metric, kept.version, kept.scope, kept.as_of, kept.snapshot) == (metric, 2, "account Kelp", DAY, "7")
    with pytest.raises(NotThere):
        evidence.unlink(kept.pk, by=by(cast.dot), at=AT)
    evidence.unlink(kept.pk, by=by(cast.cas), at=AT)
    assert not Evidence.objects.exists()


def test_what_is_over_stays_as_it_is(cast, ann):
    plan = works.create_work("A09", "Plan", by=by(cast.cas), at=AT, account_id=cast.kelp.pk)
    line = lines.add_line(plan.pk, "move", "Call", by=by(cast.cas), at=AT, our_owner_id=cast.cas.pk, due=DAY)
    moved = Audit.objects.first()
    WorkObject.objects.filter(pk=plan.pk).update(state="past", ended_on=DAY)
    before = Audit.objects.count()
    for deed in (lambda: works.edit_work(plan.pk, by=by(cast.cas), at=AT, title="x"),
                 lambda: lines.add_line(plan.pk, "move", "x", by=by(cast.cas), at=AT),
                 lambda: lines.change_line(line.pk, by=by(cast.cas), at=AT, due=None),
                 lambda: lines.finish_line(line.pk, by=by(cast.cas), at=AT),
                 lambda: evidence.link_document(plan.pk, "https://a.example", "x", by=by(cast.cas), at=AT)):  # fmt: skip
        with pytest.raises(ValidationError, match="stays as it is"):
            deed()
    with pytest.raises(CannotUndo, match="it is past"):
        undo(moved, by=by(cast.cas))
    assert Audit.objects.count() == before


def test_it_serves_an_objective_of_the_same_account(cast):
    made = {}
    for account, who in ((cast.kelp, cast.cas), (cast.dune, cast.dot)):
        success = works.create_work("A02", "Success", by=by(who), at=AT, account_id=account.pk)
        made[account.name] = lines.add_line(success.pk, "objective", "Return", by=by(who), at=AT)
    plan = works.create_work(
        "A01", "Plan", by=by(cast.cas), at=AT, account_id=cast.kelp.pk, objective_id=made["Kelp"].pk
    )
    assert plan.objective == made["Kelp"]
    with pytest.raises(ValidationError, match="no such objective"):
        works.edit_work(plan.pk, by=by(cast.mia), at=AT, objective_id=made["Dune"].pk)


def test_who_takes_part_is_of_us_or_of_the_account(cast, plan, ann):
    zoe = timeline.add_contact(cast.dune.pk, by=by(cast.dot), name="Zoe")
    for wrong in ({"user_id": cast.eve.pk}, {"contact_id": zoe.pk}):
        with pytest.raises(ValidationError):
            works.add_participant(plan.pk, by=by(cast.cas), at=AT, **wrong)
    works.add_participant(plan.pk, by=by(cast.cas), at=AT, contact_id=ann.pk)
    mine = plan.participants.get()
    with pytest.raises(NotThere):
        works.remove_participant(mine.pk, by=by(cast.dot), at=AT)
    works.remove_participant(mine.pk, by=by(cast.cas), at=AT)
    assert not plan.participants.exists()


def test_only_what_is_meant_for_the_kind_is_taken(cast, plan):
    with pytest.raises(ValidationError, match="no gap lines"):
        lines.add_line(plan.pk, "gap", "x", by=by(cast.cas), at=AT)
    with pytest.raises(ValueError, match="has no state"):
        works.edit_work(plan.pk, by=by(cast.cas), at=AT, state="accepted")
    with pytest.raises(ValueError, match="has no state"):
        lines.change_line(plan.lines.get().pk, by=by(cast.cas), at=AT, state="done")
    with pytest.raises(NotThere):
        lines.change_line(0, by=by(cast.cas), at=AT, due=DAY)
    table = works.create_work("A15", "Carrier", by=by(cast.cas), at=AT, account_id=cast.kelp.pk)
    option = lines.add_line(table.pk, "option", "North", by=by(cast.cas), at=AT)
    with pytest.raises(ValidationError, match="written down"):
        lines.finish_line(option.pk, by=by(cast.cas), at=AT)
    drill = works.create_work("A17", "Freeze", by=by(cast.cas), at=AT, book_id=cast.north.pk)
    with pytest.raises(ValidationError, match="no customer"):
        works.share_work(drill.pk, by=by(cast.cas), at=AT, visibility="customer")
    with pytest.raises(ValidationError, match="still to come"):
        remarks.post_update(plan.pk, "x", by=by(cast.cas), at=AT, promised_at=AT)
