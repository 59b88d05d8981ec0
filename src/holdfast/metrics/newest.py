"""The newest units of every headline, published beside the values: a number opens at once at any size of shop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from holdfast.commerce.calendar import months_before
from holdfast.metrics.declare import WAITS, Metric
from holdfast.metrics.sides import ORDERS, UNITS
from holdfast.metrics.together import Scan, units_of
from holdfast.metrics.unitrows import COLUMNS, Status, headline_rows, status_sql, still_open
from holdfast.warehouse.engine import text
from holdfast.warehouse.home import Shop
from holdfast.warehouse.snapshot import Snapshot

KEPT = 200  # of each metric, shop and status
SPARE = 100  # more of them, which take the places of those that leave a list from one build to the next
FEW = 2  # shops that are asked for one by one, which costs less than all at once while they are few
FILE = "newest_units.parquet"
KEPT_BEFORE = "newest_kept.parquet"  # with those to spare, for the next build
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
        connection.execute("CREATE OR REPLACE TEMP TABLE newest_cut (metric VARCHAR, shop_id BIGINT, status VARCHAR)")

    def add(self, scan: Scan) -> None:
        """The unit rows of each metric of a scan."""
        for asked in scan.asked:
            for table in ("newest_unit", "newest_cut"):
                self._connection.execute(f"DELETE FROM {table} WHERE metric = '{asked.metric.id}'")
            rows = headline_rows(asked.metric, units_of(scan, asked), self._as_of)
            chosen = (
                _one_by_one(asked.metric, rows, self._shops)
                if len(self._shops) <= FEW
                else _at_once(asked.metric, rows)
            )
            self._connection.execute(f"INSERT INTO newest_unit SELECT '{asked.metric.id}', * FROM ({chosen})")

    def mend(self, before: str, metrics: Sequence[Metric]) -> set[str]:
        """Carry the lists of some metrics, of which `newest_unit` holds those units that the day can have changed.

        before: a SELECT of what was kept. Returns the ids of those whose lists may lack somebody.
        """
        if not metrics:
            return set()
        standing = _listed(metric.id for metric in metrics if metric.span == "state")
        trailing = _listed(metric.id for metric in metrics if metric.span == "trailing")
        told = f"metric IN ({_listed(metric.id for metric in metrics)})"
        today, year_ago = f"DATE '{self._as_of}'", f"DATE '{months_before(self._as_of, 12)}'"
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE newest_before AS SELECT * REPLACE ("
            f"CASE WHEN metric IN ({standing}) THEN {today} ELSE anchor END AS anchor,"
            f" CASE WHEN metric IN ({standing}) THEN {today} ELSE matures_on END AS matures_on)"
            f" FROM ({before}) WHERE {told}"
        )
        place = f"row({today} - anchor, unit_id)"  # of those listed the first has the least
        changed = (
            f"unit_id IN (SELECT unit_id FROM {UNITS}) OR -unit_id IN (SELECT order_id FROM {ORDERS})"
            f" OR (metric IN ({trailing}) AND anchor <= {year_ago})"
        )
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE newest_now AS"
            f" WITH last AS (SELECT metric, shop_id, status, max({place}) AS place,"
            " bool_or(cut) AS cut"
            " FROM newest_before GROUP BY ALL),"
            f" every AS (FROM newest_unit WHERE {told} UNION ALL SELECT * EXCLUDE (cut) FROM newest_before"
            f" WHERE NOT ({changed}))"
            f" SELECT e.* FROM every AS e LEFT JOIN last AS l USING (metric, shop_id, status)"
            f" WHERE NOT coalesce(l.cut, false) OR {place} <= l.place"
            f" QUALIFY row_number() OVER (PARTITION BY metric, shop_id, status ORDER BY anchor DESC, unit_id)"
            f" <= {KEPT + SPARE}"
        )
        self._connection.execute(f"DELETE FROM newest_unit WHERE {told}")
        self._connection.execute("INSERT INTO newest_unit FROM newest_now")
        lists = "SELECT metric, shop_id, status"
        self._connection.execute(f"INSERT INTO newest_cut {lists} FROM newest_before WHERE cut GROUP BY ALL")
        short = self._connection.execute(
            f"SELECT DISTINCT metric FROM newest_cut LEFT JOIN ({lists}, count(*) AS size FROM newest_now GROUP BY ALL)"
            f" USING (metric, shop_id, status) WHERE coalesce(size, 0) < {KEPT}"
        ).fetchall()
        return {metric for (metric,) in short}

    def write(self, folder: Path) -> None:
        place = "row_number() OVER (PARTITION BY metric, shop_id, status ORDER BY anchor DESC, unit_id)"
        self._connection.execute(
            "COPY (SELECT metric, u.shop_id, unit_id, s.name AS shop, c.customer_number AS customer, anchor,"
            f" matures_on, counted, out_of, status FROM (FROM newest_unit QUALIFY {place} <= {KEPT}) AS u"
            " JOIN shop AS s USING (shop_id) LEFT JOIN customer AS c USING (customer_id)"
            f" ORDER BY metric, u.shop_id) TO {text(str(folder / FILE))} (FORMAT parquet)"
        )
        self._connection.execute(
            f"INSERT INTO newest_cut SELECT metric, shop_id, status FROM newest_unit GROUP BY ALL"
            f" HAVING count(*) >= {KEPT + SPARE}"
        )
        kept = "SELECT *, (metric, shop_id, status) IN (FROM newest_cut) AS cut FROM newest_unit ORDER BY metric"
        self._connection.execute(f"COPY ({kept}) TO {text(str(folder / KEPT_BEFORE))} (FORMAT parquet)")
        self._connection.execute("DROP TABLE newest_unit")


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(map(text, ids)) or "''"  # which is no metric's


def _one_by_one(metric: Metric, rows: str, shops: Sequence[int]) -> str:
    """A short list of each shop and status: the engine skips what comes after the last of a list at sight."""
    columns = ", ".join(f"CAST({name} AS {kind})" for name, kind in _UNIT.items())
    return " UNION ALL ".join(
        f"(SELECT shop_id, {status_sql(metric)}, {columns} FROM ({rows}) WHERE shop_id = {shop_id} AND {status}"
        f" ORDER BY CAST(anchor AS DATE) DESC, unit_id LIMIT {KEPT + SPARE})"
        for shop_id in shops
        for status in (still_open(metric), f"NOT coalesce({still_open(metric)}, false)")
    )


def _at_once(metric: Metric, rows: str) -> str:
    """All lists in one pass."""
    taken = ", ".join(f"{name}: CAST({name} AS {kind})" for name, kind in _UNIT.items())
    return (
        "SELECT shop_id, status, unnest(newest, recursive := true)"
        f" FROM (SELECT shop_id, {status_sql(metric)} AS status,"
        f" max_by({{{taken}}}, row(CAST(anchor AS DATE), -unit_id), {KEPT + SPARE}) AS newest"
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
