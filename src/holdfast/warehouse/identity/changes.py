"""How keys came to be what they are: every merge and split since the first build, kept from snapshot to snapshot.

A batch is one build. A merge carries the number of the batch that made it (`reversible_batch_id`), so that old
reports stay explainable and a batch can be taken back as a whole.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from holdfast.warehouse.engine import parquet, text

CHANGE_COLUMNS = {
    "customer_id": "BIGINT", "was": "BIGINT", "became": "BIGINT", "rule": "VARCHAR", "batch": "VARCHAR",
    "built_at": "TIMESTAMP",
}  # fmt: skip
BATCH_COLUMNS = {
    "batch": "VARCHAR", "built_at": "TIMESTAMP", "profiles": "BIGINT", "persons": "BIGINT", "merges": "BIGINT",
    "splits": "BIGINT", "set_aside": "BIGINT",
}  # fmt: skip


RECORD = {"identity_change": CHANGE_COLUMNS, "identity_batch": BATCH_COLUMNS}  # what snapshots hand on


def remember(con: duckdb.DuckDBPyConnection, serving: Path | None, until: datetime) -> None:
    """Leave `identity_change_before` and `identity_batch_before` from the snapshot that serves, up to a moment."""
    for name, columns in RECORD.items():
        path = serving / f"{name}.parquet" if serving else None
        nothing = ", ".join(f"NULL::{kind} AS {column}" for column, kind in columns.items())
        source = parquet([path]) if path and path.is_file() else f"SELECT {nothing} WHERE false"
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {name}_before AS SELECT * FROM ({source})"
            f" WHERE built_at <= TIMESTAMP {text(until.strftime('%Y-%m-%d %H:%M:%S'))}"
        )


def tell_changes(con: duckdb.DuckDBPyConnection, batch: str, built_at: datetime) -> None:
    """Leave `identity_change` and `identity_batch`: what was before and what this build changed.

    Reads `identity_now` (customer_id, customer_key, rule): the profiles that are part of another one's person.
    """
    moment = f"TIMESTAMP {text(built_at.strftime('%Y-%m-%d %H:%M:%S'))}"
    before = (
        "SELECT customer_id, arg_max(became, (built_at, batch)) AS customer_key FROM identity_change_before GROUP BY 1"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_change AS SELECT * FROM identity_change_before UNION ALL BY NAME"
        " SELECT customer_id, coalesce(b.customer_key, customer_id) AS was, coalesce(n.customer_key, customer_id)"
        f" AS became, n.rule, {text(batch)} AS batch, {moment} AS built_at FROM ({before}) AS b"
        " FULL JOIN identity_now AS n USING (customer_id)"
        " WHERE coalesce(b.customer_key, customer_id) <> coalesce(n.customer_key, customer_id)"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_batch AS SELECT * FROM identity_batch_before UNION ALL BY NAME SELECT"
        f" {text(batch)} AS batch, {moment} AS built_at, (SELECT count(*) FROM customer) AS profiles,"
        " (SELECT count(*) FROM customer) - (SELECT count(*) FROM identity_now) AS persons,"
        f" (SELECT count(*) FROM identity_change WHERE batch = {text(batch)} AND was = customer_id) AS merges,"
        f" (SELECT count(*) FROM identity_change WHERE batch = {text(batch)} AND became = customer_id) AS splits,"
        " (SELECT count(*) FROM (SELECT DISTINCT pool, type, value FROM identity_seen WHERE starts_with(state,"
        " 'set aside'))) AS set_aside"
    )
