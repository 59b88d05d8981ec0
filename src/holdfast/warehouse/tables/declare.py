"""What a canonical table is: its columns, their units, its grain and its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import ibis

TYPES = {
    "key": "BIGINT",
    "int": "BIGINT",
    "text": "VARCHAR",
    "word": "VARCHAR",  # lower case, one of a few
    "id": "VARCHAR",  # somebody else's number or name of a thing
    "zone": "VARCHAR",  # IANA time zone
    "currency": "VARCHAR",  # ISO 4217
    "day": "DATE",  # a calendar day where the shop is
    "flag": "BOOLEAN",
    "moment": "TIMESTAMP",  # UTC, without zone, so that no reader's zone can move it
    "money": "BIGINT",  # whole minor units; the row's currency says of what
    "price": "DECIMAL(18,6)",
    "quantity": "DECIMAL(18,3)",
}

IBIS_TYPES = {
    "BIGINT": "int64",
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp",
    "DATE": "date",
    "DECIMAL(18,6)": "decimal(18, 6)",
    "DECIMAL(18,3)": "decimal(18, 3)",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `kind` is a key of TYPES; `names` is the noun whose surrogate key a key column holds."""

    name: str
    kind: str
    meaning: str
    required: bool = False
    pii: bool = False
    names: str | None = None
    one_of: tuple[str, ...] = ()  # the only words allowed; anything else is rejected
    also: Mapping[str, str] = field(default_factory=dict)  # what others write → our word
    between: tuple[float, float] | None = None  # the smallest and the largest number allowed
    default: str = ""  # a required text that a file may leave out
    keep: Literal["newest", "least", "greatest"] = "newest"  # which of two versions' cells is believed

    @property
    def sql_type(self) -> str:
        return TYPES[self.kind]

    @property
    def staged_name(self) -> str:
        """The column as a source hands it over: a surrogate key is still the source's own text."""
        return f"{self.names}_source" if self.names else self.name

    @property
    def staged_type(self) -> str:
        return "VARCHAR" if self.names else self.sql_type

    def of_versions(self, new: str, known: str) -> str:
        """SQL: the cell of two versions of a row; an empty one says nothing."""
        return f"{'coalesce' if self.keep == 'newest' else self.keep}({new}, {known})"


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table: what a row is (grain) and what makes it unique (key).

    `owner` is the noun this table defines, whose surrogate key it issues; other tables only refer to it.
    `plain` tables are read from files as they are declared: a column is a header. `rows` names the rows in a
    sentence ("import a file of tickets"); `needs` are groups of columns of which each file must have one.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    owner: str | None = None
    plain: bool = False
    rows: str = ""
    needs: tuple[tuple[str, ...], ...] = ()
    marks: tuple[str, ...] = ()  # columns that tell such a file from any other
    rising: tuple[tuple[str, str], ...] = ()  # pairs of numbers of which the second must be the larger
    dated: str = ""  # the moment or day on which a row happened
    steady: bool = False  # rows keep coming: a month without any means that the file ended, not that nothing happened
    waves: bool = False  # steady rows that come in waves: a month without any means nothing
    adds: tuple[str, ...] = ()  # amounts of rows with one key in one file, which are parts of one figure: they add up
    may_lack: tuple[str, ...] = ()  # columns that a file must have though a row may leave its cell empty

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")

    @property
    def pii(self) -> bool:
        return any(column.pii for column in self.columns)

    def unbound(self) -> ibis.Table:
        """The table as an Ibis expression source; compiled, never executed by Ibis."""
        schema = {c.name: IBIS_TYPES[c.sql_type] for c in (*self.columns, *RECORDED)}
        return ibis.table(schema, name=self.name)


# Every landed row also says when we learned it, from which load, and where in its files it stands.
RECORDED = (
    Column("recorded_at", "moment", "when Holdfast learned this version of the row, UTC", required=True),
    Column("load_id", "int", "the load that brought this version", required=True),
    Column("file_no", "int", "which file of the load's receipt tells it, counted from 0; null when no one file does"),
    Column("line", "int", "the line there, counted from 1 (the row of a sheet or of Parquet); the first of several"),
)
