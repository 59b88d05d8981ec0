"""Identity at a build: which profiles are one person, by which evidence, since which batch."""

from __future__ import annotations

from pathlib import Path

import duckdb

from holdfast.warehouse.home import Home
from holdfast.warehouse.identity.changes import remember, tell_changes
from holdfast.warehouse.identity.decisions import Standing, decisions, standing
from holdfast.warehouse.identity.hashed import forget_salt, set_salt
from holdfast.warehouse.identity.layers import join_all
from holdfast.warehouse.identity.rules import RULES
from holdfast.warehouse.identity.seen import anything, gather_seen, nothing_seen
from holdfast.warehouse.identity.settings import settings_of
from holdfast.warehouse.identity.stitch import stitch
from holdfast.warehouse.snapshot import Snapshot


def resolve(con: duckdb.DuckDBPyConnection, home: Home, snapshot: Snapshot, serving: Path | None) -> None:
    """Leave the tables of snapshot.IDENTITY in the connection. Raises HomeProblem: unreadable settings or decisions.

    snapshot: the one being built; decisions up to its moment count. serving: the folder of the one before, for its
    history.
    """
    moment = snapshot.built_at.replace(tzinfo=None)
    settings, said = settings_of(home), standing(decisions(home, moment))
    if evidence := anything(con, said):
        set_salt(con, home.salt())
        try:
            gather_seen(con, settings, said)
        finally:
            forget_salt(con)
        join_all(con, settings, _of_one_account(con, said), list(said.apart))
    else:
        nothing_seen(con)
    remember(con, serving, moment)
    _now(con)
    tell_changes(con, snapshot.id, moment)
    _leave_merged(con)
    _leave_edges(con)
    stitch(con, settings.limits["lookback_days"] if evidence else 0)
    _leave_persons(con)
    _tidy(con)


def _of_one_account(con: duckdb.DuckDBPyConnection, said: Standing) -> list[tuple[int, int]]:
    """What people joined, without pairs whose shops have come to belong to different accounts."""
    if not said.together:
        return []
    named = ", ".join(f"({a}, {b})" for a, b in said.together)
    return con.execute(
        f"SELECT t.a, t.b FROM (VALUES {named}) AS t(a, b) JOIN customer AS x ON x.customer_id = t.a JOIN customer AS y"
        " ON y.customer_id = t.b JOIN identity_pool AS p ON p.shop_id = x.shop_id JOIN identity_pool AS q"
        " ON q.shop_id = y.shop_id WHERE p.pool = q.pool"
    ).fetchall()


def _now(con: duckdb.DuckDBPyConnection) -> None:
    words = " ".join(f"WHEN {rule.strength} THEN '{rule.name}'" for rule in RULES)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_now AS SELECT node AS customer_id, root AS customer_key,"
        f" CASE strength {words} END AS rule FROM identity_root"
    )


def _leave_merged(con: duckdb.DuckDBPyConnection) -> None:
    """merged_profile: a row per profile of a person who has several; a shop counts them under one key of its own.

    customer_key is the oldest profile of the person in all shops of the account, shop_key the oldest in this shop.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE merged_profile AS WITH member AS (SELECT customer_id, customer_key, rule FROM"
        " identity_now UNION ALL SELECT DISTINCT customer_key, customer_key, NULL FROM identity_now),"
        " batch AS (SELECT customer_id, arg_max(batch, (built_at, batch)) AS batch FROM identity_change GROUP BY 1)"
        " SELECT m.customer_id, c.shop_id, m.customer_key, min(m.customer_id) OVER (PARTITION BY m.customer_key,"
        " c.shop_id) AS shop_key, m.rule, CASE WHEN m.rule IS NOT NULL THEN b.batch END AS reversible_batch_id"
        " FROM member AS m JOIN customer AS c ON c.customer_id = m.customer_id LEFT JOIN batch AS b"
        " ON b.customer_id = m.customer_id"
    )


def _leave_edges(con: duckdb.DuckDBPyConnection) -> None:
    """identity_edge: the shared identifiers, whether they join, and if not, why."""
    words = " ".join(f"WHEN {rule.strength} THEN '{rule.name}'" for rule in RULES)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_edge AS SELECT s.pool, s.type AS identifier_type, s.value AS"
        " identifier_hash, s.customer_id, s.shop_id, coalesce(m.customer_key, s.customer_id) AS customer_key,"
        f" s.seen_in, s.first_seen, s.last_seen, CASE s.strength {words} END AS rule, s.strength, s.state, s.load_id,"
        " m.reversible_batch_id FROM identity_seen AS s LEFT JOIN merged_profile AS m"
        " ON m.customer_id = s.customer_id"
    )


def _leave_persons(con: duckdb.DuckDBPyConnection) -> None:
    """person: a row per key that ever was; merged_into says which person it became part of."""
    many = _many_emails(con)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_first AS SELECT customer_id, least(min(i.first_seen),"
        " min(c.account_created_at)) AS first_seen FROM customer AS c LEFT JOIN customer_identifier AS i"
        " USING (customer_id) GROUP BY 1"
    )
    of_all = (
        "SELECT customer_key, min(f.first_seen) AS first_seen FROM merged_profile AS m JOIN identity_first AS f"
        " USING (customer_id) GROUP BY 1"
    )
    con.execute(
        "CREATE OR REPLACE TEMP VIEW person AS SELECT c.customer_id AS customer_key, c.shop_id,"
        " nullif(coalesce(m.customer_key, c.customer_id), c.customer_id) AS merged_into, m.rule AS confidence,"
        " m.reversible_batch_id, least(f.first_seen, a.first_seen) AS first_seen_at, e.customer_key IS NOT NULL"
        " AS many_emails FROM customer AS c JOIN identity_first AS f USING (customer_id)"
        " LEFT JOIN merged_profile AS m ON m.customer_id = c.customer_id"
        f" LEFT JOIN ({of_all}) AS a ON a.customer_key = c.customer_id"
        f" LEFT JOIN {many} AS e ON e.customer_key = c.customer_id"
    )


MANY_EMAILS = 5  # M58


def _many_emails(con: duckdb.DuckDBPyConnection) -> str:
    """A table of the persons with more than five e-mails; few are left to be counted exactly."""
    of_person = (
        "SELECT coalesce(m.customer_key, i.customer_id) AS customer_key, i.identifier_hash"
        " FROM customer_identifier AS i LEFT JOIN merged_profile AS m ON m.customer_id = i.customer_id"
        " WHERE i.type = 'email'"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE identity_many_emails AS WITH given AS ({of_person}) SELECT customer_key"
        " FROM given SEMI JOIN (SELECT customer_key FROM given GROUP BY 1"
        f" HAVING count(*) > {MANY_EMAILS}) USING (customer_key)"
        f" GROUP BY 1 HAVING count(DISTINCT identifier_hash) > {MANY_EMAILS}"
    )
    return "identity_many_emails"


def _tidy(con: duckdb.DuckDBPyConnection) -> None:
    for name in ("identity_star", "identity_step", "identity_shared", "joined", "device_pair", "device_person"):
        con.execute(f"DROP TABLE IF EXISTS {name}")
