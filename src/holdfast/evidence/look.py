"""What is shown of a comparison, whatever its design."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from holdfast.evidence.checks import broken
from holdfast.evidence.designs.compared import Compared
from holdfast.evidence.designs.matched import read_matched
from holdfast.evidence.designs.staggered import read_staggered
from holdfast.evidence.designs.threshold import read_threshold
from holdfast.evidence.grade import Grade
from holdfast.evidence.lot import Lot, LotProblem, lot
from holdfast.evidence.reading import Reading, read
from holdfast.evidence.reading import spoilt as spoilt_lot
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, open_snapshot


def look(home: Home, snapshot: Snapshot, taken: Lot) -> Reading | Compared:
    """As of the snapshot. Raises LotProblem where nothing was drawn or taken yet."""
    it = taken.registration
    if it.design == "lot":
        return _again(home, snapshot, read(home, snapshot, taken))
    return _compared(home, snapshot, taken).shown()


def spoilt(home: Home, snapshot: Snapshot, taken: Lot) -> str:
    """What withholds every number of a comparison; empty where nothing does. Raises LotProblem as `look` does."""
    if taken.registration.design == "lot":
        return spoilt_lot(home, snapshot, taken)
    return broken(_compared(home, snapshot, taken).checks)


def _compared(home: Home, snapshot: Snapshot, taken: Lot) -> Compared:
    it = taken.registration
    _ = taken.drawn_on  # raises where nothing was taken
    with closing(open_snapshot(home, snapshot, beside={"lot": taken.assigned})) as connection:
        if it.design == "staggered":
            return read_staggered(connection, it, snapshot.as_of)
        if it.design == "matched":
            return read_matched(connection, it, snapshot.as_of, taken.drawn or {})
        return read_threshold(connection, it, snapshot.as_of)


def _again(home: Home, snapshot: Snapshot, found: Reading) -> Reading:
    """E5 where an earlier lot of the same outcome, which it was declared to repeat, came out the same way."""
    it = found.registration
    if not it.replicates or found.verdict.word not in ("worked", "hurt"):
        return found
    try:
        first = read(home, snapshot, lot(home, it.replicates))
    except LotProblem:
        return found
    same = (first.registration.outcome, first.registration.days) == (it.outcome, it.days)
    return replace(found, grade=Grade.REPLICATED) if same and first.verdict.word == found.verdict.word else found
