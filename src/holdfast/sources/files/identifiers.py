"""Which e-mails and telephone numbers each buyer gave, and on what: the evidence of identity.

A pair is kept where one row held both the profile and the identifier, so the person supplied both. Only
salted hashes leave this file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import duckdb

from holdfast.commerce.order import PAID_ANYWHERE
from holdfast.sources.files.fields import CUSTOMERS, REFUNDS
from holdfast.sources.files.leave import leave
from holdfast.sources.files.people import email_hash, number_of, phone_hashes
from holdfast.sources.files.read import text_literal
from holdfast.sources.files.rows import Rows, people_of
from holdfast.sources.files.sameperson import SamePerson
from holdfast.sources.files.tablefields import READ_AS, field_name
from holdfast.warehouse.identity.hashed import hashed, is_address, short_hash

_GIVEN = {"email", "phone"}
_SEEN = "min(moment) AS first_seen, max(moment) AS last_seen, bool_or(verified) AS verified, bool_or(paid) AS paid"
_KEPT = ("customer_source", "type", "identifier_hash", "seen_in", "first_seen", "last_seen", "verified", "paid")


def leave_identifiers(
    con: duckdb.DuckDBPyConnection,
    rows: dict[str, Rows],
    told: Collection[str],
    same: SamePerson,
    guests: tuple[str, ...],
    region: str,
) -> None:
    """stage_customer_identifier, from orders (`told`: the cells they have), customers, refunds and plain tables.

    region: of the phone numbers that say none (ISO 3166), or "".
    """
    seen = list(_seen(rows, told, same, guests))
    _leave_emails(con, [select for given, select in seen if "email" in given])
    _leave_phones(con, [select for given, select in seen if "phone" in given], region)


def _leave_emails(con: duckdb.DuckDBPyConnection, seen: list[str]) -> None:
    if not seen:
        return
    pairs = (
        f"SELECT customer_source, lower(trim(email)) AS plain, seen_in, {_SEEN} FROM ({' UNION ALL '.join(seen)})"
        " WHERE customer_source IS NOT NULL AND email IS NOT NULL GROUP BY ALL"
    )
    values = {name: name for name in _KEPT} | {"type": "'email'", "identifier_hash": hashed("plain")}
    values |= {"local_hash": short_hash("split_part(plain, '@', 1)")}
    values |= {"domain_hash": short_hash("split_part(plain, '@', 2)")}
    leave(con, "customer_identifier", values, f"({pairs}) WHERE {is_address('plain')}")


def _leave_phones(con: duckdb.DuckDBPyConnection, seen: list[str], region: str) -> None:
    if not seen:
        return
    pairs = (
        f"SELECT customer_source, phone, country, seen_in, {_SEEN} FROM ({' UNION ALL '.join(seen)})"
        " WHERE customer_source IS NOT NULL AND phone IS NOT NULL GROUP BY ALL"
    )
    numbers = (
        "SELECT customer_source, phone_hash, seen_in, min(first_seen) AS first_seen, max(last_seen) AS last_seen,"
        f" bool_or(verified) AS verified, bool_or(paid) AS paid FROM ({phone_hashes(con, f'({pairs})', region)})"
        " WHERE phone_hash IS NOT NULL GROUP BY ALL"
    )
    values = {name: name for name in _KEPT} | {"type": "'phone'", "identifier_hash": "phone_hash"}
    leave(con, "customer_identifier", values, f"({numbers})")


def _seen(
    rows: dict[str, Rows], told: Collection[str], same: SamePerson, guests: tuple[str, ...]
) -> Iterator[tuple[set[str], str]]:
    """What rows give (e-mail, phone), and a SELECT of them: profile, e-mail, phone, country, moment, seen_in …"""
    if given := _GIVEN & set(told):
        statuses = ", ".join(map(text_literal, sorted(PAID_ANYWHERE)))
        plain = "replace(replace(lower(trim(financial_status)), ' ', '_'), '-', '_')"
        yield (
            given,
            (
                "SELECT customer_source, email, phone, country, placed_at AS moment, 'order' AS seen_in,"
                f" NULL::BOOLEAN AS verified, {plain} IN ({statuses}) AS paid FROM order_refs"
            ),
        )
    for part, seen_in, moment in _parts(rows):
        if not (given := _GIVEN & part.present):
            continue
        number, email = number_of(part.col("customer_id"), guests), part.col("email")
        for what in sorted(given):
            proved = f"{what}_verified" if f"{what}_verified" in part.present else "NULL::BOOLEAN"
            cells = {name: part.col(name) if name == what else "NULL::VARCHAR" for name in sorted(_GIVEN)}
            said = ", ".join(f"{sql} AS {name}" for name, sql in cells.items())
            country = part.col("country") if "country" in part.present else "NULL::VARCHAR"
            yield (
                {what},
                (
                    f"SELECT {same.source('own_number', 'own_hash')} AS customer_source, {said}, {country} AS country,"
                    f" {moment} AS moment, '{seen_in}' AS seen_in, {proved} AS verified, NULL::BOOLEAN AS paid"
                    f" FROM (SELECT *, {number} AS own_number, {email_hash(email)} AS own_hash"
                    f" FROM {part.table} WHERE wrong = 0)"
                ),
            )


def _parts(rows: dict[str, Rows]) -> Iterator[tuple[Rows, str, str]]:
    """Rows that name people, what to call them, and when they happened."""
    for grain, dated in ((CUSTOMERS, "account_created_at"), (REFUNDS, "refunded_at")):
        if part := rows.get(grain):
            yield part, grain.removesuffix("s"), part.col(dated)
    for part in people_of(rows):
        table = READ_AS[part.grain]
        dated = field_name(table.column(table.dated)) if table.dated else ""
        yield part, part.grain, f"CAST({part.col(dated) if dated else 'NULL'} AS TIMESTAMP)"
