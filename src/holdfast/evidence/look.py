"""What is shown of a comparison, whatever its design."""

from __future__ import annotations

from contextlib import closing

from holdfast.evidence.designs.compared import Compared
from holdfast.evidence.designs.matched import read_matched
from holdfast.evidence.designs.staggered import read_staggered
from holdfast.evidence.designs.threshold import read_threshold
from holdfast.evidence.lot import Lot
from holdfast.evidence.reading import Reading, read
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, open_snapshot


def look(home: Home, snapshot: Snapshot, lot: Lot) -> Reading | Compared:
    """As of the snapshot. Raises LotProblem where nothing was drawn or taken yet."""
    it = lot.registration
    if it.design == "lot":
        return read(home, snapshot, lot)
    _ = lot.drawn_on  # raises where nothing was taken
    with closing(open_snapshot(home, snapshot, beside={"lot": lot.assigned})) as connection:
        if it.design == "staggered":
            return read_staggered(connection, it, snapshot.as_of)
        if it.design == "matched":
            return read_matched(connection, it, snapshot.as_of, lot.drawn or {})
        return read_threshold(connection, it, snapshot.as_of)
