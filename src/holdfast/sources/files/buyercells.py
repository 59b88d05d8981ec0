"""What the cells of a column guessed as the customer's number really are."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.read import RawFile, quoted

_NAME = r"^[\p{L}.\'’-]+(,?\s+[\p{L}.\'’-]+)+$"


def without_false_numbers(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, files: list[RawFile], rows: dict[str, str]
) -> tuple[Mapping, tuple[str, ...]]:
    """The mapping without customer numbers whose cells are e-mails (then they are that) or names (then nothing).

    Also the headers that hold names.
    """
    columns = {grain: dict(fed) for grain, fed in mapping.columns.items()}
    names = []
    for file in files:
        fed = columns.get(rows[file.name], {})
        header = file.header_for(fed.get("customer_id", ()))
        if not header or not (what := _what(con, file, header)):
            continue
        left = tuple(name for name in fed.pop("customer_id") if name != header)
        if left:
            fed["customer_id"] = left
        if what == "name":
            names.append(header)
        elif not file.header_for(fed.get("email", ())):
            fed["email"] = (*fed.get("email", ()), header)
    return replace(mapping, columns=columns), tuple(names)


def _what(con: duckdb.DuckDBPyConnection, file: RawFile, header: str) -> str:
    """ "e-mail" when any cell is one, "name" when most cells are names, else ""."""
    cell = f"trim(CAST({quoted(header)} AS VARCHAR))"
    mails, names, filled = con.execute(
        f"SELECT count(*) FILTER (contains({cell}, '@')), count(*) FILTER (regexp_matches({cell}, ?)),"
        f" count(*) FILTER ({cell} <> '') FROM {file.table}",
        [_NAME],
    ).fetchone() or (0, 0, 0)
    if mails:
        return "e-mail"
    return "name" if 2 * names > filled else ""
