"""Segments as pages read them: of one shop that may be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.section import FrameworkProblem
from holdfast.warehouse.snapshot import current_id
from holdfast.web import reading

if TYPE_CHECKING:
    from holdfast.segments.affinity import Affinity
    from holdfast.segments.grid import By, Grid
    from holdfast.segments.listing import Members, Together, Way
    from holdfast.segments.members import Why
    from holdfast.segments.migration import Migration
    from holdfast.segments.segment import Segment
    from holdfast.segments.standing import Standing
    from holdfast.segments.store import Version
    from holdfast.warehouse.home import Shop

AT_ONCE = 300_000  # customers up to which sizes are measured while somebody waits; of more, by the worker


@dataclass(frozen=True, slots=True)
class Size:
    """How large a segment was on a day; entered, left: since the point before, None at the first."""

    as_of: date
    members: int
    universe: int
    entered: int | None
    left: int | None


@dataclass(frozen=True, slots=True)
class Sized:
    """A segment with its sizes, oldest first; none where they are not counted yet."""

    segment: Segment
    points: tuple[Size, ...]

    @property
    def now(self) -> Size | None:
        return self.points[-1] if self.points else None


def every() -> tuple[dict[str, Segment], str]:
    """All segments by id, and what is wrong with a file of the merchant's own; what ships is there all the same."""
    from holdfast.segments.store import all_segments, shipped

    try:
        return all_segments(reading.home()), ""
    except FrameworkProblem as problem:
        return dict(shipped()), str(problem)


def one(id: str) -> Segment | None:
    from holdfast.segments.store import NoSuchSegment, find

    try:
        return find(reading.home(), id)
    except (NoSuchSegment, FrameworkProblem):
        return None


def versions(segment: Segment) -> tuple[Version, ...]:
    from holdfast.segments import store

    return store.versions(reading.home(), segment.id)


def own(segment: Segment) -> bool:
    """Whether it is of the merchant's own file."""
    from holdfast.segments.store import FOLDER

    return (reading.home().path / FOLDER / f"{segment.id}.toml").is_file()


def sized(segments: Sequence[Segment], shop: Shop) -> list[Sized]:
    """Each with its sizes in one shop."""
    from holdfast.segments.sizes import sizes

    if any(not _kept(segment) for segment in segments) and _customers() <= AT_ONCE:
        sizes(reading.home(), segments)
    return [Sized(segment, _points(segment, shop)) for segment in segments]


def keep_sizes() -> int:
    """Measure and keep the sizes of every segment of the serving snapshot; how many were not kept yet. In a large home
    first the facts of everybody, which pages then read."""
    from holdfast.segments.kept import keep_facts
    from holdfast.segments.sizes import sizes

    if large():
        keep_facts(reading.home())
    missing = [segment for segment in every()[0].values() if not _kept(segment)]
    if missing:
        sizes(reading.home(), missing)
    return len(missing)


def _kept(segment: Segment) -> bool:
    from holdfast.segments.sizes import place

    return place(reading.home(), segment).is_file()


def _customers() -> int:
    from holdfast.segments.sizes import customers

    return customers(reading.home())


def _points(segment: Segment, shop: Shop) -> tuple[Size, ...]:
    from holdfast.segments.sizes import place

    path = place(reading.home(), segment)
    return _read(path).get(shop.shop_id, ()) if path.is_file() else ()


@lru_cache(maxsize=512)
def _read(path: Path) -> Mapping[int, tuple[Size, ...]]:
    """What was kept is never written again, so once is enough."""
    import pyarrow.parquet as pq

    from holdfast.segments.sizes import begun

    found: dict[int, list[Size]] = {}
    for row in begun(pq.read_table(path)).to_pylist():
        size = Size(row["as_of"], row["members"], row["universe"], row["entered"], row["left"])
        found.setdefault(row["shop_id"], []).append(size)
    return {shop: tuple(points) for shop, points in found.items()}


def said_then(segment: Segment, shop: Shop) -> Mapping[date, int]:
    from holdfast.segments import sizes

    return sizes.said_then(reading.home(), segment, (shop,))


def large() -> bool:
    """Whether asking of everybody takes so long that a page asks no more than it must."""
    return _customers() > AT_ONCE


def listed(segment: Segment, shop: Shop, *, limit: int | None, offset: int) -> Members:
    if limit is None:
        return _listed.__wrapped__(_stamp(segment), segment, shop, limit, offset)
    return _listed(_stamp(segment), segment, shop, limit, offset)


def moved(segment: Segment, shop: Shop, since: date, until: date, way: Way, *, limit: int | None) -> Members:
    if limit is None:
        return _moved.__wrapped__(_stamp(segment), segment, shop, since, until, way, limit)
    return _moved(_stamp(segment), segment, shop, since, until, way, limit)


def together(segment: Segment, shop: Shop) -> Together | None:
    """None where nobody is there to choose from."""
    return _together(_stamp(segment), segment, shop)


# What a snapshot says of a version never changes, so once is enough; whole files are not held.


@lru_cache(maxsize=128)
def _listed(stamp: str, segment: Segment, shop: Shop, limit: int | None, offset: int) -> Members:
    from holdfast.segments import listing

    return listing.listed(reading.home(), segment, shops=(shop,), limit=limit, offset=offset)


@lru_cache(maxsize=128)
def _moved(
    stamp: str, segment: Segment, shop: Shop, since: date, until: date, way: Way, limit: int | None
) -> Members:  # fmt: skip
    from holdfast.segments import listing

    return listing.moved(reading.home(), segment, since, until, way, shops=(shop,), limit=limit)


@lru_cache(maxsize=256)
def _together(stamp: str, segment: Segment, shop: Shop) -> Together | None:
    from holdfast.segments import listing

    return next(iter(listing.together(reading.home(), segment, shops=(shop,))), None)


def _stamp(segment: Segment) -> str:
    """The snapshot, the version, and what models have said; anything shown beside members may be of the models."""
    from holdfast.segments.sizes import place, published_stamp

    return f"{place(reading.home(), segment)} {published_stamp(reading.home())}"


def unknown(segment: Segment, shop: Shop) -> Unknown | None:
    """Why nobody can belong to it in a shop, so that its size is not known; None where somebody could."""
    return unknown_in(shop)(segment)


def unknown_in(shop: Shop) -> Callable[[Segment], Unknown | None]:
    """`unknown` of one segment after another: what models have said is looked through once."""
    from holdfast.segments.knowable import nobody_can
    from holdfast.segments.sizes import cuts_stamp, published_stamp

    at = reading.home()
    missing = _not_known(f"{current_id(at)} {published_stamp(at)} {cuts_stamp(at)}", shop)
    return lambda segment: nobody_can(segment, missing)


@lru_cache(maxsize=64)
def _not_known(stamp: str, shop: Shop) -> Mapping[str, Unknown]:
    from holdfast.segments.knowable import not_known

    return not_known(reading.home(), shop)


def why(segment: Segment, customer_id: int, shop: Shop) -> Why | None:
    from holdfast.segments import members

    return members.why(reading.home(), segment, customer_id, shop)


def of_customer(customer_id: int, shop: Shop) -> tuple[Why, ...] | None:
    """The segments that a customer is in, with why; None where it would take so long that nobody waits for it."""
    if not _soon():
        return None
    segments = tuple(every()[0].values())
    stamp = " ".join(_stamp(segment) for segment in segments)
    return _of_customer(stamp, segments, customer_id, shop)


@lru_cache(maxsize=256)
def _of_customer(stamp: str, segments: tuple[Segment, ...], customer_id: int, shop: Shop) -> tuple[Why, ...]:
    from holdfast.segments import members

    return members.belonging(reading.home(), segments, customer_id, shop)


def standing(customer_id: int, shop: Shop) -> Standing | None:
    """None of who has bought nothing, and where it would take so long that nobody waits for it."""
    return _standing(current_id(reading.home()), customer_id, shop) if _soon() else None


def _soon() -> bool:
    """Whether facts of one customer are told at once: in a large home, of what the worker keeps."""
    from holdfast.segments.kept import kept_facts

    return not large() or bool(kept_facts(reading.home(), current_id(reading.home())))


@lru_cache(maxsize=256)
def _standing(snapshot: str, customer_id: int, shop: Shop) -> Standing | None:
    from holdfast.segments import standing

    return standing.standing(reading.home(), customer_id, shop)


def affinity(shop: Shop, of: Segment | None) -> Affinity | Unknown:
    return _affinity(current_id(reading.home()) if of is None else _stamp(of), shop, of)


@lru_cache(maxsize=64)
def _affinity(stamp: str, shop: Shop, of: Segment | None) -> Affinity | Unknown:
    from holdfast.segments import affinity

    return affinity.affinity(reading.home(), shop, of)


def migration(shop: Shop, since: date, until: date, fact: str, of: Segment | None = None) -> Migration:
    from holdfast.segments import migration

    return migration.migration(reading.home(), since, until, fact=fact, shops=(shop,), of=of)


def grid(shop: Shop, by: By) -> Grid | Unknown:
    from holdfast.segments import grid

    return grid.grid(reading.home(), shop, by)


def declare(segment: Segment, by: str) -> Version:
    from holdfast.segments import store

    return store.declare(reading.home(), segment, by=by, on=datetime.now(UTC).date())
