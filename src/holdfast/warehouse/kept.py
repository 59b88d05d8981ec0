"""A reader of the serving snapshot that stays open: opening one costs a page more than most of its queries.

What a snapshot consists of never changes, so one instance of the engine serves every page of a process, each page
with a cursor of its own.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import duckdb

from holdfast.warehouse.damage import read_plainly
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, open_snapshot

KEPT = 2  # snapshots: the one that serves, and the one before it while pages still read it

_open: OrderedDict[tuple[int, Path, str], duckdb.DuckDBPyConnection] = OrderedDict()
_lock = Lock()


@contextmanager
def kept_reader(home: Home, snapshot: Snapshot) -> Iterator[duckdb.DuckDBPyConnection]:
    """What `open_snapshot` returns, over an instance that stays open afterwards."""
    key = (os.getpid(), home.path, snapshot.id)  # a fork begins anew
    with _lock:
        if key not in _open:
            _open[key] = open_snapshot(home, snapshot)
            while len(_open) > KEPT:
                _open.popitem(last=False)  # not closed: pages may still read through its cursors, which keep it alive
        _open.move_to_end(key)
        cursor = _open[key].cursor()
    with read_plainly(home, snapshot):
        try:
            yield cursor
        finally:
            cursor.close()
