"""One canonical field: its kind of cell and what it means to the person who maps it."""

from __future__ import annotations

from dataclasses import dataclass

# kind of cell → the DuckDB type it becomes
CELL_TYPES = {
    "text": "VARCHAR",
    "id": "VARCHAR",  # trimmed, without the apostrophe that keeps a spreadsheet from changing it
    "whole": "BIGINT",  # an id of a file that holds it as a number: joins on it are cheap
    "word": "VARCHAR",  # trimmed, lower case
    "currency": "VARCHAR",
    "zone": "VARCHAR",
    "number": "DECIMAL(18,6)",
    "moment": "TIMESTAMP",
    "day": "DATE",  # a calendar day as written; no zone moves it
    "flag": "BOOLEAN",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical field: its kind of cell and what it means to the person who maps it."""

    name: str
    kind: str
    meaning: str

    @property
    def sql_type(self) -> str:
        return CELL_TYPES[self.kind]
