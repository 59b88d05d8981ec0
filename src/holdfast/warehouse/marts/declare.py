"""A mart over the tables beside sales: declared by one function, built once per snapshot, the same on any day.

Such a mart holds what happened and when, never "as of": a metric asked for a past day leaves out what
came later by its moments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import ibis

from holdfast.warehouse.marts.shop_day import shop_day, shop_time
from holdfast.warehouse.tables import TABLES

# What a result column is in Parquet, by its Ibis type. DuckDB sums whole numbers into 128 bits, so types are said.
SQL_TYPES = {
    "int64": "BIGINT", "string": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMP",
    "float64": "DOUBLE",
}  # fmt: skip


# How far ahead of UTC a zone is (seconds) from a moment on (UTC), for every zone that a shop or schedule has: made
# by the build, since a schedule's zone is data and zone rules are Python's to tell.
ZONE_CHANGE = ibis.table({"zone": "string", "since": "timestamp", "ahead": "int64"}, name="zone_change")
# Who is no customer, whatever they do: staff, tests, and whom the merchant excludes by a tag (C8).
EXCLUDED_PERSON = ibis.table({"customer_id": "int64"}, name="excluded_person")
Make = Callable[["Given"], ibis.Table]


@dataclass(frozen=True, slots=True)
class Given:
    """What a mart is made from: the tables, marts made before it, and each shop's calendar."""

    zones: Mapping[int, str]  # shop_id → IANA zone
    since: datetime  # the moments of the data lie between since and until
    until: datetime
    marts: Mapping[str, ibis.Table] = field(default_factory=dict)

    def table(self, name: str) -> ibis.Table:
        """A canonical table's newest versions."""
        return TABLES[name].unbound()

    def mart(self, make: Make) -> ibis.Table:
        """A mart made before this one: importing it is what puts it before."""
        return self.marts[make.__name__]

    def day(self, moment: ibis.Value, shop_id: ibis.Value) -> ibis.Value:
        """The calendar day of a UTC moment where the shop is."""
        return shop_day(moment, shop_id, dict(self.zones), self.since, self.until)

    def clock(self, moment: ibis.Value, shop_id: ibis.Value) -> ibis.Value:
        """What the shop's clock showed at a UTC moment."""
        return shop_time(moment, shop_id, dict(self.zones), self.since, self.until)


_REGISTRY: dict[str, Make] = {}


def mart(make: Make) -> Make:
    """Declare a mart: decorates the function of its name. Marts are built in the order in which they are declared."""
    name = make.__name__
    if name in _REGISTRY:
        raise ValueError(f"mart {name} is declared twice")
    _REGISTRY[name] = make
    return make
