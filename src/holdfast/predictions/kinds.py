"""What is published of every customer: declared frames, the same columns whatever model made them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from holdfast.commerce.unknown import Unknown
from holdfast.predictions.reasons import SOONER, TOLD
from holdfast.warehouse.home import Home, Shop
from holdfast.warehouse.snapshot import Snapshot

WORD = pa.dictionary(pa.int32(), pa.string())
RISK_COLUMNS: Mapping[str, pa.DataType] = {
    # Of a company, where the card says that the shop's are companies.
    "customer_id": pa.int64(),
    # Chances, 0…1; null where there is no such model. leaves: of the label of leaving.
    "leaves": pa.float32(), "orders_30": pa.float32(), "orders_60": pa.float32(), "orders_90": pa.float32(),
    # Days since the last order ÷ own usual gap: what every chance is held against when its day comes.
    "overdue": pa.float32(),
    # Merchandise bought in the year before, minor units of the shop's currency: what is at stake.
    "spent_minor": pa.float64(),
    # Feature, log odds (above 0: likelier to leave), and the customer's value of it; null where there is none further.
    # Those of leaving, then those of ordering soon.
    **{
        f"{of}{name}_{place}": kind
        for of in ("", SOONER)
        for place in range(1, TOLD + 1)
        for name, kind in (("reason", WORD), ("worth", pa.float32()), ("value", pa.float32()))
    },
}  # fmt: skip
# Within the card's horizon. alive: the chance of buying ever again; each_minor: expected of one purchase; value_minor:
# expected of all, discounted, and low and high: the ends between which it lies 95 times in 100. Minor units of the
# shop's currency; null where the model says nothing.
VALUE_COLUMNS: Mapping[str, pa.DataType] = {
    "customer_id": pa.int64(), "alive": pa.float64(), "expected_orders": pa.float64(), "each_minor": pa.float64(),
    "value_minor": pa.float64(), "low_minor": pa.float64(), "high_minor": pa.float64(),
}  # fmt: skip
# Of whoever subscribes, within the card's months. months: renewed so far without a break; stays: the chance to be there
# at their end; renewals: expected among them; value_minor: what these bring at what is paid now, discounted; low, high:
# the ends between which it lies 95 times in 100. Minor units of the shop's currency.
STAYING_COLUMNS: Mapping[str, pa.DataType] = {
    "customer_id": pa.int64(), "months": pa.int64(), "stays": pa.float64(), "renewals": pa.float64(),
    "monthly_minor": pa.float64(), "value_minor": pa.float64(), "low_minor": pa.float64(), "high_minor": pa.float64(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """connection: over the snapshot, for reading."""

    home: Home
    connection: duckdb.DuckDBPyConnection
    snapshot: Snapshot
    shop: Shop


@dataclass(frozen=True, slots=True)
class Made:
    """table: one row a customer, by key. card: what a person should know before believing it, as JSON holds it."""

    table: pa.Table
    card: Mapping[str, Any]


Make = Callable[[Asked], Made | Unknown]


@dataclass(frozen=True, slots=True)
class Kind:
    """make: works out every customer's row, as of the snapshot's day; Unknown where nothing can be said."""

    id: str
    name: str
    columns: Mapping[str, pa.DataType]
    make: Make

    def checked(self, made: Made) -> Made:
        """Raises ValueError where the rows are not as declared."""
        wanted = pa.schema(list(self.columns.items()))
        if made.table.schema.names != wanted.names:
            raise ValueError(f"{self.id}: the columns are {made.table.schema.names}, declared are {wanted.names}")
        return Made(made.table.cast(wanted), made.card)
