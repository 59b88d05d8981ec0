"""Rows that several metrics read, worked out once in a build.

For a reader a metric over `@shared` rows compiles to SQL that stands by itself. In a build the same expression reads a
table in the rows' place, which is made for the first statement that reads it and dropped after the last one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, wraps

import duckdb
import ibis

from holdfast.metrics.declare import Facts
from holdfast.warehouse.engine import compiled, quoted
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.marts.declare import SQL_TYPES

Make = Callable[[Facts, date], ibis.Table]
_ROWS: dict[str, Make] = {}
SHARED = "shared_"  # how the names of their tables begin
_READ = re.compile(rf"\b{SHARED}(\w+)")


def shared(make: Make) -> Make:
    """Declare rows as of a day that several metrics read. They may read other shared rows, not each other."""
    known = lru_cache(maxsize=4)(make)
    _ROWS[make.__name__] = known

    @wraps(make)
    def rows(facts: Facts, as_of: date) -> ibis.Table:
        return facts.shared(make.__name__, as_of, known(facts, as_of))

    return rows


@dataclass(frozen=True, slots=True)
class BuildMarts(Marts):
    """The marts as a build reads them: with tables in the place of shared rows."""

    def shared(self, name: str, as_of: date, rows: ibis.Table) -> ibis.Table:
        return ibis.table(rows.schema(), name=f"{SHARED}{name}") if as_of == self.built_as_of else rows


class SharedRows:
    """The tables of shared rows, each there while a statement that was announced still has to read it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, marts: BuildMarts) -> None:
        self._connection, self._marts = connection, marts
        self._left: Counter[str] = Counter()
        self._made: set[str] = set()

    def announce(self, statements: Iterable[str]) -> None:
        """Each will be run once, inside of `read_by`."""
        self._left.update(name for sql in statements for name in shared_in(sql))

    @contextmanager
    def read_by(self, sql: str) -> Iterator[None]:
        for name in sorted(shared_in(sql)):
            if name not in self._made:  # others may have needed it
                self._make(name)
        try:
            yield
        finally:
            self._left.subtract(shared_in(sql))
            for name in [name for name in self._made if self._left[name] <= 0]:
                self._connection.execute(f"DROP TABLE {SHARED}{name}")
                self._made.remove(name)

    def _make(self, name: str) -> None:
        rows = _ROWS[name](self._marts, self._marts.built_as_of)
        columns = ", ".join(
            f"CAST({quoted(c)} AS {SQL_TYPES[str(kind)]}) AS {quoted(c)}" for c, kind in rows.schema().items()
        )
        sql = compiled(rows)
        for read in sorted(shared_in(sql) - self._made):
            self._make(read)
        self._connection.execute(f"CREATE TEMP TABLE {SHARED}{name} AS SELECT {columns} FROM ({sql})")
        self._made.add(name)


def shared_sql(name: str, marts: Marts) -> str:
    """The SQL of shared rows of the snapshot's own day."""
    return compiled(_ROWS[name](marts, marts.built_as_of))


def shared_in(sql: str) -> set[str]:
    """The names of the shared rows that a statement reads itself."""
    return set(_READ.findall(sql))


def read_through(sql: str, marts: Marts) -> list[str]:
    """A statement, and those of all shared rows that it reads, also through others."""
    found, left, known = [sql], sorted(shared_in(sql)), shared_in(sql)
    while left:
        found.append(shared_sql(left.pop(), marts))
        left += sorted(shared_in(found[-1]) - known)
        known |= shared_in(found[-1])
    return found
