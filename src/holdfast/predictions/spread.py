"""How the value of a shop's customers is spread: over tenths of them, where they came from, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import opened
from holdfast.predictions.publish import newest_published
from holdfast.warehouse.home import Home, Shop

NOT_PUBLISHED = Unknown("no value has been worked out for this shop's customers yet", "run `holdfast models fit`")
BY = {"cohort": "First bought", "channel": "Channel of the first purchase", "country": "Country"}


@dataclass(frozen=True, slots=True)
class Group:
    """Customers together. value: the sum of what is expected of each, minor units; share: of all value. Without an
    interval: the ends of single customers do not add up."""

    name: str
    customers: int
    value: float
    share: float

    @property
    def each(self) -> float:
        return self.value / self.customers if self.customers else 0.0


@dataclass(frozen=True, slots=True)
class Spread:
    """tenths: of customers, those worth most first. by: dimension → its groups, the most valuable first."""

    customers: int
    value: float
    expected_orders: float
    alive: float | None
    tenths: tuple[Group, ...]
    by: Mapping[str, tuple[Group, ...]]
    card: Mapping[str, Any]
    stale: bool


def spread(home: Home, shop: Shop) -> Spread | Unknown:
    """Of what was published last. Raises NothingBuilt and DamagedSnapshot."""
    said = newest_published(home, "value", shop.shop_id)
    if said is None:
        return NOT_PUBLISHED
    with opened(home) as (connection, snapshot):
        firsts = connection.sql(
            f"SELECT customer_id, cohort, channel, country FROM history WHERE shop_id = {shop.shop_id}"
        ).to_arrow_table()
        stale = said.snapshot != snapshot.id
    worth = said.table(["customer_id", "value_minor", "expected_orders", "alive"])
    with duckdb.connect(config={"threads": 1}) as here:
        here.register("firsts", firsts)
        here.register("worth", worth)
        return _spread(here, said.card, stale)


def _spread(here: duckdb.DuckDBPyConnection, card: Mapping[str, Any], stale: bool) -> Spread:
    ((customers, value, orders, alive),) = here.execute(
        "SELECT count(*), coalesce(sum(value_minor), 0), coalesce(sum(expected_orders), 0), sum(alive) FROM worth"
    ).fetchall()
    tenths = here.sql(
        "SELECT ntile(10) OVER (ORDER BY value_minor DESC NULLS LAST, customer_id) AS tenth, value_minor FROM worth"
    ).to_arrow_table()
    here.register("tenths", tenths)
    told = here.execute(
        "SELECT tenth::VARCHAR, count(*), coalesce(sum(value_minor), 0) FROM tenths GROUP BY tenth ORDER BY tenth"
    ).fetchall()
    by = {
        name: _groups(
            here.execute(
                f"SELECT coalesce({name}, 'not known'), count(*), coalesce(sum(value_minor), 0) AS v FROM worth"
                " LEFT JOIN firsts USING (customer_id) GROUP BY 1 ORDER BY v DESC, 1"
            ).fetchall(),
            value,
        )
        for name in BY
    }
    return Spread(customers, value, orders, alive, _groups(told, value), by, card, stale)


def _groups(rows: list[tuple[str, int, float]], value: float) -> tuple[Group, ...]:
    return tuple(Group(name, n, v, v / value if value else 0.0) for name, n, v in rows)
