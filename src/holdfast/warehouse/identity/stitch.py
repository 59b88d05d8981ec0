"""Anonymous visits of somebody who signed in a little later on the same device."""

from __future__ import annotations

import duckdb

from holdfast.warehouse.identity.seen import CROWDED

WATCHED = (("session", "session_id", "started_at"), ("event", "event_id", "happened_at"))


def stitch(con: duckdb.DuckDBPyConnection, days: int) -> None:
    """Leave `stitched` (seen_in, id, customer_id, signed_in_at): rows nobody was signed in for, and whose they were.

    A row belongs to the next person who signs in on its device, at most `days` × 24 hours later; whoever signs in
    after somebody else gets nothing of before. Devices of many people are left out. Reads `identity_seen`; days 0:
    nobody ever signed in.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE stitched (seen_in VARCHAR, id BIGINT, customer_id BIGINT, signed_in_at TIMESTAMP)"
    )
    if not days:
        return
    signed_in = " UNION ALL ".join(
        f"SELECT shop_id, anonymous, customer_id, {moment} AS moment FROM {table}"
        " WHERE anonymous IS NOT NULL AND customer_id IS NOT NULL"
        for table, _, moment in WATCHED
    )
    if not con.execute(f"SELECT 1 FROM ({signed_in}) LIMIT 1").fetchone():
        return
    # Two people at one moment: what came before is nobody's, and not the next one's either.
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_sign_in AS SELECT shop_id, anonymous, moment,"
        " CASE WHEN min(customer_id) = max(customer_id) THEN min(customer_id) END AS customer_id"
        f" FROM ({signed_in}) ANTI JOIN ({_not_one_persons()}) USING (shop_id, anonymous) GROUP BY ALL"
    )
    for table, own, moment in WATCHED:
        con.execute(
            f"INSERT INTO stitched SELECT '{table}', v.{own}, n.customer_id, n.moment FROM (SELECT {own}, shop_id,"
            f" anonymous, {moment} AS moment FROM {table} WHERE anonymous IS NOT NULL AND customer_id IS NULL) AS v"
            " ASOF JOIN identity_sign_in AS n ON n.shop_id = v.shop_id AND n.anonymous = v.anonymous"
            f" AND v.moment <= n.moment WHERE n.moment - v.moment <= INTERVAL {days} DAYS AND n.customer_id IS NOT NULL"
        )


def _not_one_persons() -> str:
    """Devices that are no device, that do not count, or that too many people use."""
    return (
        "SELECT DISTINCT l.shop_id, l.anonymous FROM identity_login AS l JOIN identity_pool AS p USING (shop_id)"
        " LEFT JOIN (SELECT DISTINCT pool, value FROM identity_seen WHERE type = 'device' AND"
        f" (state LIKE '{CROWDED}%' OR state LIKE 'blocked%' OR state LIKE 'ignored%')) AS c"
        " ON c.pool = p.pool AND c.value = l.value WHERE l.placeholder OR c.value IS NOT NULL"
    )
