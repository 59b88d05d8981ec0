"""Rows to a file people open elsewhere: CSV, Parquet or XLSX. The one place that writes them, for every door."""

from __future__ import annotations

import codecs
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

from holdfast.warehouse.simulated import WORD, told

Format = Literal["csv", "parquet", "xlsx"]
XLSX_ROWS = 1_048_575  # what a sheet holds below its header
BATCH = 100_000


class TooManyRows(Exception):
    """A sheet cannot hold them."""


def write(result: Any, path: Path, format: Format) -> int:
    """Write a DuckDB relation or an Arrow table; returns how many rows. The file appears whole or not at all.

    Rows are never kept as a whole in memory, except for XLSX. A CSV begins with a byte order mark: without it
    spreadsheets take UTF-8 for cp1252. Rows of invented shops say so, each in a column of its own (decision 0053).
    """
    beside = path.with_name(path.name + ".part")
    reader = _labelled(result.to_reader(BATCH) if isinstance(result, pa.Table) else result.to_arrow_reader(BATCH))
    try:
        match format:
            case "csv":
                rows = _csv(reader, beside)
            case "parquet":
                rows = _parquet(reader, beside)
            case "xlsx":
                rows = _xlsx(reader, beside)
            case _:
                raise KeyError(format)
        os.replace(beside, path)
        return rows
    finally:
        beside.unlink(missing_ok=True)


def _labelled(reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    label = told()
    if not label or WORD in reader.schema.names:
        return reader
    schema = reader.schema.append(pa.field(WORD, pa.string()))

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            said = pa.array([label] * batch.num_rows, pa.string())
            yield pa.RecordBatch.from_arrays([*batch.columns, said], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def table_of(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Plain values as an Arrow table; a column whose values differ in kind is text."""
    return pa.table([_column([row[place] for row in rows]) for place in range(len(columns))], list(columns))


def _column(values: list[Any]) -> pa.Array:
    found = {type(value) for value in values if value is not None}
    if datetime in found and found <= {datetime}:
        zone = "UTC" if all(value is None or value.tzinfo for value in values) else None
        return pa.array(values, pa.timestamp("us", zone)).cast(pa.timestamp("s", zone), safe=False)
    for kinds in ({bool}, {int}, {int, float}, {date}, {Decimal}):
        if found and found <= kinds:
            return pa.array(values)
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _csv(reader: pa.RecordBatchReader, path: Path) -> int:
    """By DuckDB, which quotes only what has to be."""
    rows, bare = 0, path.with_name(path.name + ".bare")

    def told() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for batch in reader:
            rows += batch.num_rows
            yield _harmless(batch)

    harmless = pa.RecordBatchReader.from_batches(reader.schema, told())
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.from_arrow(harmless).write_csv(str(bare))
    with bare.open("rb") as source, path.open("wb") as out:
        out.write(codecs.BOM_UTF8)
        shutil.copyfileobj(source, out)
    bare.unlink()
    return rows


def _harmless(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A text that starts like a formula is quoted with an apostrophe, so that no spreadsheet runs it."""
    columns = []
    for column in batch.columns:
        if pa.types.is_string(column.type):
            starts = pa.compute.match_substring_regex(column, r"^[=+\-@\t\r]")
            column = pa.compute.if_else(starts, pa.compute.binary_join_element_wise("'", column, ""), column)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _parquet(reader: pa.RecordBatchReader, path: Path) -> int:
    rows = 0
    with pa.parquet.ParquetWriter(str(path), reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _xlsx(reader: pa.RecordBatchReader, path: Path) -> int:
    import xlsxwriter

    found = _few_enough(reader)
    asked = {"strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, **asked}) as book:
        sheet = book.add_worksheet("rows")
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, reader.schema.names, bold)
        number = 0
        for batch in found:
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                for place, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, place, cell, moment if isinstance(cell, datetime) else day)
                    else:
                        sheet.write(number, place, float(cell) if isinstance(cell, Decimal) else cell)
    return number


def _few_enough(reader: Iterable[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """All batches. Raises TooManyRows as soon as there are more rows than a sheet holds."""
    found, rows = [], 0
    for batch in reader:
        rows += batch.num_rows
        if rows > XLSX_ROWS:
            raise TooManyRows(f"a sheet holds {XLSX_ROWS:,} rows and there are more: export CSV or Parquet instead")
        found.append(batch)
    return found
