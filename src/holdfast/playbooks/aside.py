"""Who is kept aside: a lot that anybody can draw again, and that no other lot knows of.

A key's place is the beginning of SHA-256 of salt and key, as a number from 0 to 1. It is the same in Python and in the
engine, for whoever comes later and in whatever order. A salt of its own for every lot makes lots independent.
"""

from __future__ import annotations

from hashlib import sha256

from holdfast.warehouse.engine import text

TREATED, HELD_OUT = "treated", "held out"
DIGITS = 13  # hexadecimal digits of the digest: 52 bits, which a double holds


def place(salt: str, key: object) -> float:
    """Where a key lies, 0 … 1."""
    return int(sha256(f"{salt}:{key}".encode()).hexdigest()[:DIGITS], 16) / float(16**DIGITS)


def arm(salt: str, key: object, held_out: float) -> str:
    """held_out: the share kept aside, 0 … 1."""
    return HELD_OUT if place(salt, key) < held_out else TREATED


def place_sql(salt: str, key: str) -> str:
    """`place` in SQL; key is the name of a column."""
    digest = f"substr(sha256({text(salt + ':')} || CAST({key} AS VARCHAR)), 1, {DIGITS})"
    return f"(CAST('0x' || {digest} AS UBIGINT) / {16**DIGITS}.0)"


def arm_sql(salt: str, key: str, held_out: float, stratum: str = "") -> str:
    """`arm` in SQL. With a stratum (a column) its share is kept aside to the unit, those whose places come first."""
    if not stratum:
        return f"CASE WHEN {place_sql(salt, key)} < {held_out} THEN '{HELD_OUT}' ELSE '{TREATED}' END"
    turn = f"row_number() OVER (PARTITION BY {stratum} ORDER BY {place_sql(salt, key)}, {key})"
    return (
        f"CASE WHEN {turn} <= round({held_out} * count(*) OVER (PARTITION BY {stratum}))"
        f" THEN '{HELD_OUT}' ELSE '{TREATED}' END"
    )
