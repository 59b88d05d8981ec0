"""What each customer will still bring: histories by SQL, models chosen by what they forecast, a value for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import log1p
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.buying_model import Fitted, fit
from holdfast.estimates.gamma_gamma import spend
from holdfast.estimates.held_out_forecast import Choice, choose
from holdfast.estimates.repeat_buying import RepeatBuying, group
from holdfast.estimates.residual_value import DRAWS, FittedSpend, fit_spend, residual_value
from holdfast.estimates.value_gate import Gate, value_gate

HELD_OUT_DAYS = 180
HORIZON_DAYS = 365
YEARLY_DISCOUNT = 0.1  # a year from now a pound is worth 1 / 1.1 today, decision 0104
FALLBACK = "MBG/NBD"  # where the data are too short to hold some of them out
BATCH = 200_000  # customers worked out at once
COLUMNS = ("purchases", "alive", "spend", "value", "low", "high")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ValueModel:
    """Fitted on the histories as they stood on as_of, in days and in the minor unit of what was paid."""

    as_of: date
    buying: Fitted
    spend: FittedSpend
    choice: Choice | Unknown
    gate: Gate

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.buying.warnings + self.spend.warnings


def histories_sql(purchases: str, as_of: date) -> str:
    """SQL of one row per customer as known on as_of: customer_id, x, t_x, T (days), orders and total (minor units).

    purchases: SQL of rows with an integer customer_id, day and paid; any number of rows a customer and day make one
    occasion. The first occasion is in orders and total, not in x.
    """
    occasions = (
        f"SELECT customer_id, day, sum(paid) AS paid FROM ({purchases}) WHERE day <= DATE '{as_of}' GROUP BY ALL"
    )
    return (
        "SELECT customer_id, CAST(count(*) - 1 AS INTEGER) AS x, CAST(max(day) - min(day) AS INTEGER) AS t_x,"
        f" CAST(DATE '{as_of}' - min(day) AS INTEGER) AS T, CAST(count(*) AS INTEGER) AS orders,"
        f" CAST(coalesce(sum(paid), 0) AS BIGINT) AS total FROM ({occasions}) GROUP BY customer_id"
    )


def value_model(
    connection: duckdb.DuckDBPyConnection, histories: str, as_of: date, choice: Choice | Unknown
) -> ValueModel | Unknown:
    """Fit the model that was chosen to all that is known on as_of, and say whether it may be called predictive.

    histories: SQL as of histories_sql, or of a table that was made of it.
    """
    x, t_x, T, count = _arrays(connection, f"SELECT x, t_x, T, count(*) AS n FROM ({histories}) GROUP BY ALL")
    grouped = group(x, t_x, T, count)
    buying = fit(grouped, FALLBACK if isinstance(choice, Unknown) else choice.name)
    if isinstance(buying, Unknown):
        return buying
    paid = fit_spend(
        spend(*_arrays(connection, f"SELECT orders, total, count(*) AS n FROM ({histories}) GROUP BY ALL"))
    )
    if isinstance(paid, Unknown):
        return paid
    return ValueModel(as_of, buying, paid, choice, _gate(grouped, choice))


def held_out(
    connection: duckdb.DuckDBPyConnection, purchases: str, as_of: date, days: int = HELD_OUT_DAYS
) -> Choice | Unknown:
    """Fit every model as of `days` earlier and hold it to what came since."""
    then = as_of - timedelta(days=days)
    later = (
        f"SELECT customer_id, count(DISTINCT day) AS later FROM ({purchases})"
        f" WHERE day > DATE '{then}' AND day <= DATE '{as_of}' GROUP BY customer_id"
    )
    x, t_x, T, bought, count = _arrays(
        connection,
        f"SELECT x, t_x, T, coalesce(later, 0) AS later, count(*) AS n FROM ({histories_sql(purchases, then)})"
        f" LEFT JOIN ({later}) USING (customer_id) GROUP BY ALL",
    )
    return choose(x, t_x, T, bought, horizon=days, count=count)


def write_values(
    connection: duckdb.DuckDBPyConnection,
    histories: str,
    model: ValueModel,
    path: Path,
    *,
    horizon_days: int = HORIZON_DAYS,
    yearly_discount: float = YEARLY_DISCOUNT,
    draws: int = DRAWS,
) -> int:
    """A row per customer into one Parquet file: customer_id and COLUMNS; how many there are.

    alive is null where it is not told. purchases, spend and value are expected within the horizon, value discounted,
    low and high its ends 95 times in 100 (null with draws = 0); money in minor units.
    """
    written = 0
    fields = [("customer_id", pa.int64()), *((name, pa.float64()) for name in COLUMNS)]
    with pq.ParquetWriter(path, pa.schema(fields)) as file:
        for batch in _values(connection, histories, model, horizon_days, log1p(yearly_discount) / 365, draws):
            file.write_table(batch)
            written += batch.num_rows
    return written


def _values(
    connection: duckdb.DuckDBPyConnection, histories: str, model: ValueModel, horizon: int, discount: float, draws: int
) -> Iterator[pa.Table]:
    rows = connection.cursor().sql(f"SELECT customer_id, x, t_x, T, orders, total FROM ({histories})")
    batches: Any = rows.to_arrow_reader(BATCH)
    for batch in batches:
        customers, *columns = (column.to_numpy(zero_copy_only=False) for column in batch.columns)
        x, t_x, T, orders, total = columns
        told = residual_value(
            model.buying, model.spend, x, t_x, T, orders, total, horizon=horizon, discount=discount, draws=draws
        )
        alive = model.buying.alive(x, t_x, T)
        known = np.full(len(x), np.nan) if isinstance(alive, Unknown) else alive
        numbers = (told.purchases, known, told.spend, told.value, told.low, told.high)
        yield pa.table(
            {
                "customer_id": pa.array(customers, pa.int64()),
                **{name: pa.array(n, from_pandas=True) for name, n in zip(COLUMNS, numbers, strict=True)},
            }
        )


def _gate(histories: RepeatBuying | Unknown, choice: Choice | Unknown) -> Gate:
    if isinstance(histories, Unknown):
        return value_gate(buyers=0, days=0, days_since_order=0, most_orders=0, choice=histories)
    return value_gate(
        buyers=histories.customers,
        days=int(histories.T.max()),
        days_since_order=int((histories.T - histories.t_x).min()),
        most_orders=int(histories.x.max()) + 1,
        choice=choice,
    )


def _arrays(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Floats, ...]:
    found: Any = connection.cursor().sql(query).to_arrow_table()
    return tuple(np.asarray(column.to_numpy(), dtype=float) for column in found.columns)
