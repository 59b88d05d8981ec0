"""Pairs of customers who looked alike before one of them was treated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa

from holdfast.estimates.matching import Ints, Matched, match
from holdfast.playbooks.aside import TREATED

NOT_TREATED = "compared"
APART = 28  # days before the start that no pair is made by: who is chosen for a bad month gets better by itself
SEEN = 180  # days before those, by which pairs are made
LOOKS = ("spent", "orders", "slope", "gap", "age")


def paired(connection: duckdb.DuckDBPyConnection, treated: pa.Table) -> pa.Table:
    """treated: customer_id, arm, assigned_on. With those compared with them since the same day, the number of each
    pair, and in the metadata how unlike both were before; who has nobody alike is left out and counted there too.

    Day by day, the earliest first; nobody is compared twice.
    """
    every, taken = np.asarray(treated["customer_id"], dtype=np.int64), np.zeros(0, np.int64)
    days = treated["assigned_on"].to_pylist()
    made: list[_Pairs] = []
    for day in sorted(set(days)):
        mine = every[[one == day for one in days]]
        seen = connection.execute(_looks(day - timedelta(days=APART)), {"treated": every.tolist()}).fetchnumpy()
        keys, stratum = np.asarray(seen["customer_id"]), np.asarray(seen["stratum"])
        looks = np.column_stack([np.asarray(seen[name], dtype=float) for name in LOOKS])
        begins, free = np.isin(keys, mine), ~np.asarray(seen["treated"], dtype=bool) & ~np.isin(keys, taken)
        found = match(looks[begins], looks[free], stratum[begins], stratum[free])
        pair = _Pairs(day, keys[begins][found.treated], keys[free][found.control], found)
        taken, made = np.concatenate([taken, pair.compared]), [*made, pair]
    return _written(made, treated.num_rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    day: date
    treated: Ints
    compared: Ints
    found: Matched


def _written(made: list[_Pairs], asked: int) -> pa.Table:
    sizes = [len(one.treated) for one in made]
    number = np.arange(sum(sizes))
    days = pa.array([one.day for one, size in zip(made, sizes, strict=True) for _ in range(size)], pa.date32())
    told = pa.table(
        {
            "customer_id": np.concatenate([*(one.treated for one in made), *(one.compared for one in made)]),
            "arm": [TREATED] * len(number) + [NOT_TREATED] * len(number),
            "assigned_on": pa.concat_arrays([days, days]), "pair": np.concatenate([number, number]),
        }
    )  # fmt: skip
    apart = " ".join(f"{_most(made, sizes, name):.3f}" for name in ("before", "after"))
    return told.replace_schema_metadata({"apart": apart, "left_out": str(asked - len(number))})


def _most(made: list[_Pairs], sizes: list[int], name: str) -> float:
    """Standard deviations apart in the covariate that is most: the mean over days, by pairs."""
    if not sum(sizes):
        return float("nan")
    each = [
        np.abs(getattr(one.found, name)) if size else np.zeros(len(LOOKS))
        for one, size in zip(made, sizes, strict=True)
    ]
    return float(np.average(each, axis=0, weights=sizes).max())


def _looks(until: date) -> str:
    """What each customer of the treated ones' shops looked like in the days before `until`, and the stratum."""
    since, middle = until - timedelta(days=SEEN), until - timedelta(days=SEEN // 2)
    worth = "greatest(0, sum(placed_minor - returned_minor)"
    return (
        f"WITH bought AS (SELECT customer_id, {worth}) AS net, count(*) AS orders, max(placed_on) AS last,"
        f" {worth} FILTER (placed_on > DATE '{middle}')) AS late,"
        f" {worth} FILTER (placed_on <= DATE '{middle}')) AS early"
        " FROM order_value WHERE counts AND shop_money"
        f" AND placed_on > DATE '{since}' AND placed_on <= DATE '{until}' GROUP BY 1)"
        " SELECT h.customer_id, list_contains($treated::BIGINT[], h.customer_id) AS treated,"
        " dense_rank() OVER (ORDER BY h.shop_id, h.cohort, h.channel) AS stratum,"
        " ln(1 + coalesce(b.net, 0)) AS spent, ln(1 + coalesce(b.orders, 0)) AS orders,"
        " ln(1 + coalesce(b.late, 0)) - ln(1 + coalesce(b.early, 0)) AS slope,"
        f" ln(1 + (DATE '{until}' - coalesce(b.last, DATE '{since}'))) AS gap,"
        f" ln(1 + (DATE '{until}' - h.first_on)) AS age"
        " FROM history AS h LEFT JOIN bought AS b USING (customer_id)"
        f" WHERE h.first_on <= DATE '{until}' AND h.shop_id IN"
        " (SELECT shop_id FROM history WHERE customer_id IN (SELECT unnest($treated::BIGINT[]))) ORDER BY 1"
    )
