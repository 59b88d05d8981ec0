"""What was known of a customer on a day, counted on paper."""

from datetime import date, datetime

import numpy as np
import pytest
from shop_in_arrays import ordinal

from holdfast.predictions.features.declare import upto
from holdfast.predictions.features.frame import frame
from holdfast.predictions.features.registry import FEATURES, GROUP_OF, SOURCES

ANA, BOB, CY = 1, 2, 3
DAY = date(2025, 6, 30)


def days(*told):
    return [ordinal(date(*one)) for one in told]


@pytest.fixture
def shop(paper):
    """Ana bought on 1 Jan, 11 Jan, 1 Feb (twice) and 31 May; Bob once, on 20 Jun; Cy two years ago only."""
    paper.sold(
        [ANA] * 5,
        days((2025, 1, 1), (2025, 1, 11), (2025, 2, 1), (2025, 2, 1), (2025, 5, 31)),
        [1000, 2000, 500, 500, 4000],
    )
    paper.sold([BOB, CY], days((2025, 6, 20), (2023, 3, 1)), 700)
    return paper


def of(told, customer, name):
    (value,) = told.columns[name][told.customer == customer]
    return float(value)


def test_who_bought_within_a_year_is_there(shop):
    assert frame(shop.rows, "buyers", [DAY]).customer.tolist() == [ANA, BOB]
    assert frame(shop.rows, "buyers", [date(2023, 12, 31), DAY]).customer.tolist() == [CY, ANA, BOB]


def test_two_orders_of_one_day_are_one_occasion_and_gaps_are_between_days(shop):
    told = frame(shop.rows, "buyers", [DAY])
    assert of(told, ANA, "occasions") == of(told, ANA, "bought_365") == 4
    assert of(told, ANA, "gap") == 21  # of 10, 21 and 119 days
    assert of(told, ANA, "gap_spread") == pytest.approx(np.std([10, 21, 119]), rel=1e-6)
    assert (of(told, ANA, "since"), of(told, ANA, "tenure")) == (30, 180)
    assert (of(told, ANA, "bought_30"), of(told, ANA, "bought_90")) == (0, 1)  # 31 May lies 30 days back: not within 30
    assert np.isnan(of(told, BOB, "gap"))


def test_who_has_no_usual_gap_is_held_to_that_of_the_middle_customer(shop):
    told = frame(shop.rows, "buyers", [DAY])
    assert of(told, ANA, "overdue") == pytest.approx(30 / 21)
    assert of(told, BOB, "overdue") == pytest.approx(10 / 21)


def test_money_is_of_the_windows_and_its_trend_of_two_halves_of_a_year(shop):
    told = frame(shop.rows, "buyers", [DAY])
    assert (of(told, ANA, "spent_365"), of(told, ANA, "spent_90"), of(told, ANA, "spent_each")) == (8000, 4000, 2000)
    # The half year begins on 2 January: 7,000 since then, 1,000 before.
    assert of(told, ANA, "spent_trend") == pytest.approx((7000 - 1000) / 8000)
    assert of(told, ANA, "bought_trend") == pytest.approx((3 - 1) / 4)


def test_an_order_that_went_back_later_counted_until_then(shop):
    shop.sold([BOB], days((2025, 6, 25)), 900, [date(2025, 7, 10)])
    assert of(frame(shop.rows, "buyers", [DAY]), BOB, "occasions") == 2
    assert of(frame(shop.rows, "buyers", [date(2025, 7, 9)]), BOB, "occasions") == 2
    assert of(frame(shop.rows, "buyers", [date(2025, 7, 10)]), BOB, "occasions") == 1


def test_a_season_that_nobody_saw_is_not_known(shop):
    told = frame(shop.rows, "buyers", [date(2023, 12, 31), DAY])
    assert np.isnan(told.columns["season"][told.day == 0]).all()
    shop.sold([ANA], days((2024, 7, 15)))  # within the quarter after 30 June, a year before
    assert of(frame(shop.rows, "buyers", [DAY]), ANA, "season") == 1


def test_discounts_and_what_went_back_are_shares_of_a_year(shop):
    shop.connection.execute(
        "UPDATE order_value SET gross_minor = 5000, discount_minor = 1000 WHERE placed_minor = 4000"
    )
    ((order,),) = shop.connection.execute("SELECT order_id FROM order_value WHERE placed_minor = 4000").fetchall()
    back = {"order_id": order, "shop_money": True, "merch_minor": 1000}
    shop(
        refund_value=[
            back | {"refund_id": 1, "refunded_on": date(2025, 6, 1)},
            back | {"refund_id": 2, "refunded_on": date(2025, 7, 1)},
        ]
    )
    told = frame(shop.rows, "buyers", [DAY])
    assert of(told, ANA, "discount_share") == pytest.approx(1000 / 9000)
    assert (of(told, ANA, "refund_share"), of(told, ANA, "refunds")) == (pytest.approx(1000 / 8000), 1)
    assert of(told, BOB, "refunds") == 0


def test_kinds_of_goods_are_told_where_goods_have_one(shop):
    assert "kinds" not in frame(shop.rows, "buyers", [DAY]).columns
    orders = [
        row[0]
        for row in shop.connection.execute(
            "SELECT order_id FROM order_value WHERE customer_id = 1 ORDER BY 1"
        ).fetchall()
    ]
    shop(
        product=[{"product_id": n, "type": kind} for n, kind in ((1, "tea"), (2, "mugs"), (3, "tea"))],
        order_line=[{"order_id": orders[n], "product_id": n + 1, "place": 1, "kind": "merchandise"} for n in range(3)],
    )
    told = frame(shop.rows, "buyers", [DAY])
    assert of(told, ANA, "kinds") == 2
    assert np.isnan(of(told, BOB, "kinds"))


def test_a_ticket_that_was_solved_later_was_open(shop):
    ticket = {"customer_id": ANA, "status": "solved"}
    shop(
        ticket_times=[
            ticket | {"ticket_id": 1, "created_on": date(2025, 6, 20), "last_solved_on": date(2025, 7, 5)},
            ticket | {"ticket_id": 2, "created_on": date(2025, 2, 1), "last_solved_on": date(2025, 2, 2)},
        ],
        ticket_solve=[{"ticket_id": 1, "solved_on": date(2025, 7, 5)}, {"ticket_id": 2, "solved_on": date(2025, 2, 2)}],
    )
    told = frame(shop.rows, "buyers", [DAY, date(2025, 7, 20)])
    assert told.columns["late_tickets"][told.customer == ANA].tolist() == [1, 0]
    assert told.columns["tickets_90"][told.customer == ANA].tolist() == [1, 1]
    assert of(frame(shop.rows, "buyers", [DAY]), BOB, "tickets_365") == 0


def test_before_the_first_ticket_of_the_shop_nobody_has_none(shop):
    shop(ticket_times=[{"ticket_id": 1, "customer_id": ANA, "created_on": date(2025, 6, 20)}])
    told = frame(shop.rows, "buyers", [date(2025, 6, 1), DAY])
    assert np.isnan(told.columns["tickets_90"][told.day == 0]).all()
    assert told.columns["tickets_90"][told.day == 1].tolist() == [1, 0]


def test_the_newest_answer_of_half_a_year_is_what_they_said(shop):
    answer = {"customer_id": ANA}
    shop(
        survey_answer=[{"survey_response_id": 1, "customer_id": ANA}],
        csat_answer=[
            answer | {"survey_response_id": 1, "answered_on": date(2025, 3, 1), "of_5": 5.0},
            answer | {"survey_response_id": 2, "answered_on": date(2025, 5, 1), "of_5": 2.0},
            answer | {"survey_response_id": 3, "answered_on": date(2025, 7, 1), "of_5": 4.0},
        ],
        nps_answer=[answer | {"survey_response_id": 4, "answered_on": date(2024, 8, 1), "score": 9.0}],
    )
    told = frame(shop.rows, "buyers", [DAY])
    assert (of(told, ANA, "satisfaction"), of(told, ANA, "recommending")) == (2, 9)
    assert np.isnan(of(told, BOB, "satisfaction"))


def test_a_click_counts_on_the_day_it_happened(shop):
    message = {"customer_id": ANA, "sent_on": date(2025, 6, 1), "delivered_on": date(2025, 6, 1)}
    shop(
        message_told=[
            message | {"message_id": 1, "clicked_on": date(2025, 6, 2)},
            message | {"message_id": 2, "clicked_on": date(2025, 7, 2)},
        ]
    )
    told = frame(shop.rows, "buyers", [DAY])
    assert (of(told, ANA, "clicked_share"), of(told, ANA, "messages_90"), of(told, ANA, "since_click")) == (0.5, 2, 28)
    assert of(told, ANA, "opted_out") == 0


def test_subscribers_are_who_pays_or_paused_and_their_invoices_are_read(paper):
    led = {"customer_id": ANA, "payer_id": 1}
    paper(
        mrr_ledger=[
            led | {"day": date(2025, 1, 1), "before_minor": 0, "after_minor": 900, "was": "gone", "standing": "paying"},
            led | {"day": date(2025, 6, 1), "before_minor": 900, "after_minor": 500, "was": "paying", "standing": "paying"},
            led | {"customer_id": BOB, "payer_id": 2, "day": date(2025, 1, 1), "before_minor": 0, "after_minor": 900, "standing": "paying"},
            led | {"customer_id": BOB, "payer_id": 2, "day": date(2025, 2, 1), "before_minor": 900, "after_minor": 0, "standing": "gone"},
        ],
        invoice=[
            {"invoice_id": 1, "customer_id": ANA, "status": "paid", "total_minor": 500, "issued_at": datetime(2025, 6, 1), "due_at": datetime(2025, 6, 10), "paid_at": datetime(2025, 7, 20)},
        ],
    )  # fmt: skip
    told = frame(paper.rows, "subscribers", [DAY])
    assert told.customer.tolist() == [ANA]
    assert [of(told, ANA, n) for n in ("standing", "monthly", "subscribed", "since_change", "fell_90")] == [
        2,
        500,
        180,
        29,
        1,
    ]
    assert [of(told, ANA, n) for n in ("late_invoices", "unpaid_invoices")] == [1, 1]
    assert "since" not in told.columns or np.isnan(of(told, ANA, "since"))


def test_a_part_of_the_customers_is_always_the_same_one(paper):
    paper.sold(np.arange(1, 401), days(*[(2025, 6, 1)] * 400))
    half = frame(paper.rows.sampled(0.5), "buyers", [DAY]).customer
    assert 140 < len(half) < 260
    assert set(half) <= set(frame(paper.rows.sampled(0.8), "buyers", [DAY]).customer)


def test_every_feature_belongs_to_one_group_and_is_made_by_its_source():
    assert set(GROUP_OF) == set(FEATURES)
    for source in SOURCES:
        made = set(source.make().columns) - {"as_of", "customer_id", "gaps"}
        assert made | {"overdue"} >= {f.id for f in source.features}
        assert made <= {f.id for f in source.features}, source.id
    assert "as_of" in upto(SOURCES[0].make(), "as_of").columns
