"""Rows to a file people open elsewhere: CSV, Parquet or XLSX."""

from __future__ import annotations

import codecs
import os
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

XLSX_ROWS = 1_048_575  # what a sheet holds below its header


class TooManyRows(Exception):
    """A sheet cannot hold them."""


def write(result: Any, path: Path, format: Literal["csv", "parquet", "xlsx"]) -> int:
    """Write a DuckDB relation; a reader is never kept as a whole in memory, except for XLSX."""
    beside = path.with_name(path.name + ".part")
    try:
        rows = {"csv": _csv, "parquet": _parquet, "xlsx": _xlsx}[format](result, beside)
        os.replace(beside, path)
        return rows
    finally:
        beside.unlink(missing_ok=True)


def _csv(result: Any, path: Path) -> int:
    reader = result.to_arrow_reader(100_000)
    rows = 0
    with path.open("wb") as file:
        file.write(codecs.BOM_UTF8)  # as in every CSV that is a file: without it spreadsheets take UTF-8 for cp1252
        with pa.csv.CSVWriter(file, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(_harmless(batch))
                rows += batch.num_rows
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


def _parquet(result: Any, path: Path) -> int:
    reader = result.to_arrow_reader(100_000)
    rows = 0
    with pa.parquet.ParquetWriter(str(path), reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _xlsx(result: Any, path: Path) -> int:
    import xlsxwriter

    columns = list(result.columns)
    found = result.limit(XLSX_ROWS + 1).fetchall()
    if len(found) > XLSX_ROWS:
        raise TooManyRows(f"a sheet holds {XLSX_ROWS:,} rows and there are more: export CSV or Parquet instead")
    with xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet("rows")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, columns)
        for number, row in enumerate(found, start=1):
            for place, cell in enumerate(row):
                if hasattr(cell, "isoformat"):
                    sheet.write_datetime(number, place, cell, day)
                else:
                    sheet.write(number, place, float(cell) if hasattr(cell, "as_tuple") else cell)
    return len(found)
