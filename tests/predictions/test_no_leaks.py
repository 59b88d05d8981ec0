"""Nothing that came after a day is in the features of the day; and nothing recorded after it, where that is asked."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from paper_shop import build_rows, land_rows, order, paper_home, refund, sold
from shop_in_arrays import ordinal

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.ranking import Ranking
from holdfast.metrics.drill import opened
from holdfast.predictions.features.frame import frame
from holdfast.predictions.features.then import frame_as_known_then
from holdfast.predictions.label import Label
from holdfast.predictions.shop import ShopRows

DAY, LATER = date(2025, 6, 30), date(2025, 7, 1)
LABEL = Label("leaves", "buyers", 90, "order", False, "nothing bought within 90 days")


def same(one, other):
    assert one.customer.tolist() == other.customer.tolist()
    assert one.columns.keys() == other.columns.keys()
    for name, values in one.columns.items():
        assert np.array_equal(values, other.columns[name], equal_nan=True), name


def filled(paper):
    """Two customers with a row of everything before the day."""
    days = [ordinal(date(2025, m, 5)) for m in range(1, 7)]
    paper.sold([1] * 6 + [2] * 3, [*days, *days[:3]], 1500)
    orders = [row[0] for row in paper.connection.execute("SELECT order_id FROM order_value ORDER BY 1").fetchall()]
    for who in (1, 2):
        paper(
            ticket_times=[{"ticket_id": who, "customer_id": who, "status": "open", "created_on": date(2025, 6, 1)}],
            survey_answer=[{"survey_response_id": who, "customer_id": who}],
            csat_answer=[{"survey_response_id": who, "customer_id": who, "answered_on": date(2025, 6, 2), "of_5": 4.0}],
            nps_answer=[{"survey_response_id": who, "customer_id": who, "answered_on": date(2025, 6, 2), "score": 9.0}],
            message_told=[{"message_id": who, "customer_id": who, "sent_on": date(2025, 6, 3), "delivered_on": date(2025, 6, 3)}],
            mrr_ledger=[{"payer_id": who, "customer_id": who, "day": date(2025, 1, 1), "before_minor": 0, "after_minor": 900, "standing": "paying"}],
            invoice=[{"invoice_id": who, "customer_id": who, "status": "open", "total_minor": 9, "issued_at": datetime(2025, 6, 1), "due_at": datetime(2025, 6, 5)}],
            refund_value=[{"refund_id": who, "order_id": orders[who], "shop_money": True, "merch_minor": 100, "refunded_on": date(2025, 6, 9)}],
        )  # fmt: skip
    return orders


AFTERWARDS = {
    "an order": lambda p, o: p.sold([1, 2, 3], [ordinal(LATER)] * 3),
    "a refund of an order of before": lambda p, o: p(
        refund_value=[{"refund_id": 9, "order_id": o[1], "shop_money": True, "merch_minor": 1500, "refunded_on": LATER}]
    ),
    "all of an order given back": lambda p, o: p.connection.execute(
        "UPDATE order_value SET void_on = ?, returned_minor = placed_minor WHERE order_id = ?", [LATER, o[0]]
    ),
    "a ticket solved": lambda p, o: p(ticket_solve=[{"ticket_id": 1, "solved_on": LATER}]),
    "a ticket opened": lambda p, o: p(ticket_times=[{"ticket_id": 9, "customer_id": 1, "created_on": LATER}]),
    "an answer": lambda p, o: p(
        csat_answer=[{"survey_response_id": 9, "customer_id": 1, "answered_on": LATER, "of_5": 1.0}],
        nps_answer=[{"survey_response_id": 9, "customer_id": 1, "answered_on": LATER, "score": 1.0}],
    ),
    "a click, and wanting no more": lambda p, o: p.connection.execute(
        "UPDATE message_told SET clicked_on = ?, unsubscribed_on = ? WHERE shop_id = 1", [LATER, LATER]
    ),
    "a subscription that ended": lambda p, o: p(
        mrr_ledger=[{"payer_id": 1, "customer_id": 1, "day": LATER, "before_minor": 900, "after_minor": 0, "standing": "gone"}]
    ),
    "an invoice paid": lambda p, o: p.connection.execute("UPDATE invoice SET paid_at = ?", [datetime(2025, 7, 1, 9)]),
}  # fmt: skip


@pytest.mark.parametrize("who", ["buyers", "subscribers"])
@pytest.mark.parametrize("what", AFTERWARDS)
def test_what_happens_after_the_day_changes_no_feature(paper, what, who):
    orders = filled(paper)
    before = frame(paper.rows, who, [date(2025, 5, 31), DAY])
    AFTERWARDS[what](paper, orders)
    same(before, frame(paper.rows, who, [date(2025, 5, 31), DAY]))


@pytest.mark.parametrize("what", AFTERWARDS)
def test_and_the_same_on_the_day_does(paper, what):
    """Or the test above could not fail."""
    orders = filled(paper)
    before = frame(paper.rows, "buyers", [LATER])
    AFTERWARDS[what](paper, orders)
    with pytest.raises(AssertionError):
        same(before, frame(paper.rows, "buyers", [LATER]))


@pytest.fixture(scope="module")
def told_late(tmp_path_factory):
    """A home where, after 30 June, orders of before come in, one is corrected and another is given back as of May."""
    home, shop = paper_home(tmp_path_factory.mktemp("late"))
    orders = [(f"{who}{m}", who, date(2025, m, 5)) for m in range(1, 7) for who in ("ana", "bob", "cy")]
    land_rows(home, shop, sold(*orders), now=datetime(2025, 6, 29, tzinfo=UTC))
    build_rows(home)
    with opened(home) as (connection, _):
        then = frame(ShopRows(connection, shop.shop_id), "buyers", [DAY])
    late = sold(("ana9", "ana", date(2025, 6, 20)), ("dee1", "dee", date(2025, 6, 1)))
    land_rows(home, shop, late, now=datetime(2025, 7, 5, tzinfo=UTC), name="late.csv")
    land_rows(
        home,
        shop,
        order("bob1", "bob", date(2025, 1, 5), "99.00"),
        now=datetime(2025, 7, 6, tzinfo=UTC),
        name="mended.csv",
    )
    land_rows(
        home,
        shop,
        refund("r1", date(2025, 5, 9), "10.00", of="cy2"),
        now=datetime(2025, 7, 7, tzinfo=UTC),
        name="back.csv",
    )
    build_rows(home)
    return home, then


def test_what_was_recorded_after_the_day_is_read_now_and_was_not_known_then(told_late):
    home, then = told_late
    with opened(home) as (connection, snapshot):
        rows = ShopRows(connection, snapshot.shops[0].shop_id)
        now = frame(rows, "buyers", [DAY])
        asked = frame_as_known_then(home, rows, LABEL, [DAY])
    assert len(now) == 4
    same(then, asked)
    with pytest.raises(AssertionError):
        same(then, now.only(np.isin(now.customer, then.customer)))


def test_a_day_before_anything_was_recorded_is_left_out_and_none_at_all_is_unknown(told_late):
    home, _ = told_late
    with opened(home) as (connection, snapshot):
        rows = ShopRows(connection, snapshot.shops[0].shop_id)
        assert len(frame_as_known_then(home, rows, LABEL, [date(2025, 3, 1), DAY])) == 3
        nothing = frame_as_known_then(home, rows, LABEL, [date(2025, 3, 1)])
    assert isinstance(nothing, Unknown)
    assert nothing.why == "nothing had been recorded by any of these days"


def test_a_label_that_is_read_off_the_features_would_be_foretold_without_a_mistake(cdnow):
    """The tutorial's error: "has not bought for 90 days" on the last day, foretold by days since the last purchase."""
    with opened(cdnow) as (connection, snapshot):
        told = frame(ShopRows(connection, 1), "buyers", [snapshot.as_of])
    assert Ranking.of(told.columns["since"] > 90, told.columns["since"]).weighed().auc() == 1.0
