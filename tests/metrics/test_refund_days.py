"""What came back of an order is spread over its refunds: never more than it was worth, and to the cent."""

from __future__ import annotations

from contextlib import closing
from datetime import date, datetime

import pytest
from paper_shop import book, build_rows, land_rows, order, paper_home, refund, series_on, value_on

from holdfast.metrics.revenue import refunds_by_day
from holdfast.metrics.values import Scope
from holdfast.warehouse.engine import compiled
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

LAST = date(2021, 12, 31)


def amount(number, when, minor, of):
    """Money back without lines: it may hold tax."""
    head = {"refund_source": number, "order_source": of, "refund_number": number, "currency": "EUR"}
    return {"refund": [head | {"processed_at": datetime(when.year, when.month, when.day, 9), "amount_minor": minor}]}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home, shop = paper_home(tmp_path_factory.mktemp("refunds"))
    told = book(
        # 10.00 of merchandise in a total of 12.10: three times 4.03 gives back 9.99 of it
        order("thrice", "ana", date(2020, 12, 30), total_minor=1210),
        *(amount(f"t{n}", date(2021, 1, 1 + n), 403, "thrice") for n in range(3)),
        order("once", "bo", date(2021, 3, 1), "20.00"),
        refund("r", date(2021, 5, 1), "5.00", of="once"),
        order("twice what it was worth", "cy", date(2021, 4, 1), "8.00"),
        refund("m1", date(2021, 4, 2), "8.00", of="twice what it was worth"),
        refund("m2", date(2021, 6, 2), "8.00", of="twice what it was worth"),
        order("in thirds", "fay", date(2021, 9, 1), "10.00"),
        *(refund(f"f{n}", date(2021, 9, 2 + n), "4.00", of="in thirds") for n in range(3)),
        order("silent", "dee", date(2021, 7, 1), "6.00", financial_status="refunded"),
        refund("loose", date(2021, 8, 1), "2.00", customer="ana"),
        order("last", "eli", LAST),
    )
    land_rows(home, shop, told)
    build_rows(home)
    return home


def test_refunds_of_an_order_add_up_to_what_came_back_of_it(home):
    snapshot = current_snapshot(home)
    with closing(open_snapshot(home, snapshot)) as connection:
        asked = compiled(refunds_by_day(Marts(LAST), LAST))
        rows = connection.execute(
            f"SELECT coalesce(order_number, 'loose'), day, minor FROM ({asked}) LEFT JOIN \"order\" USING (order_id)"
            " ORDER BY ALL"
        ).fetchall()
    assert rows == [
        ("in thirds", date(2021, 9, 2), 333),
        ("in thirds", date(2021, 9, 3), 334),  # 6.67 by now: no cent is lost
        ("in thirds", date(2021, 9, 4), 333),
        ("loose", date(2021, 8, 1), 200),
        ("once", date(2021, 5, 1), 500),
        ("silent", date(2021, 7, 1), 600),  # nobody told when: its own day
        ("thrice", date(2021, 1, 1), 333),
        ("thrice", date(2021, 1, 2), 333),
        ("thrice", date(2021, 1, 3), 333),
        ("twice what it was worth", date(2021, 4, 2), 400),
        ("twice what it was worth", date(2021, 6, 2), 400),
    ]


def test_over_all_time_both_days_of_a_refund_give_the_same_sum_and_in_a_month_they_do_not(home):
    """64.00 ordered; 9.99 + 5 + 8 + 10 + 6 + 2 came back."""
    by_order, by_refund = (series_on(home, m, Scope(), LAST) for m in ("net_revenue", "net_revenue_by_refund_day"))
    assert round(sum(v.counted for v in by_order), 2) == round(sum(v.counted for v in by_refund), 2) == 23.01
    (may,) = [v for v in by_refund if v.member == "2021-05-01"]
    assert may.counted == -5.00  # bo ordered in March
    assert value_on(home, "net_revenue", Scope(), LAST).counted == 23.00  # 2020's order is gone, with its refunds
    assert value_on(home, "net_revenue_by_refund_day", Scope(), LAST).counted == 13.01
