"""Rows of the book of work as relations of the engine: read once, column by column, without making objects of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa
from django.db.models import QuerySet

CHUNK = 50_000


def tell(
    connection: duckdb.DuckDBPyConnection, name: str, rows: QuerySet[Any], columns: Mapping[str, pa.DataType]
) -> None:
    """Leave a temporary table of these fields of the rows."""
    schema = pa.schema(list(columns.items()))
    told = rows.order_by().values_list(*columns).iterator(chunk_size=CHUNK)
    tables, chunk = [], []
    for row in told:
        chunk.append(row)
        if len(chunk) == CHUNK:
            tables.append(_table(chunk, schema))
            chunk = []
    tables.append(_table(chunk, schema))
    connection.register("told_rows", pa.concat_tables(tables))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM told_rows")
    connection.unregister("told_rows")


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.table(arrays, schema=schema)
