"""What a source hands to landing: staged relations inside one DuckDB connection.

A source reads in bulk and leaves one temporary relation per canonical table it can fill, named
`stage_<table>`. Its columns are those of the declaration (missing ones are null), with two changes:
surrogate keys are still the source's own text (`customer_source` in place of `customer_id`), and
`shop_id`, `recorded_at`, `load_id` and `place` are left out: landing adds them. `file_no` (0, 1, …) and
`line` say where a row stands in the source's files.

A staged relation may be a view. Landing reads `stage_<line table>` once; what stands behind it and is
needed no longer can be named in `Staged.behind`.

A line table may repeat: true duplicates stay, and landing numbers their places. Its `file_no` is never
null, so that a line standing in two overlapping files counts once while two equal lines of one file
count twice.

Rows that could not be used go to `stage_reject` (REJECT_COLUMNS), one row per bad cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from holdfast.warehouse.tables import TABLES

WHOLE_ORDER = "order_whole"
# text column → what a staged view may call the whole number it is the text of; far cheaper to join and to write
WHOLE = {
    "order_source": WHOLE_ORDER,
    "customer_source": "customer_whole",
    "order_number": "number_whole",
    "line_number": "line_whole",
}
REPEATS = "repeats_order_line"
LINE_TABLES = ("order_line", "refund_line")

MASK = "•••"  # in place of a cell that tells who somebody is, in a row that could not be used
REJECT_COLUMNS = {
    "file": "VARCHAR",  # name of the file, without folders
    "line": "BIGINT",  # 1 is the first line of the file, the header included; sheet row for XLSX
    "column": "VARCHAR",  # the file's own header
    "value": "VARCHAR",  # the cell as it stood
    "reason": "VARCHAR",  # a sentence a person can act on
    "raw": "VARCHAR",  # the whole row as JSON
}


@dataclass(frozen=True, slots=True)
class Staged:
    """The relations a source has left in a connection, and what it read.

    rows_read counts rows of the files (header excluded); rejected counts rows, not cells.
    """

    tables: tuple[str, ...]
    files: tuple[str, ...]
    fingerprints: tuple[str, ...]  # SHA-256 of each file's bytes
    rows_read: int
    rows_rejected: int
    # stage_order and stage_order_line have one column more, WHOLE_ORDER: order_source as a whole number (BIGINT),
    # its text being the number's own; joins on it are far cheaper than on text
    whole_orders: bool = False
    # Of "order" and "order_line": those that can be written in one pass when the shop has none yet, since each row has
    # a key of its own and names only what is staged beside it. Lines of the orders in the relation REPEATS
    # (order_whole) are looked at more closely: only there may a product stand twice. They need whole_orders.
    straight: frozenset[str] = frozenset()
    # table in `straight` → columns that no row has anything in: they are not written, and read as empty
    empty: dict[str, frozenset[str]] = field(default_factory=dict)
    # "survey answers without a score" → how many, of cells that a row may leave empty though much hangs on them
    left_empty: dict[str, int] = field(default_factory=dict)
    # rows of plain tables that are no staged row of their own: a later row told the same, or they were added to another
    told_twice: int = 0
    added_up: int = 0
    # line table → {relation: TABLE or VIEW} that only it needs; landing drops them, in order, once the lines are keyed
    behind: dict[str, dict[str, str]] = field(default_factory=dict)
    # headers of cells in which the shop's number of a customer stands, as the files spell them
    customer_headers: tuple[str, ...] = ()
    # keys of profiles that were erased: what names them is not landed again
    erased: frozenset[int] = frozenset()
    # raises when a file is no longer the one that was read; staged views read the files again while landing writes
    unchanged: Callable[[], None] = field(default=lambda: None)


def staged_columns(table: str) -> dict[str, str]:
    """Column → DuckDB type that `stage_<table>` has."""
    left_out = {"shop_id", "place"}
    columns = {c.staged_name: c.staged_type for c in TABLES[table].columns if c.name not in left_out}
    return columns | {"file_no": "INTEGER", "line": "BIGINT"}
