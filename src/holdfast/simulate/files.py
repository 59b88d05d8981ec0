"""The files of an invented shop: one a name, written piece by piece, each saying of itself that it is invented."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from holdfast.simulate.columns import Column
from holdfast.warehouse.simulated import SAID_IN_FILE, WORD

Format = Literal["parquet", "csv"]
ROW_GROUP = 250_000


class Files:
    """A sink over a folder. A file comes to be with its first rows, and is whole when the sink is closed."""

    def __init__(self, folder: Path, format: Format = "parquet") -> None:
        self._folder, self._format = folder, format
        self._open: dict[str, pq.ParquetWriter | pc.CSVWriter] = {}
        self.rows: dict[str, int] = {}

    def __enter__(self) -> Files:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._open.values():
            writer.close()

    def add(self, file: str, columns: Mapping[str, Column]) -> None:
        table = pa.table(dict(columns))
        self.rows[file] = self.rows.get(file, 0) + len(table)
        if not len(table):
            return
        if self._format == "csv":
            table = _as_text(table)
        if file not in self._open:
            self._open[file] = self._writer(file, table.schema)
        if self._format == "csv":
            self._open[file].write_table(table)
        else:
            self._open[file].write_table(table.replace_schema_metadata(SAID_IN_FILE), row_group_size=ROW_GROUP)

    def _writer(self, file: str, schema: pa.Schema) -> pq.ParquetWriter | pc.CSVWriter:
        path = self._folder / self._named(file)
        if self._format == "csv":
            return pc.CSVWriter(str(path), schema)
        return pq.ParquetWriter(str(path), schema.with_metadata(SAID_IN_FILE), compression="zstd")

    def _named(self, file: str) -> str:
        return f"{WORD}_{file}.{self._format}"  # a CSV has no other place to say it

    @property
    def names(self) -> list[str]:
        return sorted(self._named(file) for file in self._open)


def _as_text(table: pa.Table) -> pa.Table:
    """Words as text, moments as ISO 8601 with their offset: what any reader of CSV understands."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        columns[name] = column
    return pa.table(columns)
