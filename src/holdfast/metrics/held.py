"""Unit rows that take long to work out, held while they are tallied by headline, week and month and listed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

_TABLE = "held_units"


@contextmanager
def held(connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[str]:
    """SQL of the same rows out of a table, where they are sums over many others; of single rows as it stands.

    A table of single rows would cost more to write than reading them again does.
    """
    if "GROUP BY" not in sql:
        yield sql
        return
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_TABLE} AS {sql}")
    try:
        yield f"SELECT * FROM {_TABLE}"
    finally:
        connection.execute(f"DROP TABLE {_TABLE}")
