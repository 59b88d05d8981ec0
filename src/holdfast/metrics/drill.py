"""Opening a number: its SQL, its units, and the rows behind one unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType

import duckdb

from holdfast.metrics.behind import of_noun
from holdfast.metrics.cohorts import CELL_COLUMNS, cell_sql
from holdfast.metrics.counted import units_listed
from holdfast.metrics.declare import Metric
from holdfast.metrics.export import Format, write
from holdfast.metrics.ground import read_ground
from holdfast.metrics.measure import headline_sql
from holdfast.metrics.newest import newest
from holdfast.metrics.publish import COLUMNS, rows_of, survey
from holdfast.metrics.published import NOT_MEASURED, Published, need_published
from holdfast.metrics.registry import find
from holdfast.metrics.sourcerows import file_names, rows_behind, with_files
from holdfast.metrics.unitrows import COLUMNS as UNIT_COLUMNS
from holdfast.metrics.unitrows import OTHERS, WHOLE, Part, Status, listed_sql, rows_sql
from holdfast.metrics.valuation import Ground, Valuer
from holdfast.metrics.values import CohortCell, Scope, Value
from holdfast.warehouse.build import construct
from holdfast.warehouse.damage import read_plainly
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Home, Shop, scratch
from holdfast.warehouse.kept import kept_reader
from holdfast.warehouse.receipts import Page
from holdfast.warehouse.snapshot import NOTHING_BUILT, NothingBuilt, Snapshot, current_snapshot, open_snapshot


@dataclass(frozen=True, slots=True)
class Units(Page):
    """Unit rows; strangers: those of `total` that are orders of buyers nobody knows."""

    strangers: int = 0


@contextmanager
def opened(
    home: Home, known_at: datetime | None = None, beside: Mapping[str, Path] = MappingProxyType({})
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Snapshot]]:
    """The serving snapshot, or what would have been built from the loads known at a past moment.

    beside: name → a Parquet file of the home to be read beside it.
    """
    if known_at is None:
        snapshot = current_snapshot(home)
        if snapshot is None:
            raise NothingBuilt(NOTHING_BUILT)
        with read_plainly(home, snapshot):
            connection = open_snapshot(home, snapshot, beside=beside)
            try:
                yield connection, snapshot
            finally:
                connection.close()
        return
    with scratch(home, f"then-{token_hex(4)}") as folder:  # two pages may look back at once
        snapshot = construct(
            home, folder, today=known_at.date(), finish=lambda *_: None, now=known_at, known_at=known_at
        )
        connection = open_snapshot(home, snapshot, beside=beside)
        try:
            yield connection, snapshot
        finally:
            connection.close()


def measured(
    home: Home, metrics: Iterable[Metric], scope: Scope, as_of: date | None = None, known_at: datetime | None = None,
    dimensions: Sequence[str] | None = (),
) -> Published:  # fmt: skip
    """Values of one scope measured afresh, for any day, from what is known now or was known at a moment.

    Headline, change, months and the members of these dimensions (None: of all there are), in the form in which
    values are published.
    """
    with opened(home, known_at) as (connection, snapshot):
        return measured_in(home, connection, snapshot, metrics, scope, as_of or snapshot.as_of, dimensions)


def measured_in(
    home: Home, connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, metrics: Iterable[Metric], scope: Scope,
    as_of: date, dimensions: Sequence[str] | None = (),
) -> Published:  # fmt: skip
    """As `measured`, in a snapshot that is open already."""
    ground = survey(connection, snapshot, as_of)
    then, marts = replace(snapshot, as_of=ground.as_of), Marts(snapshot.as_of)
    rows: dict[tuple[str, str, str, str], list[dict[str, object]]] = {}
    for metric in metrics:
        for said in rows_of(connection, metric, marts, ground, then, (scope,), dimensions):
            key = (metric.id, scope.kind, scope.name, str(said["slice"]))
            rows.setdefault(key, []).append(dict.fromkeys(COLUMNS) | said)
    return Published(home, then, rows)


def sql(home: Home, metric_id: str, as_of: date | None = None) -> str:
    """The text that a headline runs, from marts to tally. Raises NothingBuilt."""
    snapshot = current_snapshot(home)
    if snapshot is None:
        raise NothingBuilt(NOTHING_BUILT)
    return headline_sql(find(metric_id), Marts(snapshot.as_of), as_of or snapshot.as_of, snapshot.shops[:1])


def units(
    home: Home, metric_id: str, scope: Scope = Scope(), *, limit: int = 50, offset: int = 0,  # noqa: B008
    status: Status = "all", as_of: date | None = None, month: str | None = None,
    member: tuple[str, str] | None = None,
) -> Units:  # fmt: skip
    """Unit rows behind a value, newest anchor first; money in minor units as counted.

    month: a point of the series, by its `member`. member: (dimension, member) of a breakdown. Without them the
    headline's. How many there are is read where it was published, and counted only where it was not.
    """
    found = behind(home, metric_id, scope, as_of, month, member)
    known = None if found.value is None else units_listed(found.metric, found.value, status)
    if known is not None and found.part == WHOLE:
        kept = newest(found.snapshot, found.metric, found.shops, status, limit, offset)
        if kept is not None:
            return Units(UNIT_COLUMNS, kept, known, found.value.strangers if found.value else 0)
    listed = found.listed(status, limit, offset)
    with kept_reader(home, found.snapshot) as connection:
        rows = connection.execute(listed).fetchall()
        if known is None:
            (known,) = connection.execute(f"SELECT count(*) FROM ({found.listed(status)})").fetchone() or (0,)
        strangers = 0 if found.value is None else found.value.strangers
        if found.value is None and found.metric.basis:
            counted = f"SELECT count(*) FROM ({found.listed(status)}) WHERE unit_id <= 0"
            (strangers,) = connection.execute(counted).fetchone() or (0,)
    return Units(UNIT_COLUMNS, rows, known, strangers)


def export_units(
    home: Home, metric_id: str, scope: Scope, path: Path, format: Format, *, status: Status = "all",
    as_of: date | None = None, month: str | None = None, member: tuple[str, str] | None = None,
) -> int:  # fmt: skip
    """Write all unit rows to a file; returns how many. The file appears whole or not at all."""
    found = behind(home, metric_id, scope, as_of, month, member)
    return _export(home, found.snapshot, found.listed(status), path, format)


@dataclass(frozen=True, slots=True)
class Behind:
    """Which units stand behind a value, and the value where it was published."""

    metric: Metric
    snapshot: Snapshot
    as_of: date
    part: Part
    shops: Sequence[Shop]  # those the number speaks of
    value: Value | None

    def listed(self, status: Status, limit: int | None = None, offset: int = 0) -> str:
        rows = rows_sql(self.metric, Marts(self.snapshot.as_of), self.as_of, self.part)
        return listed_sql(self.metric, rows, self.shops, status, limit=limit, offset=offset)


def behind(
    home: Home, metric_id: str, scope: Scope, as_of: date | None, month: str | None, member: tuple[str, str] | None
) -> Behind:
    metric, source, (by, name) = find(metric_id), need_published(home), member or ("", "")
    now, shown = as_of is None or as_of == source.as_of, set[str]()
    if name.startswith(OTHERS):
        told = source if now else measured(home, [metric], scope, as_of, dimensions=(by,))
        shown = {str(v.member) for v in told.breakdown(metric.id, by, scope)}
        if name not in shown:
            raise ValueError(f"{by} {name!r} cannot be opened: there is no such rest of {metric.id}")
    part = Part(date.fromisoformat(month) if month else None, by, name, tuple(sorted(shown - {name})))
    value = _published(source, metric.id, scope, month, member) if now else None
    whose = Scope("shop", name) if by == "shop" else scope
    ground = _ground(home, source.manifest, as_of or source.as_of)
    shops = Valuer(metric, ground).able(whose) if ground.measurable(metric) else ()  # nobody asked for what none has
    return Behind(metric, source.manifest, as_of or source.as_of, part, shops, value)


def _ground(home: Home, snapshot: Snapshot, day: date) -> Ground:
    kept = read_ground(snapshot) if day == snapshot.as_of else None
    if kept is not None:
        return kept
    with closing(open_snapshot(home, snapshot)) as connection:
        return survey(connection, snapshot, day)


def _published(
    source: Published, metric_id: str, scope: Scope, month: str | None, member: tuple[str, str] | None
) -> Value | None:
    """The value behind which the units stand; None where the build did not measure it."""
    if month and member:
        return None
    if member:
        return next((v for v in source.breakdown(metric_id, member[0], scope) if v.member == member[1]), None)
    if month:
        return next((v for v in source.series(metric_id, scope) if v.member == month), None)
    value = source.value(metric_id, scope)
    return None if value.reading == NOT_MEASURED else value


def cohort_units(
    home: Home, scope: Scope, cohort: date, month: int, *, limit: int = 50, offset: int = 0, bought: bool = True
) -> Page:
    """The customers of a cohort who bought in a month since, or all of it. Raises LookupError for no such cell."""
    source = need_published(home)
    cell = _cell(source, scope, cohort, month)
    listed = cell_sql(source.shops_of(scope), cohort, month, bought=bought, limit=limit, offset=offset)
    with kept_reader(home, source.manifest) as connection:
        return Page(CELL_COLUMNS, connection.execute(listed).fetchall(), cell.active if bought else cell.customers)


def export_cohort(
    home: Home, scope: Scope, cohort: date, month: int, path: Path, format: Format, *, bought: bool = True
) -> int:
    """The same rows to a file; returns how many."""
    source = need_published(home)
    _cell(source, scope, cohort, month)
    listed = cell_sql(source.shops_of(scope), cohort, month, bought=bought)
    return _export(home, source.manifest, listed, path, format)


def _cell(source: Published, scope: Scope, cohort: date, month: int) -> CohortCell:
    for cell in source.cohorts(scope):
        if (cell.cohort, cell.month) == (cohort, month):
            return cell
    raise LookupError(f"nobody first bought in {cohort:%Y-%m}, or {month} months after it have not begun")


def _export(home: Home, snapshot: Snapshot, listed: str, path: Path, format: Format) -> int:
    with closing(open_snapshot(home, snapshot, names_in=listed)) as connection:
        return write(connection.sql(listed), path, format)


def source_rows(home: Home, metric_id: str, unit_id: int) -> dict[str, Page]:
    """What stands behind one unit, over all time, each row with the file and line it was read from.

    unit_id: the key of the noun that the metric `opens`; else a customer's, or below 0 one unknown buyer's order, or
    0: what unknown people gave back that fits no order.
    """
    noun = find(metric_id).opens
    return _asked(home, of_noun(noun), unit_id) if noun else rows_behind(home, unit_id)


def _asked(home: Home, asked: Mapping[str, str], unit_id: int) -> dict[str, Page]:
    pages, named = {}, file_names(home)
    with opened(home) as (connection, _):
        for name, select in asked.items():
            result = connection.execute(select, {"unit": unit_id})
            columns = tuple(str(d[0]) for d in result.description or ())
            rows = result.fetchall()
            pages[name] = with_files(Page(columns, rows, len(rows)), named)
    return pages
