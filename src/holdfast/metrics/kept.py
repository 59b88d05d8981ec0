"""What a snapshot keeps of its values for the next day: their cells, and what tells whether these still hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import duckdb

from holdfast.metrics.cells import Cells
from holdfast.metrics.kinds import KINDS
from holdfast.metrics.newest import KEPT_BEFORE
from holdfast.metrics.paritysums import FILE as SUMS
from holdfast.metrics.phases import NAME as PHASES
from holdfast.metrics.together import Scan
from holdfast.warehouse.engine import text
from holdfast.warehouse.made import Written, as_written, code
from holdfast.warehouse.making import PARQUET

What = Literal["headline", "months", "weeks"]
FILE, CELLS, KNOWN_KINDS, COHORTS = "carried.json", "cells.parquet", "cell_kinds.parquet", "cohorts.parquet"
ALWAYS = frozenset((CELLS, KNOWN_KINDS, KEPT_BEFORE, COHORTS, SUMS))  # files without which nothing is carried


@dataclass(frozen=True, slots=True)
class Told:
    """A scan whose cells are kept: what it is of, and its SQL as of the day it was made for."""

    what: What
    metrics: tuple[str, ...]
    columns: tuple[tuple[str | None, ...], ...]
    sql: str
    at_once: bool
    of_customers: bool

    @classmethod
    def of(cls, what: What, scan: Scan) -> Told:
        columns = tuple((asked.kept, asked.counted, asked.out_of) for asked in scan.asked)
        metrics = tuple(asked.metric.id for asked in scan.asked)
        return cls(what, metrics, columns, scan.sql, scan.at_once, scan.of_customers)

    def like(self, other: Told) -> bool:
        """Whether the same is asked, as of whatever day."""
        return replace(self, sql="") == replace(other, sql="")

    @property
    def name(self) -> str:
        return f"{self.what} of {', '.join(self.metrics)}"


class Uncarried(Exception):
    """Why something is measured anew."""


@dataclass(frozen=True, slots=True)
class Kept:
    """scans: with the number that their cells have in CELLS. phases: of the framework that phases were told by; empty
    where none were."""

    scans: tuple[tuple[int, Told], ...] = ()
    phases: str = ""


def read_kept(place: Path) -> Kept:
    """Of a snapshot's folder. Raises Uncarried unless it was written by this code and every file is as it was."""
    try:
        said = json.loads((place / FILE).read_text())
        files = [Written(**one | {"stamp": tuple(one["stamp"])}) for one in said["files"]]
        scans = tuple((int(number), _told(one)) for number, one in said["scans"])
        made_by, phases = said["code"], str(said["phases"])
    except (OSError, ValueError, KeyError, TypeError):
        raise Uncarried("the snapshot before kept nothing to carry") from None
    names = {file.name for file in files}
    if not names >= ALWAYS:
        raise Uncarried("the snapshot before kept nothing to carry")
    if made_by != code():
        raise Uncarried("the code, or a tool that it rests on, has changed")
    if not all(file.is_in(place) for file in files):
        raise Uncarried("what was kept before is gone or damaged")
    return Kept(scans, phases if PHASES in names else "")


def _told(said: dict[str, Any]) -> Told:
    columns = tuple(tuple(one) for one in said["columns"])
    return Told(**said | {"metrics": tuple(said["metrics"]), "columns": columns})


def write_kept(
    connection: duckdb.DuckDBPyConnection, folder: Path, cells: Sequence[tuple[Told, Cells]], phases: str
) -> None:
    """Into a snapshot being built, after everything else that is kept; nothing where no cells are exact."""
    every = sorted(cells, key=lambda one: one[0].name)
    kept = [(n, told, those) for n, (told, those) in enumerate(every) if not those.inexact(connection)]
    if not kept:
        return
    rows = " UNION ALL BY NAME ".join(f"SELECT {n} AS scan, * FROM {those.table}" for n, _, those in kept)
    for name, select in ((CELLS, rows), (KNOWN_KINDS, f"SELECT * FROM {KINDS}")):
        connection.execute(f"COPY ({select}) TO {text(str(folder / name))} ({PARQUET})")
    files = [as_written(folder / name) for name in sorted((*ALWAYS, PHASES)) if (folder / name).is_file()]
    said = {
        "code": code(),
        "phases": phases,
        "files": [asdict(file) for file in files],
        "scans": [(n, asdict(told)) for n, told, _ in kept],
    }
    (folder / FILE).write_text(json.dumps(said))
