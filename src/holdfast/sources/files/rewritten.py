"""Cells that a mapping rewrites before they are read: completed, the same in every row, or meaning nothing."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from holdfast.sources.files.cells import bare_text
from holdfast.sources.files.mapping import CELL, Mapping
from holdfast.sources.files.read import RawFile, quoted, text_literal


def written(
    con: duckdb.DuckDBPyConnection, grain: str, file: RawFile, fed: dict[str, list[str]], mapping: Mapping
) -> tuple[RawFile, dict[str, list[str]]]:
    """The file with a column for each field that is rewritten, and which columns then feed which field.

    fed: canonical field → headers of the file. Without anything to rewrite both come back as they are.
    """
    texts, empty = mapping.written.get(grain, {}), mapping.empty_cells.get(grain, {})
    made = {
        name: _rewritten(file, fed.get(name), texts.get(name, CELL), empty.get(name, ()))
        for name in {**texts, **empty}
        if name in fed or CELL not in texts.get(name, CELL)
    }
    if not made:
        return file, fed
    table = f"written_{file.file_no}"
    columns = ", ".join(f"{sql} AS {quoted(_column(name))}" for name, sql in made.items())
    con.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS SELECT *, {columns} FROM {file.table}")
    kinds = file.columns | {_column(name): "VARCHAR" for name in made}
    return replace(file, table=table, columns=kinds), fed | {name: [_column(name)] for name in made}


def _column(name: str) -> str:
    return f"{name} written"


def _rewritten(file: RawFile, headers: list[str] | None, text: str, empty: tuple[str, ...]) -> str:
    """SQL of the text to read in place of the cell."""
    if CELL not in text or not headers:
        return text_literal(text)
    cell = f"nullif({bare_text(quoted(headers[0]), file.columns[headers[0]], file.odd_blanks)}, '')"
    if empty:
        said = ", ".join(text_literal(word.lower()) for word in empty)
        cell = f"CASE WHEN lower({cell}) NOT IN ({said}) THEN {cell} END"
    before, _, after = text.partition(CELL)
    return f"{text_literal(before)} || ({cell}) || {text_literal(after)}"
