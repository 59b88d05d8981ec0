"""DuckDB, opened the same way everywhere: bounded memory, set threads, UTC, scratch inside the home."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import cast

import duckdb
import ibis
import ibis.expr.operations as ops

MONTH_POINTS = 120  # rolling metrics look back at most ten years of month points
_GIB = 1 << 30


def memory_limit() -> str:
    """What imports and builds may use: $HOLDFAST_MEMORY ("6GB"), else half of the machine's memory."""
    return os.environ.get("HOLDFAST_MEMORY") or f"{_memory() // 2 // (1 << 20)}MiB"


def _reader_limit() -> str:
    """Pages read beside a build, and little of a snapshot each."""
    return os.environ.get("HOLDFAST_MEMORY") or f"{min(6 * _GIB, _memory() // 4) // (1 << 20)}MiB"


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def threads() -> int:
    """$HOLDFAST_THREADS, else the processors this process may use, at most 8."""
    return int(os.environ.get("HOLDFAST_THREADS") or min(8, _processors()))


def _processors() -> int:
    """Those this process may use; where the system cannot say (macOS), those there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def open_writer(scratch: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory connection that may read and write files; spills to `scratch`."""
    connection = duckdb.connect(
        config={
            "threads": threads(),
            "memory_limit": memory_limit(),
            "temp_directory": str(scratch / "spill"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    _month_points(connection)
    return connection


class OnlyReading(Exception):
    """A reader was asked to do something else than SELECT."""


class Reader:
    """A connection that runs SELECT and nothing else.

    DuckDB's own settings do not go far enough: a path that may be read may also be written to with COPY.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def execute(self, query: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(self._only_select(query), parameters)

    def sql(self, query: str, *, params: object = None) -> duckdb.DuckDBPyRelation:
        return self._connection.sql(self._only_select(query), params=params)

    def _only_select(self, query: str) -> str | duckdb.Statement:
        """What is to be run: one statement as it was parsed here, since that takes a sixth of a small query's time."""
        statements = self._connection.extract_statements(query)
        for statement in statements:
            if statement.type != duckdb.StatementType.SELECT:
                raise OnlyReading(f"a snapshot is only read: write a SELECT instead of {statement.type.name}")
        return statements[0] if len(statements) == 1 else query

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Another connection to the same tables, that only reads as well."""
        return cast(duckdb.DuckDBPyConnection, Reader(self._connection.cursor()))

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()


def open_reader(views: Mapping[str, str], files: Iterable[Path], spill: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory connection with views over `files` that can only SELECT and reach no other file or setting.

    views: name → SELECT text over read_parquet of those files. spill: a path of this connection's own, made
    only when memory runs short.
    """
    connection = duckdb.connect(
        config={
            "threads": threads(),
            "memory_limit": _reader_limit(),
            "temp_directory": str(spill),
            "enable_external_file_cache": False,  # the system keeps what was read; twice would be memory lost
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    allowed = ", ".join(text(str(path)) for path in files)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET allowed_paths = [{allowed}]")
    _month_points(connection)
    for name, body in views.items():
        connection.execute(f"CREATE VIEW {quoted(name)} AS {body}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return cast(duckdb.DuckDBPyConnection, Reader(connection))


def compiled(expression: ibis.Table) -> str:
    """The SQL of an expression: what runs is what a person is shown."""
    return _compiled(expression.op())


@lru_cache(maxsize=512)
def _compiled(relation: ops.Relation) -> str:
    """Kept: a build asks for the same definition as it is, as it was and as metrics read it, and working it out costs
    more than most small queries."""
    return str(ibis.to_sql(relation.to_expr(), dialect="duckdb"))


def parquet(paths: Iterable[Path]) -> str:
    """A SELECT over Parquet files of one table; columns are matched by name."""
    listed = ", ".join(text(str(path)) for path in paths)
    return f"SELECT * FROM read_parquet([{listed}], union_by_name = true)"


def parquet_rows(paths: Iterable[Path], options: str = "") -> str:
    """A SELECT over the Parquet files of one mart: they have the same columns, so that only one is asked for them."""
    listed = ", ".join(text(str(path)) for path in paths)
    return f"SELECT * FROM read_parquet([{listed}]{', ' + options if options else ''})"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A SQL string literal, for the places that take no bound parameter (views, file lists)."""
    return "'" + value.replace("'", "''") + "'"


def _month_points(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"CREATE TABLE month_point AS SELECT range AS k FROM range({MONTH_POINTS})")
