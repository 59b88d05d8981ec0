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
    for load in loads:
        for table, landed in load.tables.items():
            path = folder(home, load.load_id) / f"{table}.parquet"
            if landed.new + landed.changed == 0:
                continue
            if not path.is_file():
                raise DamagedLoad(path, "it is gone")
            rows = _ask(path, f"SELECT num_rows FROM parquet_file_metadata({text(str(path))})")
            if rows != landed.new + landed.changed:
                raise DamagedLoad(path, f"it has {rows} rows, its receipt says {landed.new + landed.changed}")


def find_damage(paths: Iterable[Path]) -> None:
    """Read files to the last row. Raises DamagedLoad for the first that cannot be read."""
    for path in paths:
        _ask(path, f"SELECT bit_xor(hash(t)) FROM read_parquet({text(str(path))}) AS t")


def _ask(path: Path, sql: str) -> int | None:
    connection = duckdb.connect()
    try:
        (answer,) = connection.execute(sql).fetchone() or (None,)
        return None if answer is None else int(answer)
    except duckdb.Error as problem:
        if refused := refusal(problem, path):
            raise refused from problem
        raise DamagedLoad(path, str(problem).splitlines()[0]) from problem
    finally:
        connection.close()
