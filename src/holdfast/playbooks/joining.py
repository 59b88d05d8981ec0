"""Files of what is only added to, put together as they become many, so that a reader never opens hundreds.

It is done in a tick, before its switch: the tick that holds names either the many files or the one made of them, and
whoever is killed in between leaves the many. Files that nothing names any more are deleted by the next tick, so that
whoever began to read them before the switch comes to the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from holdfast.playbooks.state import ADDED, Tick, folder_of, rows_of, write_rows
from holdfast.warehouse.engine import open_writer
from holdfast.warehouse.home import Home

MOST_FILES = 16
LARGER = 4  # a file so many times as large as all newer ones together is left as it is
# By whom it is about, so that the lines of one lie beside each other, and in the order in which they came to be.
ORDER = {"ledger": "subject, moment, place", "moved": "subject, moment"}


def join(home: Home, tick: Tick, made: Path, beside: Path) -> Tick:
    """The same tick with fewer files. made: its folder as it is being written."""
    added = dict(tick.added)
    for key, names in tick.added.items():
        if len(names) <= MOST_FILES:
            continue
        paths = [made / Path(one).name if one.startswith(f"{tick.name}/") else folder_of(home) / one for one in names]
        first = _first_to_join([path.stat().st_size for path in paths])
        path = made / f"joined_{key}.parquet"
        kind = key.split("_")[0]
        folder = beside / f"join_{key}"
        folder.mkdir()
        with closing(open_writer(folder)) as connection:
            write_rows(
                connection, f"SELECT * FROM ({rows_of(paths[first:], ADDED[kind])}) ORDER BY {ORDER[kind]}", path
            )
        for one in paths[first:]:
            if one.parent == made:
                one.unlink()
        added[key] = (*names[:first], f"{tick.name}/{path.name}")
    return replace(tick, added=added)


def _first_to_join(sizes: Sequence[int]) -> int:
    """From which file on all become one. Much that is old is rewritten only when much that is new has come."""
    first, together = len(sizes) - 1, sizes[-1]
    while first and sizes[first - 1] <= LARGER * together:
        first -= 1
        together += sizes[first]
    return first
