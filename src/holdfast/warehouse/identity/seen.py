"""The evidence that could join profiles: identifiers of one account's shops that more than one profile gave."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from holdfast.warehouse.engine import text
from holdfast.warehouse.identity.decisions import Standing
from holdfast.warehouse.identity.hashed import hashed, short_hash
from holdfast.warehouse.identity.rules import STRENGTH
from holdfast.warehouse.identity.settings import Settings

# Why a row of evidence joins nobody, by the beginning of its state.
BLOCKED, SET_ASIDE, IGNORED, OFF = "blocked", "set aside", "ignored", "switched off"
CROWDED = f"{SET_ASIDE}: more than"  # of devices


def gather_seen(con: duckdb.DuckDBPyConnection, settings: Settings, standing: Standing) -> None:
    """Leave `identity_seen`: a row per identifier, profile and place, of identifiers that two profiles share.

    Columns: h (a number for the identifier), pool (the account), type, value (hash), customer_id, shop_id, seen_in,
    first_seen, last_seen, load_id, strength, state (null: it counts). The connection must know the salt.
    """
    _pools(con)
    _lists(con, settings, standing)
    _devices(con, settings)
    con.execute(f"CREATE OR REPLACE TEMP VIEW identity_known AS {_known(settings)}")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_shared AS SELECT h FROM identity_known"
        " GROUP BY h HAVING min(customer_id) < max(customer_id)"
    )
    _many(con, settings)
    con.execute(f"CREATE OR REPLACE TEMP TABLE identity_seen AS {_judged(settings)}")
    # Two identifiers may have one number h: what turns out to be alone after all goes again.
    con.execute(
        "DELETE FROM identity_seen WHERE (type, value, pool) IN (SELECT (type, value, pool) FROM identity_seen"
        " GROUP BY type, value, pool HAVING min(customer_id) = max(customer_id))"
    )


def anything(con: duckdb.DuckDBPyConnection, standing: Standing) -> bool:
    """Whether there is any evidence or decision at all; many shops have none."""
    some = (
        "customer_identifier", "loyalty_event WHERE member IS NOT NULL",
        "session WHERE anonymous IS NOT NULL AND customer_id IS NOT NULL",
        "event WHERE anonymous IS NOT NULL AND customer_id IS NOT NULL",
    )  # fmt: skip
    return bool(standing.together) or any(con.execute(f"SELECT 1 FROM {one} LIMIT 1").fetchone() for one in some)


def nothing_seen(con: duckdb.DuckDBPyConnection) -> None:
    """Leave what `gather_seen` and `join_all` leave when there is no evidence."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_seen (h UBIGINT, pool BIGINT, type VARCHAR, value VARCHAR,"
        " customer_id BIGINT, shop_id BIGINT, seen_in VARCHAR, first_seen TIMESTAMP, last_seen TIMESTAMP,"
        " load_id BIGINT, strength INTEGER, state VARCHAR)"
    )
    con.execute("CREATE OR REPLACE TEMP TABLE identity_root (node BIGINT, root BIGINT, strength INTEGER)")


def _pools(con: duckdb.DuckDBPyConnection) -> None:
    """Shops of one account may share people; shops of different accounts never do."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_pool AS SELECT shop_id, min(shop_id) OVER (PARTITION BY account) AS pool"
        " FROM shop"
    )


def _known(settings: Settings) -> str:
    blocked = _placeholder("member", settings)
    given = (
        "SELECT type, identifier_hash AS value, customer_id, shop_id, seen_in, first_seen, last_seen, load_id,"
        " verified, paid, local_hash, domain_hash, false AS placeholder FROM customer_identifier"
    )
    cards = (
        f"SELECT 'loyalty' AS type, {hashed('lower(trim(member))')} AS value, customer_id, shop_id, 'loyalty_event'"
        " AS seen_in, min(happened_at) AS first_seen, max(happened_at) AS last_seen, max(load_id) AS load_id,"
        " NULL::BOOLEAN AS verified, NULL::BOOLEAN AS paid, NULL::VARCHAR AS local_hash, NULL::VARCHAR AS domain_hash,"
        f" {blocked} AS placeholder FROM loyalty_event WHERE member IS NOT NULL AND customer_id IS NOT NULL"
        " GROUP BY ALL"
    )
    devices = (
        "SELECT 'device' AS type, value, customer_id, shop_id, seen_in, min(first_at) AS first_seen,"
        " max(last_at) AS last_seen, max(load_id) AS load_id, NULL::BOOLEAN AS verified, NULL::BOOLEAN AS paid,"
        " NULL::VARCHAR AS local_hash, NULL::VARCHAR AS domain_hash, placeholder FROM identity_login GROUP BY ALL"
    )
    return (
        "SELECT hash(pool, type, value) AS h, pool, k.* FROM"
        f" ({given} UNION ALL {cards} UNION ALL {devices}) AS k JOIN identity_pool USING (shop_id)"
    )


def _devices(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """identity_login: on which days who was signed in on which device, from visits and events that say both."""
    parts = [
        f"SELECT anonymous, {hashed('anonymous')} AS value, customer_id, shop_id, '{table}' AS seen_in,"
        f" CAST({moment} AS DATE) AS day, min({moment}) AS first_at, max({moment}) AS last_at, max(load_id) AS load_id,"
        f" {_placeholder('anonymous', settings)} AS placeholder"
        f" FROM {table} WHERE anonymous IS NOT NULL AND customer_id IS NOT NULL GROUP BY ALL"
        for table, moment in (("session", "started_at"), ("event", "happened_at"))
    ]
    con.execute(f"CREATE OR REPLACE TEMP TABLE identity_login AS {' UNION ALL '.join(parts)}")


def _placeholder(plain: str, settings: Settings) -> str:
    """SQL: the text stands for "we do not know" and for nobody's card or device."""
    listed = _texts(settings.ids)
    patterns = [f"regexp_full_match(lower(trim({plain})), {text(pattern)})" for pattern in settings.id_patterns]
    return f"({' OR '.join([f'lower(trim({plain})) IN ({listed})', *patterns])})"


def _lists(con: duckdb.DuckDBPyConnection, settings: Settings, standing: Standing) -> None:
    """The block lists as hashes, since nothing else is left of an address."""
    domains = [(word, "the shop's own domain") for word in settings.own_domains]
    domains += [(word, "a domain for tests or throw-away addresses") for word in settings.domains]
    _words(con, "block_domain", dict(reversed(domains)), short_hash("word"))
    _words(con, "block_role", dict.fromkeys(settings.roles, ""), short_hash("word"))
    _words(con, "block_email", dict.fromkeys(settings.emails, ""), hashed("word"))
    _words(con, "relay_domain", dict.fromkeys(settings.relay_domains, ""), short_hash("word"))
    rows = ", ".join(f"({text(kind)}, {text(value)}, {number})" for (kind, value), number in standing.ignored.items())
    con.execute("CREATE OR REPLACE TEMP TABLE ignored_identifier (type VARCHAR, value VARCHAR, number BIGINT)")
    if rows:
        con.execute(f"INSERT INTO ignored_identifier VALUES {rows}")


def _words(con: duckdb.DuckDBPyConnection, table: str, words: dict[str, str], hash_of: str) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} (h VARCHAR, why VARCHAR)")
    if words:
        rows = ", ".join(f"({text(word)}, {text(why)})" for word, why in words.items())
        con.execute(f"INSERT INTO {table} SELECT {hash_of}, why FROM (VALUES {rows}) AS t(word, why)")


def _many(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """identity_many: profiles with more e-mails (phones) than one person has: they were used for others."""
    most = " OR ".join(
        f"(type = '{kind}' AND count({{what}}) > {settings.limits[f'profile_{kind}s']})" for kind in ("email", "phone")
    )
    # Most profiles have few rows, so that hardly any are left to be counted exactly.
    con.execute(
        "CREATE OR REPLACE TEMP TABLE identity_many AS SELECT customer_id, type FROM customer_identifier SEMI JOIN ("
        f"SELECT customer_id, type FROM customer_identifier GROUP BY ALL HAVING {most.format(what='*')})"
        f" USING (customer_id, type) GROUP BY ALL HAVING {most.format(what='DISTINCT identifier_hash')}"
    )


def _judged(settings: Settings) -> str:
    strengths = " ".join(
        f"WHEN {when} THEN {STRENGTH[rule]}"
        for when, rule in (
            ("type = 'loyalty'", "loyalty"), ("type = 'device'", "device"), ("relay", "relay"),
            ("type = 'phone' AND verified", "phone_verified"), ("type = 'phone'", "phone"),
            ("verified", "email_verified"), ("paid", "email_paid"),
        )
    )  # fmt: skip
    off = ", ".join(
        text(kind) for kind in ("email", "phone", "loyalty", "relay", "device") if kind not in settings.merge
    )
    switched = f"WHEN kind IN ({off}) THEN '{OFF}'" if off else ""
    return (
        "SELECT h, pool, kind AS type, value, customer_id, shop_id, seen_in, first_seen, last_seen, load_id, strength,"
        f" CASE WHEN ignored IS NOT NULL THEN '{IGNORED}: decision ' || ignored"
        f" WHEN placeholder THEN '{BLOCKED}: stands for no card or device'"
        f" WHEN nobody THEN '{BLOCKED}: an address nobody reads'"
        f" WHEN domain_why IS NOT NULL THEN '{BLOCKED}: ' || domain_why"
        f" WHEN role THEN '{BLOCKED}: a role address' {switched}"
        f" WHEN many AND seen_in <> 'customer' THEN '{SET_ASIDE}: the profile gave more than ' ||"
        f" CASE type WHEN 'email' THEN '{settings.limits['profile_emails']} e-mails'"
        f" ELSE '{settings.limits['profile_phones']} phones' END"
        " END AS state FROM (SELECT k.*, CASE WHEN relay THEN 'relay' ELSE type END AS kind,"
        f" CASE {strengths} ELSE {STRENGTH['email']} END AS strength FROM ("
        "SELECT s.*, i.number AS ignored, d.why AS domain_why, e.h IS NOT NULL AS nobody, r.h IS NOT NULL AS role,"
        " y.h IS NOT NULL AS relay, m.customer_id IS NOT NULL AS many"
        " FROM (SELECT * FROM identity_known SEMI JOIN identity_shared USING (h)) AS s"
        " LEFT JOIN ignored_identifier AS i ON i.value = s.value AND i.type = s.type"
        " LEFT JOIN block_domain AS d ON d.h = s.domain_hash LEFT JOIN block_role AS r ON r.h = s.local_hash"
        " LEFT JOIN block_email AS e ON e.h = s.value LEFT JOIN relay_domain AS y ON y.h = s.domain_hash"
        " LEFT JOIN identity_many AS m ON m.customer_id = s.customer_id AND m.type = s.type) AS k)"
    )


def _texts(words: Iterable[str]) -> str:
    return ", ".join(map(text, words)) or "NULL"
