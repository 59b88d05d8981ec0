"""A large mart lies in several files, so that a day of new data writes only those anew in which a row differs.

Rows that change together lie together: orders by when their keys were issued, months of customers by the month. Nothing
rests on where a row lies: a file is written anew when a row of it is another than before, and rows that come are put
where their like are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from holdfast.warehouse.engine import text

ROWS = 1 << 19  # a mart of fewer rows is one file; also, how many keys of orders share a file
APART = 6.0  # row groups that hold rows of more files than this, on average, are in no order worth reading by


@dataclass(frozen=True, slots=True)
class Cut:
    """label: SQL of the whole number that the rows `t` of a file share; key: what tells one row from another."""

    label: str
    key: tuple[str, ...]


def cut_of(mart: str) -> Cut | None:
    """How a mart is cut into files; None: it is one file, because a day changes rows all over it."""
    return {
        "order_value": Cut(f"t.order_id // {ROWS}", ("order_id",)),
        "customer_month": Cut(quarter_of("t.month"), ("shop_id", "unit_id", "month")),
    }.get(mart)


def quarter_of(day: str) -> str:
    """SQL of the number of a day's quarter, counted from the year 0."""
    return f"(year({day}) * 4 + quarter({day}) - 1)"


def quarter(number: int) -> tuple[date, date]:
    """The first day of a quarter, and of the one after it."""
    (year, nth), (year_after, nth_after) = divmod(number, 4), divmod(number + 1, 4)
    return date(year, nth * 3 + 1, 1), date(year_after, nth_after * 3 + 1, 1)


def file_name(mart: str, label: int | None = None) -> str:
    return f"{mart}.parquet" if label is None else f"{mart}-{label}.parquet"


def label_in(file: str) -> int | None:
    """The label that a file's rows share, when it was cut."""
    _, dash, label = file.removesuffix(".parquet").partition("-")
    return int(label) if dash else None


def labels_near(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path], column: str, kind: str, label: Callable[[str], str]
) -> dict[Path, set[int]]:
    """For each file the labels that its rows may have, from what its row groups span; none where rows are in no order.

    kind: the column's SQL type; label: SQL of a value → SQL of its label, which rises with it.
    """
    if not files:
        return {}
    listed = ", ".join(text(str(path)) for path in files)
    low, high = (label(f"CAST(stats_{end} AS {kind})") for end in ("min_value", "max_value"))
    spans = connection.execute(
        f"SELECT file_name, {low}, {high} FROM parquet_metadata([{listed}])"
        f" WHERE path_in_schema = {text(column)} AND row_group_num_rows > 0"
    ).fetchall()
    if any(low is None for _, low, _ in spans) or sum(high - low + 1 for _, low, high in spans) > APART * len(spans):
        return {}
    found: dict[Path, set[int]] = {path: set() for path in files}  # in their order: the newest of a row is read by it
    for name, low, high in spans:
        found[Path(name)].update(range(low, high + 1))
    return found if spans else {}


def stretch(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], column: str, kind: str) -> tuple[Any, Any]:
    """The least and the greatest value of a column of Parquet files, as their footers tell; None where they do not."""
    listed = ", ".join(text(str(path)) for path in files)
    low, high, untold = connection.execute(
        f"SELECT min(CAST(stats_min_value AS {kind})), max(CAST(stats_max_value AS {kind})),"
        f" bool_or(stats_min_value IS NULL) FROM parquet_metadata([{listed}])"
        f" WHERE path_in_schema = {text(column)} AND row_group_num_rows > 0"
    ).fetchone() or (None, None, True)
    return (None, None) if untold else (low, high)
