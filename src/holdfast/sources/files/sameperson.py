"""When a number and an e-mail are one buyer: between files of a batch, and between imports.

A buyer keeps the key under which the home first knew them. `number_is` and `hash_is` say only what
differs from the plain rule (the number, else `email:<hash>`), so most batches leave them empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from holdfast.sources.files.fields import CUSTOMERS
from holdfast.sources.files.people import email_hash, number_of
from holdfast.sources.files.rows import Rows, people_of

TABLES = ("number_is", "hash_is")


@dataclass(frozen=True, slots=True)
class SamePerson:
    """Which of the tables `number_is` (number, source) and `hash_is` (hash, source) hold anything."""

    numbers: bool = False
    hashes: bool = False

    def source(self, number: str, hashed: str) -> str:
        """SQL: the key of a buyer with this number and this hash of their e-mail; null for an unknown guest.

        Both are columns, named so that they are not taken for those of the tables here.
        """
        whose = f"(SELECT source FROM number_is WHERE number_is.number = {number}), " if self.numbers else ""
        same = f"(SELECT source FROM hash_is WHERE hash_is.hash = {hashed}), " if self.hashes else ""
        return f"coalesce({whose}{number}, {same}'email:' || {hashed})"


def gather(
    con: duckdb.DuckDBPyConnection, rows: dict[str, Rows], told: frozenset[str], guests: tuple[str, ...], known: str
) -> SamePerson:
    """Make the two tables from the batch's customers and orders (`told`: the cells orders have) and the known people.

    known: a relation of people landed before (source, customer_number, email_hash), or "".
    """
    seen = []
    if "customer_id" in told or "email" in told:
        text = "CAST(customer_id AS VARCHAR)"
        number = number_of(text, guests) if "customer_id" in told else "CAST(NULL AS VARCHAR)"
        seen.append(f"SELECT {number} AS number, {'email_hash' if 'email' in told else 'NULL'} AS hash FROM order_told")
    if part := rows.get(CUSTOMERS):
        number, hashed = number_of(part.col("customer_id"), guests), email_hash(part.col("email"))
        seen.append(f"SELECT {number} AS number, {hashed} AS hash FROM {part.table} WHERE wrong = 0")
    for part in people_of(rows):
        number, hashed = number_of(part.col("customer_id"), guests), email_hash(part.col("email"))
        seen.append(f"SELECT DISTINCT {number} AS number, {hashed} AS hash FROM {part.table} WHERE wrong = 0")
    named = [rows[CUSTOMERS], *people_of(rows)] if CUSTOMERS in rows else people_of(rows)
    mailed = "email" in told or any("email" in part.present for part in named)
    if not seen or not (mailed or known):
        return SamePerson()
    landed = known or "(SELECT NULL::VARCHAR AS source, NULL::VARCHAR AS customer_number, NULL AS email_hash LIMIT 0)"
    con.execute(f"CREATE OR REPLACE TEMP TABLE batch_people AS SELECT DISTINCT * FROM ({' UNION ALL '.join(seen)})")
    con.execute(f"CREATE OR REPLACE TEMP TABLE number_is AS {_numbers(landed)}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE hash_is AS {_hashes(landed)}")
    con.execute("DROP TABLE batch_people")
    return SamePerson(*(con.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None for table in TABLES))


def _numbers(landed: str) -> str:
    """A number landed under another key keeps it; a new one takes the key of the one e-mail it alone comes with."""
    return (
        f"WITH was AS (SELECT customer_number AS number, min(source) AS source FROM {landed}"
        " WHERE customer_number IS NOT NULL GROUP BY 1),"
        " only_one AS (SELECT hash, min(number) AS number FROM batch_people WHERE number IS NOT NULL AND hash IS NOT"
        " NULL GROUP BY hash HAVING count(DISTINCT number) = 1),"
        " fresh AS (SELECT o.number, min(g.source) AS source FROM only_one o"
        f" JOIN {landed} g ON g.source = 'email:' || o.hash AND g.customer_number IS NULL"
        " WHERE NOT EXISTS (SELECT 1 FROM was WHERE was.number = o.number)"
        f" AND NOT EXISTS (SELECT 1 FROM {landed} k WHERE k.source = o.number)"
        f" AND NOT EXISTS (SELECT 1 FROM {landed} n WHERE n.email_hash = o.hash AND n.customer_number IS NOT NULL)"
        " GROUP BY 1)"
        " SELECT * FROM was WHERE source <> number UNION ALL SELECT * FROM fresh"
    )


def _hashes(landed: str) -> str:
    """An e-mail without a number is the numbered buyer it belongs to, when there is exactly one."""
    return (
        "WITH numbered AS (SELECT hash, coalesce(i.source, b.number) AS source FROM batch_people b"
        " LEFT JOIN number_is i ON i.number = b.number WHERE b.number IS NOT NULL AND b.hash IS NOT NULL"
        f" UNION SELECT email_hash, source FROM {landed} WHERE customer_number IS NOT NULL AND email_hash IS NOT NULL)"
        " SELECT hash, min(source) AS source FROM numbered"
        " WHERE hash IN (SELECT hash FROM batch_people WHERE number IS NULL)"
        " GROUP BY hash HAVING count(DISTINCT source) = 1 AND min(source) <> 'email:' || hash"
    )
