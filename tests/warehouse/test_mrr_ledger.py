"""The ledger of monthly recurring revenue: each movement by hand, and the laws that hold for every book."""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pytest
from drawn import drawn
from hypothesis import given
from hypothesis import strategies as st
from paper_marts import marts_of, moment, rows

from holdfast.warehouse.audits import AUDITS
from holdfast.warehouse.marts.monthly_price import TIMES_A_YEAR
from holdfast.warehouse.marts.movements import COLUMNS, MOVES

SUM = " + ".join(COLUMNS)


def subscription(number: int, since: str, customer: int | None = None, **more: object) -> dict[str, object]:
    return {"subscription_id": number, "customer_id": customer or number, "started_at": moment(since)} | more


_items = iter(range(1, 1_000_000))


def item(subscription: int, amount: str, interval: str = "month", **more: object) -> dict[str, object]:
    told = {"subscription_item_id": next(_items), "subscription_id": subscription, "price": "tea"}
    return told | {"unit_amount_minor": int(amount.replace(".", "")), "billing_interval": interval} | more


def event(number: int, subscription: int, kind: str, on: str, before: str | None, after: str) -> dict[str, object]:
    minor = [None if money is None else int(money.replace(".", "")) for money in (before, after)]
    return {
        "subscription_event_id": number, "subscription_id": subscription, "type": kind, "effective_at": moment(on),
        "mrr_before_minor": minor[0], "mrr_after_minor": minor[1],
    }  # fmt: skip


def told(*, ledger: str = "mrr_ledger", **tables: list[dict[str, object]]) -> list[tuple[str, str, int]]:
    """(day, movement, minor units) of a book, in order."""
    with marts_of(tables) as connection:
        found = rows(connection, f"SELECT * FROM {ledger} ORDER BY day, payer_id")
    return [(str(r["day"]), move, r[f"{move}_minor"]) for r in found for move in MOVES if r[f"{move}_minor"]]


def test_stripes_yearly_plan_of_600_is_50_a_month_and_not_two_thirds_of_100():
    """The glossary's worked line divides 800 by 12; the plan it speaks of costs 600."""
    book = {
        "subscription": [subscription(1, "2026-01-05"), subscription(2, "2026-01-05")],
        "subscription_item": [item(1, "600.00", "year"), item(2, "800.00", "year")],
    }
    assert told(**book) == [("2026-01-05", "new", 5000), ("2026-01-05", "new", 6667)]


@pytest.mark.parametrize(
    ("priced", "minor"),
    [
        (item(1, "10.00", "week"), 4333),  # × 52 ÷ 12
        (item(1, "10.00", "week", interval_count=2), 2167),
        (item(1, "1.00", "day"), 3042),  # × 365 ÷ 12
        (item(1, "90.00", "month", interval_count=3), 3000),
        (item(1, "12.00", quantity=3), 3600),
        (item(1, "12.00", quantity=3, discount_minor=600), 3000),  # 6.00 off each month
        (item(1, "120.00", "year", discount_minor=6000), 500),  # a finite discount counts too
    ],
)
def test_a_month_is_worth_its_share_of_the_interval_after_every_discount(priced, minor):
    assert told(subscription=[subscription(1, "2026-01-05")], subscription_item=[priced]) == [
        ("2026-01-05", "new", minor)
    ]


def test_what_is_billed_by_use_and_what_is_free_is_no_recurring_money():
    items = [item(1, "30.00", metered=True), item(2, "10.00", discount_minor=1500)]
    assert (
        told(subscription=[subscription(1, "2026-01-05"), subscription(2, "2026-01-05")], subscription_item=items) == []
    )


def test_a_trial_is_worth_nothing_until_it_is_paid_for():
    book = [subscription(1, "2026-01-05", trial_end_at=moment("2026-02-04"), status="active")]
    assert told(subscription=book, subscription_item=[item(1, "10.00")]) == [("2026-02-04", "new", 1000)]


def test_a_trial_that_ends_with_a_cancellation_never_was_money():
    book = [
        subscription(
            1, "2026-01-05", trial_end_at=moment("2026-02-04"), status="canceled", ended_at=moment("2026-02-04")
        )
    ]
    assert told(subscription=book, subscription_item=[item(1, "10.00")]) == []


def test_who_cancels_pays_and_stays_until_the_end_of_the_period():
    """Cancelled on 10 March, paid until 5 April: churn on 5 April, as ProfitWell dates it; nothing on 10 March."""
    book = [
        subscription(
            1, "2026-01-05", status="active", canceled_at=moment("2026-03-10"), cancel_at_period_end=True,
            current_period_end_at=moment("2026-04-05"),
        )
    ]  # fmt: skip
    moved = told(subscription=book, subscription_item=[item(1, "10.00")])
    assert moved == [("2026-01-05", "new", 1000), ("2026-04-05", "churn_voluntary", -1000)]


def test_past_due_is_still_a_customer_and_unpaid_is_lost_without_meaning_to():
    book = [
        subscription(1, "2026-01-05", status="past_due"),
        subscription(2, "2026-01-05", status="unpaid", current_period_start_at=moment("2026-03-05")),
        subscription(3, "2026-01-05", status="canceled", ended_at=moment("2026-03-06")),
    ]
    bills = [
        {"invoice_id": 1, "subscription_id": 3, "status": "uncollectible", "issued_at": moment("2026-02-05"),
         "total_minor": 1000}
    ]  # fmt: skip
    moved = told(subscription=book, subscription_item=[item(n, "10.00") for n in (1, 2, 3)], invoice=bills)
    assert moved[3:] == [("2026-03-05", "churn_involuntary", -1000), ("2026-03-06", "churn_involuntary", -1000)]


def test_more_pieces_are_expansion_a_new_price_is_price_and_a_rate_is_exchange():
    """10.00; two pieces from March (20.00); a price of 12.00 from April (24.00); 11.00 by the rate from May; one in June."""
    steps = [
        ("10.00", 1, "2026-01-05", "2026-03-01", None), ("10.00", 2, "2026-03-01", "2026-04-01", "quantity"),
        ("12.00", 2, "2026-04-01", "2026-05-01", None), ("11.00", 2, "2026-05-01", "2026-06-01", "fx"),
        ("11.00", 1, "2026-06-01", None, "quantity"),
    ]  # fmt: skip
    items = [
        item(1, amount, quantity=pieces, started_at=moment(since), ended_at=until and moment(until), change=why)
        for amount, pieces, since, until, why in steps
    ]
    assert told(subscription=[subscription(1, "2026-01-05")], subscription_item=items) == [
        ("2026-01-05", "new", 1000), ("2026-03-01", "expansion", 1000), ("2026-04-01", "price", 400),
        ("2026-05-01", "fx", -200), ("2026-06-01", "contraction", -1100),
    ]  # fmt: skip


def test_a_discount_that_ends_is_expansion_and_a_plan_called_otherwise_takes_its_reason_along():
    """The old plan only ends on 1 April, the new one begins as a price rise: the whole step is price."""
    items = [
        item(1, "10.00", discount_minor=200, ended_at=moment("2026-03-01")),
        item(1, "10.00", started_at=moment("2026-03-01"), ended_at=moment("2026-04-01"), change="discount"),
        item(1, "12.00", price="tea 2026", started_at=moment("2026-04-01"), change="price"),
    ]
    assert told(subscription=[subscription(1, "2026-01-05")], subscription_item=items) == [
        ("2026-01-05", "new", 800), ("2026-03-01", "expansion", 200), ("2026-04-01", "price", 200),
    ]  # fmt: skip


def test_money_that_comes_back_from_nothing_is_reactivation_and_never_expansion():
    """The order of questions in dbt_stripe makes every return an expansion; here none is, at either level."""
    book = [
        subscription(1, "2026-01-05", customer=1, ended_at=moment("2026-02-05"), status="canceled"),
        subscription(2, "2026-04-01", customer=1, status="active"),
        subscription(3, "2026-01-05", customer=3, status="active"),
    ]
    events = [
        event(1, 3, "new", "2026-01-05", "0.00", "10.00"),
        event(2, 3, "churn_voluntary", "2026-02-05", "10.00", "0.00"),
        event(3, 3, "expansion", "2026-04-01", "0.00", "15.00"),  # as such a source would call it
    ]
    moved = told(subscription=book, subscription_item=[item(1, "10.00"), item(2, "20.00")], subscription_event=events)
    assert moved == [
        ("2026-01-05", "new", 1000), ("2026-01-05", "new", 1000),
        ("2026-02-05", "churn_voluntary", -1000), ("2026-02-05", "churn_voluntary", -1000),
        ("2026-04-01", "reactivation", 2000), ("2026-04-01", "reactivation", 1500),
    ]  # fmt: skip


def test_a_second_subscription_is_expansion_and_ending_one_of_two_is_contraction():
    book = [
        subscription(1, "2026-01-05", customer=7),
        subscription(2, "2026-02-05", customer=7, ended_at=moment("2026-03-05"), status="canceled"),
    ]
    moved = told(subscription=book, subscription_item=[item(1, "10.00"), item(2, "4.00")])
    assert moved == [
        ("2026-01-05", "new", 1000), ("2026-02-05", "expansion", 400), ("2026-03-05", "contraction", -400),
    ]  # fmt: skip


def test_changing_plans_by_cancelling_and_buying_on_one_day_is_neither_churn_nor_new():
    book = [
        subscription(1, "2026-01-05", customer=7, ended_at=moment("2026-03-05", 9), status="canceled"),
        subscription(2, "2026-03-05", customer=7),
    ]
    moved = told(subscription=book, subscription_item=[item(1, "10.00"), item(2, "14.00")])
    assert moved == [("2026-01-05", "new", 1000), ("2026-03-05", "expansion", 400)]


def test_who_comes_and_leaves_on_one_day_did_both():
    book = [subscription(1, "2026-03-05", ended_at=moment("2026-03-05", 20), status="canceled")]
    assert told(subscription=book, subscription_item=[item(1, "10.00")]) == [
        ("2026-03-05", "new", 1000), ("2026-03-05", "churn_voluntary", -1000),
    ]  # fmt: skip


def test_a_pause_holds_the_money_and_gives_it_back():
    book = [
        subscription(1, "2026-01-05", status="active", paused_at=moment("2026-02-10"), resumes_at=moment("2026-04-10"))
    ]
    assert told(subscription=book, subscription_item=[item(1, "10.00")]) == [
        ("2026-01-05", "new", 1000), ("2026-02-10", "pause", -1000), ("2026-04-10", "resume", 1000),
    ]  # fmt: skip


def test_one_of_two_subscriptions_paused_is_a_pause_and_no_contraction():
    book = [
        subscription(1, "2026-01-05", customer=7),
        subscription(
            2,
            "2026-01-05",
            customer=7,
            status="active",
            paused_at=moment("2026-02-10"),
            resumes_at=moment("2026-04-10"),
        ),
    ]
    assert told(subscription=book, subscription_item=[item(1, "10.00"), item(2, "4.00")]) == [
        ("2026-01-05", "new", 1400), ("2026-02-10", "pause", -400), ("2026-04-10", "resume", 400),
    ]  # fmt: skip


def standings(**tables: list[dict[str, object]]) -> list[tuple[str, str, bool]]:
    with marts_of(tables) as connection:
        return [
            (str(r["day"]), r["standing"], r["voluntary"])
            for r in rows(connection, "SELECT * FROM mrr_ledger ORDER BY day")
        ]


def test_a_pause_without_an_end_is_over_after_ninety_days_and_then_they_have_left():
    """Paused on 10 February 2026: gone on 11 May, 90 days later; no money moves on that day."""
    book = [subscription(1, "2026-01-05", status="paused", paused_at=moment("2026-02-10"))]
    assert standings(subscription=book, subscription_item=[item(1, "10.00")]) == [
        ("2026-01-05", "paying", True), ("2026-02-10", "paused", True), ("2026-05-11", "gone", True),
    ]  # fmt: skip


def test_a_pause_that_should_have_ended_and_did_not_is_over_on_that_day():
    book = [
        subscription(1, "2026-01-05", status="paused", paused_at=moment("2026-02-10"), resumes_at=moment("2026-06-20"))
    ]
    assert standings(subscription=book, subscription_item=[item(1, "10.00")])[-1] == ("2026-06-20", "gone", True)


def test_a_pause_told_by_the_source_lapses_too_and_what_follows_is_reactivation():
    events = [
        event(1, 1, "new", "2026-01-05", "0.00", "10.00"), event(2, 1, "pause", "2026-01-20", "10.00", "0.00"),
        event(3, 1, "resume", "2026-06-01", "0.00", "10.00"),
    ]  # fmt: skip
    book = {"subscription": [subscription(1, "2026-01-05")], "subscription_event": events}
    assert [s for _, s, _ in standings(**book)] == ["paying", "paused", "gone", "paying"]
    assert told(**book)[-1] == ("2026-06-01", "reactivation", 1000)


def test_what_the_source_tells_is_believed_over_what_could_be_worked_out():
    events = [event(1, 1, "new", "2026-01-05", None, "9.00"), event(2, 1, "price_change", "2026-03-01", "9.00", "9.50")]
    book = {"subscription": [subscription(1, "2026-01-05")], "subscription_event": events}
    moved = told(**book, subscription_item=[item(1, "10.00")])
    assert moved == [("2026-01-05", "new", 900), ("2026-03-01", "price", 50)]


def test_a_history_cut_off_at_its_start_begins_with_the_money_it_had():
    """The first movement told says 8.00 → 10.00 in March: the 8.00 came when the subscription began."""
    events = [event(1, 1, "expansion", "2026-03-01", "8.00", "10.00")]
    moved = told(subscription=[subscription(1, "2025-01-05")], subscription_event=events)
    assert moved == [("2025-01-05", "new", 800), ("2026-03-01", "expansion", 200)]


def test_a_scheduled_cancellation_moves_no_money_whatever_the_source_says_it_will_be():
    events = [
        event(1, 1, "new", "2026-01-05", "0.00", "10.00"), event(2, 1, "cancel_scheduled", "2026-02-01", "10.00", "0.00"),
        event(3, 1, "churn_voluntary", "2026-03-05", "10.00", "0.00"),
    ]  # fmt: skip
    moved = told(subscription=[subscription(1, "2026-01-05")], subscription_event=events)
    assert moved == [("2026-01-05", "new", 1000), ("2026-03-05", "churn_voluntary", -1000)]


def test_two_movements_of_one_moment_end_where_the_chain_ends_in_whatever_order_they_stand():
    first = event(1, 1, "new", "2026-01-05", "0.00", "10.00")
    price, more = (("price_change", "10.00", "12.00"), ("expansion", "12.00", "15.00"))
    for numbers in ((2, 3), (3, 2)):
        events = [first] + [
            event(n, 1, kind, "2026-03-01", a, b) for n, (kind, a, b) in zip(numbers, (price, more), strict=True)
        ]
        moved = told(subscription=[subscription(1, "2026-01-05")], subscription_event=events)
        assert moved[1:] == [("2026-03-01", "expansion", 300), ("2026-03-01", "price", 200)]


def test_an_account_that_pays_is_the_customer_and_money_of_another_currency_is_kept_apart():
    book = [
        subscription(1, "2026-01-05", account_id=5), subscription(2, "2026-01-05", account_id=5),
        subscription(3, "2026-01-05", currency="USD"), subscription(4, "2026-01-05"),
    ]  # fmt: skip
    book[3]["customer_id"] = None
    items = [item(1, "10.00"), item(2, "10.00"), item(3, "10.00", currency="USD"), item(4, "5.00")]
    with marts_of({"subscription": book, "subscription_item": items}) as connection:
        found = rows(connection, "SELECT payer_id, after_minor FROM mrr_ledger ORDER BY after_minor")
    assert [(r["payer_id"], r["after_minor"]) for r in found] == [(-4 - (1 << 40), 500), (-5, 2000)]


def test_the_day_of_a_movement_is_the_shops():
    """23:30 UTC on 31 January is 1 February in Amsterdam: the money is February's."""
    book = {
        "subscription": [subscription(1, "2026-01-05") | {"started_at": datetime(2026, 1, 31, 23, 30)}],
        "subscription_item": [item(1, "10.00")],
    }
    for zone, month in (("UTC", 1), ("Europe/Amsterdam", 2)):
        with marts_of(book, zone=zone) as connection:
            (row,) = rows(connection, "SELECT day, from_month FROM mrr_ledger, mrr_month WHERE joined")
        assert (row["day"].month, row["from_month"]) == (month, 2026 * 12 + month - 1)


@pytest.mark.parametrize("broken", ["subscription_ledger", "mrr_ledger"])
def test_a_ledger_that_does_not_add_up_is_found_before_anybody_sees_it(broken):
    (promise,) = [a for a in AUDITS if a.name == "mrr_adds_up"]
    book = {"subscription": [subscription(1, "2026-01-05")], "subscription_item": [item(1, "10.00")]}
    with marts_of(book) as connection:
        assert rows(connection, promise.sql) == []
        connection.execute(f"UPDATE {broken} SET new_minor = new_minor - 1, after_minor = after_minor - 1")
        assert [r["what"] for r in rows(connection, promise.sql)] == ["shop"]  # each row adds up, the two do not
        connection.execute(f"UPDATE {broken} SET new_minor = new_minor + 1")
        assert len(rows(connection, promise.sql)) == 2


# --- Laws ---------------------------------------------------------------------------------------------------

FIRST, MONTHS = date(2024, 1, 1), 26
days = st.integers(0, 30 * MONTHS).map(lambda n: FIRST + timedelta(days=n))
prices = st.sampled_from(["tea", "pot", None])
one_item = st.tuples(
    days, st.one_of(st.none(), days), st.integers(0, 9000), st.sampled_from(sorted(TIMES_A_YEAR)), st.integers(1, 3),
    prices, st.sampled_from([None, "price", "fx", "quantity"]),
)  # fmt: skip
one_event = st.tuples(
    days,
    st.sampled_from(["new", "expansion", "contraction", "price_change", "fx", "pause", "resume", "churn_voluntary",
                     "churn_involuntary", "reactivation", "cancel_scheduled"]),
    st.integers(0, 5000),
)  # fmt: skip
one_subscription = st.fixed_dictionaries(
    {
        "payer": st.integers(1, 3), "since": days, "trial": st.one_of(st.none(), st.integers(1, 60)),
        "ends": st.one_of(st.none(), days), "reason": st.sampled_from([None, "voluntary", "involuntary"]),
        "paused": st.one_of(st.none(), days), "resumes": st.one_of(st.none(), days),
        "status": st.sampled_from([None, "active", "paused", "canceled", "past_due", "unpaid"]),
        "items": st.lists(one_item, max_size=4), "events": st.lists(one_event, max_size=0) | st.lists(one_event, max_size=5),
    }
)  # fmt: skip
books = st.lists(one_subscription, min_size=1, max_size=5)
laws = drawn(8, 15)


def tables_of(book) -> dict[str, list[dict[str, object]]]:
    found = defaultdict(list)
    for number, s in enumerate(book, start=1):
        found["subscription"].append(
            {
                "subscription_id": number, "customer_id": s["payer"], "started_at": moment(s["since"]),
                "trial_end_at": s["trial"] and moment(s["since"] + timedelta(days=s["trial"])), "status": s["status"],
                "ended_at": s["ends"] and moment(s["ends"]), "end_reason": s["reason"],
                "paused_at": s["paused"] and moment(s["paused"]), "resumes_at": s["resumes"] and moment(s["resumes"]),
            }
        )  # fmt: skip
        for since, until, minor, interval, times, price, why in s["items"]:
            found["subscription_item"].append(
                {
                    "subscription_item_id": len(found["subscription_item"]) + 1, "subscription_id": number,
                    "price": price, "unit_amount_minor": minor, "billing_interval": interval, "quantity": times,
                    "started_at": moment(since), "ended_at": until and moment(until), "change": why,
                }
            )  # fmt: skip
        for on, kind, minor in s["events"]:
            found["subscription_event"].append(
                {
                    "subscription_event_id": len(found["subscription_event"]) + 1, "subscription_id": number,
                    "type": kind, "effective_at": moment(on), "mrr_after_minor": minor,
                }
            )  # fmt: skip
    return found


@laws
@given(books)
def test_every_row_adds_up_and_begins_where_the_one_before_ended(book):
    with marts_of(tables_of(book)) as connection:
        for ledger, whose, when in (
            ("subscription_ledger", "subscription_id", '"at"'),
            ("mrr_ledger", "payer_id", "day"),
        ):
            assert rows(connection, f"SELECT * FROM {ledger} WHERE before_minor + {SUM} <> after_minor") == []
            chained = (
                f"SELECT * FROM (SELECT *, coalesce(lag(after_minor) OVER w, 0) AS ended, coalesce(lag(standing) OVER w,"
                f" 'gone') AS stood FROM {ledger} WINDOW w AS (PARTITION BY {whose} ORDER BY {when}))"
                " WHERE ended <> before_minor OR stood <> was OR after_minor < 0"
            )
            assert rows(connection, chained) == []
            from_nothing = (
                f"SELECT * FROM {ledger} WHERE before_minor = 0 AND (expansion_minor <> 0 OR price_minor <> 0)"
            )
            assert rows(connection, from_nothing) == []
            assert rows(connection, f"SELECT * FROM {ledger} WHERE (after_minor > 0) <> (standing = 'paying')") == []


@laws
@given(books)
def test_opening_and_movements_make_the_closing_of_every_month(book):
    with marts_of(tables_of(book)) as connection:
        moved = {
            (r["payer_id"], r["month"]): r["moved"]
            for r in rows(
                connection, f"SELECT payer_id, month, sum({SUM})::BIGINT AS moved FROM mrr_ledger GROUP BY ALL"
            )
        }
        runs = rows(connection, "SELECT * FROM mrr_month ORDER BY payer_id, from_month")
    closing = {}
    for r in runs:
        for month in range(r["from_month"], min(r["until_month"] or 10**9, 2028 * 12)):
            assert r["opening_minor"] == closing.get((r["payer_id"], month - 1), 0)
            assert r["year_ago_minor"] == closing.get((r["payer_id"], month - 12), 0)
            assert r["opening_minor"] + moved.pop((r["payer_id"], month), 0) == r["closing_minor"]
            closing[r["payer_id"], month] = r["closing_minor"]
    assert not any(moved.values())  # months that no run holds moved nothing


@laws
@given(books)
def test_the_money_of_each_month_is_what_a_plain_count_finds(book):
    """Subscriptions whose movements are worked out, counted again in Python at the end of every month."""
    book = [s | {"events": []} for s in book]
    with marts_of(tables_of(book)) as connection:
        runs = rows(connection, "SELECT * FROM mrr_month")
    found = defaultdict(int)
    for r in runs:
        for month in range(r["from_month"], min(r["until_month"] or 10**9, 2028 * 12)):
            found[r["payer_id"], month] = r["closing_minor"]
    for number in range(MONTHS + 14):
        month = 2024 * 12 + number
        last = datetime(month // 12 + (month % 12 == 11), (month + 1) % 12 + 1, 1) - timedelta(seconds=1)
        for payer in (1, 2, 3):
            plain = sum(worth(s, last) for s in book if s["payer"] == payer)
            assert found.get((payer, month), 0) == plain, (payer, last)


def worth(s, at: datetime) -> int:
    """What a subscription is worth a month at a moment, by the words of the definition."""
    begins = moment(s["since"]) + timedelta(days=s["trial"] or 0)
    learned = datetime(2026, 7, 1)
    ends = s["ends"] and moment(s["ends"])
    if ends is None and s["status"] in ("canceled", "unpaid"):
        ends = learned  # nobody said when
    paused = s["paused"] and moment(s["paused"])
    resumes = s["resumes"] and moment(s["resumes"])
    if s["status"] == "paused":
        paused = paused or learned
        resumes = None if resumes and resumes <= learned else resumes
    elif paused and resumes is None and (ends is None or ends <= paused):
        paused = None
    if at < begins or (ends and at >= ends) or (paused and paused <= at and (resumes is None or at < resumes)):
        return 0
    worth = 0
    for since, until, minor, interval, times, _, _ in s["items"]:
        if moment(since) <= at and (until is None or at < moment(until)) and not (until and until <= since):
            worth += int(minor * times * TIMES_A_YEAR[interval] / 12 + 0.5)
    return worth


@laws
@given(books, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_movement(book, chance):
    tables = tables_of(book)
    with marts_of(tables) as connection:
        before = rows(connection, "SELECT * FROM mrr_ledger ORDER BY payer_id, day")
    mixed = {name: chance.sample(list(part), len(part)) for name, part in tables.items()}
    with marts_of(mixed) as connection:
        assert rows(connection, "SELECT * FROM mrr_ledger ORDER BY payer_id, day") == before
