"""Trouble comes when it is said to: before it the shop is the one it would have been, after it the laws are worse."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest

from holdfast.simulate import CannotSimulate, Trouble, Wanted, simulate

UNTIL, DAYS = date(2025, 12, 31), 60
BEGINS = UNTIL + timedelta(days=1 - DAYS)


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """The same shop twice: as it is, and with trouble in its last sixty days."""
    folder = tmp_path_factory.mktemp("trouble")
    wanted = {"calm": Trouble(), "troubled": Trouble(DAYS)}
    made = {
        name: simulate(folder / name, Wanted("marketplace", 1500, 18, 3, UNTIL, trouble=trouble))
        for name, trouble in wanted.items()
    }
    return {name: one.folder for name, one in made.items()}


def rows(folder, query):
    with duckdb.connect() as connection:
        return connection.execute(query.replace("FILES", str(folder))).fetchall()


def tickets(folder, before):
    """How many, and the median hours until each was solved; before the trouble, or in it."""
    sign = "<" if before else ">="
    return rows(
        folder,
        "SELECT count(*), median(date_diff('minute', created_at, solved_at)) / 60, count(solved_at) FROM"
        f" read_parquet('FILES/simulated_tickets.parquet') WHERE created_at {sign} TIMESTAMP '{BEGINS}'",
    )[0]


def refunds(folder, before):
    """Of the orders, the share that anything came back of."""
    sign = "<" if before else ">="
    return rows(
        folder,
        "SELECT avg((r.order_id IS NOT NULL)::INT) FROM read_parquet('FILES/simulated_orders.parquet') AS o LEFT JOIN"
        " (SELECT DISTINCT order_id FROM read_parquet('FILES/simulated_refunds.parquet')) AS r USING (order_id)"
        f" WHERE o.placed_at {sign} TIMESTAMP '{BEGINS}' AND o.placed_at < TIMESTAMP '{UNTIL - timedelta(days=28)}'",
    )[0][0]


def test_people_buy_the_same_with_and_without_trouble(shops):
    query = "SELECT order_id, customer_id, placed_at::VARCHAR, total FROM read_parquet('FILES/simulated_orders.parquet') ORDER BY 1"
    assert rows(shops["calm"], query) == rows(shops["troubled"], query)


def test_before_it_begins_nothing_is_different(shops):
    query = (
        "SELECT created_at::VARCHAR FROM read_parquet('FILES/simulated_tickets.parquet')"
        f" WHERE created_at < TIMESTAMP '{BEGINS}' ORDER BY 1"
    )
    assert rows(shops["calm"], query) == rows(shops["troubled"], query)
    assert refunds(shops["calm"], True) == pytest.approx(refunds(shops["troubled"], True), abs=0.002)


def test_from_then_on_more_is_asked_more_comes_back_and_replies_take_longer(shops):
    calm, troubled = tickets(shops["calm"], False), tickets(shops["troubled"], False)
    assert troubled[0] > 2 * calm[0] and troubled[1] > 4 * calm[1]
    assert refunds(shops["troubled"], False) > 3 * refunds(shops["calm"], False)


def test_trouble_has_no_days_below_nothing(tmp_path):
    with pytest.raises(CannotSimulate, match="0 or more"):
        simulate(tmp_path / "shop", Wanted("b2b", 100, 6, 1, UNTIL, trouble=Trouble(-1)))
