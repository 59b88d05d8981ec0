"""A snapshot: everything built from the loads known at one moment, finished before anybody sees it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from holdfast.warehouse.audits import Finding
from holdfast.warehouse.engine import open_reader, parquet, text
from holdfast.warehouse.home import Home, Shop, scratch_path
from holdfast.warehouse.marts.registry import DECLARED
from holdfast.warehouse.tables import LANDED
from holdfast.warehouse.versions import current

MARTS = (
    "shop", "built", "credit_match", "refund_value", "order_value", "purchase", "history", "account_opening",
    "customer_month", "customer_year", *DECLARED,
)  # fmt: skip


NOTHING_BUILT = "nothing has been built yet: run `holdfast import FILE`, then `holdfast build`"


class NothingBuilt(Exception):
    """There is no snapshot yet; the message says what to run."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The manifest of a snapshot. Loads are never rewritten, so naming them is enough to keep them."""

    id: str
    path: Path
    as_of: date
    built_at: datetime
    loads: tuple[int, ...]
    shops: tuple[Shop, ...]
    findings: tuple[Finding, ...] = ()
    steps: tuple[dict[str, float | str], ...] = ()

    @property
    def simulated(self) -> bool:
        return any(shop.simulated for shop in self.shops)

    def write(self, folder: Path) -> None:
        said = asdict(self) | {"path": "", "as_of": self.as_of.isoformat(), "built_at": self.built_at.isoformat()}
        (folder / "manifest.json").write_text(json.dumps(said, indent=1))


def read_manifest(folder: Path) -> Snapshot:
    said = json.loads((folder / "manifest.json").read_text())
    return Snapshot(
        id=said["id"],
        path=folder,
        as_of=date.fromisoformat(said["as_of"]),
        built_at=datetime.fromisoformat(said["built_at"]),
        loads=tuple(said["loads"]),
        shops=tuple(Shop(**shop) for shop in said["shops"]),
        findings=tuple(
            Finding(**f | {"columns": tuple(f["columns"]), "examples": tuple(map(tuple, f["examples"]))})
            for f in said["findings"]
        ),
        steps=tuple(said["steps"]),
    )


def current_snapshot(home: Home) -> Snapshot | None:
    """The snapshot that serves, or None when nothing has been built."""
    link = home.path / "snapshots" / "current"
    try:
        return read_manifest(home.path / "snapshots" / os.readlink(link))
    except FileNotFoundError:
        return None


def canonical_views(home: Home, loads: tuple[int, ...]) -> tuple[dict[str, str], list[Path]]:
    """View text per canonical table over the newest versions in these loads, and the files they read."""
    views, files = {}, []
    for table in LANDED:
        landed = [
            path for load in loads if (path := home.path / "landed" / f"{load:06d}" / f"{table.name}.parquet").is_file()
        ]
        files += landed
        views[table.name] = current(table, landed)
    return views, files


def open_snapshot(home: Home, snapshot: Snapshot) -> duckdb.DuckDBPyConnection:
    """A read-only connection over a snapshot's tables and marts; it can reach no other file.

    What is returned has `execute`, `interrupt` and `close`, and refuses everything but SELECT.
    """
    views, files = canonical_views(home, snapshot.loads)
    for mart in MARTS:
        path = snapshot.path / f"{mart}.parquet"
        if mart in DECLARED and not path.is_file():
            continue  # built before there was such a mart
        views[mart] = parquet([path])
        files.append(path)
    return open_reader(views, files, scratch_path(home, "read"))


def shop_rows(shops: tuple[Shop, ...]) -> str:
    """A SELECT of the shop table from the settings."""
    rows = ", ".join(
        f"({s.shop_id}::BIGINT, {text(s.name)}, {text(s.account)}, {text(s.zone)}, {text(s.currency)}, {s.simulated})"
        for s in shops
    )
    return f"SELECT * FROM (VALUES {rows}) AS t(shop_id, name, account, iana_timezone, currency, simulated)"
