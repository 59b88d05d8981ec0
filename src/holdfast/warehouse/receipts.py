"""What each import did, and the rows it could not use."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from holdfast.warehouse.engine import parquet
from holdfast.warehouse.home import Home


@dataclass(frozen=True, slots=True)
class Landed:
    """Rows of one table that a load brought, against what was known before it."""

    new: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """The record of one import. load_id 0: nothing was new, so nothing was written.

    totals: currency → {"orders": …, "refunds": …} in minor units, over all staged lines of the files.
    """

    load_id: int
    shop: str
    shop_id: int
    mapping: str
    files: tuple[str, ...]
    fingerprints: tuple[str, ...]
    recorded_at: datetime
    rows_read: int
    rows_rejected: int
    tables: dict[str, Landed]
    totals: dict[str, dict[str, int]]
    next_keys: dict[str, int]
    steps: list[dict[str, float | str]] = field(default_factory=list)
    simulated: bool = False

    @property
    def changed_anything(self) -> bool:
        return any(t.new or t.changed for t in self.tables.values())

    def to_json(self) -> dict[str, object]:
        return asdict(self) | {"recorded_at": self.recorded_at.isoformat()}


def write(receipt: Receipt, folder: Path) -> None:
    (folder / "receipt.json").write_text(json.dumps(receipt.to_json(), indent=1))


def receipts(home: Home) -> list[Receipt]:
    """All loads, oldest first."""
    return [_read(path) for path in sorted((home.path / "landed").glob("*/receipt.json"))]


def _read(path: Path) -> Receipt:
    said = json.loads(path.read_text())
    return Receipt(
        **said
        | {
            "files": tuple(said["files"]),
            "fingerprints": tuple(said["fingerprints"]),
            "recorded_at": datetime.fromisoformat(said["recorded_at"]),
            "tables": {name: Landed(**counts) for name, counts in said["tables"].items()},
        }
    )


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a longer list."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    total: int


def rejects(home: Home, *, limit: int = 100, offset: int = 0, load_id: int | None = None) -> Page:
    """Rows that could not be used, newest load first. A file imported again shows its last rejects only."""
    latest: dict[tuple[int, str], int] = {}
    for receipt in receipts(home):
        for fingerprint in receipt.fingerprints:
            latest[receipt.shop_id, fingerprint] = receipt.load_id
    loads = sorted(set(latest.values()) if load_id is None else {load_id})
    files = [path for load in loads if (path := folder(home, load) / "reject.parquet").is_file()]
    columns = ("load_id", "file", "line", "column", "value", "reason", "raw")
    if not files:
        return Page(columns, [], 0)
    connection = duckdb.connect()
    try:
        view = parquet(files)
        (total,) = connection.execute(f"SELECT count(*) FROM ({view})").fetchone() or (0,)
        rows = connection.execute(
            f'SELECT load_id, file, line, "column", value, reason, raw FROM ({view})'
            " ORDER BY load_id DESC, file, line LIMIT ? OFFSET ?",
            [limit, offset],
        ).fetchall()
    finally:
        connection.close()
    return Page(columns, rows, total)


def folder(home: Home, load_id: int) -> Path:
    return home.path / "landed" / f"{load_id:06d}"
