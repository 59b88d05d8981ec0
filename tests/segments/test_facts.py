"""What is told of customers on days: on paper, and against plain counting."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_segments import Asked, jan, plain

TOLD = (
    "state", "recency", "frequency", "money", "recency_score", "frequency_score", "money_score", "value_decile",
)  # fmt: skip
# Gaps of the shop: 10, 10, 10, 10, 10, 10, 10, 10, 10, 70: half are 10 days or less, nine in ten 16 or less.
ANA, BO, CY, DEE, ELI, FAY = range(1, 7)
PAPER = [
    *((ANA, jan(day), 1000) for day in (1, 11, 21, 31, 41, 51, 61, 71, 81)),  # every ten days; on day 95 not overdue
    (BO, jan(10), 500), (BO, jan(80), 500),  # came back after 70 days
    (CY, jan(64), 700), (CY, jan(74), 700),  # two usual gaps of the shop are 20 days, 21 have gone; not a long gap
    (DEE, jan(90), 9900),  # bought once
    (ELI, jan(1), 100),  # bought once, long ago
    (FAY, jan(94), 300), (FAY, jan(94), 400),  # two orders of one day are one occasion
]  # fmt: skip


def test_each_buyer_stands_under_one_of_five_names(shop: Asked):
    shop.sold(PAPER)
    found = {who: told[0] for (_, who), told in shop.values(["state"], jan(95)).items()}
    assert found == {
        ANA: "active", BO: "reactivated", CY: "lapsed", DEE: "new", ELI: "lapsed", FAY: "new",
    }  # fmt: skip


def test_money_is_told_in_whole_units_and_two_orders_of_a_day_are_one_occasion(shop: Asked):
    shop.sold(PAPER)
    assert shop.values(["money", "frequency", "orders"], jan(95))[jan(95), FAY] == (7.0, 1, 2)


def test_scores_count_who_is_strictly_lower_so_that_ties_share_one(shop: Asked):
    """Nine bought for 10 and one for 20: of ten, none is below the nine, nine are below the one."""
    shop.sold([(who, jan(1), 1000) for who in range(9)] + [(9, jan(1), 2000)])
    found = Counter(shop.values(["money_score", "value_decile"], jan(2)).values())
    assert found == {(1, 1): 9, (5, 10): 1}


def test_several_days_at_once_say_what_each_says_alone(shop: Asked):
    shop.sold(PAPER)
    days = [jan(5), jan(20), jan(20 + 1), jan(80), jan(95)]
    at_once = shop.values(["recency", "frequency", "money", "value_decile"], *days)
    for day in days:
        alone = shop.values(["recency", "frequency", "money", "value_decile"], day)
        assert alone == {key: told for key, told in at_once.items() if key[0] == day}


orders = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 60).map(jan), st.sampled_from([0, 100, 100, 250, 999])),
    min_size=1, max_size=40,
)  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders, st.integers(1, 70).map(jan))
def test_plain_counting_finds_the_same(shop: Asked, sold: list[tuple[int, date, int]], day: date):
    shop.connection.execute("DELETE FROM order_value")
    shop.sold(sold)
    found = {who: dict(zip(TOLD, told, strict=True)) for (_, who), told in shop.values(TOLD, day).items()}
    assert found == plain(sold, day)
