"""What each input says: counted on Saltmarsh by hand, and on rows written here; a later row never changes a past day."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import numpy as np
import pytest

from holdfast.commerce.unknown import Unknown
from holdfast.health.answer import Found
from holdfast.health.answering import answer
from holdfast.health.catalogue import INPUTS
from holdfast.health.rows.registry import ROWS
from holdfast.health.scorecard import versioned
from holdfast.health.subject import Subject
from holdfast.health.work import Work

DAY = date(2026, 6, 30)
SALTMARSH = Subject("account", "Saltmarsh", "Saltmarsh")


@pytest.fixture(scope="module")
def said(saltmarsh):
    """Input → (value, sentence) of the account."""
    facts, published = saltmarsh.facts_of("Saltmarsh"), saltmarsh.values_of("Saltmarsh")

    def ask(id):
        told = answer(INPUTS[id], SALTMARSH, facts, DAY, published)
        return told.why if isinstance(told, Unknown) else (pytest.approx(told.value), told.sentence)

    return ask


@pytest.mark.parametrize(
    ("id", "value", "sentence"),
    [
        # c02, c06, c07, c08 and c09 wait longer than twice their usual gap; 37 days where they have no two of their own
        ("recency", 5 / 8, "5 of 8 buyers of a year are overdue by their own usual gap"),
        ("frequency_trend", 1.0, "bought on 6 days of the last half year, +100 % against the half year before"),
        ("payment_failures", 1 / 5, "1 of 5 invoices due since 2 Apr 2026 were not paid in time"),  # n15
        ("late_tickets", 2 / 14, "2 of 14 tickets since 2 Apr 2026 are open for more than three days"),  # t08, t09
        ("reopened_tickets", 3 / 12, "Reopened tickets: 25.0 %, n = 12"),
        ("message_clicks", 3 / 4, "3 of 4 messages since 2 Apr 2026 were clicked"),  # w1, w3, w6; not w2
        ("opt_outs", 2 / 7, "2 of 7 people written to since 31 Dec 2025 unsubscribed or complained"),  # c01, c02
        ("refund_share", 0.0, "0 % of the merchandise ordered since 1 Jul 2025 went back"),
        ("discount_dependence", 0.0, "0 % of the merchandise value since 1 Jul 2025 was given away as discounts"),
    ],
)
def test_inputs_of_an_account_are_those_counted_on_paper(said, id, value, sentence):
    assert said(id) == (value, sentence)


def test_what_nobody_connected_is_unknown_and_says_what_to_bring(said):
    assert said("disputes") == "no payments connected"
    assert said("severe_tickets") == "no tickets with severity connected"
    assert said("champion") == "the book of work says nothing of it"
    assert said("margin") == "no costs of products connected"


def test_a_reading_of_an_account_adds_up_and_opens(saltmarsh):
    reading = saltmarsh.account("Saltmarsh")
    assert reading.score == 1000 - sum(r.lost for r in reading.reasons)
    assert (reading.coverage, reading.status, reading.known) == (81.0, "watch", "then")
    reopened = next(r for r in reading.reasons if r.input == "reopened_tickets")
    opened = saltmarsh.values_of("Saltmarsh").value("reopen_rate")
    assert (reopened.evidence.id, reopened.evidence.version, reopened.evidence.n) == (
        "reopen_rate",
        opened.version,
        opened.n,
    )
    assert all(r.evidence.as_of == DAY and r.evidence.n > 0 for r in reading.reasons)


def test_a_number_read_from_rows_opens_to_the_customers_behind_it(saltmarsh):
    facts, reading = saltmarsh.facts_of("Saltmarsh"), saltmarsh.account("Saltmarsh")
    for reason in (r for r in reading.reasons if r.evidence.source == "rows"):
        behind = facts.behind(ROWS[reason.input], DAY)
        assert len(behind) == reason.evidence.n
        assert sum(row[1] for row in behind) / sum(row[2] for row in behind) == pytest.approx(reason.value)
    assert [row[1] for row in facts.behind(ROWS["recency"], DAY, limit=6)] == [1, 1, 1, 1, 1, 0]


def test_companies_are_read_by_their_own_rows_and_the_book_of_work(saltmarsh):
    by_name = {r.subject.label: r for r in saltmarsh.companies("Saltmarsh") if r.reasons[0].input != "late_tickets"}
    mill = by_name["Mill Office"]
    assert {r.input: r.sentence for r in mill.reasons} == {
        "champion": "no champion among 1 contact", "threads": "in touch with 1 contact",
        "late_tickets": "no ticket is open",
        "satisfaction": "satisfaction 5.0 of 5, newest word of 1 customer since 2 Jan 2026",
    }  # fmt: skip
    work = Work(
        DAY, outcomes=(3, 4), champion=True, threads=2, has_next_step=True, next_step_on=DAY - timedelta(days=1)
    )
    known = {r.subject.key: r for r in saltmarsh.companies("Saltmarsh", {int(mill.subject.key): work})}[
        mill.subject.key
    ]
    reasons = {r.input: (r.signed, r.sentence, r.evidence.source) for r in known.reasons}
    assert reasons["champion"] == (0, "a champion is there", "book")
    assert reasons["next_step"][1] == "the next step was due on 29 Jun 2026"
    assert reasons["verified_outcomes"][1] == "3 of 4 outcomes due were confirmed by the customer"


def test_a_customer_is_read_by_what_exists_of_a_person(saltmarsh):
    connection = saltmarsh.connection
    (eli,) = connection.execute(
        "SELECT customer_id FROM order_value GROUP BY 1 HAVING max(gross_minor) = 8000"
    ).fetchone()
    reading = saltmarsh.customer(eli)
    reasons = {r.input: r.sentence for r in reading.reasons}
    assert reasons["recency"] == "25 days since the last purchase, where 184 are usual"  # gaps of 18 and 350 days
    assert reasons["late_tickets"] == "0 of 2 tickets since 2 Apr 2026 are open for more than three days"  # t05, t17
    assert "margin" not in {m.input for m in reading.missing}


def test_all_customers_at_once_have_the_scores_they_have_alone(saltmarsh, monkeypatch):
    easy = versioned(replace(saltmarsh.cards["b2c_marketplace"], coverage=50.0))
    monkeypatch.setitem(saltmarsh.cards, "easy", easy)
    told = saltmarsh.customers("Saltmarsh", card="easy")
    assert len(told.party) == 8
    scored = 0
    for party, score, coverage in zip(told.party, told.score, told.coverage, strict=True):
        alone = saltmarsh.customer(int(party), card="easy")
        assert alone.coverage == pytest.approx(coverage)
        assert (alone.points is None) == np.isnan(score)
        if alone.points is not None:
            scored += 1
            assert alone.points == pytest.approx(score, abs=1.0)
    assert scored >= 3


def test_an_earlier_day_is_told_as_known_now(saltmarsh):
    """Day by day or all at once, for every input and kind: the same."""
    facts, days = saltmarsh.facts_of("Saltmarsh"), [date(2026, 1, 31), DAY]
    rows_of = 0
    for rows in ROWS.values():
        for kind in ("customer", "company"):
            if kind not in INPUTS[rows.id].of:
                continue
            both = facts.parties(rows, kind, days)
            alone = [facts.parties(rows, kind, [day]) for day in days]
            for name in ("party", "value"):
                assert np.array_equal(both[name], np.concatenate([one[name] for one in alone])), (rows.id, kind)
            rows_of += len(both["party"])
    assert rows_of > 60


# --- rows written here ---------------------------------------------------------------------------


def bought(customer, *days, shop=1, **more):
    given = {"customer_id": customer, "shop_id": shop, "valid": True, "counts": True, "shop_money": True}
    return [
        given | {"order_id": customer * 100 + i, "placed_on": day, "gross_minor": 1000, "discount_minor": 0, "placed_minor": 1000} | more
        for i, day in enumerate(days)
    ]  # fmt: skip


def on(n):
    return date(2026, 1, 1) + timedelta(days=n)


def values(facts, id, kind, *days):
    told = facts.parties(ROWS[id], kind, days)
    return {
        (d.item(), int(p)): pytest.approx(float(v))
        for d, p, v in zip(told["as_of"], told["party"], told["value"], strict=True)
    }


def test_recency_is_held_against_the_own_median_gap_else_the_shops(told):
    facts = told(order_value=bought(1, on(0), on(10), on(20), on(50)) + bought(2, on(40)))
    assert values(facts, "recency", "customer", on(60)) == {(on(60), 1): 10 / 10, (on(60), 2): 20 / 10}
    assert facts.summed(ROWS["recency"], on(71)).counted == 2  # 21 days and 31 days, where 10 are usual


def test_an_order_counts_until_all_of_it_had_gone_back(told):
    facts = told(order_value=bought(1, on(0), on(10), on(20)) + bought(1, on(30), void_on=on(45)))
    assert values(facts, "recency", "customer", on(40), on(50)) == {(on(40), 1): 10 / 10, (on(50), 1): 30 / 10}


def test_money_that_went_back_later_had_not_gone_back_yet(told):
    back = {"refund_id": 1, "order_id": 100, "refunded_on": on(30), "merch_minor": 400, "shop_money": True}
    facts = told(order_value=bought(1, on(0)), refund_value=[back])
    assert values(facts, "refund_share", "customer", on(29), on(30)) == {(on(29), 1): 0.0, (on(30), 1): 0.4}


def test_an_invoice_fails_when_it_is_not_paid_three_days_after_it_is_due(told):
    def bill(number, issued, paid=None, **more):
        return {
            "invoice_id": number,
            "customer_id": 1,
            "issued_at": issued,
            "paid_at": paid,
            "total_minor": 900,
            "currency": "EUR",
            "recorded_at": issued,
            "load_id": 1,
        } | more

    noon = datetime(2026, 3, 1, 12)
    facts = told(invoice=[
        bill(1, noon, noon + timedelta(days=3)), bill(2, noon, noon + timedelta(days=4)), bill(3, noon, status="void"),
        bill(4, noon, due_at=noon + timedelta(days=30)),
    ])  # fmt: skip
    told_on = {date(2026, 3, 3): None, date(2026, 3, 4): 1 / 2, date(2026, 4, 3): 2 / 3}
    found = values(facts, "payment_failures", "customer", *told_on)
    assert found == {(day, 1): share for day, share in told_on.items() if share}


def test_a_ticket_that_was_opened_again_waits_again(told):
    ticket = {"ticket_id": 1, "customer_id": 1, "created_on": on(0), "status": "open", "last_solved_on": on(2)}
    solve = {"ticket_id": 1, "solved_on": on(2), "reopened_on": on(10)}
    facts = told(ticket_times=[ticket], ticket_solve=[solve])
    found = values(facts, "late_tickets", "customer", on(1), on(5), on(11))
    assert found == {(on(1), 1): 0.0, (on(5), 1): 0.0, (on(11), 1): 1.0}


def test_before_the_first_ticket_nobody_knows_whether_one_is_open(told):
    ticket = {"ticket_id": 1, "customer_id": 1, "created_on": on(10), "status": "open"}
    facts = told(ticket_times=[ticket], ticket=[{"ticket_id": 1, "recorded_at": datetime(2026, 1, 1), "load_id": 1}])
    ask = partial(answer, INPUTS["late_tickets"], Subject("customer", "2", "2"), facts)
    assert ask(on(9)) == Unknown("nothing had been told of it by 10 Jan 2026", "")
    assert (ask(on(12)).sentence, ask(on(12)).told_on) == ("no ticket is open", on(10))


def test_the_newest_word_of_each_person_counts_and_the_account_adds_people(told):
    def word(number, customer, day, of_5):
        return {
            "survey_response_id": number,
            "customer_id": customer,
            "answered_on": day,
            "of_5": of_5,
            "account_id": 7,
        }

    facts = told(
        csat_answer=[word(1, 1, on(0), 1), word(2, 1, on(10), 5), word(3, 2, on(5), 3), word(4, None, on(5), 1)]
    )
    assert values(facts, "satisfaction", "customer", on(4), on(20)) == {
        (on(4), 1): 1.0, (on(20), 1): 5.0, (on(20), 2): 3.0
    }  # fmt: skip
    assert values(facts, "satisfaction", "company", on(20)) == {(on(20), 7): 4.0}
    assert values(facts, "satisfaction", "customer", on(200)) == {}


def test_recurring_revenue_is_held_against_ninety_days_before(told):
    def step(payer, day, after, **more):
        return {"payer_id": payer, "customer_id": payer, "day": day, "after_minor": after} | more

    facts = told(
        mrr_ledger=[
            step(1, on(0), 1000),
            step(1, on(100), 400),
            step(2, on(95), 500),
            step(3, on(0), 700),
            step(3, on(120), 0),
        ]
    )
    assert values(facts, "mrr_trend", "customer", on(150)) == {(on(150), 1): -0.6, (on(150), 3): -1.0}
    whole = facts.summed(ROWS["mrr_trend"], on(150))
    assert whole.counted / whole.out_of == pytest.approx(900 / 1700 - 1)  # who is new is part of the account's


def test_a_company_that_became_part_of_another_counts_there(told, empty):
    told(account_contact=[
        {"account_id": 8, "customer_id": 1, "role": "champion", "recorded_at": datetime(2026, 1, 1), "load_id": 1},
        {"account_id": 9, "customer_id": 2, "valid_until": on(10), "recorded_at": datetime(2026, 1, 1), "load_id": 1},
    ])  # fmt: skip
    empty.execute("INSERT INTO account_survivor (account_id, survivor_id) VALUES (8, 9)")
    facts = told()
    assert values(facts, "threads", "company", on(5), on(20)) == {(on(5), 9): 2.0, (on(20), 9): 1.0}
    assert values(facts, "champion", "company", on(20)) == {(on(20), 9): 1.0}
    empty.execute("DELETE FROM account_survivor")


def test_the_book_of_work_is_believed_before_imported_lists():
    work = Work(DAY, progress=0.4, sponsor_on=date(2026, 5, 1), threads=1, champion=False, documents=12)
    told = work.answers(DAY)
    assert {id: (a.value, a.sentence) for id, a in told.items() if isinstance(a, Found)} == {
        "target_progress": (0.4, "40 % of the way to the targets agreed"),
        "champion": (0.0, "nobody there stands up for us"), "threads": (1.0, "in touch with 1 contact"),
        "sponsor_contact": (60.0, "the sponsor was last spoken to on 1 May 2026"), "documents": (12.0, "12 documents"),
    }  # fmt: skip
