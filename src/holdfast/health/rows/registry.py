"""Every input that is read from rows: a new file is imported here."""

from __future__ import annotations

from holdfast.health.rows import adoption, payments, purchases, reach, relations, support, voice  # noqa: F401
from holdfast.health.rows.declare import ROWS, Rows

__all__ = ["ROWS", "Rows"]
