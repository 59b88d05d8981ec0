"""Saltmarsh's money, counted on paper: values of customers, growth and its parts, contribution, cost, disputes.

Net merchandise by the order's day, in EUR, of the year to 30 June 2026 and of the year before:

                year before          this year
    c01               30.00                  -    lost
    c02               10.00              76.00    s04 40, v11 56 − 8 off − 12 back
    c03               80.00              30.00    s05 40, s06 30, v12 20 − 10 back (the money came back in July)
    c04               10.00                  -    lost
    c05              100.00              80.00    v09 sold a gift card, v10 replaced something: no purchases
    c06 … c10             -             100.00    10, 60, 10, 10, 10
    c11                   -              24.00    8.00 in June 2024: away for a year
    c12                   -              12.00    v07 was cancelled, v08 a test
    nobody known      40.00              13.00
                     270.00             335.00    + 65.00
"""

from __future__ import annotations

from datetime import date

import pytest
from paper_shop import said, value_on

from holdfast.estimates.estimate import Estimate
from holdfast.metrics.drill import measured, source_rows, units
from holdfast.metrics.framework import load as load_framework
from holdfast.metrics.published import open_published
from holdfast.metrics.registry import METRICS
from holdfast.metrics.values import Scope
from holdfast.metrics.verdict import verdict

ALL, LAST = Scope(), date(2026, 6, 30)


@pytest.fixture(scope="module")
def saltmarsh(saltmarsh_folder):
    return open_published(saltmarsh_folder("value"))


# n, still open, counted, out of
COUNTED = {
    # first bought by 31 May 2025 (365 + 30 days): c01 30, c02 10, c03 80 − 5 given, c04 10, c11 8
    "lifetime_value_365": (5, 7, 133.00, 5),
    # by 2 December 2025: and c05 100, c06 10, c07 60
    "lifetime_value_180": (8, 4, 303.00, 8),
    # by 2 March 2026: and c08 10; c03's v12 came on day 142
    "lifetime_value_90": (9, 3, 303.00, 9),
    # 30, 86, 105, 10, 180, 10, 60, 10, 10, 10, 32, 12; c03 was given 5 and c05 4
    "value_to_date": (12, 0, 551.00, 12),
    "revenue_growth": (14, 0, 335.00, 270.00),
    "growth_from_new": (14, 0, 112.00, 270.00),  # c06 … c10 100, c12 12
    "growth_from_returning": (14, 0, -4.00, 270.00),  # c02 + 66, c03 − 50, c05 − 20
    "growth_from_reactivated": (14, 0, 24.00, 270.00),  # c11
    "growth_lost": (14, 0, -40.00, 270.00),  # c01, c04
    "growth_from_unknown": (14, 0, -27.00, 270.00),  # 13 − 40
    # a piece of TEA brought 10.00 (20 pieces, 200.00), then 11.00 (17 pieces, 187.00); POT stayed at 40.00
    "growth_from_price": (14, 0, 7.00, 270.00),  # c02's four pieces and c03's three
    "growth_from_volume": (14, 0, -11.00, 270.00),
    "growth_share_returning": (14, 0, -4.00, 65.00),
    "net_revenue": (11, 0, 335.00, 11),
    "net_revenue_by_refund_day": (11, 0, 325.00, 11),  # 347 placed; 12 and c03's 10 came back
    "bought_twice_in_the_year": (10, 0, 2, 10),  # c02, c07
    "returning_customer_rate": (10, 0, 5, 10),  # c02, c03, c05, c07, c11
    # 322.00 of known customers, less goods 122.00, v11's parcel 3.00, t02 6.00, c05's voucher 4.00 and lost dispute
    # 40.00, and 5.00 for each of their 12 orders (a year's fees 26.00, half of k07 26.00, April's support 13.00, of 13)
    "contribution_per_customer": (10, 0, 87.00, 10),
    "cost_coverage": (10, 0, 294.00, 334.00),  # POT had no known cost when c07 bought one in November
    # support 6.00 and 13.00, success 8.00, and 181 of 365 days of the automation 36.20
    "cost_to_serve": (10, 0, 63.20, 10),
    "cost_to_serve_order": (11, 0, 63.20, 13),
    "cost_to_serve_ticket": (15, 0, 63.20, 15),  # t02's own 6.00; not merged, spam, test or deleted ones
    "dispute_activity": (5, 0, 2, 3),  # June: d1, d3; p06, p07, p08
    # paid by 2 March: p00, p01 (d4 after 28 days), p02 (d3 after 105); p03 … p09 can still be disputed
    "dispute_rate": (3, 7, 2, 3),
    "dispute_activity_mastercard": (3, 0, 1, 2),  # d3; May's p05, p09
    "dispute_activity_visa": (5, 0, 2, 3),  # d1 and the report d5; p06, p07, p08
}


@pytest.mark.parametrize("metric", COUNTED)
def test_each_number_is_the_one_counted_on_paper(saltmarsh, metric):
    n, still_open, counted, out_of, _ = said(saltmarsh.value(metric))
    assert (n, still_open, pytest.approx(counted), pytest.approx(out_of)) == COUNTED[metric]


PARTS = ("growth_from_new", "growth_from_returning", "growth_from_reactivated", "growth_lost", "growth_from_unknown")


@pytest.mark.parametrize("day", [LAST, date(2026, 6, 15)])
def test_the_parts_of_growth_add_up_to_the_cent_on_any_day(saltmarsh, day):
    asked = ("revenue_growth", *PARTS, "growth_from_price", "growth_from_volume")
    then = saltmarsh if day == LAST else measured(saltmarsh.home, [METRICS[m] for m in asked], ALL, day)
    whole, *parts, price, volume = (then.value(m) for m in asked)
    assert round(sum(p.counted for p in parts), 2) == round(whole.counted - whole.out_of, 2)
    assert sum(p.reading.point for p in parts) == pytest.approx(whole.reading.point, abs=1e-12)
    assert price.counted + volume.counted == pytest.approx(parts[1].counted)


def test_the_value_to_date_of_a_year_ago_stands_in_its_series(saltmarsh):
    """c01 30, c02 10, c03 80 − 5, c04 10, c05 100, c11 8."""
    (point,) = [v for v in saltmarsh.series("value_to_date") if v.member == "2025-06-30"]
    then = value_on(saltmarsh.home, "value_to_date", ALL, date(2025, 6, 30))
    assert (point.n, point.counted) == (then.n, then.counted) == (6, 233.00)


def test_a_forecast_is_refused_until_a_model_stands(saltmarsh):
    reading = saltmarsh.value("predicted_lifetime_value").reading
    assert "no model" in reading.why
    assert "scored" in reading.would_need


def test_goods_of_each_customer_cost_what_their_product_cost_on_the_day(saltmarsh):
    """c02: 76.00 less goods 15 + 15 (three of four pieces stayed), 3 the parcel, 6 the ticket, 5.00 for both orders."""
    rows = units(saltmarsh.home, "contribution_per_customer", limit=20)
    left = {row[rows.columns.index("customer")]: row[rows.columns.index("counted")] for row in rows.rows}
    assert left["c02"] == 76_00 - 30_00 - 3_00 - 6_00 - 2 * 5_00
    assert left["c05"] == 80_00 - 35_00 - 4_00 - 40_00 - 5_00  # v10 brought nothing and cost a piece of TEA
    assert left["c07"] == 60_00 - 8_00 - 2 * 5_00


def test_no_verdict_is_given_on_what_is_left_where_much_of_the_cost_is_unknown():
    """A target of 85 % is met by 94 to 96 %, unless only 79 % of the cost behind it is known."""
    criterion = next(c for c in load_framework().criteria if c.id == "subscription_activation")
    reading = Estimate(0.95, 0.94, 0.96, "Student's t")
    assert verdict(reading, criterion, 40, 0.8).verdict in ("met", "stretch")
    judged = verdict(reading, criterion, 40, 0.79)
    assert judged.verdict == "unknown"
    assert "known of 79.0 % of the merchandise only; a verdict needs 80 %" in judged.sentence


def test_a_dispute_and_a_payment_open_their_own_rows(saltmarsh):
    rows = units(saltmarsh.home, "dispute_activity", limit=20)
    opened = [source_rows(saltmarsh.home, "dispute_activity", row[0]) for row in rows.rows]
    assert sorted((p["payments"].total, p["disputes"].total) for p in opened) == [(0, 1)] * 2 + [(1, 0)] * 3


def test_two_names_of_disputes_differ_by_when_somebody_looks(saltmarsh):
    """On 20 May the fraud report d2 is none, d4 came in March: April's payments saw no dispute."""
    then = value_on(saltmarsh.home, "dispute_activity", ALL, date(2026, 5, 20))
    assert (then.counted, then.out_of) == (0, 1)
    assert value_on(saltmarsh.home, "dispute_rate", ALL, date(2026, 5, 20)).n == 1  # p00 alone is old enough
