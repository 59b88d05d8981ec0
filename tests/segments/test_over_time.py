"""Sizes, who came and went, and moves between states: they add up, and plain counting finds the same."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_segments import Asked, jan, plain
from test_facts import orders
from test_segments import NEW, RICH, conditions

from holdfast.segments.asking import Asking
from holdfast.segments.condition import Condition, Leaf
from holdfast.segments.members import Ground
from holdfast.segments.migration import FOLLOWED, NOT_YET, migrated
from holdfast.segments.segment import segment
from holdfast.segments.sizes import _long, _stretches, counted, month_ends
from holdfast.segments.states import STATES

again = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
days = st.lists(st.integers(1, 70).map(jan), min_size=2, max_size=5, unique=True).map(sorted)


def sizes(shop: Asked, when: Condition, told: list[date], universe: str = "buyers") -> list[dict[str, object]]:
    one = segment("asked", "asked", "", universe, when)  # type: ignore[arg-type]
    asking = Asking(shop.shops, told, shop.beside, everybody_too=universe == "everybody")
    query, given = counted(asking, [one])
    return _long(shop.connection.sql(query, params=given).to_arrow_table(), [one], None).to_pylist()


def ground(shop: Asked, since: date, until: date) -> Ground:
    return Ground(shop.connection, None, shop.shops, Asking(shop.shops, (since, until), shop.beside))  # type: ignore[arg-type]


@again
@given(orders, conditions, days)
def test_sizes_count_the_members_of_each_day_and_who_came_less_who_went_is_the_change(
    shop: Asked, sold: list[tuple[int, date, int]], when: Condition, told: list[date]
) -> None:
    shop.connection.execute("DELETE FROM order_value")
    shop.sold(sold)
    rows = sizes(shop, when, told)
    assert sum(row["members"] for row in rows if row["as_of"] == told[-1]) == len(shop.members(when, told[-1]))
    for before, after in pairwise(rows):
        assert after["entered"] - after["left"] == after["members"] - before["members"]
        assert 0 <= after["entered"] <= after["members"] <= after["universe"]


@again
@given(orders, days, st.sampled_from(["state", "value_decile", "recency_score"]))
def test_moves_add_up_to_where_everybody_stood_and_stands(
    shop: Asked, sold: list[tuple[int, date, int]], told: list[date], fact: str
) -> None:
    shop.connection.execute("DELETE FROM order_value")
    shop.sold(sold)
    since, until = told[0], told[-1]
    found = migrated(ground(shop, since, until), fact)
    now = {who: value for (_, who), (value,) in shop.values([fact], until).items()}
    for name in found.names:
        assert found.came_to(name) == sum(1 for value in now.values() if str(value) == name)
    first = {who for who, placed, _ in sold if placed <= since}
    assert sum(found.of(name) for name in found.names) == len(first)
    assert found.of(NOT_YET) == len(set(now) - first)
    assert sum(found.cells.values()) == len(now)
    for name in found.names:
        if found.of(name):
            assert sum(found.share(name, to) or 0 for to in found.names) == pytest.approx(1)


def test_moves_of_a_shop_counted_by_hand(shop: Asked) -> None:
    """On day 50 Ana (days 1, 21, 41) is active and Bo (day 40) new; on day 70 Ana has bought again, Bo is late, Cy new.

    Gaps by day 70: 20, 20, 20: half are 20 days or less, nine in ten too. Bo is 30 days away: a long gap, lapsed.
    """
    shop.sold([(1, jan(d), 100) for d in (1, 21, 41, 61)] + [(2, jan(40), 100), (3, jan(65), 100)])
    found = migrated(ground(shop, jan(50), jan(70)), "state")
    assert {pair: many for pair, many in found.cells.items() if many} == {
        ("active", "active"): 1, ("new", "lapsed"): 1, (NOT_YET, "new"): 1,
    }  # fmt: skip


def test_moves_of_the_members_of_the_first_day_only(shop: Asked) -> None:
    """As above: of the two who were there on day 50, Bo alone was new."""
    shop.sold([(1, jan(d), 100) for d in (1, 21, 41, 61)] + [(2, jan(40), 100), (3, jan(65), 100)])
    new = segment("new", "new", "", "buyers", NEW)
    found = migrated(ground(shop, jan(50), jan(70)), "state", new)
    assert {pair: many for pair, many in found.cells.items() if many} == {("new", "lapsed"): 1}


def test_what_can_be_followed_is_a_fact_with_few_values() -> None:
    from holdfast.segments.facts.registry import FACTS

    assert all(id in FACTS for id in FOLLOWED)


def test_month_ends_go_back_from_the_day_of_the_data() -> None:
    assert month_ends(date(2026, 3, 15), 3) == [
        date(2025, 12, 31),
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 15),
    ]
    assert month_ends(date(2026, 2, 28), 2) == [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)]


@given(st.integers(1, 40), st.integers(1, 30_000_000))
def test_stretches_of_days_overlap_by_one_and_hold_all(many: int, customers: int) -> None:
    told = [jan(n) for n in range(1, many + 1)]
    found = _stretches(told, customers)
    assert all(a[-1] == b[0] for a, b in pairwise(found))
    assert [found[0][0], *(day for part in found for day in part[1:])] == told
    assert all(len(part) <= max(2, 20_000_000 // customers) for part in found)


# --- odd shops ---


def states(shop: Asked, day: date) -> dict[int, object]:
    return {who: state for (_, who), (state,) in shop.values(["state"], day).items()}


def test_a_shop_without_orders_has_no_members_and_no_size(shop: Asked) -> None:
    shop.sold([])
    assert shop.members(NEW, jan(9)) == set() and sizes(shop, NEW, [jan(1), jan(9)]) == []
    shop.rows(customer=[{"customer_id": 5}])
    assert sizes(shop, Leaf("recency", (("known", False),)), [jan(1), jan(9)], "everybody")[-1]["members"] == 1


def test_one_customer_is_first_and_last_of_all(shop: Asked) -> None:
    shop.sold([(1, jan(1), 500)])
    facts = ["state", "recency_score", "money_score", "value_decile", "usual_gap", "overdue"]
    assert shop.values(facts, jan(300)) == {(jan(300), 1): ("new", 1, 1, 1, None, None)}


def test_where_all_bought_on_one_day_all_are_alike(shop: Asked) -> None:
    shop.sold([(who, jan(1), 500) for who in range(50)] * 2)
    assert set(shop.values(["state", "frequency", "recency_score", "value_decile"], jan(1)).values()) == {
        ("new", 1, 1, 1)
    }


def test_money_that_went_back_is_not_counted_and_who_gave_all_back_has_not_bought(shop: Asked) -> None:
    shop.sold([(1, jan(1), 500), (1, jan(2), 700), (2, jan(1), 900)])
    shop.connection.execute(
        "UPDATE order_value SET returned_minor = placed_minor, void_on = placed_on WHERE order_id <> 2"
    )
    shop.follow()
    assert shop.values(["frequency", "money"], jan(9)) == {(jan(9), 1): (1, 7.0)}
    shop.connection.execute("UPDATE order_value SET returned_minor = placed_minor")  # to zero, and not known as whole
    assert shop.values(["frequency", "money", "value_decile"], jan(9)) == {(jan(9), 1): (1, 0.0, 1)}


def test_days_ahead_are_not_seen(shop: Asked) -> None:
    shop.sold([(1, jan(1), 500), (1, jan(60), 500), (2, jan(70), 500)])
    assert shop.values(["state", "frequency", "recency"], jan(30)) == {(jan(30), 1): ("new", 1, 29)}


def test_ten_thousand_orders_of_one_buyer_are_one_buyer(shop: Asked) -> None:
    first = date(2020, 1, 1)
    sold = [(1, first + timedelta(days=n // 5), 100) for n in range(10_000)] + [(2, first, 100)]
    shop.sold(sold)
    day = first + timedelta(days=2_000)
    assert shop.values(["state", "frequency", "orders", "money"], day)[day, 1] == ("active", 2_000, 10_000, 10_000.0)
    assert states(shop, day) == {who: told["state"] for who, told in plain(sold, day).items()}
    assert sizes(shop, RICH, [first, day])[-1]["members"] == 1


def test_five_names_are_all_there_are() -> None:
    assert set(STATES) == {"new", "active", "slipping", "lapsed", "reactivated"}
