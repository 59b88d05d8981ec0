"""Building a snapshot: beside the one that serves, checked, then switched in one step."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import duckdb
import ibis

from holdfast.warehouse import receipts as book
from holdfast.warehouse.audits import Finding, run_audits
from holdfast.warehouse.credits import match_credits
from holdfast.warehouse.damage import check_loads, told_plainly, unreadable
from holdfast.warehouse.engine import compiled, open_writer, parquet, quoted, text
from holdfast.warehouse.facts import CREDIT_MATCH
from holdfast.warehouse.files import keep_also, point, publish_folder
from holdfast.warehouse.home import Home, HomeProblem, scratch
from holdfast.warehouse.identity.changes import RECORD
from holdfast.warehouse.identity.resolve import resolve
from holdfast.warehouse.identity.resolved import resolved_views
from holdfast.warehouse.landing import Progress, Steps
from holdfast.warehouse.lock import writing
from holdfast.warehouse.marts import (
    account_opening,
    customer_month,
    customer_year,
    history,
    order_value,
    purchase,
    refund_value,
    usual_gap,
)
from holdfast.warehouse.marts.business_clock import AHEAD
from holdfast.warehouse.marts.declare import SQL_TYPES, Given
from holdfast.warehouse.marts.registry import DECLARED, Earlier, rests_on, unbound
from holdfast.warehouse.marts.shop_day import offsets
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

FOREVER = datetime(2100, 1, 1)
KEPT = 3  # snapshots kept on disk, the serving one included; values are kept for ever

# Keys and money hardly repeat inside a row group: delta encoding writes them in half the time and size of a dictionary.
_PARQUET = "FORMAT parquet, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000"

Finish = Callable[[duckdb.DuckDBPyConnection, Snapshot, Path, Steps], None]


class BrokenPromise(Exception):
    """An audit found an error; the new snapshot was not published and the old one still serves."""

    def __init__(self, findings: list[Finding]) -> None:
        said = "; ".join(f"{f.promise} broken by {f.rows} rows, e.g. {f.examples[0]}" for f in findings)
        super().__init__(f"the new snapshot was not published: {said}")
        self.findings = findings


class NothingToBuild(Exception):
    """No file has been imported."""


def build_snapshot(
    home: Home, *, today: date, finish: Finish, progress: Progress | None = None, now: datetime | None = None
) -> Snapshot:
    """Build from every load, audit, let `finish` add its files (values), publish, and prune old snapshots.

    A crash at any instant leaves the snapshot that served before; what it left behind is mended or swept
    by the next build. Raises AnotherWriter, DiskProblem, DamagedLoad, BrokenPromise or NothingToBuild.
    """
    with writing(home, "build"), told_plainly(home):
        _mend(home)
        with scratch(home, "build") as beside:
            snapshot = construct(home, beside, today=today, finish=finish, progress=progress, now=now)
            place = home.path / "snapshots" / snapshot.id
            publish_folder(beside / "snapshot", place)
            point(home.path / "snapshots" / "current", snapshot.id)
        _keep_values(home)
        _prune(home, snapshot.id)
        return replace(snapshot, path=place)


def construct(
    home: Home, beside: Path, *, today: date, finish: Finish, progress: Progress | None = None,
    now: datetime | None = None, known_at: datetime | None = None,
) -> Snapshot:  # fmt: skip
    """Write a whole snapshot into `beside`/snapshot from the loads known at a moment; publish nothing."""
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
    connection = open_writer(beside)
    try:
        snapshot = Snapshot(_next_id(home, built_at), folder, today, built_at, tuple(r.load_id for r in loads), shops)
        snapshot = _marts(connection, home, snapshot, today, steps)
        findings = run_audits(connection)
        if errors := [f for f in findings if f.severity == "error"]:
            raise BrokenPromise(errors)
        steps.done("audits", 0.6)
        finish(connection, snapshot, folder, steps)
        snapshot = replace(snapshot, findings=tuple(findings), steps=tuple(steps.taken))
        snapshot.write(folder)
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
    connection: duckdb.DuckDBPyConnection, home: Home, snapshot: Snapshot, today: date, steps: Steps
) -> Snapshot:
    views, _ = canonical_views(home, snapshot.loads)
    _show(connection, views | {"shop": shop_rows(snapshot.shops)})
    _save(connection, "shop", 'SELECT * FROM "shop"', snapshot.path)
    snapshot = _identity(connection, home, snapshot, views)
    steps.done("identity", 0.03)
    match_credits(connection)
    _save(connection, "credit_match", "SELECT * FROM credit_match", snapshot.path)
    steps.done("match credit notes", 0.05)
    since, until = _moments(connection)
    zones = {shop.shop_id: shop.zone for shop in snapshot.shops}
    t = {name: table.unbound() for name, table in TABLES.items()}
    returned = refund_value(t["refund"], t["refund_line"], CREDIT_MATCH, t["shop"], zones, since, until)
    back = _build(connection, "refund_value", returned, snapshot.path)
    steps.done("refund values", 0.1)
    (inside,) = connection.execute('SELECT coalesce(bool_or(taxes_included), false) FROM "order"').fetchone() or (True,)
    valued = order_value(t["order"], t["order_line"], back, t["shop"], zones, since, until, tax_inside=inside)
    orders = _build(connection, "order_value", valued, snapshot.path)
    steps.done("order values", 0.3)
    as_of = _last_day(connection, today) or today
    _save(connection, "built", f"SELECT DATE '{as_of}' AS as_of", snapshot.path)
    occasions = _build(connection, "purchase", purchase(orders, as_of), snapshot.path)
    steps.done("purchase occasions", 0.4)
    _build(connection, "usual_gap", usual_gap(occasions), snapshot.path)
    customers = _build(connection, "history", history(orders, occasions, as_of), snapshot.path)
    _build(connection, "account_opening", account_opening(t["customer"], zones, since, until), snapshot.path)
    steps.done("customer history", 0.5)
    months = customer_month(orders, back, customers, as_of)
    months = _build(connection, "customer_month", months, snapshot.path)
    _build(connection, "customer_year", customer_year(months, orders, back, customers, as_of), snapshot.path)
    steps.done("customer months and years", 0.55)
    _zone_changes(connection, zones.values(), since, until + timedelta(days=AHEAD))
    _declared(connection, Given(zones, since, until, Earlier()), snapshot.path)
    steps.done("marts beside sales", 0.57)
    return replace(snapshot, as_of=as_of)


def _show(connection: duckdb.DuckDBPyConnection, views: dict[str, str]) -> None:
    for name, body in views.items():
        connection.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS {body}")


def _identity(connection: duckdb.DuckDBPyConnection, home: Home, snapshot: Snapshot, views: dict[str, str]) -> Snapshot:
    """Find out who is one person; from here on the canonical tables speak of persons."""
    resolve(connection, home, snapshot, _history(home))
    for name in reversed(IDENTITY):
        _save(connection, name, f"SELECT * FROM {name}", snapshot.path)
    merged, stitched = (
        connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() is not None
        for name in ("merged_profile", "stitched")
    )
    _show(connection, {n: v for n, v in resolved_views(views, merged, stitched).items() if v != views.get(n)})
    return replace(snapshot, merged=merged, stitched=stitched)


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
) -> None:
    """Leave `zone_change` (zone, since, ahead) for the zones of shops and of their schedules."""
    told = connection.execute("SELECT DISTINCT zone FROM schedule WHERE zone IS NOT NULL").fetchall()
    zones = sorted({*of_shops, *(zone for (zone,) in told)})
    rows = [(zone, moment, ahead) for zone in zones for moment, ahead in offsets(zone, since, until)]
    connection.execute("CREATE OR REPLACE TEMP TABLE zone_change (zone VARCHAR, since TIMESTAMP, ahead BIGINT)")
    connection.executemany("INSERT INTO zone_change VALUES (?, ?, ?)", rows)


def _declared(connection: duckdb.DuckDBPyConnection, given: Given, folder: Path) -> None:
    """The marts over the tables beside sales, each over those declared before it.

    Working out the SQL of a mart costs more than running it over nothing, so what has no rows is not worked out.
    """
    filled: dict[str, bool] = {}
    for name, make in DECLARED.items():
        for table in rests_on(name) - filled.keys():
            filled[table] = connection.execute(f"SELECT 1 FROM {quoted(table)} LIMIT 1").fetchone() is not None
        if any(filled[table] for table in rests_on(name)):
            _build(connection, name, make(given), folder)
        else:
            _save(connection, name, _nothing(unbound(name).schema()), folder)


def _nothing(schema: ibis.Schema) -> str:
    columns = ", ".join(f"NULL::{SQL_TYPES.get(str(t), 'VARCHAR')} AS {quoted(c)}" for c, t in schema.items())
    return f"SELECT {columns} WHERE false"


def _build(connection: duckdb.DuckDBPyConnection, name: str, expression: ibis.Table, folder: Path) -> ibis.Table:
    schema = expression.schema()
    cast = ", ".join(
        f"CAST({quoted(c)} AS {SQL_TYPES.get(str(t), 'VARCHAR')}) AS {quoted(c)}" for c, t in schema.items()
    )
    _save(connection, name, f"SELECT {cast} FROM ({compiled(expression)})", folder)
    return ibis.table(schema, name=name)


def _save(connection: duckdb.DuckDBPyConnection, name: str, select: str, folder: Path) -> None:
    path = folder / f"{name}.parquet"
    connection.execute(f"COPY ({select}) TO {text(str(path))} ({_PARQUET})")
    with suppress(duckdb.CatalogException):
        connection.execute(f"DROP VIEW IF EXISTS {quoted(name)}")
    with suppress(duckdb.CatalogException):
        connection.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
    connection.execute(f"CREATE VIEW {quoted(name)} AS {parquet([path])}")


def _moments(connection: duckdb.DuckDBPyConnection) -> tuple[datetime, datetime]:
    """The moments the data span, with days to spare on each side."""
    told = [
        f"SELECT min({quoted(column.name)}) AS low, max({quoted(column.name)}) AS high FROM {quoted(table.name)}"
        for table in LANDED
        for column in table.columns
        if column.kind == "moment" and column.name not in ("recorded_at", "valid_until")
    ]
    low, high = connection.execute(f"SELECT min(low), max(high) FROM ({' UNION ALL '.join(told)})").fetchone() or (
        None,
        None,
    )
    if low is None:
        return datetime(2000, 1, 1), datetime(2000, 1, 2)
    # "Never ends" is written as a day of the year 9999: no calendar has to reach that far.
    return low - timedelta(days=1), min(high, FOREVER) + timedelta(days=5)


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
