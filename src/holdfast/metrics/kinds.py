"""What numbers are broken down by, known once per customer in a build: each is of one of few kinds.

A tally by four texts of a million customers spends its time on the texts. By the number of the customer's kind it does
not, and what a kind is is looked up for the few tallies that are left.
"""

from __future__ import annotations

from datetime import date

import duckdb

# How far a customer is, by their first purchase: of a row of `history` named h.
PHASE = (
    "CASE WHEN h.first_on IS NULL THEN NULL WHEN {as_of} - h.first_on < 7 THEN 'acquisition'"
    " WHEN {as_of} - h.first_on < 30 THEN 'activation' WHEN {as_of} - h.first_on < 365 THEN 'retention'"
    " ELSE 'established' END"
)
PHASE_DAYS = (7, 30, 365)  # ages at which a customer comes into another phase
CUSTOMERS, KINDS = "customer_kind", "kind_known"  # customer_id → of_kind; of_kind → what it is
WHAT = ("country", "channel", "cohort", "phase")


def know_kinds(connection: duckdb.DuckDBPyConnection, known: str = "") -> None:
    """Leave KINDS with those that are known already. known: a SELECT of of_kind and WHAT; empty: none is."""
    columns = ", ".join(f"{name} VARCHAR" for name in WHAT)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {KINDS} (of_kind INTEGER, {columns})")
    if known:
        connection.execute(f"INSERT INTO {KINDS} {known}")


def number_kinds(connection: duckdb.DuckDBPyConnection, history: str, as_of: date) -> None:
    """Leave CUSTOMERS, and in KINDS every kind of theirs; one that is known keeps its number.

    history: SQL of the customers' histories as of the day.
    """
    phase = PHASE.format(as_of=f"DATE '{as_of}'")
    told = f"SELECT DISTINCT country, channel, cohort, {phase} AS phase FROM ({history}) AS h"
    connection.execute(
        f"INSERT INTO {KINDS} SELECT CAST((SELECT coalesce(max(of_kind), 0) FROM {KINDS}) + row_number() OVER ()"
        f" AS INTEGER), * FROM (({told}) EXCEPT SELECT {', '.join(WHAT)} FROM {KINDS})"
    )
    same = " AND ".join(f"h.{name} IS NOT DISTINCT FROM k.{name}" for name in ("country", "channel", "cohort"))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {CUSTOMERS} AS SELECT customer_id, of_kind FROM ({history}) AS h"
        f" JOIN {KINDS} AS k ON {same} AND {phase} IS NOT DISTINCT FROM k.phase"
    )
