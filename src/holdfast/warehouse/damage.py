"""Loads that are no longer as they were written, and errors that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from holdfast.warehouse.engine import text
from holdfast.warehouse.files import refusal
from holdfast.warehouse.home import Home
from holdfast.warehouse.receipts import DamagedLoad, Receipt, folder
from holdfast.warehouse.snapshot import MARTS, DamagedSnapshot, OtherSnapshot, Snapshot

FILES = (*MARTS, "values", "cohorts")  # of a snapshot that was finished


@contextmanager
def told_plainly(home: Home) -> Iterator[None]:
    """Turn what the disk or a damaged file makes the engine say into DiskProblem or DamagedLoad."""
    try:
        yield
    except (OSError, duckdb.Error) as problem:
        if refused := refusal(problem, home.path):
            raise refused from problem
        if isinstance(problem, duckdb.Error) and not isinstance(problem, duckdb.OutOfMemoryException):
            find_damage(path for path in sorted((home.path / "landed").glob("*/*.parquet")))
        raise


def check_loads(home: Home, loads: Iterable[Receipt]) -> None:
    """Hold each load's files against its receipt: a file that is gone would only make numbers smaller.

    Reads footers, not rows. Raises DamagedLoad.
    """
    promised = {
        str(folder(home, load.load_id) / f"{table}.parquet"): landed.new + landed.changed
        for load in loads
        for table, landed in load.tables.items()
        if landed.new + landed.changed
    }
    for path in promised:
        if not Path(path).is_file():
            raise DamagedLoad(Path(path), "it is gone")
    for path, rows in _rows(promised):
        if rows != promised[path]:
            raise DamagedLoad(Path(path), f"it has {rows} rows, its receipt says {promised[path]}")


def _rows(paths: Iterable[str]) -> list[tuple[str, int]]:
    if not (listed := ", ".join(map(text, paths))):
        return []
    connection = duckdb.connect()
    try:
        return connection.execute(f"SELECT file_name, num_rows FROM parquet_file_metadata([{listed}])").fetchall()
    except duckdb.Error:
        find_damage(map(Path, paths))
        raise
    finally:
        connection.close()


def find_damage(paths: Iterable[Path]) -> None:
    """Read files to the last row. Raises DamagedLoad for the first that cannot be read."""
    for path, why in unreadable(paths):
        raise DamagedLoad(path, why)


def unreadable(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Each file that cannot be read to the last row, and why. Raises DiskProblem."""
    connection = duckdb.connect()
    try:
        for path in paths:
            try:
                connection.execute(f"SELECT bit_xor(hash(t)) FROM read_parquet({text(str(path))}) AS t").fetchall()
            except duckdb.Error as problem:
                if refused := refusal(problem, path):
                    raise refused from problem
                yield path, str(problem).splitlines()[0]
    finally:
        connection.close()


@contextmanager
def read_plainly(home: Home, snapshot: Snapshot) -> Iterator[None]:
    """Turn what a damaged file of a snapshot, or of a load it reads, makes the engine say into a sentence."""
    try:
        yield
    except (duckdb.BinderException, duckdb.CatalogException) as problem:
        raise OtherSnapshot(snapshot.path) from problem
    except duckdb.Error as problem:
        if not isinstance(problem, (duckdb.OutOfMemoryException, duckdb.InterruptException)):
            check_snapshot(snapshot)
            find_damage(
                path for load in snapshot.loads for path in sorted(folder(home, load).glob("*.parquet"))
            )  # the canonical tables
        raise


def check_snapshot(snapshot: Snapshot) -> None:
    """Read every file of a snapshot. Raises DamagedSnapshot."""
    for path, why in unreadable(path for name in FILES for path in snapshot.files(name)):
        raise DamagedSnapshot(path, f"cannot be read ({why})")
