"""What is told after a build, where numbers are read: effects that lots have settled, and the health of accounts.

Metrics know no lot and no book of work. Of a claim (M12, M24, M42, M50) they publish that it needs a holdout, of health
(M46) that it is read later; what lies here stands in its place, in the form of a published value, once a snapshot.
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

FOLDER, HEALTH = "experiments", "health"  # who puts down, each in a folder of the home

Row = dict[str, object]
Key = tuple[str, str, str, str]  # as `Published.rows` has it


@dataclass(frozen=True, slots=True)
class Settled:
    """What a lot has shown of a claim, or a reading of an account's health, in one scope. method: says which.

    point: None with `why` where it cannot be told.
    """

    metric: str
    scope_kind: str
    scope_name: str
    as_of: date
    since: date
    until: date
    n: int
    point: float | None
    low: float | None
    high: float | None
    method: str
    why: str = ""
    would_need: str = ""


def write_settled(home: Home, snapshot: str, settled: Iterable[Settled], by: str = FOLDER) -> None:
    """In place of what the same had put down of this snapshot before."""
    path = _path(home, snapshot, by)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, json.dumps([asdict(one) for one in settled], default=str, indent=1))


def settled_rows(home: Home, snapshot: str) -> dict[Key, list[Row]]:
    """Rows of headlines; none where nothing was put down."""
    found: dict[Key, list[Row]] = {}
    for by in (FOLDER, HEALTH):
        if stamp := settled_stamp(home, snapshot, by):
            found |= _read(_path(home, snapshot, by), stamp)
    return found


def settled_stamp(home: Home, snapshot: str, by: str = FOLDER) -> int:
    """Another number after every change; 0 where nothing was put down."""
    try:
        return _path(home, snapshot, by).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _path(home: Home, snapshot: str, by: str) -> Path:
    return home.path / by / f"settled-{snapshot}.json"


@lru_cache(maxsize=16)
def _read(path: Path, stamp: int) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = {}
    for said in json.loads(path.read_text(encoding="utf-8")):
        metric = METRICS.get(said["metric"])
        if metric is None:
            continue
        row = (
            {"why": "", "would_need": ""}
            | said
            | {name: date.fromisoformat(said[name]) for name in ("as_of", "since", "until")}
        )
        row |= {
            "version": metric.version, "still_open": 0, "counted": 0.0, "out_of": 0.0, "currency": None, "member": None,
            "snapshot": path.stem.removeprefix("settled-"), "left_out": "",
        }  # fmt: skip
        found[metric.id, said["scope_kind"], said["scope_name"], "headline"] = [row]
    return found
