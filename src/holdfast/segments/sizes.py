"""How large segments were at every month end of the past, as known now, and who came and went between.

home/segments/sizes/<snapshot>.<id>.<digest>.parquet: written on the first question, since what a snapshot says of a
version never changes; of segments that ask models, also by what was published.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from holdfast.predictions.objections import stamp as objections_stamp
from holdfast.segments.asking import Asking, facts_of
from holdfast.segments.condition import leaves
from holdfast.segments.facts.registry import FACTS, SOURCE_OF
from holdfast.segments.members import asked
from holdfast.segments.segment import Segment
from holdfast.segments.store import FOLDER, keep
from holdfast.warehouse.home import Home, Shop, scratch
from holdfast.warehouse.snapshot import NOTHING_BUILT, NothingBuilt, current_snapshot

SIZES = "sizes"
MONTHS = 36  # month ends behind the snapshot's own day
AT_ONCE = 20_000_000  # customers × days that one query answers for
BITS = 60  # segments of one query: each is a bit of one number
# universe: how many there were to choose from; entered, left: since the point before, null at the first.
COLUMNS = pa.schema(
    {"segment": pa.string(), "as_of": pa.date32(), "shop_id": pa.int64(), "members": pa.int64(),
     "universe": pa.int64(), "entered": pa.int64(), "left": pa.int64()}
)  # fmt: skip


def month_ends(until: date, months: int = MONTHS) -> list[date]:
    """The last days of so many calendar months before, and the day itself; oldest first."""
    found = [until]
    first = until.replace(day=1)
    for _ in range(months):
        last = first - timedelta(days=1)
        if last != until:
            found.append(last)
        first = last.replace(day=1)
    return found[::-1]


def sizes(home: Home, segments: Sequence[Segment], *, months: int = MONTHS) -> Mapping[str, pa.Table]:
    """By id: COLUMNS, one row a day and shop, oldest first, from when somebody was there to choose from. What is not
    kept yet is measured in one pass and kept.

    Raises NothingBuilt, DamagedSnapshot and FrameworkProblem.
    """
    missing = [segment for segment in segments if kept(home, segment) is None]
    if missing:
        told = measured(home, missing, months=months)
        for segment in missing:
            keep(home, segment)
            _write(home, segment, told.filter(pc.equal(told["segment"], segment.id)))
    found = {segment.id: kept(home, segment) for segment in segments}
    return {id: begun(table) for id, table in found.items() if table is not None}


def begun(table: pa.Table) -> pa.Table:
    """Without the days before anybody was there: of none it cannot be said how many belong. The last day stays."""
    there = pc.greater(table["universe"], 0)
    return table.filter(pc.or_(there, pc.equal(table["as_of"], pc.max(table["as_of"]))))


def kept(home: Home, segment: Segment) -> pa.Table | None:
    """What was kept of the serving snapshot; None where that was not asked yet."""
    path = place(home, segment)
    return pq.read_table(path) if path.is_file() else None


def said_then(home: Home, segment: Segment, shops: Sequence[Shop]) -> dict[date, int]:
    """Members in shops on the day of each snapshot, as was said when it was asked then, of this version; by day."""
    ids = pa.array([shop.shop_id for shop in shops], pa.int64())
    found: dict[date, int] = {}
    for path in sorted((home.path / FOLDER / SIZES).glob(f"*.{segment.id}.{segment.digest}*.parquet")):
        table = pq.read_table(path)
        day = pc.max(table["as_of"]).as_py()
        ours = pc.and_(pc.equal(table["as_of"], day), pc.is_in(table["shop_id"], ids))
        found[day] = pc.sum(table.filter(ours)["members"]).as_py() or 0
    return found


def measured(home: Home, segments: Sequence[Segment], *, months: int = MONTHS) -> pa.Table:
    """COLUMNS, of segments of which none need be saved; all of them in one pass over each stretch of days."""
    snapshot = current_snapshot(home)
    if snapshot is None:
        raise NothingBuilt(NOTHING_BUILT)
    days = month_ends(snapshot.as_of, months)
    parts = []
    for start in range(0, len(segments), BITS):
        some = segments[start : start + BITS]
        for stretch in _stretches(days, customers(home)):
            with asked(home, some, stretch, ruled_on=snapshot.as_of) as ground:
                query, given = counted(ground.asking, some)
                found = ground.connection.sql(query, params=given).to_arrow_table()
            first = stretch[0] if stretch[0] != days[0] else None  # it was only to be compared with
            parts.append(_long(found, some, first))
    return pa.concat_tables(parts).sort_by([("segment", "ascending"), ("as_of", "ascending"), ("shop_id", "ascending")])


def customers(home: Home) -> int:
    """Who ever bought, at least 1. Raises NothingBuilt."""
    snapshot = current_snapshot(home)
    if snapshot is None:
        raise NothingBuilt(NOTHING_BUILT)
    return max(1, sum(int(pq.read_metadata(path).num_rows) for path in snapshot.files("history")))


def _stretches(days: Sequence[date], customers: int) -> list[list[date]]:
    """The days in stretches that fit; each but the first begins with the last day of the one before."""
    fit = max(2, AT_ONCE // customers)
    found, start = [], 0
    while True:
        found.append(list(days[start : start + fit]))
        if start + fit >= len(days):
            return found
        start += fit - 1


def counted(asking: Asking, segments: Sequence[Segment]) -> tuple[str, dict[str, object]]:
    """One row a day and shop: everybody, buyers, and a segment's members and those who were members the day before."""
    bits = " | ".join(f"(({asking.belongs(s)})::BIGINT << {n})" for n, s in enumerate(segments)) or "0::BIGINT"
    bought = "s_purchases.customer_id IS NOT NULL" if asking.everybody_too else "true"
    columns = {name: f"u.{name}" for name in ("as_of", "shop_id", "customer_id")} | {"bought": bought, "mask": bits}
    rows = asking.rows(facts_of([s.when for s in segments]), columns)
    told = ", ".join(
        f"sum(mask >> {n} & 1)::BIGINT AS m{n}, sum((mask & before) >> {n} & 1)::BIGINT AS s{n}"
        for n in range(len(segments))
    )
    before = "coalesce(lag(mask) OVER (PARTITION BY shop_id, customer_id ORDER BY as_of), 0)"
    return (
        f"SELECT as_of, shop_id, count(*) AS everybody, count(*) FILTER (bought) AS buyers, {told}"
        f" FROM (SELECT *, {before} AS before FROM ({rows})) GROUP BY as_of, shop_id ORDER BY as_of, shop_id"
    ), asking.given


def _long(found: pa.Table, segments: Sequence[Segment], left_out: date | None) -> pa.Table:
    """A row a segment, day and shop. left_out: the first day, where it was asked only to be compared with."""
    told = found.to_pylist()
    days = [row["as_of"] for row in told]
    rows = []
    for n, segment in enumerate(segments):
        before: dict[int, int] = {}
        for row in told:
            shop, members, stayed = row["shop_id"], row[f"m{n}"], row[f"s{n}"]
            known = row["as_of"] != days[0]
            if row["as_of"] != left_out:
                universe = row["everybody" if segment.universe == "everybody" else "buyers"]
                came = (members - stayed, before.get(shop, 0) - stayed) if known else (None, None)
                rows.append((segment.id, row["as_of"], shop, members, universe, *came))
            before[shop] = members
    return pa.Table.from_pylist([dict(zip(COLUMNS.names, row, strict=True)) for row in rows], COLUMNS)


def place(home: Home, segment: Segment) -> Path:
    """Where the sizes of a version in the serving snapshot lie, or will. Raises NothingBuilt."""
    snapshot = current_snapshot(home)
    if snapshot is None:
        raise NothingBuilt(NOTHING_BUILT)
    said = f"-{published_stamp(home)}" if any(SOURCE_OF[leaf.fact].beside for leaf in leaves(segment.when)) else ""
    if any(FACTS[leaf.fact].cut for leaf in leaves(segment.when)):
        said += f"-{cuts_stamp(home)}"
    return home.path / FOLDER / SIZES / f"{snapshot.id}.{segment.id}.{segment.digest}{said}.parquet"


def published_stamp(home: Home) -> str:
    """A digest of what models have said so far, and of who objected to it."""
    told = sorted(str(path.relative_to(home.path)) for path in (home.path / "predictions").glob("*/*/card.json"))
    told.append(objections_stamp(home))
    return sha256("\n".join(told).encode()).hexdigest()[:8]


def cuts_stamp(home: Home) -> str:
    """A digest of the merchant's own cuts."""
    with suppress(FileNotFoundError):
        return sha256((home.path / "rfm.toml").read_bytes()).hexdigest()[:8]
    return "none"


def _write(home: Home, segment: Segment, table: pa.Table) -> None:
    """Whole or not at all; what another process kept meanwhile stays."""
    path = place(home, segment)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with scratch(home, "sizes") as folder, suppress(FileExistsError):
        pq.write_table(table, folder / path.name)
        os.link(folder / path.name, path)
