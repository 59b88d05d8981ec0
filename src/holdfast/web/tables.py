"""Tables as people take them away: CSV, XLSX or Parquet, from the same rows a page shows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase

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


def download(table: Table, file_format: Format) -> HttpResponseBase:
    """The table as a file."""
    body = {"csv": _csv, "xlsx": _xlsx, "parquet": _parquet}[file_format](table)
    response = HttpResponse(body, content_type=FORMATS[file_format])
    response["Content-Disposition"] = f'attachment; filename="{table.name}.{file_format}"'
    return response


def send_file(path: Path, name: str, file_format: Format) -> FileResponse:
    """A file written by a layer below, read whole so that its scratch folder may go."""
    return FileResponse(
        io.BytesIO(path.read_bytes()),
        as_attachment=True,
        filename=f"{name}.{file_format}",
        content_type=FORMATS[file_format],
    )


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _plain(value: Any) -> Any:
    return str(value) if value is not None and not isinstance(value, (str, int, float, bool, date, Decimal)) else value


def _csv(table: Table) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([harmless(_plain(value)) for value in row] for row in table.rows)
    return out.getvalue().encode("utf-8-sig")  # the mark makes spreadsheets read it as UTF-8


def _xlsx(table: Table) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    as_said = {"strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with xlsxwriter.Workbook(out, {"in_memory": True, **as_said}) as book:
        sheet = book.add_worksheet(table.name[:31])
        bold, as_day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, table.columns, bold)
        for number, row in enumerate(table.rows, start=1):
            for place, value in enumerate(row):
                if isinstance(value, (date, datetime)):
                    sheet.write_datetime(number, place, value, as_day)
                else:
                    sheet.write(number, place, _plain(value))
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def _parquet(table: Table) -> bytes:
    import duckdb

    with TemporaryDirectory() as folder, duckdb.connect() as con:
        path = Path(folder) / "table.parquet"
        kinds = [_kind(row[i] for row in table.rows) for i in range(len(table.columns))]
        columns = ", ".join(f"{_quoted(c)} {kind}" for c, kind in zip(table.columns, kinds, strict=True))
        con.execute(f"CREATE TABLE t ({columns})")
        if table.rows:
            places = ", ".join("?" for _ in table.columns)
            con.executemany(f"INSERT INTO t VALUES ({places})", [[_plain(v) for v in row] for row in table.rows])
        con.execute(f"COPY t TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
        return path.read_bytes()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _kind(values: Iterable[Any]) -> str:
    """The DuckDB type that holds every value of a column; text where they differ."""
    found = {type(value) for value in values if value is not None}
    for kinds, name in (
        ({bool}, "BOOLEAN"),
        ({int}, "BIGINT"),
        ({int, float}, "DOUBLE"),
        ({datetime}, "TIMESTAMP"),
        ({date}, "DATE"),
    ):
        if found and found <= kinds:
            return name
    return "VARCHAR"
