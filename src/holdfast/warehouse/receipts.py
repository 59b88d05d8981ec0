"""What each import did, and the rows it could not use."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from holdfast.warehouse.engine import parquet
from holdfast.warehouse.home import Home


class DamagedLoad(Exception):
    """A file of an earlier load is not as it was written; nothing was changed."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} is damaged: {why}. Put the folder {path.parent} back from a backup; without one, make a new home"
            " with `holdfast init` and import the files again. What was built before still serves."
        )
        self.path = path


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
    empty: dict[str, int] = field(default_factory=dict)  # "survey answers without a score" → rows of the files

    @property
    def changed_anything(self) -> bool:
        return any(t.new or t.changed for t in self.tables.values())

    def to_json(self) -> dict[str, object]:
        return asdict(self) | {"recorded_at": self.recorded_at.isoformat()}


def write(receipt: Receipt, folder: Path) -> None:
    (folder / "receipt.json").write_text(json.dumps(receipt.to_json(), indent=1))


def receipts(home: Home) -> list[Receipt]:
    """All loads, oldest first. Raises DamagedLoad."""
    loads = sorted(place for place in (home.path / "landed").glob("[0-9]*") if place.is_dir())
    return [_read(place / "receipt.json") for place in loads]


def _read(path: Path) -> Receipt:
    try:
        return _receipt(json.loads(path.read_text()))
    except FileNotFoundError as problem:
        raise DamagedLoad(path, "it is gone") from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise DamagedLoad(path, f"it cannot be read ({problem})") from problem


def _receipt(said: dict[str, Any]) -> Receipt:
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
    latest: dict[tuple[int, str], tuple[int, str]] = {}
    for receipt in receipts(home):
        if load_id in (None, receipt.load_id):
            for fingerprint, name in zip(receipt.fingerprints, receipt.files, strict=True):
                latest[receipt.shop_id, fingerprint] = (receipt.load_id, name)
    files = [
        path
        for load in sorted({n for n, _ in latest.values()})
        if (path := folder(home, load) / "reject.parquet").is_file()
    ]
    columns = ("load_id", "file", "line", "column", "value", "reason", "raw")
    if not files:
        return Page(columns, [], 0)
    connection = duckdb.connect()
    try:
        connection.execute("CREATE TABLE newest (load_id BIGINT, file VARCHAR)")
        connection.executemany("INSERT INTO newest VALUES (?, ?)", sorted(set(latest.values())))
        view = f"{parquet(files)} SEMI JOIN newest USING (load_id, file)"
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
