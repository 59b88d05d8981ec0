"""Joining profiles from the surest evidence to the weakest, with the guards of each kind.

A limit on persons counts those that surer evidence has already made one, so kinds follow each other in a fixed
order and the order in which evidence arrives changes nothing. The rule that a profile is joined by is the weakest
link of its best path to the survivor.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from holdfast.warehouse.identity.apart import joined_apart
from holdfast.warehouse.identity.rules import KINDS, RULES, STRENGTH
from holdfast.warehouse.identity.seen import CROWDED, SET_ASIDE
from holdfast.warehouse.identity.settings import Settings
from holdfast.warehouse.identity.union import union

Pairs = Collection[tuple[int, int]]


def join_all(con: duckdb.DuckDBPyConnection, settings: Settings, together: Pairs, apart: Pairs) -> None:
    """Leave `identity_root` (node, root, strength): every profile that is not the oldest of its person.

    Reads `identity_seen` and writes into its `state` why a row joins nobody.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE identity_root (node BIGINT, root BIGINT, strength INTEGER)")
    _pairs(con, "identity_together", together)
    _pairs(con, "identity_apart", apart)
    _join(con, "identity_together", STRENGTH["decided"])
    for kind in KINDS:
        if not con.execute("SELECT 1 FROM identity_seen WHERE type = ? LIMIT 1", [kind]).fetchone():
            continue
        if kind == "device":
            _join_devices(con, settings)
            continue
        _guard(con, kind, settings)
        _stars(con, kind)
        for rule in RULES:
            if rule.of == kind:
                _join(con, f"(SELECT a, b FROM identity_star WHERE strength = {rule.strength})", rule.strength)


def _pairs(con: duckdb.DuckDBPyConnection, table: str, pairs: Pairs) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} (a BIGINT, b BIGINT)")
    if pairs:
        con.execute(f"INSERT INTO {table} VALUES {', '.join(f'({a}, {b})' for a, b in sorted(pairs))}")


def _guard(con: duckdb.DuckDBPyConnection, kind: str, settings: Settings) -> None:
    """Set aside identifiers that too many customer numbers (e-mail) or persons (the rest) share."""
    if kind == "email":
        most, what = settings.limits["email_numbers"], "customer numbers"
        counted = "count(DISTINCT s.customer_id) FILTER (c.customer_number IS NOT NULL)"
        beside = "JOIN customer AS c ON c.customer_id = s.customer_id"
    else:
        most, what = settings.limits[f"{kind}_persons"], "persons"
        counted = "count(DISTINCT coalesce(r.root, s.customer_id))"
        beside = "LEFT JOIN identity_root AS r ON r.node = s.customer_id"
    con.execute(
        f"UPDATE identity_seen SET state = '{SET_ASIDE}: ' || crowd.n || ' {what} share it' FROM ("
        f"SELECT s.pool, s.type, s.value, {counted} AS n FROM identity_seen AS s {beside}"
        f" WHERE s.type = '{kind}' AND s.state IS NULL GROUP BY ALL HAVING {counted} > {most}) AS crowd"
        " WHERE identity_seen.pool = crowd.pool AND identity_seen.type = crowd.type"
        " AND identity_seen.value = crowd.value AND identity_seen.state IS NULL"
    )


def _stars(con: duckdb.DuckDBPyConnection, kind: str) -> None:
    """identity_star (a, b, strength): of each identifier every profile with the one that gave it most surely."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_star AS WITH giver AS (SELECT pool, value, customer_id,"
        " max(strength) AS strength FROM identity_seen"
        f" WHERE type = '{kind}' AND state IS NULL GROUP BY ALL)"
        " SELECT g.customer_id AS a, m.middle AS b, g.strength FROM giver AS g JOIN (SELECT pool, value,"
        " arg_max(customer_id, strength * (1::BIGINT << 40) - customer_id) AS middle FROM giver GROUP BY ALL) AS m"
        " USING (pool, value)"
        " WHERE g.customer_id <> m.middle"
    )


def _join(con: duckdb.DuckDBPyConnection, edges: str, strength: int) -> None:
    """Join what one kind of evidence says, on top of what is joined already."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_step AS SELECT * FROM (SELECT coalesce(ra.root, e.a) AS a,"
        f" coalesce(rb.root, e.b) AS b FROM {edges} AS e LEFT JOIN identity_root AS ra ON ra.node = e.a"
        " LEFT JOIN identity_root AS rb ON rb.node = e.b) WHERE a <> b"
    )
    if not con.execute("SELECT 1 FROM identity_step LIMIT 1").fetchone():
        return
    union(con, "identity_step", "joined")
    _keep_apart(con)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_root_next AS SELECT t.node, coalesce(j.root, t.root) AS root,"
        f" CASE WHEN j.root IS NULL THEN t.strength ELSE {strength} END AS strength FROM identity_root AS t"
        f" LEFT JOIN joined AS j ON j.node = t.root UNION ALL SELECT node, root, {strength} FROM joined"
    )
    con.execute("DROP TABLE identity_root")
    con.execute("ALTER TABLE identity_root_next RENAME TO identity_root")


def _keep_apart(con: duckdb.DuckDBPyConnection) -> None:
    """Where the step has brought together whom somebody holds apart, join that component again, edge by edge."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE apart_now AS SELECT DISTINCT coalesce(ra.root, p.a) AS a,"
        " coalesce(rb.root, p.b) AS b FROM identity_apart AS p LEFT JOIN identity_root AS ra ON ra.node = p.a"
        " LEFT JOIN identity_root AS rb ON rb.node = p.b"
    )
    broken = [
        root
        for (root,) in con.execute(
            "SELECT DISTINCT coalesce(ja.root, p.a) FROM apart_now AS p LEFT JOIN joined AS ja ON ja.node = p.a"
            " LEFT JOIN joined AS jb ON jb.node = p.b WHERE coalesce(ja.root, p.a) = coalesce(jb.root, p.b)"
        ).fetchall()
    ]
    if not broken:
        return
    tops = ", ".join(map(str, broken))
    edges = con.execute(
        "SELECT DISTINCT s.a, s.b FROM identity_step AS s LEFT JOIN joined AS j ON j.node = s.a"
        f" WHERE coalesce(j.root, s.a) IN ({tops})"
    ).fetchall()
    again = joined_apart(edges, con.execute("SELECT a, b FROM apart_now").fetchall())
    con.execute(f"DELETE FROM joined WHERE root IN ({tops})")
    if again:
        con.execute(f"INSERT INTO joined VALUES {', '.join(f'({n}, {r})' for n, r in sorted(again.items()))}")


def _join_devices(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """A device joins a guest to the one account that signed in on it: two accounts on it are two people.

    Set aside are devices with too many persons within some days: a family's, or the shop's own.
    """
    most, days = settings.limits["device_persons"], settings.limits["device_days"]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE device_person AS SELECT pool, value, coalesce(r.root, s.customer_id) AS root,"
        " l.day FROM (SELECT DISTINCT pool, value, customer_id FROM identity_seen WHERE type = 'device' AND state IS"
        " NULL) AS s JOIN (SELECT pool, value, customer_id, day FROM identity_login JOIN identity_pool USING (shop_id))"
        " AS l USING (pool, value, customer_id) LEFT JOIN identity_root AS r ON r.node = s.customer_id GROUP BY ALL"
    )
    con.execute(
        f"UPDATE identity_seen SET state = '{CROWDED} {most} persons within {days} days' FROM ("
        "SELECT DISTINCT pool, value FROM (SELECT pool, value, count(DISTINCT root) OVER (PARTITION BY pool, value"
        f" ORDER BY day RANGE BETWEEN INTERVAL {days} DAYS PRECEDING AND CURRENT ROW) AS n FROM device_person)"
        f" WHERE n > {most}) AS crowd WHERE identity_seen.type = 'device' AND identity_seen.pool = crowd.pool"
        " AND identity_seen.value = crowd.value AND identity_seen.state IS NULL"
    )
    # A crowd's days with each other would be many: they go before anybody is paired.
    con.execute(
        "DELETE FROM device_person WHERE (pool, value) NOT IN"
        " (SELECT (pool, value) FROM identity_seen WHERE type = 'device' AND state IS NULL)"
    )
    numbered = (
        "SELECT coalesce(r.root, c.customer_id) AS root, bool_or(c.customer_number IS NOT NULL) AS numbered"
        " FROM customer AS c LEFT JOIN identity_root AS r ON r.node = c.customer_id"
        " WHERE coalesce(r.root, c.customer_id) IN (SELECT root FROM device_person) GROUP BY 1"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE device_pair AS SELECT DISTINCT d.pool, d.value, g.root AS a, h.root AS b FROM"
        " device_person AS d JOIN device_person AS o USING (pool, value)"
        f" JOIN ({numbered}) AS g ON g.root = d.root JOIN ({numbered}) AS h ON h.root = o.root"
        f" WHERE NOT g.numbered AND h.numbered AND abs(o.day - d.day) <= {days}"
    )
    # A guest who was seen beside two accounts may be either.
    one = "SELECT a, min(b) AS b FROM device_pair GROUP BY a HAVING min(b) = max(b)"
    _join(con, f"({one})", STRENGTH["device"])
    con.execute(
        f"UPDATE identity_seen SET state = '{SET_ASIDE}: signs in of different people' WHERE type = 'device' AND state"
        " IS NULL AND (pool, value) IN (SELECT (pool, value) FROM (SELECT DISTINCT d.pool, d.value,"
        " coalesce(r.root, d.root) AS root FROM device_person AS d LEFT JOIN identity_root AS r ON r.node = d.root)"
        " GROUP BY pool, value HAVING count(*) > 1)"
    )
