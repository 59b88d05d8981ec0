"""Reading what was published: values, not orders, so that a page costs the same at any size."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.survival import kaplan_meier
from holdfast.metrics.comparison import fairly
from holdfast.metrics.declare import Metric
from holdfast.metrics.measure import dimensions_of
from holdfast.metrics.registry import METRICS
from holdfast.metrics.responses import EDGES, WAITING
from holdfast.metrics.settled import HEALTH, settled_rows, settled_stamp
from holdfast.metrics.values import Change, CohortCell, PhaseCell, Reading, ResponseCell, Scope, Spread, Value
from holdfast.warehouse.files import refusal
from holdfast.warehouse.home import Home, Shop
from holdfast.warehouse.snapshot import NOTHING_BUILT, DamagedSnapshot, NothingBuilt, Snapshot, current_snapshot

NOT_MEASURED = Unknown("not measured yet by this snapshot", "run `holdfast build`")

PHASE_SUMS = ("entered", "over", "reached", "reactivated")

_Key = tuple[str, str, str, str]  # metric, scope kind, scope name, slice


@dataclass(frozen=True)
class Published:
    """The values of one snapshot, in memory: a few thousand rows whatever the shop's size."""

    home: Home
    manifest: Snapshot
    rows: dict[_Key, list[dict[str, object]]] = field(repr=False)
    part: bool = False  # some shops of the snapshot are left out: see `only`

    @property
    def snapshot(self) -> str:
        return self.manifest.id

    @property
    def state(self) -> tuple[str, int, int]:
        """The same while every number is: for what is kept of it."""
        id = self.manifest.id
        return id, settled_stamp(self.home, id), settled_stamp(self.home, id, HEALTH)

    @property
    def as_of(self) -> date:
        return self.manifest.as_of

    @property
    def built_at(self) -> datetime:
        return self.manifest.built_at

    @property
    def shops(self) -> tuple[Shop, ...]:
        return self.manifest.shops

    @property
    def simulated(self) -> bool:
        return self.manifest.simulated

    def only(self, accounts: Collection[str]) -> Published | None:
        """The same for who may see the shops of these accounts alone: no number and no unit of another shop is in it.

        None where that is no shop at all. Numbers of all shops together are not in it either, unless these are all.
        """
        shops = tuple(shop for shop in self.shops if shop.account in accounts)
        if len(shops) == len(self.shops):
            return self
        named = {("shop", s.name) for s in shops} | {("account", s.account) for s in shops}
        rows = {key: found for key, found in self.rows.items() if key[1:3] in named}
        return replace(self, manifest=replace(self.manifest, shops=shops), rows=rows, part=True) if shops else None

    def simulated_in(self, scope: Scope) -> bool:
        """Whether any shop of the scope is invented."""
        return any(shop.simulated for shop in self.shops_of(scope))

    @property
    def warnings(self) -> int:
        """Promises that the data of this snapshot do not keep."""
        return len(self.manifest.findings)

    def shops_of(self, scope: Scope) -> tuple[Shop, ...]:
        return scope.of(self.shops)

    def value(self, metric_id: str, scope: Scope = Scope()) -> Value:  # noqa: B008 (frozen)
        """The headline; Unknown for a metric newer than the snapshot. Raises KeyError for what nobody has."""
        found = self.rows.get((metric_id, scope.kind, scope.name, "headline"))
        if found:
            return _value(found[0])
        if metric_id not in METRICS or not self._has(scope):
            raise KeyError((metric_id, scope))
        return self._not_measured(METRICS[metric_id], scope)

    def _has(self, scope: Scope) -> bool:
        return scope.name in self._scopes()[scope.kind]

    def _scopes(self) -> dict[str, set[str]]:
        """The names that scopes of each kind may have."""
        return {"all": {""}, "shop": {s.name for s in self.shops}, "account": {s.account for s in self.shops}}

    def _not_measured(self, metric: Metric, scope: Scope) -> Value:
        return Value(
            metric.id, metric.version, scope, self.as_of, None, None, 0, 0, 0.0, 0.0, NOT_MEASURED,
            snapshot=self.snapshot,
        )  # fmt: skip

    def series(self, metric_id: str, scope: Scope = Scope()) -> tuple[Value, ...]:  # noqa: B008
        """One value per month (or month point), oldest first; `member` is its day."""
        return tuple(_value(r) for r in self.rows.get((metric_id, scope.kind, scope.name, "month"), []))

    def dimensions(self, metric_id: str) -> tuple[str, ...]:
        """The dimensions along which this metric has members."""
        scopes = [(kind, name) for kind, names in self._scopes().items() for name in names]
        return tuple(
            d for d in dimensions_of(METRICS[metric_id]) if any((metric_id, *scope, d) in self.rows for scope in scopes)
        )

    def breakdown(self, metric_id: str, by: str, scope: Scope = Scope()) -> tuple[Value, ...]:  # noqa: B008
        return tuple(_value(r) for r in self.rows.get((metric_id, scope.kind, scope.name, by), []))

    def previous(self, metric_id: str, scope: Scope = Scope()) -> Change | Unknown:  # noqa: B008
        """Change against the year before; Unknown where the two hold unlike days of a peak."""
        found = self.rows.get((metric_id, scope.kind, scope.name, "change"))
        if not found:
            return NOT_MEASURED if metric_id in METRICS else Unknown("no change was published")
        change = _value(found[0])
        if isinstance(change.reading, Unknown):
            return change.reading
        before = _value(self.rows[metric_id, scope.kind, scope.name, "before"][0])
        moved = Change(change.reading.point, change.reading.low, change.reading.high, before)
        return fairly(self.home, self.shops_of(scope), METRICS[metric_id], self.as_of, moved)

    def reported(self, metric_id: str, scope: Scope = Scope()) -> tuple[Value, ...]:  # noqa: B008
        """Every headline ever reported for a metric, oldest first: what was known then."""
        found: list[dict[str, object]] = []
        if not self._has(scope) or (self.part and scope.kind == "all"):
            return ()
        for path in sorted((self.home.path / "values").glob("*.parquet")):
            if path.stem <= self.snapshot:
                with suppress(DamagedSnapshot):  # what one past day reported is lost; `holdfast doctor` names the file
                    found += _load(path).get((metric_id, scope.kind, scope.name, "headline"), [])
        return tuple(_value(r) for r in found)

    def cohorts(self, scope: Scope = Scope()) -> tuple[CohortCell, ...]:  # noqa: B008
        """First-purchase months against months since; a cell that is not over yet is not complete."""
        wanted = {shop.shop_id for shop in self.shops_of(scope)}
        active: dict[tuple[date, int], int] = {}
        for r in _cohorts(self.manifest.path / "cohorts.parquet"):
            if r["shop_id"] in wanted:
                key = (r["cohort"], r["month"])
                active[key] = active.get(key, 0) + r["active"]
        cohorts = sorted({cohort for cohort, _ in active})
        return tuple(cell for cohort in cohorts for cell in self._row(cohort, active))

    def responses(self, measure: str, scope: Scope = Scope()) -> tuple[ResponseCell, ...]:  # noqa: B008
        """How long first replies or resolutions took, bucket by bucket, those that wait last; () without tickets."""
        path, wanted = self.manifest.path / "responses.parquet", {shop.shop_id for shop in self.shops_of(scope)}
        if not path.is_file():  # a snapshot of an earlier version
            return ()
        found: dict[tuple[str, int], int] = {}
        for r in _rows(path):
            if r["shop_id"] in wanted and r["measure"] == measure:
                key = (r["clock"], r["bucket"])
                found[key] = found.get(key, 0) + r["tickets"]
        staffed = any(clock == "business" for clock, _ in found)

        def cell(bucket: int, since: int | None, until: int | None) -> ResponseCell:
            business = found.get(("business", bucket), 0) if staffed else None
            return ResponseCell(measure, since, until, found.get(("calendar", bucket), 0), business)

        ends = (*EDGES[1:], None)
        buckets = [cell(place, since, until) for place, (since, until) in enumerate(zip(EDGES, ends, strict=True))]
        return (*buckets, cell(WAITING, None, None)) if found else ()

    def spread(self, measure: str, clock: str, scope: Scope = Scope()) -> Spread | None:  # noqa: B008
        """Median and p90 of replies or resolutions by one clock; None without tickets, or without a schedule."""
        path, wanted = self.manifest.path / "response_times.parquet", {shop.shop_id for shop in self.shops_of(scope)}
        if not path.is_file():  # a snapshot of an earlier version
            return None
        times: dict[float, list[int]] = {}
        for r in _kept_rows(path):
            if r["shop_id"] in wanted and r["measure"] == measure and r["clock"] == clock:
                times.setdefault(r["hours"], [0, 0])[0 if r["happened"] else 1] += r["tickets"]
        if not times:
            return None
        hours = sorted(times)
        done, waiting = [float(times[h][0]) for h in hours], [float(times[h][1]) for h in hours]
        curve = kaplan_meier(hours, done, waiting)
        return Spread(measure, clock, int(sum(done)), int(sum(waiting)), curve.quantile(0.5), curve.quantile(0.9))

    def weeks(self, metric_id: str, scope: Scope = Scope()) -> tuple[Value, ...]:  # noqa: B008
        """One value per week, oldest first; `member` is its Monday. Empty for metrics that have none."""
        return tuple(_value(r) for r in self.rows.get((metric_id, scope.kind, scope.name, "week"), []))

    def phases(self, scope: Scope = Scope()) -> tuple[PhaseCell, ...]:  # noqa: B008
        """Customers by month of first purchase (accounts by month of opening in the first phase) and phase."""
        path, wanted = self.manifest.path / "phases.parquet", {shop.shop_id for shop in self.shops_of(scope)}
        if not path.is_file():
            return ()
        found: dict[tuple[int, date], PhaseCell] = {}
        for r in _kept_rows(path):
            if r["shop_id"] not in wanted:
                continue
            key = (r["from_day"], r["cohort"])
            one = found.get(key)
            sums = [int(r[n]) + (getattr(one, n) if one else 0) for n in PHASE_SUMS]
            found[key] = PhaseCell(r["phase"], r["from_day"], r["until_day"], r["cohort"], *sums)
        return tuple(found[key] for key in sorted(found))

    def _row(self, cohort: date, active: dict[tuple[date, int], int]) -> Iterable[CohortCell]:
        """Every month that has begun by as_of, also those in which nobody bought."""
        reached = (self.as_of.year - cohort.year) * 12 + self.as_of.month - cohort.month
        for month in range(min(reached, 59) + 1):
            over = month < reached or self.as_of >= _last_day(self.as_of)
            yield CohortCell(cohort, month, active[cohort, 0], active.get((cohort, month), 0), over)


def open_published(home: Home) -> Published | None:
    """What serves now, or None when nothing has been built."""
    manifest = current_snapshot(home)
    if manifest is None:
        return None
    # what was put down after the build stands in place of "needs a holdout" and "is read later"
    return Published(home, manifest, _load(manifest.path / "values.parquet") | settled_rows(home, manifest.id))


def need_published(home: Home) -> Published:
    """What serves now; raises NothingBuilt with what to run."""
    found = open_published(home)
    if found is None:
        raise NothingBuilt(NOTHING_BUILT)
    return found


@lru_cache(maxsize=64)
def _load(path: Path) -> dict[_Key, list[dict[str, object]]]:
    grouped: dict[_Key, list[dict[str, object]]] = {}
    if not path.is_file():  # facts alone were built
        return grouped
    for r in _rows(path):
        key = (str(r["metric"]), str(r["scope_kind"]), str(r["scope_name"]), str(r["slice"]))
        grouped.setdefault(key, []).append(r)
    return grouped


@lru_cache(maxsize=8)
def _kept_rows(path: Path) -> list[dict[str, Any]]:
    return _rows(path)


@lru_cache(maxsize=8)
def _cohorts(path: Path) -> list[dict[str, Any]]:
    return _rows(path)


def _rows(path: Path) -> list[dict[str, Any]]:
    """Raises DamagedSnapshot."""
    with duckdb.connect() as connection:
        try:
            found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
            names = [str(d[0]) for d in found.description or ()]
            return [dict(zip(names, r, strict=True)) for r in found.fetchall()]
        except duckdb.Error as problem:
            if refused := refusal(problem, path):
                raise refused from problem
            raise DamagedSnapshot(path, f"cannot be read ({str(problem).splitlines()[0]})") from problem


def _value(r: dict[str, object]) -> Value:
    reading = (
        Reading(r["point"], r["low"], r["high"], r["method"])  # type: ignore[arg-type]
        if r["point"] is not None
        else Unknown(str(r["why"]), str(r["would_need"] or ""))
    )
    return Value(
        metric=r["metric"], version=r["version"], scope=Scope(r["scope_kind"], r["scope_name"]), as_of=r["as_of"],  # type: ignore[arg-type]
        since=r["since"], until=r["until"], n=r["n"], still_open=r["still_open"], counted=r["counted"],  # type: ignore[arg-type]
        out_of=r["out_of"], reading=reading, currency=r["currency"], member=r["member"], snapshot=r["snapshot"],  # type: ignore[arg-type]
        left_out=r["left_out"], strangers=r.get("strangers") or 0,  # type: ignore[arg-type]
    )  # fmt: skip


def _last_day(day: date) -> date:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)
