"""The newest units of every headline, published beside the values: a number opens at once at any size of shop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from holdfast.metrics.declare import WAITS, Metric
from holdfast.metrics.together import Scan, units_of
from holdfast.metrics.unitrows import COLUMNS, Status, headline_rows, status_sql, still_open
from holdfast.warehouse.engine import text
from holdfast.warehouse.home import Shop
from holdfast.warehouse.snapshot import Snapshot

KEPT = 200  # of each metric, shop and status
FEW = 2  # shops that are asked for one by one, which costs less than all at once while they are few
FILE = "newest_units.parquet"
_UNIT = {
    "unit_id": "BIGINT", "customer_id": "BIGINT", "anchor": "DATE", "matures_on": "DATE", "counted": "DOUBLE",
    "out_of": "DOUBLE",
}  # fmt: skip


class NewestUnits:
    """Gathers the newest units of each metric; the newest of a scope are among the newest of its shops."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
        self._connection, self._as_of = connection, snapshot.as_of
        self._shops = [shop.shop_id for shop in snapshot.shops]
        kinds = ", ".join(f"{name} {kind}" for name, kind in _UNIT.items())
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE newest_unit (metric VARCHAR, shop_id BIGINT, status VARCHAR, {kinds})"
        )

    def add(self, scan: Scan) -> None:
        """The unit rows of each metric of a scan."""
        for asked in scan.asked:
            rows = headline_rows(asked.metric, units_of(scan, asked), self._as_of)
            chosen = (
                _one_by_one(asked.metric, rows, self._shops)
                if len(self._shops) <= FEW
                else _at_once(asked.metric, rows)
            )
            self._connection.execute(f"INSERT INTO newest_unit SELECT '{asked.metric.id}', * FROM ({chosen})")

    def write(self, folder: Path) -> None:
        self._connection.execute(
            "COPY (SELECT metric, u.shop_id, unit_id, s.name AS shop, c.customer_number AS customer, anchor,"
            " matures_on, counted, out_of, status FROM newest_unit AS u JOIN shop AS s USING (shop_id)"
            " LEFT JOIN customer AS c USING (customer_id)"
            f" ORDER BY metric, u.shop_id) TO {text(str(folder / FILE))} (FORMAT parquet)"
        )
        self._connection.execute("DROP TABLE newest_unit")


def _one_by_one(metric: Metric, rows: str, shops: Sequence[int]) -> str:
    """A short list of each shop and status: the engine skips what comes after the last of a list at sight."""
    columns = ", ".join(f"CAST({name} AS {kind})" for name, kind in _UNIT.items())
    return " UNION ALL ".join(
        f"(SELECT shop_id, {status_sql(metric)}, {columns} FROM ({rows}) WHERE shop_id = {shop_id} AND {status}"
        f" ORDER BY CAST(anchor AS DATE) DESC, unit_id LIMIT {KEPT})"
        for shop_id in shops
        for status in (still_open(metric), f"NOT coalesce({still_open(metric)}, false)")
    )


def _at_once(metric: Metric, rows: str) -> str:
    """All lists in one pass."""
    taken = ", ".join(f"{name}: CAST({name} AS {kind})" for name, kind in _UNIT.items())
    return (
        "SELECT shop_id, status, unnest(newest, recursive := true)"
        f" FROM (SELECT shop_id, {status_sql(metric)} AS status,"
        f" max_by({{{taken}}}, row(CAST(anchor AS DATE), -unit_id), {KEPT}) AS newest"
        f" FROM ({rows}) GROUP BY 1, 2)"
    )


def newest(
    snapshot: Snapshot, metric: Metric, shops: Sequence[Shop], status: Status, limit: int, offset: int
) -> list[tuple[Any, ...]] | None:
    """Rows of COLUMNS in their order; None where they reach past what is kept, or the snapshot kept none."""
    import pyarrow.parquet as pq

    if not shops:
        return []
    path = snapshot.path / FILE
    if offset + limit > KEPT or not path.is_file():
        return None
    wanted = [("metric", "=", metric.id), ("shop_id", "in", [shop.shop_id for shop in shops])]
    if status == "open" or (status == "counted" and metric.kind not in WAITS):  # of a waiting time everybody counts
        wanted.append(("status", "=" if status == "counted" else "!=", "counted"))
    rows = pq.read_table(path, columns=list(COLUMNS), filters=wanted, use_threads=False).to_pylist()
    rows.sort(key=lambda r: (-r["anchor"].toordinal(), r["unit_id"], r["shop"]))
    return [tuple(r.values()) for r in rows[offset : offset + limit]]
