"""What the marts of a snapshot were made of, so that the next build can tell which of them still hold.

Kept beside the marts in `made.json`. A mart is told by its SQL and by all that the SQL reads: the loads of the
canonical tables, who is one person, the marts before it. The same SQL over the same rows gives the same rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import duckdb
import ibis

import holdfast
from holdfast.warehouse.home import Home, Shop
from holdfast.warehouse.identity.resolved import resolved_views
from holdfast.warehouse.receipts import Receipt, folder
from holdfast.warehouse.snapshot import DamagedSnapshot, Snapshot, current_snapshot
from holdfast.warehouse.tables import LANDED
from holdfast.warehouse.versions import current

FILE = "made.json"
LAYOUT = 2  # raised when marts are written otherwise than before: none is taken over then
How = Literal["reused", "mended", "rebuilt"]
Stamp = tuple[int, ...]  # bytes of a file, and when it was last written (ns); empty: there is none
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """A file as it was written. check: CRC-32 of its bytes."""

    name: str
    stamp: Stamp
    check: int

    def is_in(self, folder: Path) -> bool:
        """Whether it is there, and to the last byte as it was written."""
        path = folder / self.name
        return stamp(path) == self.stamp and check(path) == self.check


@dataclass(frozen=True, slots=True)
class Made:
    """How a mart came to be, and what can be asked of it later.

    sql: digest of its definition; made_of: of the definition and of everything it reads.
    """

    how: How
    why: str
    sql: str
    made_of: str
    files: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """A snapshot to build upon: every load it was built from is as it was. new: the loads that came since."""

    snapshot: Snapshot
    marts: Mapping[str, Made]
    new: tuple[int, ...]
    idle: Mapping[str, Any] = field(default_factory=dict)  # which marts had nothing to tell, and what that rests on
    _looked_at: dict[str, bool] = field(default_factory=dict)

    def files(self, mart: str) -> list[Path]:
        return [self.snapshot.path / file.name for file in self.marts[mart].files]

    def holds(self, mart: str) -> bool:
        """Whether the mart is there, and every file of it as it was written."""
        if mart not in self._looked_at:
            made = self.marts.get(mart)
            self._looked_at[mart] = made is not None and all(file.is_in(self.snapshot.path) for file in made.files)
        return self._looked_at[mart]


def before(home: Home, loads: Iterable[Receipt], shops: tuple[Shop, ...]) -> Before | str:
    """The serving snapshot to build upon, or in a few words why there is none."""
    try:
        snapshot = current_snapshot(home)
        if snapshot is None:
            return "nothing was built before"
        said = json.loads((snapshot.path / FILE).read_text())
        marts = {name: _made(one) for name, one in said["marts"].items()}
        built_from = {int(load): files for load, files in said["loads"].items()}
        engine, idle = said["engine"], said["idle"]
    except (DamagedSnapshot, OSError, ValueError, KeyError, TypeError):
        return "the snapshot before does not tell what it was made of"
    if engine != _engine():
        return "the engine, or how tables are read and marts are written, has changed"
    if snapshot.shops != shops:
        return "the settings of the shops have changed"
    known = [load.load_id for load in loads]
    if list(built_from) != known[: len(built_from)] or built_from != _stamps(home, built_from):
        return "the imports it was built from are not as they were"
    return Before(snapshot, marts, tuple(known[len(built_from) :]), idle)


def write_made(home: Home, snapshot: Snapshot, marts: Mapping[str, Made], idle: Mapping[str, Any], place: Path) -> None:
    said = {
        "engine": _engine(),
        "loads": _stamps(home, snapshot.loads),
        "marts": {name: asdict(one) for name, one in marts.items()},
        "idle": dict(idle),
    }
    (place / FILE).write_text(json.dumps(said))


def _made(said: dict[str, Any]) -> Made:
    files = tuple(Written(**file | {"stamp": tuple(file["stamp"])}) for file in said["files"])
    return Made(**said | {"files": files})


def as_written(path: Path) -> Written:
    return Written(path.name, stamp(path), check(path))


@cache
def code() -> str:
    """A digest of all code that measures, and of the tools that it rests on."""
    root = Path(holdfast.__file__).parent
    files = (path for part in ("commerce", "estimates", "metrics", "warehouse") for path in (root / part).rglob("*.py"))
    told = [f"{path.relative_to(root)} {check(path)}" for path in sorted(files)]
    return digest(duckdb.__version__, ibis.__version__, *told)


def _engine() -> str:
    """What all marts are made with and read through, besides their own SQL."""
    files = [Path("first"), Path("second")]
    views = {table.name: current(table, files) for table in LANDED}
    shapes = digest(views, resolved_views(views, merged=True, stitched=True))
    return f"duckdb {duckdb.__version__}, layout {LAYOUT}, canonical views {shapes}"


def _stamps(home: Home, loads: Iterable[int]) -> dict[int, dict[str, list[int]]]:
    """Every file of the loads with its size and the time of its last change."""
    found: dict[int, dict[str, list[int]]] = {}
    for load in loads:
        place = folder(home, load)
        names = sorted(os.listdir(place)) if place.is_dir() else []
        found[load] = {name: list(stamp(place / name)) for name in names}
    return found


def stamp(path: Path) -> Stamp:
    try:
        told = path.stat()
    except FileNotFoundError:
        return ()
    return told.st_size, told.st_mtime_ns


def check(path: Path) -> int:
    """CRC-32 of a file's bytes."""
    sum_so_far = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sum_so_far = zlib.crc32(block, sum_so_far)
    return sum_so_far


def digest(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:24]


def take_over(old: Path, new: Path, told: Written) -> Written:
    """The same file in another snapshot; a copy where the disk knows no hard links. told: the old file."""
    try:
        new.hardlink_to(old)
    except OSError:
        shutil.copyfile(old, new)
        return as_written(new)
    return told
