"""The key of a message: the same for the same step of the same run, whoever asks and whenever."""

from __future__ import annotations

from hashlib import sha256

from holdfast.warehouse.engine import text
from holdfast.warehouse.home import Home

COLUMNS = ("playbook", "version", "run", "step", "turn", "channel")
DIGITS = 32  # hexadecimal digits of the digest


def key_of(home: Home, *values: object) -> str:
    """values: of COLUMNS, in their order."""
    return sha256(":".join([home.salt(), *map(str, values)]).encode()).hexdigest()[:DIGITS]


def message_key(home: Home, alias: str) -> str:
    """`key_of` in SQL, of the columns of a relation."""
    parts = ", ".join(f"CAST({alias}.{column} AS VARCHAR)" for column in COLUMNS)
    return f"substr(sha256(concat_ws(':', {text(home.salt())}, {parts})), 1, {DIGITS})"
