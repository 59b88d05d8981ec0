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
    connection = duckdb.connect()
    try:
        for path in paths:
            try:
                connection.execute(f"SELECT bit_xor(hash(t)) FROM read_parquet({text(str(path))}) AS t")
            except duckdb.Error as problem:
                if refused := refusal(problem, path):
                    raise refused from problem
                raise DamagedLoad(path, str(problem).splitlines()[0]) from problem
    finally:
        connection.close()
