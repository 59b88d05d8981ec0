"""Building a snapshot: beside the one that serves, checked, then switched in one step."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import duckdb

from holdfast.warehouse import receipts as book
from holdfast.warehouse.audits import Finding, run_audits
from holdfast.warehouse.credits import match_credits
from holdfast.warehouse.damage import check_loads, told_plainly, unreadable
from holdfast.warehouse.engine import open_writer, quoted, text
from holdfast.warehouse.facts import unbound as sales_mart
from holdfast.warehouse.files import keep_also, point, publish_folder
from holdfast.warehouse.home import Home, HomeProblem, Shop, scratch
from holdfast.warehouse.identity.changes import RECORD
from holdfast.warehouse.identity.resolve import resolve
from holdfast.warehouse.identity.resolved import resolved_views
from holdfast.warehouse.identity.stitch import WATCHED
from holdfast.warehouse.landing import Progress, Steps
from holdfast.warehouse.lock import writing
from holdfast.warehouse.made import before, digest, write_made
from holdfast.warehouse.making import Making, content
from holdfast.warehouse.marts import account_opening, usual_gap
from holdfast.warehouse.marts.business_clock import AHEAD
from holdfast.warehouse.marts.declare import Given
from holdfast.warehouse.marts.registry import DECLARED, DEFINED, Earlier, has_no_rows, unbound
from holdfast.warehouse.marts.shop_day import offsets
from holdfast.warehouse.sales import Sales
from holdfast.warehouse.snapshot import (
    IDENTITY,
    DamagedSnapshot,
    Snapshot,
    canonical_views,
    current_id,
    current_snapshot,
    shop_rows,
)
from holdfast.warehouse.tables import LANDED, TABLES
from holdfast.warehouse.versions import current

FOREVER = datetime(2100, 1, 1)
WHOLE = "all of it was asked for"
KEPT = 3  # snapshots kept on disk, the serving one included; values are kept for ever

# Adds files to a snapshot being built; returns, for the manifest, how each value came to be (None: nothing to tell).
Finish = Callable[[duckdb.DuckDBPyConnection, Snapshot, Path, Steps, Making], tuple[dict[str, str], ...] | None]


class BrokenPromise(Exception):
    """An audit found an error; the new snapshot was not published and the old one still serves."""

    def __init__(self, findings: list[Finding]) -> None:
        said = "; ".join(f"{f.promise} broken by {f.rows} rows, e.g. {f.examples[0]}" for f in findings)
        super().__init__(f"the new snapshot was not published: {said}")
        self.findings = findings


class NothingToBuild(Exception):
    """No file has been imported."""


def build_snapshot(
    home: Home, *, today: date, finish: Finish, progress: Progress | None = None, now: datetime | None = None,
    full: bool = False,
) -> Snapshot:  # fmt: skip
    """Build from every load, audit, let `finish` add its files (values), publish, and prune old snapshots.

    What the serving snapshot holds and new loads leave as it was is taken over, unless `full` is asked for; the
    result is the same. A crash at any instant leaves the snapshot that served before; what it left behind is mended
    or swept by the next build. Raises AnotherWriter, DiskProblem, DamagedLoad, BrokenPromise or NothingToBuild.
    """
    with writing(home, "build"), told_plainly(home), _collecting_no_garbage():
        _mend(home)
        with scratch(home, "build") as beside:
            snapshot = construct(
                home, beside, today=today, finish=finish, progress=progress, now=now, whole=WHOLE if full else ""
            )
            place = home.path / "snapshots" / snapshot.id
            publish_folder(beside / "snapshot", place)
            point(home.path / "snapshots" / "current", snapshot.id)
        _keep_values(home)
        _prune(home, snapshot.id)
        return replace(snapshot, path=place)


@contextmanager
def _collecting_no_garbage() -> Iterator[None]:
    """Definitions are hundreds of thousands of small objects that live as long as the build: to look among them for
    what nobody refers to any more finds nothing, and takes a tenth of what does not grow with the data."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def construct(
    home: Home, beside: Path, *, today: date, finish: Finish, progress: Progress | None = None,
    now: datetime | None = None, known_at: datetime | None = None, whole: str = "",
) -> Snapshot:  # fmt: skip
    """Write a whole snapshot into `beside`/snapshot from the loads known at a moment; publish nothing.

    whole: why not to build upon the snapshot that serves; empty: build upon it where that can be.
    """
    loads = [r for r in book.receipts(home) if known_at is None or r.recorded_at <= known_at]
    if not any(r.tables for r in loads):
        raise NothingToBuild("nothing has been imported yet: run `holdfast import FILE` first")
    check_loads(home, loads)
    shops = book.as_imported(home.shops(), loads)
    _all_declared(home, loads, {shop.shop_id for shop in shops})
    steps = Steps(progress)
    folder = beside / "snapshot"
    folder.mkdir(parents=True)
    built_at = (now or datetime.now(UTC)).replace(microsecond=0)  # noqa: TID251 (when it was built)
    upon = (whole or WHOLE) if whole or known_at else before(home, loads, shops)
    connection = open_writer(beside)
    try:
        snapshot = Snapshot(_next_id(home, built_at), folder, today, built_at, tuple(r.load_id for r in loads), shops)
        making = Making(connection, folder, upon, snapshot.loads)
        snapshot = _marts(making, home, snapshot, loads, today, steps)
        findings = run_audits(connection)
        if errors := [f for f in findings if f.severity == "error"]:
            raise BrokenPromise(errors)
        steps.done("audits", 0.6)
        measured = finish(connection, snapshot, folder, steps, making) or ()
        snapshot = replace(snapshot, findings=tuple(findings), steps=tuple(steps.taken), measured=measured)
        snapshot.write(folder)
        write_made(home, snapshot, making.made, making.told_idle, folder)
        return snapshot
    finally:
        connection.close()


def _all_declared(home: Home, loads: Iterable[book.Receipt], declared: set[int]) -> None:
    """Orders of a shop that the settings do not name would vanish from every number without a word."""
    lost = {r.shop_id: r.shop for r in loads if r.shop_id not in declared and r.tables}
    if lost:
        named = ", ".join(f"{name!r} (id {shop_id})" for shop_id, name in sorted(lost.items()))
        raise HomeProblem(
            f"{home.path / 'holdfast.toml'} no longer names {named}, whose orders were imported."
            " Put the shop back with that id, then build again."
        )


def _marts(
    making: Making, home: Home, snapshot: Snapshot, loads: list[book.Receipt], today: date, steps: Steps
) -> Snapshot:
    connection = making.connection
    views, files = canonical_views(home, snapshot.loads)
    _show(connection, views | {"shop": shop_rows(snapshot.shops), "order_as_landed": views["order"]})
    making.save("shop", 'SELECT * FROM "shop"', digest(snapshot.shops))
    snapshot = _identity(making, home, snapshot, views)
    _inputs(making, loads, snapshot)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE excluded AS {_excluded(snapshot.shops)}")
    making.save("excluded_person", "SELECT * FROM excluded", content(connection, "excluded"))
    steps.done("identity", 0.03)
    match_credits(connection)
    making.save("credit_match", "SELECT * FROM credit_match", content(connection, "credit_match"))
    steps.done("match credit notes", 0.05)
    since, until = _moments(connection, files)
    zones = {shop.shop_id: shop.zone for shop in snapshot.shops}
    given = Given(zones, since, until, Earlier())

    def read(table: str, files: Sequence[Path]) -> str:
        some = views | {table: current(TABLES[table], files)}
        return resolved_views(some, snapshot.merged, snapshot.stitched)[table]

    sales = Sales(making, home, given, _tax_inside(connection, files), read)
    sales.refunds()
    steps.done("refund values", 0.1)
    sales.orders()
    steps.done("order values", 0.3)
    as_of = _last_day(connection, today) or today
    making.save("built", f"SELECT DATE '{as_of}' AS as_of")
    sales.purchases(as_of)
    steps.done("purchase occasions", 0.4)
    sales.products(as_of)
    making.make("usual_gap", usual_gap(sales_mart("purchase")))
    sales.histories(as_of)
    making.make("account_opening", account_opening(given.table("customer"), zones, since, until))
    steps.done("customer history", 0.5)
    sales.months(as_of)
    sales.years(as_of)
    steps.done("customer months and years", 0.55)
    making.inputs["zone_change"] = _zone_changes(connection, zones.values(), since, until + timedelta(days=AHEAD))
    _declared(making, given)
    steps.done("marts beside sales", 0.57)
    return replace(snapshot, as_of=as_of, made=making.told(), cut=making.in_files())


def _show(connection: duckdb.DuckDBPyConnection, views: dict[str, str]) -> None:
    for name, body in views.items():
        connection.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS {body}")


def _identity(making: Making, home: Home, snapshot: Snapshot, views: dict[str, str]) -> Snapshot:
    """Find out who is one person; from here on the canonical tables speak of persons."""
    connection = making.connection
    resolve(connection, home, snapshot, _history(home))
    for name in reversed(IDENTITY):
        making.save(name, f"SELECT * FROM {name}")
    merged, stitched = (
        connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() is not None
        for name in ("merged_profile", "stitched")
    )
    _show(connection, {n: v for n, v in resolved_views(views, merged, stitched).items() if v != views.get(n)})
    return replace(snapshot, merged=merged, stitched=stitched)


def _inputs(making: Making, loads: Iterable[book.Receipt], snapshot: Snapshot) -> None:
    """Tell what each canonical table consists of: the loads that speak of it, and who its people are."""
    whose = content(making.connection, "merged_profile") if snapshot.merged else ""
    visits = content(making.connection, "stitched") if snapshot.stitched else ""
    watched = {name for name, _, _ in WATCHED}
    for table in LANDED:
        told = [load.load_id for load in loads if (t := load.tables.get(table.name)) and t.new + t.changed]
        of_people = whose if any(column.names == "customer" for column in table.columns) else ""
        making.inputs[table.name] = digest(told, of_people, visits if table.name in watched else "")


def _excluded(shops: Iterable[Shop]) -> str:
    """Who is no customer (C8): tests, the merchant's own people, and who has a tag that the shop's settings exclude."""
    tags = "list_transform(string_split(lower(tags), ','), lambda tag: trim(tag))"
    by_tag = [
        f"shop_id = {shop.shop_id} AND list_has_any({tags}, [{', '.join(map(text, shop.exclude_tags))}])"
        for shop in shops
        if shop.exclude_tags
    ]
    said = " OR ".join(f"coalesce({one}, false)" for one in ("is_test", "is_staff", *by_tag))
    return f"SELECT customer_id FROM customer WHERE {said}"


def _history(home: Home) -> Path | None:
    """The newest published snapshot whose record of merges can be read: a damaged one is about to be replaced."""
    for place in reversed([p for p in _places(home) if p.name <= current_id(home)]):
        record = [place / f"{name}.parquet" for name in RECORD]
        if all(path.is_file() for path in record) and not any(unreadable(record)):
            return place
    return None


def _last_day(connection: duckdb.DuckDBPyConnection, today: date) -> date | None:
    """The last day up to today on which anything happened that keeps happening: an order, a ticket, a visit …"""
    steady = [f"SELECT CAST({quoted(t.dated)} AS DATE) AS day FROM {quoted(t.name)}" for t in LANDED if t.steady]
    days = " UNION ALL ".join(
        f"SELECT max(day) FILTER (day <= $today) AS day FROM ({rows})"
        for rows in ("SELECT placed_on AS day FROM order_value", *steady)
    )
    found = connection.execute(f"SELECT max(day) FROM ({days})", {"today": today}).fetchone()
    return cast("date | None", found[0]) if found else None


def _zone_changes(
    connection: duckdb.DuckDBPyConnection, of_shops: Iterable[str], since: datetime, until: datetime
) -> str:
    """Leave `zone_change` (zone, since, ahead) for the zones of shops and of their schedules; a digest of it."""
    told = connection.execute("SELECT DISTINCT zone FROM schedule WHERE zone IS NOT NULL").fetchall()
    zones = sorted({*of_shops, *(zone for (zone,) in told)})
    rows = [(zone, moment, ahead) for zone in zones for moment, ahead in offsets(zone, since, until)]
    connection.execute("CREATE OR REPLACE TEMP TABLE zone_change (zone VARCHAR, since TIMESTAMP, ahead BIGINT)")
    connection.executemany("INSERT INTO zone_change VALUES (?, ?, ?)", rows)
    return digest(rows)


def _declared(making: Making, given: Given) -> None:
    """The marts over the tables beside sales, each over those declared before it.

    Working out the SQL of a mart costs more than running it over nothing, so what has no rows is not worked out.
    """
    read = sorted(table.name for table in LANDED)
    asked = " UNION ALL ".join(f"(SELECT '{name}' AS name FROM {quoted(name)} LIMIT 1)" for name in read)
    empty = set(read) - {name for (name,) in making.connection.execute(asked).fetchall()}
    key = digest(DEFINED, sorted(empty))
    idle = making.idle(key)  # to tell it from the definitions takes longer than most marts
    for name, make in DECLARED.items():
        if name in idle:
            continue
        if not idle and has_no_rows(name, empty):
            empty.add(name)
            making.nothing(name, unbound(name).schema())
        else:
            making.make(name, make(given))
    making.told_idle = {"key": key, "marts": idle or [name for name in DECLARED if name in empty]}


def _tax_inside(connection: duckdb.DuckDBPyConnection, files: Iterable[Path]) -> bool:
    """Whether any order may say that its prices include tax."""
    return bool(_spanned(connection, [f for f in files if f.stem == "order"], ["taxes_included"], "BOOLEAN")[1])


def _spanned(
    connection: duckdb.DuckDBPyConnection, files: Iterable[Path], columns: Iterable[str], kind: str
) -> tuple[object, object]:
    """The least and the greatest value of some columns in files as they landed, replaced rows too: footers tell."""
    listed = ", ".join(text(str(path)) for path in files)
    if not listed:
        return None, None
    named = ", ".join(map(text, columns))
    found = connection.execute(
        f"SELECT min(CAST(stats_min_value AS {kind})), max(CAST(stats_max_value AS {kind}))"
        f" FROM parquet_metadata([{listed}]) WHERE path_in_schema IN ({named})"
    ).fetchone()
    return found or (None, None)


def _moments(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> tuple[datetime, datetime]:
    """The moments the data span, with days to spare on each side."""
    low: datetime | None = None
    high = low
    for table in LANDED:
        moments = {c.name for c in table.columns if c.kind == "moment" and c.name not in ("recorded_at", "valid_until")}
        first, last = _spanned(connection, [f for f in files if f.stem == table.name], moments, "TIMESTAMP")
        if moments and isinstance(first, datetime) and isinstance(last, datetime):
            low, high = min(low or first, first), max(high or last, last)
    if low is None or high is None:
        return datetime(2000, 1, 1), datetime(2000, 1, 2)
    # "Never ends" is written as a day of the year 9999: no calendar has to reach that far. To the end of the months,
    # so that what is made from these bounds is not made anew every day.
    low, high = low - timedelta(days=1), min(high, FOREVER) + timedelta(days=5)
    return datetime(low.year, low.month, 1), datetime(high.year + high.month // 12, high.month % 12 + 1, 1)


def _next_id(home: Home, built_at: datetime) -> str:
    numbers = [int(p.name[:6]) for p in (home.path / "snapshots").iterdir() if p.name[:6].isdigit()]
    return f"{max(numbers, default=0) + 1:06d}-{built_at:%Y%m%dT%H%M%SZ}"


def _keep_values(home: Home) -> None:
    """Values outlive their snapshot: link the serving snapshot's values into values/."""
    snapshot = current_snapshot(home)
    if snapshot is None:
        return
    made = snapshot.path / "values.parquet"
    kept = home.path / "values" / f"{snapshot.id}.parquet"
    if made.is_file() and not kept.exists():
        keep_also(made, kept)


def _mend(home: Home) -> None:
    """Finish what a build that died after its switch left undone, and remove what one never switched to."""
    with suppress(DamagedSnapshot):  # a damaged one is about to be replaced
        _keep_values(home)
    serving = current_id(home)
    for place in _places(home):
        if place.name > serving:
            shutil.rmtree(place, ignore_errors=True)


def _places(home: Home) -> list[Path]:
    """Every snapshot on disk, oldest first."""
    return sorted(p for p in (home.path / "snapshots").iterdir() if p.is_dir() and not p.is_symlink())


def _prune(home: Home, serving: str) -> None:
    published = [p for p in _places(home) if p.name != serving]
    for place in published[: max(0, len(published) - (KEPT - 1))]:
        shutil.rmtree(place, ignore_errors=True)
