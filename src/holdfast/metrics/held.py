"""Unit rows that take long to work out, held while they are tallied by headline, week and month and listed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import duckdb

from holdfast.metrics.together import Scan

_TABLE = "held_units"


@contextmanager
def held(connection: duckdb.DuckDBPyConnection, scan: Scan) -> Iterator[Scan]:
    """The scan over a table of its rows, where they are sums over many others; a scan of single rows as it stands.

    A table of single rows would cost more to write than reading them again does.
    """
    if "GROUP BY" not in scan.sql:
        yield scan
        return
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_TABLE} AS {scan.sql}")
    try:
        yield replace(scan, sql=f"SELECT * FROM {_TABLE}")
    finally:
        connection.execute(f"DROP TABLE {_TABLE}")
