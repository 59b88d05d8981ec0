"""Surrogate keys: a source's own text becomes a small integer, once and for good.

A key belongs to a noun and a shop; it never changes and is never used again. Each load writes only
the keys it issued.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from holdfast.warehouse.engine import parquet
from holdfast.warehouse.staging import WHOLE_ORDER, Staged
from holdfast.warehouse.tables import LANDED, TABLES

# Every noun that some table names: a ticket may be spoken of by a comment before its own row comes.
NOUNS = tuple(dict.fromkeys(column.names for table in LANDED for column in table.columns if column.names))
LARGEST = 2**63 - 1  # what a key can be
_TOLD_ONCE = {"order", "order_line"}
_BESIDE = ("order", "customer", "product")  # what a table in `Staged.straight` names is staged beside it; no account is


@dataclass(frozen=True, slots=True)
class Issued:
    """next_keys: noun → first free number. of_whole: SQL of an order's key from its whole number alone, or "".

    Where of_whole is told, `new_key_order` may hold its sources as whole numbers.
    """

    next_keys: dict[str, int]
    of_whole: str = ""


def issue_keys(
    connection: duckdb.DuckDBPyConnection, staged: Staged, known: dict[str, list[Path]], next_keys: dict[str, int]
) -> Issued:
    """Leave `key_<noun>` (source, key) and `new_key_<noun>` in the connection.

    known: noun → this shop's key files of earlier loads. next_keys: noun → first free number.
    """
    of_whole = ""
    after = dict(next_keys)
    for noun in NOUNS:
        told = _told(staged, noun)
        if not told:
            continue
        if noun == "order" and not known.get(noun) and (bounds := _close_together(connection, staged)):
            of_whole, after[noun] = _shift(connection, staged, bounds, next_keys.get(noun, 1))
            continue
        earlier = (
            parquet(known[noun])
            if known.get(noun)
            else "SELECT NULL::VARCHAR AS source, NULL::BIGINT AS key WHERE false"
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE known_{noun} AS SELECT source::VARCHAR AS source, key FROM ({earlier})"
        )
        first = next_keys.get(noun, 1)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE new_key_{noun} AS"
            f" SELECT source, (row_number() OVER () + {first - 1})::BIGINT AS key FROM ("
            f" SELECT DISTINCT source FROM ({told}) AS t WHERE source IS NOT NULL"
            f" AND NOT EXISTS (SELECT 1 FROM known_{noun} AS k WHERE k.source = t.source))"
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW key_{noun} AS"
            f" SELECT source, key FROM known_{noun} UNION ALL SELECT source, key FROM new_key_{noun}"
        )
        (issued,) = connection.execute(f"SELECT count(*) FROM new_key_{noun}").fetchone() or (0,)
        after[noun] = first + issued
    return Issued(after, of_whole)


def _close_together(connection: duckdb.DuckDBPyConnection, staged: Staged) -> tuple[int, int] | None:
    """The least and greatest order number of a shop's first orders, when they leave no more gaps than numbers."""
    if not staged.straight | ({"order_line"} - set(staged.tables)) >= _TOLD_ONCE:
        return None
    low, high, rows = connection.execute(
        f"SELECT min({WHOLE_ORDER}), max({WHOLE_ORDER}), count(*) FROM stage_order"
    ).fetchone() or (None, None, 0)
    return (low, high) if rows and high - low < 2 * rows else None


def _shift(
    connection: duckdb.DuckDBPyConnection, staged: Staged, bounds: tuple[int, int], first: int
) -> tuple[str, int]:
    """Let the keys of orders be their own numbers, moved to where keys are free: nothing need be looked up.

    Orders that only other tables speak of come after them. Returns the SQL of a key and the next free one.
    """
    low, high = bounds
    of_whole = f"(s.{WHOLE_ORDER} - ({low}) + {first})::BIGINT"
    after = first + high - low + 1
    told = f"SELECT order_source AS source, {of_whole} AS key FROM stage_order AS s"
    if elsewhere := _told(staged, "order", besides=("order",)):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE other_key_order AS SELECT source,"
            f" (row_number() OVER () + {after - 1})::BIGINT AS key FROM (SELECT DISTINCT source FROM ({elsewhere}) AS t"
            f" ANTI JOIN stage_order AS o ON o.order_source = t.source WHERE source IS NOT NULL)"
        )
        told += " UNION ALL SELECT source, key FROM other_key_order"
        (others,) = connection.execute("SELECT count(*) FROM other_key_order").fetchone() or (0,)
        after += others
    connection.execute(f"CREATE OR REPLACE TEMP VIEW key_order AS {told}")
    written = told if elsewhere else told.replace("order_source AS source", f"{WHOLE_ORDER} AS source")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW new_key_order AS {written}")
    return of_whole, after


def whole_keys(connection: duckdb.DuckDBPyConnection, staged: Staged, of_whole: str = "") -> None:
    """Leave `key_whole_order` where orders are told by whole numbers and their keys have to be looked up."""
    if staged.whole_orders and not of_whole:
        whole_key(connection, "order")


def whole_key(connection: duckdb.DuckDBPyConnection, noun: str) -> None:
    """Leave `key_whole_<noun>` (whole, key): the keys whose source is a whole number."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE key_whole_{noun} AS SELECT whole, key FROM"
        f" (SELECT source, TRY_CAST(source AS BIGINT) AS whole, key FROM key_{noun})"
        " WHERE CAST(whole AS VARCHAR) = source"
    )


def _told(staged: Staged, noun: str, besides: tuple[str, ...] = ()) -> str:
    """Every place in the staged relations where a source names this noun.

    Where the noun's own table is staged, lines are not asked: they can only repeat it, and there are
    many of them. A line whose order or product is missing is caught when it is keyed.
    """
    own = [t.name for t in LANDED if t.owner == noun and t.name in staged.tables]
    asked = []
    for name in (name for name in staged.tables if name not in besides):
        if own and noun in _BESIDE and name in staged.straight and name not in own:
            continue
        lines_repeat = bool(own) and name in ("order_line", "refund_line") and noun in ("order", "refund", "product")
        if name not in own and lines_repeat:
            continue
        unsaid = staged.empty.get(name, ())
        if any(column.names == noun and column.name not in unsaid for column in TABLES[name].columns):
            asked.append(f"SELECT {noun}_source AS source FROM stage_{name}")
    return " UNION ALL ".join(asked)
