"""A snapshot: everything built from the loads known at one moment, finished before anybody sees it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from holdfast.warehouse.audits import Finding
from holdfast.warehouse.engine import compiled, open_reader, parquet_rows, text
from holdfast.warehouse.home import Home, Shop, scratch_path
from holdfast.warehouse.identity.resolved import read_by_views, resolved_views
from holdfast.warehouse.marts.registry import DECLARED
from holdfast.warehouse.tables import LANDED
from holdfast.warehouse.versions import current

IDENTITY = ("merged_profile", "stitched", "person", "identity_edge", "identity_change", "identity_batch")
MARTS = (
    *IDENTITY, "shop", "built", "excluded_person", "credit_match", "refund_value", "order_value", "purchase",
    "product_year", "usual_gap", "history", "account_opening", "customer_month", "customer_year", *DECLARED,
)  # fmt: skip
LATER = frozenset(("product_year", *DECLARED))  # a snapshot may be older than they are

NOTHING_BUILT = "nothing has been built yet: run `holdfast import FILE`, then `holdfast build`"


class NothingBuilt(Exception):
    """There is no snapshot yet; the message says what to run."""


class DamagedSnapshot(Exception):
    """A file of a snapshot is not as it was built; what was imported is not touched by that."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"the snapshot is damaged: {path} {why}. Run `holdfast build`: it builds another one from what was imported"
        )
        self.path = path


class OtherSnapshot(DamagedSnapshot):
    """A snapshot that another version built: it lacks what this one reads."""

    def __init__(self, path: Path) -> None:
        Exception.__init__(
            self,
            f"the snapshot {path.name} was built by another version of Holdfast. Run `holdfast build`: it makes another"
            " one from what was imported",
        )
        self.path = path


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
    made: tuple[dict[str, str], ...] = ()  # per mart: whether it was reused, mended or rebuilt, and why
    measured: tuple[dict[str, str], ...] = ()  # per value: whether it was carried or measured anew, and why
    cut: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # the files of each mart that has several
    merged: bool = False  # some profiles are one person
    stitched: bool = False  # some anonymous visits are somebody's

    @property
    def simulated(self) -> bool:
        return any(shop.simulated for shop in self.shops)

    def files(self, mart: str) -> list[Path]:
        """The Parquet files in which a mart lies."""
        return [self.path / name for name in self.cut.get(mart, (f"{mart}.parquet",))]

    def write(self, folder: Path) -> None:
        said = asdict(self) | {"path": "", "as_of": self.as_of.isoformat(), "built_at": self.built_at.isoformat()}
        (folder / "manifest.json").write_text(json.dumps(said, indent=1))


def read_manifest(folder: Path) -> Snapshot:
    """The manifest of a snapshot's folder. Raises FileNotFoundError or DamagedSnapshot."""
    path = folder / "manifest.json"
    try:
        return _manifest(folder, json.loads(path.read_text()))
    except (ValueError, KeyError, TypeError) as problem:
        raise DamagedSnapshot(path, f"cannot be read ({problem})") from problem


def _manifest(folder: Path, said: dict[str, Any]) -> Snapshot:
    return Snapshot(
        id=said["id"],
        path=folder,
        as_of=date.fromisoformat(said["as_of"]),
        built_at=datetime.fromisoformat(said["built_at"]),
        loads=tuple(said["loads"]),
        shops=tuple(Shop(**s | {"exclude_tags": tuple(s.get("exclude_tags", ()))}) for s in said["shops"]),
        findings=tuple(
            Finding(**f | {"columns": tuple(f["columns"]), "examples": tuple(map(tuple, f["examples"]))})
            for f in said["findings"]
        ),
        steps=tuple(said["steps"]),
        made=tuple(said.get("made", ())),
        measured=tuple(said.get("measured", ())),
        cut={mart: tuple(files) for mart, files in said.get("cut", {}).items()},
        merged=bool(said.get("merged", False)),
        stitched=bool(said.get("stitched", False)),
    )


def current_snapshot(home: Home) -> Snapshot | None:
    """The snapshot that serves, or None when nothing has been built. Raises DamagedSnapshot."""
    folder = home.path / "snapshots" / (current_id(home) or "nothing")
    try:
        return read_manifest(folder)
    except FileNotFoundError:
        return None


def current_id(home: Home) -> str:
    """The name of the snapshot that serves, whether or not it can be read; empty when nothing has been built."""
    try:
        return os.readlink(home.path / "snapshots" / "current")
    except FileNotFoundError:
        return ""


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


def open_snapshot(
    home: Home,
    snapshot: Snapshot,
    names_in: str | None = None,
    beside: Mapping[str, Path | tuple[Path, ...]] = MappingProxyType({}),
) -> duckdb.DuckDBPyConnection:
    """A read-only connection over a snapshot's tables and marts; it can reach no other file.

    names_in: a query, when only the tables that it names are wanted: making a view of each takes a page's time.
    beside: name → a Parquet file of the home, or several of one shape, to be read beside them.
    What is returned has `execute`, `interrupt` and `close`, and refuses everything but SELECT.
    """
    landed, files = canonical_views(home, snapshot.loads)
    views = {}
    for mart in MARTS:
        lies_in = snapshot.files(mart)
        if mart in LATER and not lies_in[0].is_file():
            continue  # built before there was such a mart
        views[mart] = parquet_rows(lies_in) if mart != "usual_gap" or lies_in[0].is_file() else _usual_gap(snapshot)
        files += lies_in
    views |= resolved_views(landed, snapshot.merged, snapshot.stitched)
    if names_in is not None:
        named = {*re.findall(r"\w+", names_in), *read_by_views(snapshot.merged, snapshot.stitched)}
        views = {name: body for name, body in views.items() if name in named}
    also = {name: (path,) if isinstance(path, Path) else path for name, path in beside.items()}
    views |= {name: parquet_rows(list(paths)) for name, paths in also.items()}
    return open_reader(
        views, [*files, *(path for paths in also.values() for path in paths)], scratch_path(home, "read")
    )


def _usual_gap(snapshot: Snapshot) -> str:
    """For a snapshot that was built before this was kept."""
    from holdfast.warehouse import marts
    from holdfast.warehouse.facts import unbound

    occasions = parquet_rows(snapshot.files("purchase"))
    return f"WITH purchase AS ({occasions}) {compiled(marts.usual_gap(unbound('purchase')))}"


def shop_rows(shops: tuple[Shop, ...]) -> str:
    """A SELECT of the shop table from the settings."""
    rows = ", ".join(
        f"({s.shop_id}::BIGINT, {text(s.name)}, {text(s.account)}, {text(s.zone)}, {text(s.currency)}, {s.simulated})"
        for s in shops
    )
    return f"SELECT * FROM (VALUES {rows}) AS t(shop_id, name, account, iana_timezone, currency, simulated)"
