"""Making the marts of a snapshot, each from the same mart of the snapshot before where that can be.

A mart whose definition and inputs are as before is taken over as it lies. One of which only some rows can differ is
mended: the rows that may are left out of the old files and made again. Anything uncertain is made whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.operations as ops

from holdfast.warehouse import cut
from holdfast.warehouse.cut import Cut, cut_of, file_name, label_in
from holdfast.warehouse.engine import compiled, parquet_rows, quoted, text
from holdfast.warehouse.made import Before, How, Made, Written, as_written, digest, take_over
from holdfast.warehouse.marts.declare import SQL_TYPES

# Keys and money hardly repeat inside a row group: delta encoding writes them in half the time and size of a dictionary.
PARQUET = "FORMAT parquet, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000"
_LEFT_OUT = re.compile(r"EXCLUDE \(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Mend:
    """How a mart follows from the one before. fresh: the rows made again, as they are now; before_sql: the definition
    that the old rows must have been made by. gone: of a mart that is cut, SQL condition on its old rows `t` that are
    made again. kept: of any other, SELECT of those that are not, as they are now.
    """

    fresh: ibis.Table
    before_sql: str
    gone: str = ""
    kept: str = ""


@dataclass(frozen=True, slots=True)
class InTurn:
    """How to make a mart whole, one file after the other, which is cheaper where rows of a file come from near places.

    show: leaves the views that `rows` reads, for the file of a label.
    """

    labels: Sequence[int]
    show: Callable[[int], None]
    rows: ibis.Table


@dataclass
class Making:
    """The marts of one snapshot while they are made. earlier: the snapshot to build upon, or why there is none.

    loads: those it is built from. inputs: digest of what each table holds, by name; a mart that is made adds its own.
    """

    connection: duckdb.DuckDBPyConnection
    folder: Path
    earlier: Before | str
    loads: tuple[int, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)
    told_idle: dict[str, Any] = field(default_factory=dict)  # for the next build: which marts had nothing to tell
    _written: dict[str, list[Written]] = field(default_factory=dict)

    def save(self, name: str, select: str, inputs: str = "") -> None:
        """A table written as it stands, which the next build may look at but does not take over."""
        self._write(name, select)
        self._show(name)
        self._note(name, "rebuilt", "it is made at every build", "", inputs)

    def make(
        self, name: str, expression: ibis.Table, mend: Mend | None = None, why: str = "",
        in_turn: Callable[[], InTurn | None] = lambda: None,
    ) -> ibis.Table:  # fmt: skip
        """Leave a mart as files and a view. why: what is known of why it cannot be mended."""
        schema, sql = expression.schema(), compiled(expression)
        made_of = self._made_of(expression, sql)
        if self._same(name, made_of):
            self._take_over(name)
            how, said = "reused", ""
        elif mend is not None and (said := self.unfit(name, mend.before_sql)) == "":
            self._mend(name, mend)
            how = "mended"
        else:
            self._make_whole(name, _typed(schema, sql), in_turn())
            how, said = "rebuilt", why or (said if mend is not None else self._changed(name, sql))
        self._show(name)
        self._note(name, how, said, _definition(sql), made_of)  # type: ignore[arg-type]
        return ibis.table(schema, name=name)

    def _make_whole(self, name: str, select: str, in_turn: InTurn | None) -> None:
        if in_turn is not None:
            rows = _typed(in_turn.rows.schema(), compiled(in_turn.rows))
            for label in in_turn.labels:
                in_turn.show(label)
                self._write(name, rows, label)
        else:
            self._write(name, select)

    def _mend(self, name: str, mend: Mend) -> None:
        fresh = _typed(mend.fresh.schema(), compiled(mend.fresh))
        if (how := cut_of(name)) is None:
            self._write(name, f"{mend.kept} UNION ALL BY NAME {fresh}")
            return
        self._table(f"{name}_again", fresh)
        old = parquet_rows(self.upon.files(name), "filename = true")
        self._table(f"{name}_were", f"SELECT * FROM ({old}) AS t WHERE {mend.gone}")
        were = f"SELECT * EXCLUDE (filename) FROM {name}_were"
        self._table("gone", f"{were} EXCEPT SELECT * FROM {name}_again")
        self._table("come", f"SELECT *, {how.label} AS label FROM (SELECT * FROM {name}_again EXCEPT {were}) AS t")
        self._put(name, how)

    def _put(self, name: str, how: Cut) -> None:
        """The files before, those written anew in which a row is `gone` or to which one has `come`."""
        key = ", ".join(how.key)
        kept = "SELECT * FROM ({}) ANTI JOIN gone USING (" + key + ")"
        (rows,) = self.connection.execute(f"SELECT count(*) FROM ({self.old(name)})").fetchone() or (0,)
        if rows <= cut.ROWS:
            self._write(name, f"{kept.format(self.old(name))} UNION ALL SELECT * EXCLUDE (label) FROM come")
            return
        asked = f"SELECT DISTINCT parse_filename(filename) FROM {name}_were SEMI JOIN gone USING ({key})"
        hurt = {file for (file,) in self.connection.execute(asked).fetchall()}
        coming = {label for (label,) in self.connection.execute("SELECT DISTINCT label FROM come").fetchall()}
        for file in self.upon.marts[name].files:
            label = label_in(file.name)
            if file.name not in hurt and label not in coming:
                self._take_over_file(name, file)
                continue
            told = kept.format(parquet_rows([self.upon.snapshot.path / file.name]))
            if label in coming:
                told += f" UNION ALL SELECT * EXCLUDE (label) FROM come WHERE label = {label}"
                coming.remove(label)
            self._write(name, told, label)
        for label in sorted(coming):
            self._write(name, f"SELECT * EXCLUDE (label) FROM come WHERE label = {label}", label)

    def idle(self, key: str) -> list[str]:
        """Take over what had nothing to tell in the snapshot before, if that is known for this key; else make none."""
        if isinstance(self.earlier, str) or self.earlier.idle.get("key") != key:
            return []
        names = [str(name) for name in self.earlier.idle["marts"]]
        if not self.holds_before(*names):
            return []
        for name in names:
            self._take_over(name)
            self._show(name)
            self._note(name, "reused", "", "", self.upon.marts[name].made_of)
        return names

    def nothing(self, name: str, schema: ibis.Schema) -> None:
        """A mart of which all tables are empty."""
        columns = ", ".join(f"NULL::{SQL_TYPES.get(str(t), 'VARCHAR')} AS {quoted(c)}" for c, t in schema.items())
        self._write(name, f"SELECT {columns} WHERE false")
        self._show(name)
        self._note(name, "rebuilt", "its tables are empty", "", digest("nothing", columns))

    def old(self, name: str) -> str:
        """A SELECT of the mart as it was before."""
        return parquet_rows(self.upon.files(name))

    @property
    def upon(self) -> Before:
        if isinstance(self.earlier, str):
            raise LookupError(f"there is no snapshot to build upon: {self.earlier}")
        return self.earlier

    def told(self) -> tuple[dict[str, str], ...]:
        """For the manifest: how each mart that can be taken over came to be, and why it was not."""
        return tuple({"mart": name, "how": one.how, "why": one.why} for name, one in self.made.items() if one.sql)

    def in_files(self) -> dict[str, tuple[str, ...]]:
        """For the manifest: the files of each mart that does not lie in the one of its name."""
        files = {name: tuple(file.name for file in one.files) for name, one in self.made.items()}
        return {name: those for name, those in files.items() if those != (file_name(name),)}

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
        for file in self.upon.marts[name].files:
            self._take_over_file(name, file)

    def _take_over_file(self, name: str, file: Written) -> None:
        told = take_over(self.upon.snapshot.path / file.name, self.folder / file.name, file)
        self._written.setdefault(name, []).append(told)

    def _write(self, name: str, select: str, label: int | None = None) -> None:
        path = self.folder / file_name(name, label)
        self.connection.execute(f"COPY ({select}) TO {text(str(path))} ({PARQUET})")
        self._written.setdefault(name, []).append(as_written(path))

    def _table(self, name: str, select: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS {select}")

    def _show(self, name: str) -> None:
        for kind in ("VIEW", "TABLE"):
            with suppress(duckdb.CatalogException):
                self.connection.execute(f"DROP {kind} IF EXISTS {quoted(name)}")
        self.connection.execute(f"CREATE VIEW {quoted(name)} AS {parquet_rows(self.files(name))}")

    def files(self, name: str) -> list[Path]:
        """The files of a mart of this snapshot."""
        return [self.folder / file.name for file in self._largest_first(name)]

    def _largest_first(self, name: str) -> list[Written]:
        """The engine guesses from the first file how many rows the others have, and plans by that."""
        return sorted(self._written[name], key=lambda file: file.stamp, reverse=True)

    def _note(self, name: str, how: How, why: str, sql: str, made_of: str) -> None:
        self.inputs[name] = made_of
        self.made[name] = Made(how, why, sql, made_of, tuple(self._largest_first(name)))


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
