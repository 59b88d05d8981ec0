"""Tables as people take them away: CSV, XLSX or Parquet, from the same rows a page shows."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpResponse

from holdfast.warehouse.home import scratch
from holdfast.warehouse.simulated import told
from holdfast.web import reading
from holdfast.web.reading import Format

FORMATS: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True)
class Table:
    """Column names and rows of plain values: text, numbers, dates, None."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]


def download(table: Table, file_format: Format) -> HttpResponse:
    """The table as a file; the mark makes spreadsheets read a CSV as UTF-8."""
    from holdfast.metrics.export import table_of, write

    rows = table_of(table.columns, table.rows)
    body = _written(file_format, lambda path: write(rows, path, file_format))
    response = HttpResponse(body, content_type=FORMATS[file_format])
    response["Content-Disposition"] = f'attachment; filename="{_called(table.name)}.{file_format}"'
    return response


def sent(name: str, file_format: Format, write: Callable[[Path], int]) -> FileResponse:
    """What a layer below writes to the path it is given."""
    body = io.BytesIO(_written(file_format, write))
    return FileResponse(
        body, as_attachment=True, filename=f"{_called(name)}.{file_format}", content_type=FORMATS[file_format]
    )


def _called(name: str) -> str:
    """The file's name; of invented shops it says so."""
    return f"{told().replace(' ', '-')}-{name}" if told() else name


def _written(file_format: Format, write: Callable[[Path], int]) -> bytes:
    """Read whole, so that the scratch folder may go."""
    with scratch(reading.home(), "export") as folder:
        path = folder / f"rows.{file_format}"
        write(path)
        return path.read_bytes()
