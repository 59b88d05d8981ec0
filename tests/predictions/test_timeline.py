"""What happened with one customer, in words, on marts written by hand."""

from __future__ import annotations

from datetime import date

from shop_in_arrays import Paper

from holdfast.predictions.timeline import Event, event_table, timeline

ANA, BO = 7, 8
UPTO = date(2026, 3, 31)
SOLD = {"customer_id": ANA, "valid": True, "counts": True, "shop_money": True, "returned_minor": 0}


def test_everything_of_one_customer_stands_in_one_order_the_newest_first(paper: Paper) -> None:
    paper(
        order=[{"order_id": n, "customer_id": ANA, "order_number": f"A{n}"} for n in (1, 2, 3)],
        order_value=[
            SOLD | {"order_id": 1, "placed_on": date(2026, 1, 5), "placed_minor": 2500, "lines": 1},
            SOLD | {"order_id": 2, "placed_on": date(2026, 2, 5), "placed_minor": 900, "lines": 3,
                    "void_on": date(2026, 2, 9)},
            SOLD | {"order_id": 3, "placed_on": date(2026, 4, 1), "placed_minor": 100, "lines": 1},
        ],
        refund_value=[{"refund_id": 1, "order_id": 2, "customer_id": ANA, "merch_minor": 900, "shop_money": True,
                       "refunded_on": date(2026, 2, 9)}],
        ticket_times=[
            {"ticket_id": 1, "customer_id": ANA, "created_on": date(2026, 2, 6), "type": "return", "channel": "chat",
             "status": "closed", "severity": "high", "last_solved_on": date(2026, 2, 8), "reopened_count": 1},
            {"ticket_id": 2, "customer_id": ANA, "created_on": date(2026, 3, 1), "status": "open"},
            {"ticket_id": 3, "customer_id": BO, "created_on": date(2026, 3, 1), "status": "open"},
        ],
        survey_answer=[{"survey_response_id": 1, "customer_id": ANA, "answered_on": date(2026, 2, 20), "type": "nps",
                        "score": 9, "scale_max": 10, "about": "relationship"}],
    )  # fmt: skip
    found = timeline(paper.connection, ANA, 1, UPTO)
    assert found == [
        Event(date(2026, 3, 1), "ticket", "ticket, open"),
        Event(date(2026, 2, 20), "answer", "would recommend: 9 of 10, about relationship"),
        Event(date(2026, 2, 9), "refund", "of order A2", 900),
        Event(date(2026, 2, 6), "ticket", "return by chat, severity high, solved on 2026-02-08, opened again"),
        Event(date(2026, 2, 5), "order", "A2, 3 lines, given back whole", 900),
        Event(date(2026, 1, 5), "order", "A1, 1 line", 2500),
    ]
    assert event_table(found).to_pylist()[-1] == {
        "day": date(2026, 1, 5), "kind": "order", "said": "A1, 1 line", "minor": 2500,
    }  # fmt: skip
    assert timeline(paper.connection, ANA, 1, UPTO, limit=1) == found[:1]


def test_money_of_another_currency_is_not_told_as_the_shops(paper: Paper) -> None:
    paper(
        order=[{"order_id": 1, "customer_id": ANA, "order_number": "A1"}],
        order_value=[SOLD | {"order_id": 1, "placed_on": UPTO, "placed_minor": 5, "lines": 2, "shop_money": False}],
    )
    assert timeline(paper.connection, ANA, 1, UPTO) == [Event(UPTO, "order", "A1, 2 lines")]
