"""Contracts, renewals, forecasts, frozen weeks, expansions and approvals, by people who may and people who may not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from acting import SCHEDULE, by
from django.core.exceptions import ValidationError

from holdfast.accounts.access import MayNot, NotThere
from holdfast.accounts.act import CannotUndo, undo
from holdfast.accounts.actions import accounts, commercial, pipeline, renewals, timeline
from holdfast.accounts.models import Approval, Audit, Contract, Forecast, NeverRewritten, PipelineLine, Renewal
from holdfast.accounts.reading import bridge, forecasters
from holdfast.accounts.reading import pipeline as read
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.values import Scope

pytestmark = pytest.mark.django_db
ENDS = date(2026, 6, 30)
TERM = {"currency": "EUR", "starts": date(2025, 7, 1), "ends": ENDS, "value_minor": 1_000_00}
OPTIONS = [{"kind": "renew", "consequences": "All stays."}, {"kind": "exit", "consequences": "They go in July."}]


@pytest.fixture
def kelp(cast):
    """Kelp's renewal, Cas's; beside it Dune's, in another book."""
    cast.contract = renewals.add_contract(cast.kelp.pk, by=by(cast.cas), name="Plan A", **TERM)
    cast.other = renewals.add_contract(cast.dune.pk, by=by(cast.dot), name="Plan B", **TERM)
    cast.renewal = cast.contract.renewal
    cast.buyer = timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann")
    return cast


def move(cast, to, today, **fields):
    return renewals.move_renewal(cast.renewal.pk, to, today=today, by=by(cast.cas), **fields)


def talk(cast, on):
    held = timeline.plan_touchpoint(cast.kelp.pk, kind="renewal", due=on, owner_id=cast.cas.pk, by=by(cast.cas))
    timeline.hold_touchpoint(
        held.pk, at=datetime(on.year, on.month, on.day, 9, tzinfo=UTC), recap="Fine.", next_step="Send terms", next_due=on,
        next_owner_id=cast.cas.pk, by=by(cast.cas),
    )  # fmt: skip


def to_contact(cast):
    move(cast, "review", date(2026, 3, 1))
    move(cast, "asked", date(2026, 3, 20), options=OPTIONS, walk_away="Below cost.", answer="We stay if it is quick.")
    talk(cast, date(2026, 4, 1))
    renewals.give_forecast(cast.renewal.pk, 0.8, 900_00, on=date(2026, 4, 1), by=by(cast.cas))
    move(cast, "contact", date(2026, 4, 2))


def sign(cast, on=date(2026, 6, 1)):
    move(cast, "committed", on, chosen="renew", yes_from_id=cast.buyer.pk)
    return move(cast, "signed", on, ended_on=on, signed_minor=950_00)


# --- the way of a renewal ---


def test_a_renewal_goes_its_way_and_every_step_stays_written(kelp):
    assert kelp.renewal.owner == kelp.cas and kelp.renewal.closes_on == ENDS
    to_contact(kelp)
    sign(kelp)
    move(kelp, "reviewed", date(2026, 6, 5), learned="Ask about speed first.")
    kelp.renewal.refresh_from_db()
    assert (kelp.renewal.stage, kelp.renewal.signed, kelp.renewal.signed_minor) == ("reviewed", True, 950_00)
    assert [m.to for m in kelp.renewal.moves.all()] == ["review", "asked", "contact", "committed", "signed", "reviewed"]
    assert not any(m.findings for m in kelp.renewal.moves.all())


def test_a_refused_step_changes_nothing_not_even_what_was_said_with_it(kelp):
    move(kelp, "review", date(2026, 3, 1))
    before = Audit.objects.count()
    with pytest.raises(ValidationError, match="soft question or the loss") as refused:
        move(kelp, "contact", date(2026, 3, 1), answer="Yes.")
    assert len(refused.value.messages) == 1
    kelp.renewal.refresh_from_db()
    assert kelp.renewal.answer == "" and Audit.objects.count() == before


def test_a_late_step_is_taken_with_its_finding(kelp):
    found = move(kelp, "review", date(2026, 3, 12))
    assert found.findings == ["The internal review came 10 days late: it was due by 2026-03-02."]


def test_an_old_talk_or_one_without_a_next_step_is_no_contact(kelp):
    move(kelp, "review", date(2026, 3, 1))
    move(kelp, "asked", date(2026, 3, 20), options=OPTIONS, walk_away="Below cost.", answer="Perhaps.")
    renewals.give_forecast(kelp.renewal.pk, "0.5", 900_00, on=date(2026, 3, 20), by=by(kelp.cas))
    talk(kelp, date(2025, 12, 1))
    with pytest.raises(ValidationError, match="renewal talk"):
        move(kelp, "contact", date(2026, 4, 2))


def test_what_is_over_takes_no_forecast_and_no_other_plan(kelp):
    move(kelp, "lost", date(2026, 5, 1), why_lost="Closed the shop.", ended_on=date(2026, 5, 1))
    with pytest.raises(ValidationError, match="over"):
        renewals.give_forecast(kelp.renewal.pk, 0.1, 0, on=date(2026, 5, 2), by=by(kelp.cas))
    with pytest.raises(ValidationError, match="over"):
        renewals.plan_renewal(kelp.renewal.pk, walk_away="x", by=by(kelp.cas))
    with pytest.raises(ValidationError, match="still to come"):
        renewals.move_renewal(
            kelp.other.renewal.pk, "lost", today=date(2026, 5, 1), by=by(kelp.dot), why_lost="x", ended_on=ENDS
        )


def test_one_that_was_lost_by_mistake_goes_on_and_counts_for_nobody_meanwhile(kelp):
    renewals.give_forecast(kelp.renewal.pk, 0.8, 900_00, on=date(2026, 3, 1), by=by(kelp.cas))
    move(kelp, "lost", date(2026, 5, 1), why_lost="Closed the shop.", ended_on=date(2026, 5, 1))
    assert len(forecasters.track_records(kelp.cas)) == 2
    move(kelp, "review", date(2026, 5, 2), note="It was another shop.")
    kelp.renewal.refresh_from_db()
    assert (kelp.renewal.stage, kelp.renewal.signed, kelp.renewal.ended_on, kelp.renewal.why_lost) == (
        "review",
        None,
        None,
        "",
    )
    assert forecasters.track_records(kelp.cas) == () and [m.to for m in kelp.renewal.moves.all()] == ["lost", "review"]


def test_what_was_signed_becomes_the_next_term_once(kelp):
    with pytest.raises(ValidationError, match="only what was signed"):
        renewals.add_next_term(kelp.renewal.pk, ends=date(2027, 6, 30), by=by(kelp.cas))
    to_contact(kelp)
    sign(kelp)
    for user in (kelp.dot, kelp.eve):
        with pytest.raises(NotThere):
            renewals.add_next_term(kelp.renewal.pk, ends=date(2027, 6, 30), by=by(user))
    term = renewals.add_next_term(kelp.renewal.pk, ends=date(2027, 6, 30), by=by(kelp.cas), price_rights="3 % a year")
    assert (term.starts, term.value_minor, term.currency, term.price_rights) == (
        date(2026, 7, 1),
        950_00,
        "EUR",
        "3 % a year",
    )
    assert term.renewal.stage == "ahead"
    with pytest.raises(ValidationError, match="already"):
        renewals.add_next_term(kelp.renewal.pk, ends=date(2027, 6, 30), by=by(kelp.cas))


def test_forecasts_and_moves_stay_as_they_were_said_and_undoing_says_so(kelp):
    said = renewals.give_forecast(
        kelp.renewal.pk, 0.7, 900_00, on=date(2026, 3, 1), by=by(kelp.cas), because="Ann said so."
    )
    for rewrite in (
        said.save,
        said.delete,
        lambda: Forecast.objects.update(probability=1),
        Forecast.objects.all().delete,
    ):
        with pytest.raises(NeverRewritten, match="forecast stays"):
            rewrite()
    with pytest.raises(CannotUndo, match="forecast stays"):
        undo(Audit.objects.first(), by=by(kelp.cas))
    for bad in (1.2, -0.1, "often"):
        with pytest.raises(ValidationError):
            renewals.give_forecast(kelp.renewal.pk, bad, 1, on=date(2026, 3, 1), by=by(kelp.cas))


def test_what_cannot_stand_together_is_refused(kelp):
    for fields in ({"owner_id": kelp.dot.pk}, {"yes_from_id": 0}, {"chosen": "grow"}, {"options": [{"kind": "maybe"}]},
                   {"options": [OPTIONS[0], OPTIONS[0]]}, {"options": [OPTIONS[0] | {"value_minor": 1.5}]}):  # fmt: skip
        with pytest.raises(ValidationError):
            renewals.plan_renewal(kelp.renewal.pk, by=by(kelp.cas), **fields)
    for fields in ({"currency": "XXQ"}, {"notice_on": ENDS + timedelta(days=1)}, {"starts": ENDS + timedelta(days=1)}):
        with pytest.raises(ValidationError):
            renewals.change_contract(kelp.contract.pk, by=by(kelp.cas), **fields)


def test_contracts_of_the_facts_come_in_once_and_a_difference_is_told_not_copied(kelp):
    one = renewals.FoundContract("shops:Kelp", "C-7", "EUR", date(2026, 1, 1), date(2026, 12, 31), 500_00)
    strange = renewals.FoundContract("shops:Elsewhere", "C-8", "EUR", date(2026, 1, 1), date(2026, 12, 31))
    taken = renewals.take_in_contracts([one, strange], by=by(kelp.cas))
    assert [c.source for c in taken.made] == ["C-7"] and taken.made[0].renewal.stage == "ahead"
    again = renewals.FoundContract("shops:Kelp", "C-7", "EUR", date(2026, 1, 1), date(2026, 12, 31), 600_00)
    taken = renewals.take_in_contracts([again], by=by(kelp.cas))
    assert taken.made == () and taken.differing == ("Kelp C-7: the data say value 60000, here it is 50000",)
    assert Contract.objects.get(source="C-7").value_minor == 500_00


# --- who may ---


def test_another_book_does_not_know_the_renewal_and_reading_roles_do_not_move_it(kelp):
    for user in (kelp.dot, kelp.eve):
        for deed in (
            lambda u: renewals.move_renewal(kelp.renewal.pk, "review", today=ENDS, by=by(u)),
            lambda u: renewals.plan_renewal(kelp.renewal.pk, walk_away="x", by=by(u)),
            lambda u: renewals.give_forecast(kelp.renewal.pk, 0.5, 1, on=ENDS, by=by(u)),
            lambda u: renewals.change_contract(kelp.contract.pk, name="x", by=by(u)),
            lambda u: renewals.add_contract(kelp.kelp.pk, by=by(u), name="x", **TERM),
            lambda u: commercial.ask_approval(kelp.contract.pk, percent=Decimal(-5), reason="x", today=ENDS, by=by(u)),
        ):
            with pytest.raises(NotThere):
                deed(user)
    for user in (kelp.exe, kelp.sup):
        with pytest.raises(MayNot):
            renewals.move_renewal(kelp.renewal.pk, "review", today=ENDS, by=by(user))
        with pytest.raises(MayNot):
            renewals.give_forecast(kelp.renewal.pk, 0.5, 1, on=ENDS, by=by(user))


def test_everybody_reads_the_pipeline_of_their_own_accounts(kelp, today, django_assert_num_queries):
    def accounts_seen(user):
        return {one.account for one in read.pipeline(user, today)}

    assert (
        accounts_seen(kelp.cas) == {"Kelp"} and accounts_seen(kelp.dot) == {"Dune"} and accounts_seen(kelp.eve) == set()
    )
    with django_assert_num_queries(2):  # the role, the renewals
        assert accounts_seen(kelp.exe) == {"Kelp", "Dune"}


def test_a_line_says_what_the_standing_says_in_two_queries_whatever_there_is(kelp, today, django_assert_num_queries):
    to_contact(kelp)
    sign(kelp)
    renewals.give_forecast(kelp.other.renewal.pk, 0.5, 1_000_00, on=today, by=by(kelp.dot))
    since = date(2026, 1, 1)
    told = sorted(read.pipeline(kelp.ada, today, since=since), key=lambda one: (one.ends, one.account))
    names = ("renewal_id", "ends", "closes_on", "owner", "currency", "bucket", "probability", "amount_minor")
    with django_assert_num_queries(2):
        lines = read.pipeline_lines(kelp.ada, today, since=since)
    assert [tuple(getattr(one, name) for name in names) for one in told] == [tuple(line) for line in lines]
    assert len(lines) == 2 and read.standing_of([one.renewal_id for one in lines][::-1], today) == told[::-1]


# --- forecasts added up ---


def test_the_pipeline_is_summed_by_bucket_and_currencies_stay_apart(kelp, today):
    to_contact(kelp)
    third = renewals.add_contract(
        kelp.dune.pk, by=by(kelp.dot), name="Plan C", **TERM | {"currency": "USD", "value_minor": None}
    )
    for lines in (read.pipeline(kelp.ada, today), read.pipeline_lines(kelp.ada, today)):
        cells = read.summary(lines)
        assert [(c.bucket, c.currency, c.n, c.minor, c.unvalued) for c in cells] == [
            ("likely", "EUR", 1, 900_00, 0),
            ("not forecast", "EUR", 1, 1_000_00, 0),
            ("not forecast", "USD", 1, 0, 1),
        ]
    renewals.give_forecast(kelp.other.renewal.pk, 0.5, 1_000_00, on=today, by=by(kelp.dot))
    euro, dollar = read.forecast_ranges(read.pipeline(kelp.ada, today))
    assert (euro.range.expected, euro.range.low, euro.range.high, euro.left_out) == (1_220_00, 900_00 * 0, 1_900_00, 0)
    assert isinstance(dollar.range, Unknown) and dollar.left_out == 1 and third.value_minor is None
    assert euro.range.method == "every way they can end"


def test_what_was_signed_is_certain_in_the_range(kelp, today):
    to_contact(kelp)
    sign(kelp)
    renewals.give_forecast(kelp.other.renewal.pk, 0.5, 1_000_00, on=today, by=by(kelp.dot))
    (euro,) = read.forecast_ranges(read.pipeline(kelp.ada, today, since=date(2026, 6, 1)))
    assert (euro.signed_minor, euro.range.low, euro.range.expected) == (950_00, 950_00, 1_450_00)


def test_forecasters_are_scored_by_what_they_said_in_time(kelp):
    to_contact(kelp)  # Cas said 0.8 on 1 April
    renewals.give_forecast(kelp.renewal.pk, 0.1, 1, on=date(2026, 6, 10), by=by(kelp.cas))  # too late to count
    renewals.give_forecast(kelp.renewal.pk, 0.99, 1, on=date(2026, 6, 10), by=by(kelp.mia))  # only too late
    sign(kelp, date(2026, 6, 20))
    everybody, cas, mia = forecasters.track_records(kelp.ada)
    assert (cas.forecaster, cas.score.n, cas.score.brier) == ("cas", 1, pytest.approx(0.04)) and cas.too_late == 0
    assert cas.deciles[8].n == 1 and cas.deciles[8].came == 1
    assert isinstance(mia.score, Unknown) and mia.too_late == 1
    assert everybody.score.n == 1 and everybody.too_late == 1
    assert forecasters.track_records(kelp.dot) == forecasters.track_records(kelp.eve) == ()


# --- frozen weeks ---


def test_a_week_is_frozen_once_and_what_changed_since_is_told(kelp):
    first = pipeline.take_snapshot(today=date(2026, 3, 2), by=SCHEDULE)
    assert pipeline.take_snapshot(today=date(2026, 3, 6), by=SCHEDULE) == first
    to_contact(kelp)
    renewals.plan_renewal(kelp.renewal.pk, by=by(kelp.cas), closes_on=date(2026, 7, 10))
    new = renewals.add_contract(kelp.kelp.pk, by=by(kelp.cas), name="Plan Z", **TERM)
    pipeline.take_snapshot(today=date(2026, 3, 9), by=SCHEDULE)
    since = read.since_last_snapshot(kelp.cas)
    assert (since.before, since.now) == ("2026-W10", "2026-W11")
    told = {(t.contract, t.change.what): t.change for t in since.changes}
    assert set(told) == {
        ("Plan A", "stage"),
        ("Plan A", "slipped"),
        ("Plan A", "value"),
        ("Plan A", "probability"),
        ("Plan Z", "new"),
    }
    assert told[("Plan A", "slipped")].days == 10 and new.renewal.pk == told[("Plan Z", "new")].renewal_id
    assert {k: (s.times, s.days) for k, s in read.slips_of(kelp.cas).items()} == {kelp.renewal.pk: (1, 10)}
    assert read.since_last_snapshot(kelp.dot).changes == () and read.slips_of(kelp.eve) == {}


def test_a_frozen_week_is_not_rewritten_and_holds_what_ended_since_the_one_before(kelp):
    pipeline.take_snapshot(today=date(2026, 3, 2), by=SCHEDULE)
    move(kelp, "lost", date(2026, 3, 4), why_lost="Closed.", ended_on=date(2026, 3, 4))
    pipeline.take_snapshot(today=date(2026, 3, 9), by=SCHEDULE)
    pipeline.take_snapshot(today=date(2026, 3, 16), by=SCHEDULE)
    stages = list(PipelineLine.objects.filter(renewal=kelp.renewal).values_list("snapshot__week", "stage"))
    assert stages == [("2026-W10", "ahead"), ("2026-W11", "lost")]
    assert [t.change.what for t in read.since_last_snapshot(kelp.cas).changes] == ["gone"]
    with pytest.raises(NeverRewritten):
        PipelineLine.objects.update(stage="signed")


def test_only_the_schedule_or_an_administrator_freezes_everybodys_week(kelp, today):
    for user in (kelp.cas, kelp.mia, kelp.eve):
        with pytest.raises(MayNot):
            pipeline.take_snapshot(today=today, by=by(user))
    assert pipeline.take_snapshot(today=today, by=by(kelp.ada)).lines.count() == 2


# --- expansions and approvals ---


def expand(cast, user, **fields):
    told = {"objective": "Ship on the same day", "accepted_by_id": cast.buyer.pk, "accepted_on": date(2026, 3, 1), "currency": "EUR",
            "today": date(2026, 3, 2)} | fields  # fmt: skip
    return commercial.open_expansion(cast.kelp.pk, "Second warehouse", by=by(user), **told)


def test_growth_needs_an_objective_that_somebody_at_the_customer_accepted(kelp):
    stranger = timeline.add_contact(kelp.dune.pk, by=by(kelp.dot), name="Bo")
    for fields in ({"objective": " "}, {"accepted_by_id": None}, {"accepted_on": None}, {"accepted_by_id": stranger.pk},
                   {"accepted_on": date(2026, 3, 3)}, {"currency": "??"}, {"owner_id": kelp.dot.pk}):  # fmt: skip
        with pytest.raises(ValidationError):
            expand(kelp, kelp.cas, **fields)
    made = expand(kelp, kelp.cas, value_minor=100_00)
    assert made.accepted_by == kelp.buyer and made.owner == kelp.cas
    with pytest.raises(ValidationError, match="why"):
        commercial.end_expansion(made.pk, won=False, on=date(2026, 4, 1), by=by(kelp.cas))
    for user in (kelp.dot, kelp.eve):
        with pytest.raises(NotThere):
            expand(kelp, user)
        with pytest.raises(NotThere):
            commercial.end_expansion(made.pk, won=True, on=date(2026, 4, 1), by=by(user))
    commercial.end_expansion(made.pk, won=True, on=date(2026, 4, 1), by=by(kelp.cas))


def ask(cast, percent=-10, user=None, today=date(2026, 3, 2)):
    return commercial.ask_approval(
        cast.contract.pk, percent=Decimal(percent), reason="Three years.", today=today, by=by(user or cast.cas), renewal_id=cast.renewal.pk
    )  # fmt: skip


def test_a_discount_is_approved_by_somebody_above_the_limit_who_did_not_ask(kelp, today):
    asked = ask(kelp)
    assert asked.roles == ["manager", "executive", "administrator"] and asked.expires_on == date(2026, 4, 1)
    for user in (kelp.cas, kelp.sup):
        with pytest.raises(MayNot):
            commercial.decide_approval(asked.pk, approve=True, why="", today=today, by=by(user))
    for user in (kelp.dot, kelp.eve):
        with pytest.raises(NotThere):
            commercial.decide_approval(asked.pk, approve=True, why="", today=today, by=by(user))
    commercial.decide_approval(asked.pk, approve=True, why="", today=today, by=by(kelp.mia))
    with pytest.raises(ValidationError, match="approved"):
        commercial.decide_approval(asked.pk, approve=False, why="x", today=today, by=by(kelp.ada))
    bigger = ask(kelp, -25)
    with pytest.raises(MayNot, match="executive"):
        commercial.decide_approval(bigger.pk, approve=True, why="", today=today, by=by(kelp.mia))
    commercial.decide_approval(bigger.pk, approve=True, why="", today=today, by=by(kelp.exe))
    with pytest.raises(MayNot, match="themselves"):
        commercial.decide_approval(ask(kelp, user=kelp.mia).pk, approve=True, why="", today=today, by=by(kelp.mia))


def test_nothing_is_signed_over_a_price_nobody_approved(kelp, today):
    to_contact(kelp)
    first = ask(kelp)
    with pytest.raises(ValidationError, match="approved"):
        move(kelp, "committed", date(2026, 4, 3), chosen="renew", yes_from_id=kelp.buyer.pk)
    commercial.decide_approval(first.pk, approve=False, why="Too much.", today=today, by=by(kelp.mia))
    second = ask(kelp, -5)
    first.refresh_from_db()
    assert first.state == Approval.State.WITHDRAWN and first.why == "Too much."
    commercial.decide_approval(second.pk, approve=True, why="", today=today, by=by(kelp.mia))
    assert commercial.expire_approvals(today=date(2026, 4, 1), by=SCHEDULE) == 0
    assert commercial.expire_approvals(today=date(2026, 4, 2), by=SCHEDULE) == 1
    with pytest.raises(ValidationError, match="approved"):
        move(kelp, "committed", date(2026, 4, 3), chosen="renew", yes_from_id=kelp.buyer.pk)
    for user in (kelp.dot, kelp.eve):
        with pytest.raises(NotThere):
            commercial.withdraw_approval(second.pk, today=date(2026, 4, 3), by=by(user))
    commercial.withdraw_approval(second.pk, today=date(2026, 4, 3), by=by(kelp.cas))
    move(kelp, "committed", date(2026, 4, 3), chosen="renew", yes_from_id=kelp.buyer.pk)


def test_a_person_who_expires_approvals_reaches_their_own_accounts_only(kelp):
    ask(kelp)
    assert commercial.expire_approvals(today=date(2026, 5, 1), by=by(kelp.dot)) == 0
    with pytest.raises(MayNot):
        commercial.expire_approvals(today=date(2026, 5, 1), by=by(kelp.exe))


# --- beside the ledger, and merged ---


def test_contracts_of_the_year_stand_beside_the_ledger_and_nothing_is_made_to_fit(kelp):
    to_contact(kelp)
    sign(kelp)
    found = bridge.beside_the_ledger(kelp.ada, None, Scope(), date(2026, 7, 1))
    (euro,) = found.ended
    assert isinstance(found.bridge, Unknown) and (found.since, found.until) == (date(2025, 7, 1), date(2026, 7, 1))
    assert (euro.n, euro.signed, euro.open, euro.due_minor, euro.signed_minor, euro.kept_minor) == (
        2,
        1,
        1,
        2_000_00,
        950_00,
        950_00,
    )
    assert euro.gross_renewal == 0.475 and "neither is made to fit" in found.note
    mine = bridge.beside_the_ledger(kelp.cas, None, Scope(), date(2026, 7, 1))
    assert mine.ended[0].n == 1 and "look after" in mine.bridge.why
    assert bridge.beside_the_ledger(kelp.eve, None, Scope(), date(2026, 7, 1)).ended == ()
    assert "built" in bridge.beside_the_ledger(kelp.cas, None, Scope("account", "Kelp"), date(2026, 7, 1)).bridge.why
    assert (
        "look after" in bridge.beside_the_ledger(kelp.dot, None, Scope("account", "Kelp"), date(2026, 7, 1)).bridge.why
    )


def test_renewals_go_over_with_a_merged_account(kelp):
    accounts.merge_account(kelp.dune.pk, into_id=kelp.kelp.pk, by=by(kelp.mia))
    assert set(Renewal.objects.values_list("account__name", "contract__account__name")) == {("Kelp", "Kelp")}
    assert {one.contract for one in read.pipeline(kelp.cas, date(2026, 3, 2))} == {"Plan A", "Plan B"}
