"""What identity looks like as a whole: the largest persons, what was set aside, and how many merges a week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb


@dataclass(frozen=True, slots=True)
class Person:
    """A person with several profiles. weakest: the rule of the weakest link that joined one of them."""

    customer_key: int
    label: str
    shops: int
    profiles: int
    weakest: str
    first_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Aside:
    """An identifier that joins nobody although several profiles gave it."""

    identifier_type: str
    identifier_hash: str
    profiles: int
    state: str
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class Week:
    """Merges and splits of the builds of one week, which begins on Monday."""

    begins_on: date
    merges: int
    splits: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts of a snapshot. many_emails: persons with more than five e-mails."""

    profiles: int
    persons: int
    many_emails: int
    orders: int
    orders_of_somebody: int
    sessions: int
    sessions_of_somebody: int
    weeks: tuple[Week, ...]
    largest: tuple[Person, ...]
    aside: tuple[Aside, ...]


def overview(con: duckdb.DuckDBPyConnection, limit: int = 20) -> Overview:
    """Everything `holdfast identity list` shows, newest week first."""
    (profiles, persons, many) = _one(
        con,
        "SELECT count(*), count(*) FILTER (merged_into IS NULL), count(*) FILTER (merged_into IS NULL AND many_emails)"
        " FROM person",
    )
    (orders, of_somebody) = _one(con, "SELECT count(*), count(customer_id) FROM order_value WHERE valid")
    (sessions, known) = _one(con, "SELECT count(*), count(customer_id) FROM session WHERE NOT coalesce(is_bot, false)")
    weeks = con.execute(
        "SELECT CAST(date_trunc('week', built_at) AS DATE), sum(merges)::BIGINT, sum(splits)::BIGINT"
        " FROM identity_batch GROUP BY 1 ORDER BY 1 DESC LIMIT ?",
        [limit],
    ).fetchall()
    largest = con.execute(
        "SELECT m.customer_key, coalesce(any_value(c.customer_number), 'guest #' || m.customer_key),"
        " count(DISTINCT m.shop_id), count(*), arg_min(m.rule, r.strength) FILTER (m.rule IS NOT NULL),"
        " any_value(p.first_seen_at) FROM merged_profile AS m JOIN customer_profile AS c"
        " ON c.customer_id = m.customer_key JOIN person AS p ON p.customer_key = m.customer_key"
        f" LEFT JOIN ({_strengths()}) AS r USING (rule) GROUP BY 1 ORDER BY 4 DESC, 1 LIMIT ?",
        [limit],
    ).fetchall()
    aside = con.execute(
        "SELECT identifier_type, identifier_hash, count(DISTINCT customer_id), min(state), max(last_seen) FROM"
        " identity_edge WHERE state IS NOT NULL GROUP BY pool, identifier_type, identifier_hash"
        " ORDER BY 3 DESC, 2 LIMIT ?",
        [limit],
    ).fetchall()
    return Overview(
        profiles, persons, many, orders, of_somebody, sessions, known, tuple(Week(*row) for row in weeks),
        tuple(Person(*row) for row in largest), tuple(Aside(*row) for row in aside),
    )  # fmt: skip


def _strengths() -> str:
    from holdfast.warehouse.identity.rules import RULES

    rows = ", ".join(f"('{rule.name}', {rule.strength})" for rule in RULES)
    return f"SELECT * FROM (VALUES {rows}) AS t(rule, strength)"


def _one(con: duckdb.DuckDBPyConnection, query: str) -> Sequence[int]:
    found: Sequence[int] = con.execute(query).fetchone() or ()
    return found
