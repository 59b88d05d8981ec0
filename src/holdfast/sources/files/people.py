"""Who bought: the source's key of a buyer, the salted hash of an e-mail, profiles and contacts."""

from __future__ import annotations

from collections.abc import Callable, Collection

import duckdb

from holdfast.sources.files.fields import CUSTOMERS, FIELDS
from holdfast.sources.files.leave import leave, spot, spotted
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.read import text_literal
from holdfast.sources.files.rows import Rows, people_of
from holdfast.warehouse.identity.hashed import email_hash as email_hash
from holdfast.warehouse.identity.hashed import hashed
from holdfast.warehouse.identity.phones import e164, know_regions, region_of

_FROM_PROFILE = (
    "account_created_at",
    "email_consent",
    "sms_consent",
    "customer_tags",
    "is_test",
    "is_staff",
    "imported",
)
_FROM_BOTH = ("country", "is_guest", "email", "phone", "first_name", "last_name")


def customer_source(customer_id: str, email: str, guest_ids: tuple[str, ...]) -> str:
    """SQL: the platform's number of the buyer, else `email:<hash>`, else null: an unknown guest."""
    return source_of_hash(customer_id, email_hash(email), guest_ids)


def source_of_hash(customer_id: str, hashed: str, guest_ids: tuple[str, ...]) -> str:
    """As `customer_source`, from the hash of the e-mail."""
    return f"coalesce({number_of(customer_id, guest_ids)}, 'email:' || {hashed})"


def number_of(customer_id: str, guest_ids: tuple[str, ...]) -> str:
    """SQL: the platform's number of the buyer, those that mean a guest left out."""
    if not guest_ids:
        return customer_id
    return f"CASE WHEN {customer_id} NOT IN ({', '.join(map(text_literal, guest_ids))}) THEN {customer_id} END"


def guest_flag(customer_id: str, known: str, guest_ids: tuple[str, ...]) -> str:
    """SQL: bought without an account; null when the file does not say."""
    if not guest_ids:
        return known
    listed = ", ".join(map(text_literal, guest_ids))
    return f"coalesce({known}, {customer_id} IN ({listed}))"


def phone_hashes(con: duckdb.DuckDBPyConnection, source: str, region: str) -> str:
    """SQL: the rows of `source`, which has `phone` and `country`, with `phone_hash`, of the number in E.164."""
    know_regions(con)
    numbered = e164(source, "phone", region_of("country", region))
    return f"SELECT * EXCLUDE (e164), {hashed('e164')} AS phone_hash FROM ({numbered})"


def leave_customers(
    con: duckdb.DuckDBPyConnection,
    rows: dict[str, Rows],
    mapping: Mapping,
    told: Collection[str] | None,
    source: Callable[[str, str], str],
    region: str,
    whole: bool = False,
) -> None:
    """stage_customer and stage_customer_contact: what a customer file says goes before what orders say.

    told: the cells that orders have; None when there are no orders. source: SQL of a buyer's key, from number and
    hash. region: of the phone numbers that say none (ISO 3166), or "". whole: orders tell their buyers by
    `customer_whole` alone.
    """
    seen, names = [], set(told or ())
    if profiles := rows.get(CUSTOMERS):
        number, email = profiles.col("customer_id"), profiles.col("email")
        guests = mapping.rules.guest_ids
        said = ", ".join(
            f"{profiles.col(name)} AS {name}" for name in (*_FROM_PROFILE, *_FROM_BOTH) if name != "is_guest"
        )
        guest = guest_flag(number, profiles.col("is_guest"), mapping.rules.guest_ids)
        names |= profiles.present | ({"is_guest"} if mapping.rules.guest_ids else set())
        seen.append(
            f"SELECT {source('own_number', 'own_hash')} AS customer_source, own_number, 1 AS rank,"
            f" TIMESTAMP '1970-01-01' AS placed_at, {spot('file_no', 'line')} AS spot, {guest} AS is_guest, {said}"
            f" FROM (SELECT *, {number_of(number, guests)} AS own_number, {email_hash(email)} AS own_hash"
            f" FROM {profiles.table} WHERE wrong = 0)"
        )
    if told is not None:
        names |= {"country"} if mapping.constants.country else set()
        names |= {"is_guest"} if mapping.rules.guest_ids else set()
        number = number_of("customer_id", mapping.rules.guest_ids)
        said = ", ".join(name for name in _FROM_BOTH if name in names)
        said += ", " if said else ""
        when = f"placed_at, {spot('file_no', 'line')} AS spot"
        if whole:
            once = f"SELECT {said}customer_whole, max(placed_at) AS placed_at, max({spot('file_no', 'line')}) AS spot"
            seen.append(
                "SELECT CAST(customer_whole AS VARCHAR) AS customer_source, customer_source AS own_number, 0 AS rank,"
                f" * EXCLUDE (customer_whole) FROM ({once} FROM order_refs GROUP BY ALL)"
            )
        else:
            seen.append(f"SELECT {said}customer_source, {number} AS own_number, 0 AS rank, {when} FROM order_refs")
    for part in people_of(rows):
        number, email = number_of(part.col("customer_id"), mapping.rules.guest_ids), part.col("email")
        names |= part.present & {"email"}
        last = f"max({spot('file_no', 'line')}) AS spot FROM {part.table} WHERE wrong = 0"
        seen.append(
            f"SELECT {source('own_number', 'own_hash')} AS customer_source, own_number, -1 AS rank,"
            f" TIMESTAMP '1970-01-01' AS placed_at, spot, email FROM (SELECT *, {email_hash('email')} AS own_hash FROM"
            f" (SELECT {number} AS own_number, {email} AS email, {last} GROUP BY ALL))"
        )
    if not seen:
        return
    con.execute(f"CREATE OR REPLACE TEMP TABLE people AS {_latest(' UNION ALL BY NAME '.join(seen), names)}")
    _leave_people(con, email_hash("email") if "email" in names else "NULL", region if "phone" in names else None)


def _latest(seen: str, said: Collection[str]) -> str:
    """The last thing said of each buyer; equal moments are settled by content, never by row order."""
    kinds = {name: FIELDS[CUSTOMERS][name].sql_type for name in (*_FROM_BOTH, *_FROM_PROFILE)}
    names = [name for name in kinds if name in said]
    inner = "".join(f", max_by({name}, (placed_at, {name})) AS {name}" for name in names)
    outer = "".join(f", max_by({name}, rank) AS {name}" for name in names)
    missing = "".join(f", CAST(NULL AS {kind}) AS {name}" for name, kind in kinds.items() if name not in names)
    # Most orders of a buyer say the same of them: what is said is first counted once, with its last moment.
    said_once = ", ".join(["customer_source", "own_number", "rank", *names])
    once = (
        f"SELECT {said_once}, max(placed_at) AS placed_at, max(spot) AS spot"
        f" FROM ({seen}) WHERE customer_source IS NOT NULL GROUP BY ALL"
    )
    ranked = (
        "SELECT customer_source, rank, max_by(own_number, (placed_at, own_number)) AS own_number, max(spot) AS spot"
        f"{inner} FROM ({once}) GROUP BY customer_source, rank"
    )
    return (
        "SELECT customer_source, max_by(own_number, rank) AS own_number, max_by(spot, rank) AS spot"
        f"{outer}{missing} FROM ({ranked}) GROUP BY customer_source"
    )


def _leave_people(con: duckdb.DuckDBPyConnection, mail: str, region: str | None) -> None:
    """region: None when nobody told a phone number."""
    same = (
        "country",
        "is_guest",
        "account_created_at",
        "email_consent",
        "sms_consent",
        "is_test",
        "is_staff",
        "imported",
    )
    values = {name: name for name in same}
    values |= {"customer_number": "own_number"} | spotted("spot")
    values |= {"customer_source": "customer_source", "email_hash": mail, "tags": "customer_tags"}
    if region is None:
        leave(con, "customer", values, "people")
    else:
        leave(con, "customer", values | {"phone_hash": "phone_hash"}, f"({phone_hashes(con, 'people', region)})")
    contact = ("customer_source", "email", "phone", "first_name", "last_name")
    leave(
        con,
        "customer_contact",
        {name: name for name in contact} | spotted("spot"),
        "people WHERE coalesce(email, phone, first_name, last_name) IS NOT NULL",
    )
