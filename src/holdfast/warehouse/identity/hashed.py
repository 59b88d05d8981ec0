"""Identifiers outside the one table of personal data: normalized, then hashed with the home's salt."""

from __future__ import annotations

import duckdb

_SALT = "getvariable('holdfast_salt')"  # a variable, so that no error message can quote it
SHORT = 16  # hexadecimal digits of the hashes that only the block list is held against


def set_salt(con: duckdb.DuckDBPyConnection, salt: str) -> None:
    """Make the salt known to the connection's queries; forget it with `forget_salt`."""
    con.execute("SET VARIABLE holdfast_salt = ?", [salt])


def forget_salt(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("RESET VARIABLE holdfast_salt")


def email_hash(email: str) -> str:
    """SQL: SHA-256 of the salt and the lower-cased, trimmed e-mail, as hexadecimal."""
    return hashed(f"lower(trim({email}))")


def hashed(plain: str) -> str:
    """SQL: SHA-256 of the salt and a text that is already as it should be; null for null."""
    return f"CASE WHEN {plain} IS NOT NULL THEN sha256({_SALT} || {plain}) END"


def short_hash(plain: str) -> str:
    """SQL: the beginning of `hashed`: enough to be found in a short list, too little to stand for a person."""
    return f"substr({hashed(plain)}, 1, {SHORT})"


def is_address(email: str) -> str:
    """SQL: a lower-cased, trimmed text has the shape of an e-mail that could belong to somebody.

    Addresses under .test, .invalid and .localhost never do (RFC 2606); .example is let through for examples' sake.
    """
    shape = f"regexp_full_match({email}, '[^@\\s]+@[^@\\s]+\\.[^@\\s.]{{2,}}')"
    return f"({shape} AND NOT regexp_matches({email}, '\\.(test|invalid|localhost)$'))"
