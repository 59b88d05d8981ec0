"""Every value of every metric, measured once per snapshot and written beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from holdfast.commerce.unknown import Unknown
from holdfast.metrics import measure
from holdfast.metrics.carry import Carry
from holdfast.metrics.cohorts import cohort_months
from holdfast.metrics.declare import Metric
from holdfast.metrics.framework import load_for
from holdfast.metrics.freeze import renew
from holdfast.metrics.ground import write_ground
from holdfast.metrics.ledger import write_ledger
from holdfast.metrics.measure import Slice
from holdfast.metrics.needs import needs, shops_that_have, spans
from holdfast.metrics.newest import NewestUnits
from holdfast.metrics.paritysums import write_sums
from holdfast.metrics.phases import write_phases
from holdfast.metrics.registry import METRICS
from holdfast.metrics.shared import BuildMarts, SharedRows
from holdfast.metrics.tallies import Tallies
from holdfast.metrics.targets import Phase
from holdfast.metrics.valuation import Ground, Valuer
from holdfast.metrics.values import Change, Reading, Scope, Value
from holdfast.warehouse.build import build_snapshot
from holdfast.warehouse.engine import compiled, text
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Home
from holdfast.warehouse.landing import Progress, Steps
from holdfast.warehouse.making import Making
from holdfast.warehouse.snapshot import Snapshot

# One row per value. slice: headline, change, before, month, or the name of a dimension.
COLUMNS = {
    "metric": "VARCHAR", "version": "INTEGER", "snapshot": "VARCHAR", "built_at": "TIMESTAMP", "as_of": "DATE",
    "scope_kind": "VARCHAR", "scope_name": "VARCHAR", "slice": "VARCHAR", "member": "VARCHAR", "since": "DATE",
    "until": "DATE", "n": "BIGINT", "still_open": "BIGINT", "counted": "DOUBLE", "out_of": "DOUBLE",
    "point": "DOUBLE", "low": "DOUBLE", "high": "DOUBLE", "method": "VARCHAR", "why": "VARCHAR",
    "would_need": "VARCHAR", "currency": "VARCHAR", "left_out": "VARCHAR",
    "strangers": "BIGINT",
}  # fmt: skip


Said = tuple[dict[str, str], ...]


def build(
    home: Home, *, today: date, progress: Progress | None = None, now: datetime | None = None, full: bool = False
) -> Snapshot:
    """Build a snapshot with all values, and switch to it. Raises what `build_snapshot` raises."""
    renew(home.path, today, {metric.id: metric.version for metric in METRICS.values()})
    phases = load_for(home.path).phases

    def finish(
        connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, folder: Path, steps: Steps, making: Making
    ) -> Said:
        return measure_all(connection, snapshot, folder, steps, making, home, phases)

    return build_snapshot(home, today=today, finish=finish, progress=progress, now=now, full=full)


def measure_all(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, folder: Path, steps: Steps,
    making: Making | None = None, home: Home | None = None, phases: Sequence[Phase] = (),
) -> Said:  # fmt: skip
    """Write the values, the cohorts, the newest units and the ground they stand on into a snapshot being built.

    making, home: what is known of its marts, so that what the day cannot have changed is carried over. Returns how each
    came to be.
    """
    ground = survey(connection, snapshot, snapshot.as_of)
    steps.done("survey", 0.6)
    marts = BuildMarts(snapshot.as_of)
    rows: list[dict[str, object]] = []
    newest, carry = NewestUnits(connection, snapshot), Carry(connection, snapshot, marts, making, home, phases)
    shared = SharedRows(connection, marts)
    tallies = Tallies(connection, marts, ground, newest, shared, carry, steps)
    headlines, by_month, by_week = tallies.found()
    for metric in METRICS.values():
        rows += _rows(metric, headlines[metric.id], by_month[metric.id], ground, snapshot, ground.scopes())
    rows += _weeks(by_week, ground, snapshot)
    _write_values(connection, rows, folder)
    _write_cohorts(connection, marts, snapshot, folder, carry)
    _write_responses(connection, marts, snapshot, folder)
    steps.done("cohorts", 0.97)
    write_phases(connection, marts, snapshot.as_of, phases, folder, carry.tables.get("phases", ""))
    write_ledger(connection, marts, snapshot.as_of, folder)
    with shared.read_by(tallies.sums):
        write_sums(connection, tallies.sums, folder)
    steps.done("sums of other tools", 0.98)
    newest.write(folder)
    write_ground(ground, folder)
    steps.done("newest units", 0.99)
    carry.write(folder)
    steps.done("what the next day is carried from", 1.0)
    return carry.told()


def _write_values(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, object]], folder: Path) -> None:
    """Through a scratch file of JSON lines: the engine types the columns, an open end is `inf`."""
    lines = folder / "values.jsonl"
    with lines.open("w") as file:
        for one in rows:
            file.write(
                json.dumps(one | {k: str(one[k]) for k in ("low", "high") if one.get(k) is not None}, default=str)
            )
            file.write("\n")
    described = ", ".join(
        f"{name}: {text('VARCHAR' if name in ('low', 'high') else kind)}" for name, kind in COLUMNS.items()
    )
    connection.execute(
        "COPY (SELECT * REPLACE (CAST(low AS DOUBLE) AS low, CAST(high AS DOUBLE) AS high)"
        f" FROM read_json({text(str(lines))}, format = 'newline_delimited', columns = {{{described}}}))"
        f" TO {text(str(folder / 'values.parquet'))} (FORMAT parquet)"
    )
    lines.unlink()


def survey(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, as_of: date) -> Ground:
    """What the data allow metrics to say on a day."""
    first, last = spans(connection, max(as_of, snapshot.as_of))
    apart = connection.execute(
        "SELECT shop_id, string_agg(said, ', ' ORDER BY said) FROM (SELECT shop_id,"
        " count(*) || CASE count(*) WHEN 1 THEN ' order in ' ELSE ' orders in ' END || currency AS said"
        ' FROM (SELECT v.shop_id, o.currency FROM order_value AS v JOIN "order" AS o USING (order_id)'
        " WHERE v.counts AND NOT v.shop_money AND v.placed_on <= ?) GROUP BY shop_id, currency) GROUP BY 1 ORDER BY 1",
        [as_of],
    ).fetchall()
    missing: dict[int, dict[str, Unknown]] = {shop.shop_id: {} for shop in snapshot.shops}
    for need, (sql, why) in needs().items():
        try:
            have = shops_that_have(connection, sql, sorted(missing))
        except duckdb.CatalogException:  # the snapshot was built before there was such a mart
            have, why = set(), Unknown("not measured yet by this snapshot", "run `holdfast build`")
        for shop_id in missing.keys() - have:
            missing[shop_id][need] = why
    return Ground(snapshot.shops, as_of, first, missing, dict(apart), snapshot.id, last)


def rows_of(
    connection: duckdb.DuckDBPyConnection, metric: Metric, marts: Marts, ground: Ground, snapshot: Snapshot,
    scopes: Iterable[Scope], dimensions: Sequence[str] | None = None,
) -> Iterable[dict[str, object]]:  # fmt: skip
    """One metric measured by itself: all its values as lines of values.parquet."""
    slices, by_month = list[Slice](), list[Slice]()
    if ground.measurable(metric):
        slices = measure.headline(connection, metric, marts, ground.as_of, ground.shops, dimensions)
        by_month = measure.months(connection, metric, marts, ground.as_of, ground.shops)
    return _rows(metric, slices, by_month, ground, snapshot, scopes, dimensions)


def _rows(
    metric: Metric, slices: list[Slice], by_month: list[Slice], ground: Ground, snapshot: Snapshot,
    scopes: Iterable[Scope], dimensions: Sequence[str] | None = None,
) -> Iterable[dict[str, object]]:  # fmt: skip
    """Headline, change, months, members of the dimensions."""
    valuer = Valuer(metric, ground)
    for scope in scopes:
        now = valuer.headline(slices, scope)
        yield row(now, "headline", snapshot)
        change = valuer.change(slices, by_month, scope)
        if isinstance(change, Change):
            yield row(change.before, "before", snapshot)
            yield row(now, "change", snapshot, Reading(change.point, change.low, change.high, "difference"))
        else:
            yield row(now, "change", snapshot, change)
        for value in valuer.by_month(by_month, scope):
            yield row(value, "month", snapshot)
        for dimension in measure.dimensions_of(metric) if dimensions is None else dimensions:
            for value in _members(valuer, dimension, slices, ground, scope):
                yield row(value, dimension, snapshot)


def _weeks(by_week: dict[str, list[Slice]], ground: Ground, snapshot: Snapshot) -> Iterable[dict[str, object]]:
    """The newest weeks of every metric that is told by weeks."""
    for metric_id, slices in by_week.items():
        valuer = Valuer(METRICS[metric_id], ground)
        for scope in ground.scopes():
            yield from (row(value, "week", snapshot) for value in valuer.by_week(slices, scope))


def _members(valuer: Valuer, dimension: str, slices: list[Slice], ground: Ground, scope: Scope) -> list[Value]:
    if dimension != "shop":
        return valuer.by(dimension, slices, scope)
    shops = ground.shops_of(scope)
    if len(shops) < 2:
        return []
    return [replace(valuer.headline(slices, Scope("shop", s.name)), member=s.name, scope=scope) for s in shops]


def row(
    value: Value, slice_name: str, snapshot: Snapshot, reading: Reading | Unknown | None = None
) -> dict[str, object]:
    """One line of values.parquet."""
    said = value.reading if reading is None else reading
    known = (
        {}
        if isinstance(said, Unknown)
        else {"point": said.point, "low": said.low, "high": said.high, "method": said.method}
    )
    unknown = {"why": said.why, "would_need": said.would_need} if isinstance(said, Unknown) else {}
    return {
        "metric": value.metric, "version": value.version, "snapshot": snapshot.id,
        "built_at": snapshot.built_at.replace(tzinfo=None), "as_of": value.as_of, "scope_kind": value.scope.kind,
        "scope_name": value.scope.name, "slice": slice_name, "member": value.member, "since": value.since,
        "until": value.until, "n": value.n, "still_open": value.still_open, "counted": value.counted,
        "out_of": value.out_of, "currency": value.currency, "left_out": value.left_out,
        "strangers": value.strangers, **known, **unknown,
    }  # fmt: skip


def _write_cohorts(
    connection: duckdb.DuckDBPyConnection, marts: Marts, snapshot: Snapshot, folder: Path, carry: Carry
) -> None:
    path = text(str(folder / "cohorts.parquet"))
    rows = (
        f"FROM {carry.tables['cohorts']}"
        if "cohorts" in carry.tables
        else compiled(cohort_months(marts, snapshot.as_of))
    )
    connection.execute(f"COPY ({rows}) TO {path} (FORMAT parquet)")


def _write_responses(connection: duckdb.DuckDBPyConnection, marts: Marts, snapshot: Snapshot, folder: Path) -> None:
    """Nothing where there is no ticket: working out the SQL costs more than all that a small shop has to say."""
    from holdfast.metrics.responses import response_hours, response_times

    if connection.execute("SELECT 1 FROM ticket_times LIMIT 1").fetchone() is None:
        return
    for name, rows in (("responses", response_hours), ("response_times", response_times)):
        path = text(str(folder / f"{name}.parquet"))
        connection.execute(f"COPY ({compiled(rows(marts, snapshot.as_of))}) TO {path} (FORMAT parquet)")
