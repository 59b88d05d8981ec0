"""Looking into a home from a test: rows of tables, values of a snapshot, what lies on the disk."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.warehouse.home import Home
from holdfast.warehouse.receipts import receipts
from holdfast.warehouse.snapshot import MARTS, Snapshot, canonical_views, current_snapshot, open_snapshot
from holdfast.warehouse.tables import LANDED


def landed(home: Home, select: str) -> list[tuple]:
    """Ask the current views over every load, built or not."""
    import duckdb

    views, _ = canonical_views(home, tuple(r.load_id for r in receipts(home)))
    connection = duckdb.connect()
    try:
        for name, body in views.items():
            connection.execute(f'CREATE VIEW "{name}" AS {body}')
        return connection.execute(select).fetchall()
    finally:
        connection.close()


def served(home: Home, select: str) -> list[tuple]:
    """Ask the snapshot that serves."""
    snapshot = current_snapshot(home)
    assert snapshot is not None
    return asked(home, snapshot, select)


def asked(home: Home, snapshot: Snapshot, select: str) -> list[tuple]:
    connection = open_snapshot(home, snapshot)
    try:
        return connection.execute(select).fetchall()
    finally:
        connection.close()


def everything(home: Home, snapshot: Snapshot | None = None) -> dict[str, list[tuple]]:
    """Every row a reader of a snapshot (the serving one) can see, without the moment it was learned."""
    snapshot = snapshot or current_snapshot(home)
    assert snapshot is not None
    tables = [t.name for t in LANDED]
    connection = open_snapshot(home, snapshot)
    try:
        return {
            name: sorted(
                connection.execute(
                    f'SELECT {"* EXCLUDE (recorded_at)" if name in tables else "*"} FROM "{name}"'
                ).fetchall(),
                key=repr,
            )
            for name in (*tables, *MARTS)
        }
    finally:
        connection.close()


def on_disk(home: Home, folders: Iterable[str] = ("landed", "snapshots", "values", "tmp")) -> set[str]:
    """Every path under some folders of the home, with its size."""
    found = set()
    for folder in folders:
        for path in sorted((home.path / folder).rglob("*")):
            size = path.stat().st_size if path.is_file() and not path.is_symlink() else ""
            found.add(f"{path.relative_to(home.path)} {size}")
    return found


def money(home: Home) -> tuple:
    """placed, returned and net of every customer-month together, minor units."""
    (row,) = served(home, "SELECT sum(placed_minor), sum(returned_minor), sum(net_minor) FROM customer_month")
    return tuple(None if cell is None else int(cell) for cell in row)
