"""What the data promise, whether they keep it, and the rows that break a promise: for people to look at."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from holdfast.metrics.export import Format, write
from holdfast.metrics.published import need_published
from holdfast.warehouse.audits import AUDITS, Finding
from holdfast.warehouse.home import Home
from holdfast.warehouse.kept import kept_reader
from holdfast.warehouse.receipts import Page
from holdfast.warehouse.snapshot import Snapshot, open_snapshot

# An id of ours → the column that people know the row by, and the table that holds it.
KNOWN_BY = {"order_id": ("order_number", '"order"'), "product_id": ("sku", "product")}


@dataclass(frozen=True, slots=True)
class Promise:
    """examples: the first of the rows that break it; None where it is held."""

    name: str
    words: str
    rows: int
    examples: Page | None


def promises(home: Home, snapshot: Snapshot) -> tuple[Promise, ...]:
    """Every promise, the broken ones first. A snapshot that broke one of severity "error" was never published."""
    found = {finding.audit: finding for finding in snapshot.findings}
    broken = [Promise(f.audit, f.promise, f.rows, _examples(home, snapshot, f)) for f in snapshot.findings]
    return (*broken, *(Promise(a.name, a.promise, 0, None) for a in AUDITS if a.name not in found))


def export_offending(home: Home, name: str, path: Path, format: Format) -> int:
    """Write every row that breaks a promise; returns how many. Raises LookupError where none does."""
    snapshot = need_published(home).manifest
    finding = next((f for f in snapshot.findings if f.audit == name), None)
    audit = next((a for a in AUDITS if a.name == name), None)
    if finding is None or audit is None:
        raise LookupError(f"no row breaks {name}")
    select = _named_sql(audit.sql, finding.columns)
    with closing(open_snapshot(home, snapshot, names_in=select)) as connection:
        return write(connection.sql(select), path, format)


def _named_sql(sql: str, columns: Iterable[str]) -> str:
    """The rows with the numbers that people know, and our own ids behind the rest."""
    named, ours, joins = [], [], ""
    for column in columns:
        known = KNOWN_BY.get(column)
        named.append(f"{known[1]}.{known[0]}" if known else f"found.{column}")
        ours += [f"found.{column}"] if known else []
        joins += f" LEFT JOIN {known[1]} ON {known[1]}.{column} = found.{column}" if known else ""
    return f"SELECT {', '.join((*named, *ours))} FROM ({sql}) AS found{joins}"


def _examples(home: Home, snapshot: Snapshot, finding: Finding) -> Page:
    """As the build kept them, with the numbers that people know."""
    rows: list[tuple[object, ...]] = [
        tuple(None if cell == "None" else cell for cell in row) for row in finding.examples
    ]
    columns = list(finding.columns)
    for place, column in enumerate(finding.columns):
        if column in KNOWN_BY:
            columns[place] = KNOWN_BY[column][0]
            known = _known(home, snapshot, column, [row[place] for row in rows])
            rows = [(*row[:place], known.get(row[place]), *row[place + 1 :]) for row in rows]
    return Page(tuple(columns), rows, finding.rows)


def _known(home: Home, snapshot: Snapshot, column: str, ids: list[object]) -> dict[object, object]:
    """An id, as text → the number that people know."""
    name, table = KNOWN_BY[column]
    wanted = ", ".join(str(int(str(one))) for one in ids if one is not None) or "NULL"
    select = f"SELECT CAST({column} AS VARCHAR), {name} FROM {table} WHERE {column} IN ({wanted})"
    with kept_reader(home, snapshot) as connection:
        return dict(connection.execute(select).fetchall())
