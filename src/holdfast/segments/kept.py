"""Facts of everybody on a snapshot's own day, worked out once and kept, so that a segment is counted in a scan.

home/segments/facts/<snapshot>/<source>.<digest>.parquet: the rows of one source, in every shop. What a snapshot says
never changes; the digest is of the question, so that a later Holdfast does not read what an older one asked. Facts that
models published are not kept here: they lie in files already. Those of the serving snapshot and of the one before stay.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.metrics.drill import opened
from holdfast.segments.asking import Asking, sql_of
from holdfast.segments.facts.predicted import Beside
from holdfast.segments.facts.registry import SOURCES
from holdfast.segments.store import FOLDER
from holdfast.warehouse.home import Home, scratch
from holdfast.warehouse.snapshot import Snapshot, current_id

FACTS = "facts"
ROWS = 200_000  # written at once
KEPT = ("everybody", *(source.id for source in SOURCES if not source.beside))


def kept_facts(home: Home, snapshot_id: str) -> Mapping[str, Path]:
    """By source, where they are kept; empty until `keep_facts` was through with all of them."""
    found = {id: _place(home, snapshot_id, id) for id in KEPT}
    return found if all(path.is_file() for path in found.values()) else {}


def keep_facts(home: Home) -> bool:
    """Work them out for the serving snapshot; False where they are there. Raises NothingBuilt and DamagedSnapshot."""
    if kept_facts(home, current_id(home)):
        return False
    with opened(home) as (connection, snapshot):
        asking = Asking(snapshot.shops, (snapshot.as_of,), Beside({}, {}), everybody_too=True)
        folder = _place(home, snapshot.id, KEPT[0]).parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with scratch(home, "facts") as beside:
            for id in KEPT:
                query = asking.of_source(id)
                _write(connection.sql(query).to_arrow_reader(ROWS), beside / id)
                os.replace(beside / id, _place(home, snapshot.id, id))
        _forget_others(home, snapshot)
    return True


def _write(rows: pa.RecordBatchReader, path: Path) -> None:
    with pq.ParquetWriter(path, rows.schema, compression="zstd") as file:
        for batch in rows:
            file.write_batch(batch)


def _forget_others(home: Home, snapshot: Snapshot) -> None:
    """All but those of the snapshot before, of which somebody may be reading."""
    older = sorted(folder for folder in (home.path / FOLDER / FACTS).iterdir() if folder.name < snapshot.id)
    for folder in older[:-1]:
        shutil.rmtree(folder, ignore_errors=True)


def _place(home: Home, snapshot_id: str, source: str) -> Path:
    digest = sha256(sql_of(source, False).encode()).hexdigest()[:12]
    return home.path / FOLDER / FACTS / (snapshot_id or "none") / f"{source}.{digest}.parquet"
