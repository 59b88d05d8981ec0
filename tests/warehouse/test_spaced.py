"""One word per person in so many days: against a plain loop, on invented histories."""

from datetime import date, datetime, timedelta

import duckdb
import ibis
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.warehouse.engine import compiled
from holdfast.warehouse.marts.declare import Given
from holdfast.warehouse.marts.spaced import spaced

FIRST, GAP = date(2015, 1, 1), 90
ANSWERS = ibis.table({"shop_id": "int64", "customer_id": "int64", "sort": "string", "day": "date"}, name="answers")
GIVEN = Given({1: "UTC"}, datetime(2015, 1, 1), datetime(2026, 1, 1))
SQL = compiled(spaced(ANSWERS, GAP, GIVEN))
acts = st.tuples(st.integers(1, 2), st.integers(1, 3), st.sampled_from(["a", "b"]), st.integers(0, 900))
# People who never pause for 90 days: the chain of kept days is as long as the data.
busy = st.lists(st.integers(1, 89), min_size=30, max_size=120).map(
    lambda steps: [(1, 1, "a", sum(steps[:n])) for n in range(len(steps))]
)


def kept(rows) -> set:
    connection = duckdb.connect(config={"threads": 1})
    try:
        connection.execute("CREATE TABLE answers (shop_id BIGINT, customer_id BIGINT, sort VARCHAR, day DATE)")
        told = [(shop, who, sort, FIRST + timedelta(days=n)) for shop, who, sort, n in rows]
        connection.executemany("INSERT INTO answers VALUES (?, ?, ?, ?)", told)
        found = connection.execute(SQL).fetchall()
        assert len(found) == len(set(found))
        return {(shop, who, sort, (day - FIRST).days) for shop, who, sort, day in found}
    finally:
        connection.close()


def by_hand(rows) -> set:
    last: dict = {}
    found = set()
    for shop, who, sort, n in sorted(rows):
        if n - last.get((shop, who, sort), -GAP) >= GAP:
            last[shop, who, sort] = n
            found.add((shop, who, sort, n))
    return found


@settings(max_examples=25, deadline=None)
@given(st.sets(acts, min_size=1, max_size=40))
def test_a_day_counts_when_it_lies_far_enough_behind_the_last_that_counted(rows):
    assert kept(list(rows)) == by_hand(rows)


@settings(max_examples=10, deadline=None)
@given(busy)
def test_a_chain_without_a_pause_is_followed_to_its_end(rows):
    assert kept(rows) == by_hand(rows)


@settings(max_examples=10, deadline=None)
@given(st.sets(acts, min_size=2, max_size=40), st.integers(0, 900))
def test_a_later_day_never_changes_what_counted_before(rows, until):
    before = {row for row in rows if row[3] <= until}
    if before:
        assert kept(list(before)) == {row for row in kept(list(rows)) if row[3] <= until}
