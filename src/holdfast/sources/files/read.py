"""Files as raw tables in a DuckDB connection: every cell as it stood, every row with its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from holdfast.sources.files.dialect import dialect, folded
from holdfast.sources.files.found import FoundFile
from holdfast.sources.files.plain import plain
from holdfast.sources.files.problem import FileProblem
from holdfast.sources.files.recordlines import has_odd_blanks, line_ends, lines_at, record_lines
from holdfast.sources.files.workbook import LINE, sheets
from holdfast.warehouse.staging import MASK

_EMAIL = r"[^\s\"',;|<>]+@[^\s\"',;|<>]+"
RAGGED = {
    "MISSING COLUMNS": "the line has fewer cells than the header; complete it or take it out",
    "TOO MANY COLUMNS": "the line has more cells than the header; put quotes around cells that hold the separator",
    "UNQUOTED VALUE": "a quote is opened and not closed in this line; close it or double it",
    "LINE SIZE OVER MAXIMUM": "the line is longer than 32 MB; a quote before it may not be closed",
}


@dataclass(frozen=True, slots=True)
class RawFile:
    """One file or sheet in the connection: a table of its cells and a `holdfast line` column.

    columns: header → DuckDB type (all VARCHAR except in Parquet).
    plain_numbers: cells come from a workbook, where numbers have a point and moments are ISO 8601.
    odd_blanks: cells may begin or end with a tab, a line end or a hard space, not only with a space.
    personal: headers whose cells are masked wherever a rejected row is shown.
    whole: where the table holds only the first rows, SQL of all rows without their lines.
    """

    file_no: int
    name: str
    table: str
    columns: dict[str, str]
    fingerprint: str
    rows: int
    ragged: int
    plain_numbers: bool = False
    odd_blanks: bool = True
    whole: str = ""
    personal: frozenset[str] = frozenset()
    parquet: str = ""  # where the engine can read a Parquet file again, without passing it through a table

    def header_for(self, names: tuple[str, ...]) -> str | None:
        """The file's own spelling of the first of these headers that it has, case and punctuation aside."""
        for name in names:
            if name in self.columns:
                return name
        spelled = {folded(header): header for header in reversed(self.columns)}
        return next((spelled[folded(name)] for name in names if folded(name) in spelled), None)


def quoted(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(value: str) -> str:
    """A string for SQL."""
    return "'" + value.replace("'", "''") + "'"


def read(
    con: duckdb.DuckDBPyConnection,
    file: FoundFile,
    first_no: int,
    scratch: Path,
    *,
    encoding: str = "",
    delimiter: str = "",
    first_rows: int = 0,
) -> Iterator[RawFile]:
    """Bring one file into the connection, one RawFile per sheet; ragged lines go to stage_reject.

    first_rows: only look at so many rows of a text or Parquet file, without fingerprint, places and rejects.
    Raises FileProblem when the file cannot be read at all.
    """
    try:
        match file.kind:
            case "parquet":
                yield _parquet(con, file, first_no, first_rows)
            case "xlsx":
                yield from _workbook(con, file, first_no)
            case _:
                yield _text(con, file, first_no, scratch, encoding, delimiter, first_rows)
    except (duckdb.IOException, duckdb.InvalidInputException) as problem:
        raise FileProblem(
            f"{file.name}: the file cannot be read ({_first_line(problem)}); export it again"
        ) from problem


def _parquet(con: duckdb.DuckDBPyConnection, file: FoundFile, file_no: int, first_rows: int) -> RawFile:
    table = f"raw_{file_no}"
    if first_rows:
        return _first(con, file, file_no, f"read_parquet({text_literal(str(file.path))})", first_rows)
    source = f"read_parquet({text_literal(str(file.path))}, file_row_number=true)"
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {table} AS "
        f"SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS {quoted(LINE)} FROM {source}"
    )
    rows = _count(con, table)
    return RawFile(
        file_no, file.name, table, _columns(con, table, file.name), file.fingerprint(), _some(rows, file.name), 0,
        parquet=str(file.path),
    )  # fmt: skip


def _workbook(con: duckdb.DuckDBPyConnection, file: FoundFile, first_no: int) -> Iterator[RawFile]:
    found, fingerprint = False, file.fingerprint()
    for file_no, sheet in enumerate(sheets(file.path), first_no):
        found, table = True, f"raw_{file_no}"
        _keep(con, table, sheet.table)
        name = f"{file.name}:{sheet.name}"
        columns = _columns(con, table, name)
        yield RawFile(file_no, name, table, columns, fingerprint, sheet.table.num_rows, 0, plain_numbers=True)
    if not found:
        raise FileProblem(f"{file.name}: no sheet has a header line and rows under it")


def _text(
    con: duckdb.DuckDBPyConnection, file: FoundFile, file_no: int, scratch: Path, encoding: str, delimiter: str,
    first_rows: int,
) -> RawFile:  # fmt: skip
    path = plain(file.path, scratch, encoding)
    form = dialect(path, file.name, delimiter)
    table, bare = f"raw_{file_no}", f"bare_{file_no}"
    columns = ", ".join(f"{text_literal(name)}: 'VARCHAR'" for name in form.header)
    source = (
        f"read_csv({text_literal(str(path))}, "
        f"auto_detect=false, header=true, skip={form.skipped}, delim={text_literal(form.delimiter)}, quote='\"',"
        " escape='\"', "
        f"columns={{{columns}}}, max_line_size=33554432, strict_mode=true, "
    )
    if first_rows:
        return _first(con, file, file_no, f"{source}ignore_errors=true)", first_rows, heads=1)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {bare} AS SELECT * FROM {source}"
        f"store_rejects=true, rejects_table='ragged_{file_no}', rejects_scan='ragged_scan_{file_no}', rejects_limit=0)"
    )
    good = _count(con, bare)
    ragged = _ragged(con, file, file_no, path)
    numbered = _number_lines(con, file_no, path, form.skipped + 1, good, ragged)
    _some(good + len(ragged), file.name)
    names, odd = _columns(con, table, file.name), numbered or has_odd_blanks(path, form.delimiter)
    return RawFile(file_no, file.name, table, names, file.fingerprint(), good, len(ragged), odd_blanks=odd)


def _first(
    con: duckdb.DuckDBPyConnection, file: FoundFile, file_no: int, source: str, first_rows: int, heads: int = 0
) -> RawFile:
    """The first rows of a file, to guess from; their lines are places in the sample."""
    table = f"raw_{file_no}"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT *, row_number() OVER () + {heads} AS {quoted(LINE)}"
        f" FROM (SELECT * FROM {source} LIMIT {first_rows})"
    )
    rows = _count(con, table)
    return RawFile(file_no, file.name, table, _columns(con, table, file.name), "", rows, 0, whole=source)


def _ragged(con: duckdb.DuckDBPyConnection, file: FoundFile, file_no: int, path: Path) -> list[int]:
    """Put the lines the engine refused into stage_reject; their byte offsets, in order."""
    found = con.execute(
        "SELECT line_byte_position - 1, first(error_type::VARCHAR ORDER BY byte_position), first(csv_line)"
        f" FROM ragged_{file_no} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    if not found:
        return []
    offsets = [offset for offset, _, _ in found]
    rejected = pa.table(
        {
            "line": lines_at(path, offsets),
            "reason": [RAGGED.get(kind, "the line cannot be read as cells") for _, kind, _ in found],
            "raw": pa.array([(line or "").strip("\r\n") for _, _, line in found], pa.string()),
        }
    )
    _keep(con, f"lines_{file_no}", rejected)
    name = text_literal(file.name)
    # nobody knows which cell is which in such a line, but an e-mail looks like one
    masked = f"to_json(regexp_replace(raw, {text_literal(_EMAIL)}, {text_literal(MASK)}, 'g'))"
    con.execute(f"INSERT INTO stage_reject SELECT {name}, line, NULL, NULL, reason, {masked} FROM lines_{file_no}")
    return offsets


def _number_lines(
    con: duckdb.DuckDBPyConnection, file_no: int, path: Path, header_line: int, good: int, ragged: list[int]
) -> bool:
    """raw_<n> from bare_<n>: the physical first line of each record, or its number where quotes do not pair.

    True when records and lines of the file are not one to one.
    """
    table, bare = f"raw_{file_no}", f"bare_{file_no}"
    numbered = bool(ragged) or line_ends(path) != good + header_line
    lines = record_lines(path, header_line, ragged, good) if numbered else None
    if lines is None:
        numbers = f"rowid + {header_line + 1} AS {quoted(LINE)}"
        con.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS SELECT *, {numbers} FROM {bare}")
        return numbered
    _keep(con, f"lines_{file_no}", pa.table({LINE: lines}))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM {bare} POSITIONAL JOIN lines_{file_no}")
    con.execute(f"DROP TABLE {bare}")
    return numbered


def _keep(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    con.register("holdfast_arrow", rows)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM holdfast_arrow")
    con.unregister("holdfast_arrow")


def _columns(con: duckdb.DuckDBPyConnection, table: str, name: str) -> dict[str, str]:
    described = con.execute(f"DESCRIBE {table}").fetchall()
    columns = {row[0]: row[1] for row in described if row[0] != LINE}
    if not columns:
        raise FileProblem(f"{name}: the file has no columns")
    return columns


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def _some(rows: int, name: str) -> int:
    if rows == 0:
        raise FileProblem(f"{name}: the file has a header and no rows; export it again")
    return rows


def _first_line(problem: Exception) -> str:
    return str(problem).splitlines()[0].removeprefix("Invalid Input Error: ").removeprefix("IO Error: ")[:200]
