"""Leaving rows in `stage_<table>`: the declared columns and types, what is not said being null."""

from __future__ import annotations

from collections.abc import Mapping as Dict

import duckdb

from holdfast.warehouse.staging import staged_columns


def leave(con: duckdb.DuckDBPyConnection, table: str, values: Dict[str, str], source: str) -> None:
    """Add rows to `stage_<table>`: column → SQL, over `source` (what follows FROM)."""
    columns = staged_columns(table)
    if unknown := values.keys() - columns.keys():
        raise KeyError(f"stage_{table} has no column {', '.join(sorted(unknown))}")
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    con.execute(f"CREATE TEMP TABLE IF NOT EXISTS stage_{table} ({declared})")
    chosen = ", ".join(f"CAST({values.get(name, 'NULL')} AS {kind})" for name, kind in columns.items())
    con.execute(f"INSERT INTO stage_{table} SELECT {chosen} FROM {source}")
