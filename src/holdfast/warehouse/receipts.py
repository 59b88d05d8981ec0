"""What each import did, and the rows it could not use."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from holdfast.warehouse.engine import parquet, text
from holdfast.warehouse.home import Home, Shop
from holdfast.warehouse.staging import LINE_TABLES
from holdfast.warehouse.tables import PLAIN

_PLAIN = frozenset(table.name for table in PLAIN)


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

    shop_id 0: every row was rejected, and the shop was not declared.

    totals: currency → {"orders": …, "refunds": …} in minor units, over all staged lines of the files, and the amounts
    of refunds that have no lines. told_twice: lines of the files that another line of them tells already, as where two
    files overlap, which count once; and rows of plain tables that a later row tells again, which counts instead.
    added_up: rows that were added to another of the same key, as two lines of one day's spend on one campaign.
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
    told_twice: int = 0
    empty: dict[str, int] = field(default_factory=dict)  # "survey answers without a score" → rows of the files
    added_up: int = 0
    customer_headers: tuple[str, ...] = ()  # of cells in which the shop's number of a customer stands

    @property
    def adding_up(self) -> dict[str, int]:
        """What became of the rows read, in words → rows, where each row is one line or rejected; else empty.

        It is so for files of order lines and of plain tables. In other files a row may be an order, a buyer or both.
        """
        plain = [landed for name, landed in self.tables.items() if name in _PLAIN]
        lines = plain + [landed for name, landed in self.tables.items() if name in LINE_TABLES]
        word = "" if plain else " lines"
        said = {f"{what}{word}": sum(getattr(t, what) for t in lines) for what in ("new", "changed", "unchanged")}
        said |= {"rejected": self.rows_rejected, "told twice": self.told_twice, "added to another": self.added_up}
        if adjusted := self.tables.get("order_adjustment"):
            corrections = adjusted.new + adjusted.changed + adjusted.unchanged
            if sum(said.values()) + corrections == self.rows_read:
                said["corrections of the books"] = corrections
        return {what: rows for what, rows in said.items() if rows} if sum(said.values()) == self.rows_read else {}

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
            "customer_headers": tuple(said.get("customer_headers", ())),
            "recorded_at": datetime.fromisoformat(said["recorded_at"]),
            "tables": {name: Landed(**counts) for name, counts in said["tables"].items()},
        }
    )


def as_imported(shops: Iterable[Shop], loads: Iterable[Receipt]) -> tuple[Shop, ...]:
    """The shops, simulated where any of their loads was: the settings, which people edit, cannot take that back."""
    invented = {receipt.shop_id for receipt in loads if receipt.simulated}
    return tuple(replace(shop, simulated=shop.simulated or shop.shop_id in invented) for shop in shops)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a longer list."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    total: int


def same_rejects(connection: duckdb.DuckDBPyConnection, home: Home, receipt: Receipt, before: list[Receipt]) -> bool:
    """Whether `stage_reject` of the connection says of the receipt's files what the loads before say of them."""
    latest: dict[str, tuple[int, str]] = {}
    for earlier in before:
        latest |= {
            fingerprint: (earlier.load_id, name)
            for fingerprint, name in zip(earlier.fingerprints, earlier.files, strict=True)
            if fingerprint in receipt.fingerprints
        }
    if receipt.rows_rejected and not set(receipt.fingerprints) <= set(latest):
        return False
    of_file = " UNION ALL ".join(
        f"SELECT * FROM read_parquet({text(str(path))}) WHERE file = {text(name)}"
        for load_id, name in sorted(set(latest.values()))
        if (path := folder(home, load_id) / "reject.parquet").is_file()
    )
    if not of_file:
        return not receipt.rows_rejected
    said = 'SELECT line, "column", value, reason, raw FROM'
    kept = f"{said} ({of_file})"
    differs = (
        f"SELECT 1 FROM (({said} stage_reject EXCEPT ALL {kept}) UNION ALL ({kept} EXCEPT ALL {said} stage_reject))"
    )
    return connection.execute(f"{differs} LIMIT 1").fetchone() is None


def rejects(home: Home, *, limit: int = 100, offset: int = 0, load_id: int | None = None) -> Page:
    """Rows that could not be used, newest load first. A file imported again shows its last rejects only.

    A file of which nothing could be used, for a shop that was not declared (0), may be of any shop later.
    """
    latest: dict[tuple[int, str], tuple[int, str]] = {}
    for receipt in receipts(home):
        if load_id in (None, receipt.load_id):
            for fingerprint, name in zip(receipt.fingerprints, receipt.files, strict=True):
                latest[receipt.shop_id, fingerprint] = (receipt.load_id, name)
                if receipt.shop_id:
                    latest.pop((0, fingerprint), None)
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
