"""Making the marts of a snapshot, each from the same mart of the snapshot before where that can be.

A mart whose definition and inputs are as before is taken over as a file. One of which only some rows can differ is
mended: the rows that may are left out of the old file and made again. Anything uncertain is made whole.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import ibis
import ibis.expr.operations as ops

from holdfast.warehouse.engine import compiled, parquet, quoted, text
from holdfast.warehouse.made import Before, How, Made, check, digest, stamp, take_over
from holdfast.warehouse.marts.declare import SQL_TYPES

# Keys and money hardly repeat inside a row group: delta encoding writes them in half the time and size of a dictionary.
_PARQUET = "FORMAT parquet, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000"
_LEFT_OUT = re.compile(r"EXCLUDE \(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Mend:
    """How a mart follows from the one before. gone: SQL condition on its old rows that are made again, the table
    named `t`; fresh: those rows as they are now; before_sql: the definition that the old rows must have been made by.
    """

    gone: str
    fresh: ibis.Table
    before_sql: str


@dataclass
class Making:
    """The marts of one snapshot while they are made. earlier: the snapshot to build upon, or why there is none.

    inputs: digest of what each table holds, by name; a mart that is made adds its own.
    """

    connection: duckdb.DuckDBPyConnection
    folder: Path
    earlier: Before | str
    inputs: dict[str, str] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)

    def save(self, name: str, select: str, inputs: str = "") -> None:
        """A table written as it stands, which the next build may look at but does not take over."""
        self._write(name, select)
        self._note(name, "rebuilt", "it is made at every build", "", inputs)

    def make(self, name: str, expression: ibis.Table, mend: Mend | None = None, why: str = "") -> ibis.Table:
        """Leave a mart as a file and a view. why: what is known of why it cannot be mended."""
        schema, sql = expression.schema(), compiled(expression)
        made_of = self._made_of(expression, sql)
        if self._same(name, made_of):
            self._take_over(name)
            how, said = "reused", ""
        elif mend is not None and (said := self.unfit(name, mend.before_sql)) == "":
            kept = f"SELECT * FROM ({self.old(name)}) AS t WHERE NOT coalesce({mend.gone}, false)"
            self._write(name, f"{kept} UNION ALL BY NAME {_typed(mend.fresh.schema(), compiled(mend.fresh))}")
            how = "mended"
        else:
            self._write(name, _typed(schema, sql))
            how, said = "rebuilt", why or (said if mend is not None else self._changed(name, sql))
        self._note(name, how, said, _definition(sql), made_of)  # type: ignore[arg-type]
        return ibis.table(schema, name=name)

    def nothing(self, name: str, schema: ibis.Schema) -> None:
        """A mart of which all tables are empty."""
        columns = ", ".join(f"NULL::{SQL_TYPES.get(str(t), 'VARCHAR')} AS {quoted(c)}" for c, t in schema.items())
        self._write(name, f"SELECT {columns} WHERE false")
        self.inputs[name] = digest("nothing", columns)

    def old(self, name: str) -> str:
        """A SELECT of the mart as it was before."""
        return parquet([self.upon.file(name)])

    @property
    def upon(self) -> Before:
        if isinstance(self.earlier, str):
            raise LookupError(f"there is no snapshot to build upon: {self.earlier}")
        return self.earlier

    def told(self) -> tuple[dict[str, str], ...]:
        """For the manifest: how each mart that can be taken over came to be, and why it was not."""
        return tuple({"mart": name, "how": one.how, "why": one.why} for name, one in self.made.items() if one.sql)

    def says(self, name: str) -> How | None:
        return self.made[name].how if name in self.made else None

    def holds_before(self, *names: str) -> bool:
        return isinstance(self.earlier, Before) and all(map(self.earlier.holds, names))

    def unlike(self, name: str) -> bool:
        """Whether a mart of this snapshot has other columns than the one before, so that their rows do not compare."""
        return self._columns(self.old(name)) != self._columns(f"SELECT * FROM {quoted(name)}")

    def _columns(self, select: str) -> list[tuple[object, object]]:
        told = self.connection.execute(f"SELECT * FROM ({select}) LIMIT 0").description or []
        return [(name, str(kind)) for name, kind, *_ in told]

    def _made_of(self, expression: ibis.Table, sql: str) -> str:
        read = sorted({table.name for table in expression.op().find(ops.UnboundTable)})
        return digest(_definition(sql), *(f"{name} {self.inputs[name]}" for name in read))

    def _same(self, name: str, made_of: str) -> bool:
        return self.holds_before(name) and self.upon.marts[name].made_of == made_of

    def unfit(self, name: str, before_sql: str) -> str:
        """Why the mart before cannot be mended; empty when it can."""
        if isinstance(self.earlier, str):
            return self.earlier
        if not self.earlier.holds(name):
            return "the one before is gone or damaged"
        if self.earlier.marts[name].sql != _definition(before_sql):
            return "its definition has changed"
        return ""

    def _changed(self, name: str, sql: str) -> str:
        if isinstance(self.earlier, str):
            return self.earlier
        if name not in self.earlier.marts:
            return "it was not there before"
        if not self.earlier.holds(name):
            return "the one before is gone or damaged"
        another = self.earlier.marts[name].sql != _definition(sql)
        return "its definition or day has changed" if another else "it reads new rows"

    def _take_over(self, name: str) -> None:
        take_over(self.upon.file(name), self.folder / f"{name}.parquet")
        self._show(name)

    def _write(self, name: str, select: str) -> None:
        path = self.folder / f"{name}.parquet"
        self.connection.execute(f"COPY ({select}) TO {text(str(path))} ({_PARQUET})")
        self._show(name)

    def _show(self, name: str) -> None:
        for kind in ("VIEW", "TABLE"):
            with suppress(duckdb.CatalogException):
                self.connection.execute(f"DROP {kind} IF EXISTS {quoted(name)}")
        self.connection.execute(f"CREATE VIEW {quoted(name)} AS {parquet([self.folder / f'{name}.parquet'])}")

    def _note(self, name: str, how: How, why: str, sql: str, made_of: str) -> None:
        path = self.folder / f"{name}.parquet"
        self.inputs[name] = made_of
        self.made[name] = Made(how, why, sql, made_of, stamp(path), check(path))


def _definition(sql: str) -> str:
    """A digest of SQL, the same in every process: Ibis lists the columns that it leaves out in no fixed order."""
    return digest(_LEFT_OUT.sub(lambda found: f"EXCLUDE ({', '.join(sorted(found[1].split(', ')))})", sql))


def _typed(schema: ibis.Schema, sql: str) -> str:
    cast = ", ".join(
        f"CAST({quoted(c)} AS {SQL_TYPES.get(str(t), 'VARCHAR')}) AS {quoted(c)}" for c, t in schema.items()
    )
    return f"SELECT {cast} FROM ({sql})"


def content(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """A digest of a table's rows, whatever their order."""
    told = connection.execute(f"SELECT count(*), sum(hash(t)) FROM {quoted(table)} AS t").fetchone()
    return digest(*(told or ()))
