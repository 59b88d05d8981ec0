"""Who belongs to segments on a day, how many they are, and why somebody does or does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from holdfast.metrics.drill import opened
from holdfast.predictions.objections import objected
from holdfast.segments.asking import Asking, facts_of
from holdfast.segments.condition import All, AnyOf, Condition, Leaf, Not, leaves, shown
from holdfast.segments.cuts import cuts
from holdfast.segments.facts.declare import Fact
from holdfast.segments.facts.predicted import beside
from holdfast.segments.facts.registry import FACTS
from holdfast.segments.kept import kept_facts
from holdfast.segments.segment import Segment
from holdfast.segments.store import find
from holdfast.warehouse.engine import quoted
from holdfast.warehouse.home import Home, Shop
from holdfast.warehouse.snapshot import NOTHING_BUILT, NothingBuilt, Snapshot, current_snapshot


class AfterTheData(ValueError):
    """A day that the snapshot does not reach; the message says where it ends."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A snapshot that is open, and of which shops and days is asked."""

    connection: duckdb.DuckDBPyConnection
    snapshot: Snapshot
    shops: tuple[Shop, ...]
    asking: Asking


@contextmanager
def asked(
    home: Home, segments: Sequence[Segment], days: Sequence[date] | None = None, *,
    shops: Sequence[Shop] | None = None, known_at: datetime | None = None, ruled_on: date | None = None,
) -> Iterator[Ground]:  # fmt: skip
    """The serving snapshot, or what was known at a moment, made ready to be asked of segments on days (None: on its
    own). ruled_on: the day whose rules hold, where it is not the last of them. Raises NothingBuilt, DamagedSnapshot,
    AfterTheData and FrameworkProblem (rfm.toml)."""
    snapshot = current_snapshot(home)
    if snapshot is None:
        raise NothingBuilt(NOTHING_BUILT)
    whose = snapshot.shops if shops is None else tuple(shops)
    when = tuple(sorted(set(days))) if days else (min(snapshot.as_of, known_at.date()) if known_at else snapshot.as_of,)
    said, own = beside(home, whose, when), cuts(home, whose)
    today = known_at is None and when == (snapshot.as_of,) and ruled_on in (None, snapshot.as_of)
    kept = kept_facts(home, snapshot.id) if today else {}
    files = {**said.files, **{f"kept_{id}": path for id, path in kept.items()}}
    with opened(home, known_at, files) as (connection, found):
        if when[-1] > found.as_of:
            raise AfterTheData(f"nothing is known of {when[-1]}: the data were built up to {found.as_of}")
        said = said.without(objected(home, connection))
        everybody = any(segment.universe == "everybody" for segment in segments)
        of_it = frozenset(kept) if found.id == snapshot.id else frozenset()  # else another took over this very moment
        yield Ground(connection, found, whose, Asking(whose, when, said, own, ruled_on, everybody, of_it))


def members(
    home: Home, segment_ids: Sequence[str], as_of: date | None = None, *, shops: Sequence[Shop] | None = None,
    known_at: datetime | None = None,
) -> pa.Table:  # fmt: skip
    """Everybody who belongs to at least one of the segments, in one pass: shop_id, customer_id, and a boolean column a
    segment, named by its id; by shop and customer. as_of: an earlier day than the snapshot's, told with what is known
    now. Raises NoSuchSegment, FrameworkProblem, NothingBuilt, DamagedSnapshot and AfterTheData.
    """
    return members_of(home, [find(home, id) for id in segment_ids], as_of, shops=shops, known_at=known_at)


def members_of(
    home: Home, segments: Sequence[Segment], as_of: date | None = None, *, shops: Sequence[Shop] | None = None,
    known_at: datetime | None = None,
) -> pa.Table:  # fmt: skip
    """As `members`, of segments that need not be saved."""
    with asked(home, segments, [as_of] if as_of else None, shops=shops, known_at=known_at) as ground:
        query, given = membership(ground.asking, segments)
        return ground.connection.sql(f"{query} ORDER BY shop_id, customer_id", params=given).to_arrow_table()


def membership(asking: Asking, segments: Sequence[Segment]) -> tuple[str, dict[str, object]]:
    """The one query of it and the values bound to it: as_of is there too where more than one day is asked about."""
    key = ("as_of", "shop_id", "customer_id") if len(asking.days) > 1 else ("shop_id", "customer_id")
    columns = {name: f"u.{name}" for name in key} | {s.id: asking.belongs(s) for s in segments}
    rows = asking.rows(facts_of([s.when for s in segments]), columns)
    anyone = " OR ".join(quoted(s.id) for s in segments) or "false"
    return f"SELECT * FROM ({rows}) WHERE {anyone}", asking.given


@dataclass(frozen=True, slots=True)
class Held:
    """A condition, whether it holds of somebody, and what is known of them. said: a leaf in words, or all, any, not."""

    said: str
    holds: bool
    value: str = ""
    parts: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Why:
    """in_universe: bought already, where the segment is of buyers."""

    segment: Segment
    customer_id: int
    as_of: date
    belongs: bool
    in_universe: bool
    held: Held


def why(home: Home, segment: Segment, customer_id: int, shop: Shop, as_of: date | None = None) -> Why | None:
    """Which conditions hold of a customer, with their values; None where nobody of that number was known by the day.
    Raises as `members`."""
    with asked(home, [segment], [as_of] if as_of else None, shops=(shop,)) as ground:
        ground.asking.everybody_too = True
        told = list(leaves(segment.when))
        columns = {"bought": "s_purchases.customer_id IS NOT NULL", "belongs": ground.asking.belongs(segment)}
        for place, leaf in enumerate(told):
            columns |= {
                f"holds_{place}": ground.asking.truth(leaf),
                f"value_{place}": ground.asking.value(FACTS[leaf.fact]),
            }
        row = row_of(ground, customer_id, facts_of([segment.when]), columns)
        if row is None:
            return None
        values = iter(
            Held(leaf.said, bool(row[f"holds_{n}"]), shown(FACTS[leaf.fact], row[f"value_{n}"]))
            for n, leaf in enumerate(told)
        )
        in_universe = segment.universe == "everybody" or bool(row["bought"])
        day = ground.asking.days[0]
        return Why(segment, customer_id, day, bool(row["belongs"]), in_universe, _held(segment.when, values))


def row_of(
    ground: Ground, customer_id: int, facts: Sequence[Fact], columns: Mapping[str, str]
) -> dict[str, Any] | None:  # fmt: skip
    """What columns (name → SQL) say of one customer; None where nobody of that number was known by the day."""
    query = ground.asking.rows(facts, columns)
    who = ground.asking.bound(customer_id)
    found = ground.connection.execute(f"{query} AND u.customer_id = {who}", ground.asking.given).fetchone()
    return None if found is None else dict(zip(columns, found, strict=True))


def belonging(
    home: Home, segments: Sequence[Segment], customer_id: int, shop: Shop
) -> tuple[Why, ...]:  # fmt: skip
    """Those of these segments to which a customer belongs on the snapshot's day, each with its reason; asked in one
    pass. Raises as `members`."""
    if not segments:
        return ()
    with asked(home, segments, shops=(shop,)) as ground:
        ground.asking.everybody_too = True
        columns = {segment.id: ground.asking.belongs(segment) for segment in segments}
        row = row_of(ground, customer_id, facts_of([segment.when for segment in segments]), columns) or {}
    theirs = [segment for segment in segments if row.get(segment.id)]
    told = (why(home, segment, customer_id, shop) for segment in theirs)
    return tuple(one for one in told if one is not None)


def _held(condition: Condition, told: Iterator[Held]) -> Held:
    """The tree again, each leaf with what was found of it, taken in order."""
    match condition:
        case Leaf():
            return next(told)
        case Not(part):
            inner = _held(part, told)
            return Held("not", not inner.holds, parts=(inner,))
        case All(parts) | AnyOf(parts):
            found = tuple(_held(part, told) for part in parts)
            every = isinstance(condition, All)
            holds = all(p.holds for p in found) if every else any(p.holds for p in found)
            return Held("all of" if every else "one of", holds, parts=found)
