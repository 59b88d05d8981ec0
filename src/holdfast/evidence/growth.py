"""How an effect grows with the days since the assignment."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import Effect
from holdfast.evidence.lot import Lot
from holdfast.evidence.seen import Seen, effect_of
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, open_snapshot

POINTS = 10
SAMPLE = 500_000  # customers, beyond whom a part is read, taken evenly by their keys: ten horizons are ten readings


@dataclass(frozen=True, slots=True)
class Grown:
    """The effect in the first `days` after assignment, of those for whom they are over; holds at every look. every: one
    in so many customers was read."""

    days: int
    effect: Effect | Unknown
    every: int = 1


def growth(home: Home, snapshot: Snapshot, lot: Lot) -> tuple[Grown, ...]:
    """POINTS even steps up to the horizon; those that nobody has reached are left out, and all of a broken lot."""
    it = lot.registration
    with closing(open_snapshot(home, snapshot, beside=lot.beside)) as connection:
        whole = Seen(connection, lot, snapshot)
        if whole.spoilt():
            return ()
        every = 1 if it.cluster else max(1, sum(whole.counts.assigned.values()) // SAMPLE)
        seen, planned = Seen(connection, lot, snapshot, every), max(2, it.planned // every)
        found = tuple(Grown(days, effect_of(seen.arms(it.outcome, days), planned), every) for days in steps_of(it.days))
    return tuple(one for one in found if not isinstance(one.effect, Unknown))


def steps_of(days: int) -> tuple[int, ...]:
    """POINTS even steps up to a horizon; fewer where it is short."""
    return tuple(sorted({max(1, round(days * step / POINTS)) for step in range(1, POINTS + 1)}))
