"""Effects that comparisons by lot have settled, where numbers are read: evidence puts them down, once a snapshot.

Metrics know no lot. Of a claim (M12, M24, M42, M50) they publish that it needs a holdout; what lies here stands in its
place, in the form of a published value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from holdfast.metrics.registry import METRICS
from holdfast.warehouse.home import Home, write_whole

FOLDER = "experiments"

Row = dict[str, object]
Key = tuple[str, str, str, str]  # as `Published.rows` has it


@dataclass(frozen=True, slots=True)
class Settled:
    """What a lot has shown of a claim as of a day, in one scope. method: says which lot."""

    metric: str
    scope_kind: str
    scope_name: str
    as_of: date
    since: date
    until: date
    n: int
    point: float
    low: float | None
    high: float | None
    method: str


def write_settled(home: Home, snapshot: str, settled: Iterable[Settled]) -> None:
    """In place of what was put down of this snapshot before."""
    path = _path(home, snapshot)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, json.dumps([asdict(one) for one in settled], default=str, indent=1))


def settled_rows(home: Home, snapshot: str) -> dict[Key, list[Row]]:
    """Rows of headlines; none where nothing was put down."""
    path = _path(home, snapshot)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return {}


def settled_stamp(home: Home, snapshot: str) -> int:
    """Another number after every change."""
    try:
        return _path(home, snapshot).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _path(home: Home, snapshot: str) -> Path:
    return home.path / FOLDER / f"settled-{snapshot}.json"


@lru_cache(maxsize=16)
def _read(path: Path, stamp: int) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = {}
    for said in json.loads(path.read_text(encoding="utf-8")):
        metric = METRICS.get(said["metric"])
        if metric is None:
            continue
        row = said | {name: date.fromisoformat(said[name]) for name in ("as_of", "since", "until")}
        row |= {
            "version": metric.version, "still_open": 0, "counted": 0.0, "out_of": 0.0, "currency": None, "member": None,
            "snapshot": path.stem.removeprefix("settled-"), "left_out": "", "why": "", "would_need": "",
        }  # fmt: skip
        found[metric.id, said["scope_kind"], said["scope_name"], "headline"] = [row]
    return found
