"""Surrogate keys: a source's own text becomes a small integer, once and for good.

A key belongs to a noun and a shop; it never changes and is never used again. Each load writes only
the keys it issued.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from holdfast.warehouse.engine import parquet
from holdfast.warehouse.staging import Staged
from holdfast.warehouse.tables import LANDED, TABLES

# Every noun that some table names: a ticket may be spoken of by a comment before its own row comes.
NOUNS = tuple(dict.fromkeys(column.names for table in LANDED for column in table.columns if column.names))


def issue_keys(
    connection: duckdb.DuckDBPyConnection, staged: Staged, known: dict[str, list[Path]], next_keys: dict[str, int]
) -> dict[str, int]:
    """Leave `key_<noun>` (source, key) and `new_key_<noun>` in the connection; return the next free keys.

    known: noun → this shop's key files of earlier loads. next_keys: noun → first free number.
    """
    after = dict(next_keys)
    for noun in NOUNS:
        told = _told(staged, noun)
        if not told:
            continue
        earlier = (
            parquet(known[noun])
            if known.get(noun)
            else "SELECT NULL::VARCHAR AS source, NULL::BIGINT AS key WHERE false"
        )
        connection.execute(f"CREATE OR REPLACE TEMP TABLE known_{noun} AS SELECT source, key FROM ({earlier})")
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
    return after


def whole_keys(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Leave `key_whole` (whole, key) where orders are told by whole numbers: the keys whose source is one."""
    if staged.whole_orders:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE key_whole AS SELECT whole, key FROM"
            " (SELECT source, TRY_CAST(source AS BIGINT) AS whole, key FROM key_order)"
            " WHERE CAST(whole AS VARCHAR) = source"
        )


def _told(staged: Staged, noun: str) -> str:
    """Every place in the staged relations where a source names this noun.

    Where the noun's own table is staged, lines are not asked: they can only repeat it, and there are
    many of them. A line whose order or product is missing is caught when it is keyed.
    """
    own = [t.name for t in LANDED if t.owner == noun and t.name in staged.tables]
    asked = []
    for name in staged.tables:
        lines_repeat = bool(own) and name in ("order_line", "refund_line") and noun in ("order", "refund", "product")
        if name not in own and lines_repeat:
            continue
        if any(column.names == noun for column in TABLES[name].columns):
            asked.append(f"SELECT {noun}_source AS source FROM stage_{name}")
    return " UNION ALL ".join(asked)
