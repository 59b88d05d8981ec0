"""Finding the profile a person means, and saying in words which one it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from holdfast.warehouse.home import Home
from holdfast.warehouse.identity.hashed import hashed


class NobodyMeant(Exception):
    """No profile, or more than one person, is meant; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile of a shop's source. customer_key: the oldest profile of its person."""

    customer_id: int
    shop: str
    number: str | None  # the source's own; None: known by e-mail only
    customer_key: int

    @property
    def label(self) -> str:
        return self.number if self.number else f"guest #{self.customer_id}"


_PROFILES = (
    "SELECT c.customer_id, s.name, c.customer_number, coalesce(m.customer_key, c.customer_id)"
    " FROM customer_profile AS c JOIN shop AS s USING (shop_id)"
    " LEFT JOIN merged_profile AS m ON m.customer_id = c.customer_id"
)


def profiles(con: duckdb.DuckDBPyConnection, customer_ids: Iterable[int]) -> dict[int, Profile]:
    """Profiles by their keys."""
    listed = ", ".join(str(int(one)) for one in customer_ids) or "NULL"
    rows = con.execute(f"{_PROFILES} WHERE c.customer_id IN ({listed})").fetchall()
    return {row[0]: Profile(*row) for row in rows}


def members(con: duckdb.DuckDBPyConnection, customer_id: int) -> tuple[Profile, ...]:
    """All profiles of the person that a profile belongs to, the oldest first: what consent and erasure reach."""
    found = profiles(con, [customer_id])
    if customer_id not in found:
        raise NobodyMeant(f"there is no profile #{customer_id} in the snapshot")
    key = found[customer_id].customer_key
    rows = con.execute(f"{_PROFILES} WHERE coalesce(m.customer_key, c.customer_id) = {key} ORDER BY 1").fetchall()
    return tuple(Profile(*row) for row in rows)


def find_profile(con: duckdb.DuckDBPyConnection, home: Home, said: str, shop: str | None = None) -> Profile:
    """The profile meant by a customer number, an e-mail or "#17"; several of one person are told by the oldest.

    Raises NobodyMeant.
    """
    said = said.strip()
    if said.startswith("#") and said[1:].isdigit():
        where = f"c.customer_id = {int(said[1:])}"
    elif "@" in said:
        hash_of = _hash(home, said)
        where = (
            f"c.customer_id IN (SELECT customer_id FROM customer_identifier WHERE identifier_hash = '{hash_of}')"
            f" OR c.email_hash = '{hash_of}'"
        )
    else:
        where = "c.customer_number = $said"
    within = " AND s.name = $shop" if shop else ""
    given = {name: value for name, value in (("said", said), ("shop", shop)) if f"${name}" in where + within}
    rows = con.execute(f"{_PROFILES} WHERE ({where}){within} ORDER BY 1", given).fetchall()
    found = [Profile(*row) for row in rows]
    if not found:
        raise NobodyMeant(
            f"no customer is known as {said!r}{f' in {shop}' if shop else ''};"
            " write the customer's number, an e-mail or #KEY"
        )
    if len({one.customer_key for one in found}) > 1:
        listed = ", ".join(f"#{one.customer_id} ({one.label}, {one.shop})" for one in found[:6])
        raise NobodyMeant(f"{said!r} is more than one person: {listed}; name one by its #KEY, or say --shop")
    return found[0]


def _hash(home: Home, email: str) -> str:
    """The salted hash of an e-mail, by the same SQL as at import."""
    con = duckdb.connect()
    try:
        con.execute("SET VARIABLE holdfast_salt = ?", [home.salt()])
        (found,) = con.execute(f"SELECT {hashed('lower(trim($email))')}", {"email": email}).fetchone() or ("",)
        return str(found)
    finally:
        con.close()
