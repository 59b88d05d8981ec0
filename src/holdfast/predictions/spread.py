"""How the value of a shop's customers is spread: how many are worth how much, over how few it lies, where those came
from, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from holdfast.commerce.currency import minor_digits
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.concentration import Concentration, concentration
from holdfast.metrics.drill import opened
from holdfast.predictions.publish import newest_published
from holdfast.warehouse.home import Home, Shop

NOT_PUBLISHED = Unknown("no value has been worked out for this shop's customers yet", "run `holdfast models fit`")
BY = {"cohort": "First bought", "channel": "Channel of the first purchase", "country": "Country"}
BY_TIME = "cohort"  # told in its own order, the newest first; the others the most valuable first; not known is last
NOT_KNOWN = "not known"
BANDS = 12  # of value, at the most


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
class Band:
    """Customers of each of whom `low` or more and less than `high` is expected, minor units; None: however much."""

    low: float
    high: float | None
    customers: int
    value: float


@dataclass(frozen=True, slots=True)
class Spread:
    """tenths: of customers, those worth most first. bands: the least value first. by: dimension → its groups."""

    customers: int
    value: float
    expected_orders: float
    alive: float | None
    tenths: tuple[Group, ...]
    bands: tuple[Band, ...]
    concentration: Concentration | Unknown
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
        return _spread(here, said.card, stale, 10 ** minor_digits(shop.currency))


def _spread(here: duckdb.DuckDBPyConnection, card: Mapping[str, Any], stale: bool, minors: int) -> Spread:
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
                f"SELECT coalesce({name}, '{NOT_KNOWN}') AS part, count(*), coalesce(sum(value_minor), 0) AS v"
                " FROM worth LEFT JOIN firsts USING (customer_id) GROUP BY part"
                f" ORDER BY part = '{NOT_KNOWN}', {'part DESC' if name == BY_TIME else 'v DESC, part'}"
            ).fetchall(),
            value,
        )
        for name in BY
    }
    each = np.nan_to_num(here.sql("SELECT value_minor FROM worth").fetchnumpy()["value_minor"]).astype(float)
    return Spread(
        customers, value, orders, alive, _groups(told, value), bands(each, minors), concentration(each), by, card, stale
    )


def bands(each: npt.NDArray[np.float64], minors: int) -> tuple[Band, ...]:
    """Customers by what is expected of each, between round amounts: 1, 2 and 5 times powers of ten in the whole unit of
    the currency. each: minor units; minors: of them, how many make a whole one. Empty where nobody is worth anything.
    """
    worth = each[each > 0]
    if not len(worth):
        return ()
    few, most = np.quantile(worth, (0.02, 0.98)) / minors
    steps = [factor * 10.0**power for power in range(-2, 13) for factor in (1, 2, 5)]
    steps = [step for step in steps if step * minors >= 1]
    within = [step for step in steps if few <= step <= most]
    within = within or [max((step for step in steps if step <= few), default=steps[0])]
    ends = [minors * end for end in within[1 - BANDS :]]
    place = np.searchsorted(ends, each, side="right")
    many, sums = np.bincount(place, minlength=len(ends) + 1), np.bincount(place, each, len(ends) + 1)
    lows, highs = [0.0, *ends], [*ends, None]
    return tuple(Band(*one) for one in zip(lows, highs, many.tolist(), sums.tolist(), strict=True))


def _groups(rows: list[tuple[str, int, float]], value: float) -> tuple[Group, ...]:
    return tuple(Group(name, n, v, v / value if value else 0.0) for name, n, v in rows)
