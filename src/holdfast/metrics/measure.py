"""From unit rows to tallies, once for every metric: headline, past periods and breakdowns in two passes.

Metrics that read the same rows share a pass (`together`).

The SQL around a metric's own expression is written here by hand because grouping sets have no Ibis
form; it is plain SQL that other engines know as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import cast

import duckdb
import ibis

from holdfast.commerce.calendar import months_before
from holdfast.commerce.peak import Period
from holdfast.commerce.retail_week import weeks_told
from holdfast.estimates.tally import Tally
from holdfast.metrics.declare import WAITS, Metric
from holdfast.metrics.kinds import CUSTOMERS, KINDS, PHASE
from holdfast.metrics.months import POINTS
from holdfast.metrics.together import Asked, Scan, alone, scans
from holdfast.warehouse.engine import compiled
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Shop

DIMENSIONS = ("country", "channel", "cohort", "phase", "shop")
HOURS_A_DAY = 24.0
WEEKLY = ("proportion", "mean", "ratio", "total", "net")


def dimensions_of(metric: Metric) -> tuple[str, ...]:
    """What a metric's units can be broken down by: its own columns first, then what is known of the customer."""
    return (*metric.own, *(d for d in DIMENSIONS if d not in metric.own))


# A waiting time is tallied as a histogram, which adds up as sums do: days by the hour; hours by the minute within a
# day, by the hour within sixty days and by the day beyond, so that a long tail stays a few thousand bins.
_BINS = {
    "days": f"round(out_of * {HOURS_A_DAY})",
    "hours": "CASE WHEN out_of < 24 THEN round(out_of * 60) / 60 WHEN out_of < 1440 THEN round(out_of)"
    " ELSE round(out_of / 24) * 24 END",
}


@dataclass(frozen=True, slots=True)
class Slice:
    """One group of units. year_back: 0 the newest rolling year, 1 the one before; None where it does not apply."""

    shop_id: int | None
    account: str | None
    dimension: str | None  # None: all units; "month": by anchor month or month point
    member: str | None
    year_back: int | None
    tally: Tally
    still_open: int
    since: date | None
    until: date | None
    wait_hours: float | None = None  # for waiting times: this bin
    closes: date | None = None  # the day on which the first open window closes
    said: str | None = None  # for figures from outside: who states it, and for which day
    strangers: int = 0  # of the units counted, those that are no customer's: orders of buyers nobody knows


@lru_cache(maxsize=512)
def _units(metric: Metric, marts: Marts, as_of: date) -> ibis.Table:
    return metric.units(marts, as_of)


@lru_cache(maxsize=512)
def units_sql(metric: Metric, marts: Marts, as_of: date) -> str:
    """The metric's own SQL: one row per unit. Kept, since working it out costs more than most readers' queries."""
    return compiled(_units(metric, marts, as_of))


@lru_cache(maxsize=512)
def series_sql(metric: Metric, marts: Marts, as_of: date) -> str:
    """One row per unit and past period."""
    return units_sql(metric, marts, as_of) if metric.series is None else compiled(metric.series(marts, as_of))


@lru_cache(maxsize=16)
def history_sql(marts: Marts, as_of: date) -> str:
    return compiled(marts.history(as_of))


def headline(
    connection: duckdb.DuckDBPyConnection, metric: Metric, marts: Marts, as_of: date, shops: Sequence[Shop],
    dimensions: Sequence[str] | None = None,
) -> list[Slice]:  # fmt: skip
    """Tallies of all units and of each member of each dimension (all it has), by rolling year, for every scope."""
    scan = alone(metric, units_sql(metric, marts, as_of))
    return headline_of(connection, scan, marts, as_of, shops, dimensions)[metric.id]


def headline_of(
    connection: duckdb.DuckDBPyConnection, scan: Scan, marts: Marts, as_of: date, shops: Sequence[Shop],
    dimensions: Sequence[str] | None = None, *, by_kind: bool = False,
) -> dict[str, list[Slice]]:  # fmt: skip
    """The headlines of all metrics of one scan, by metric id. by_kind: whether `number_kinds` has numbered them."""
    every = dimensions_of(scan.asked[0].metric) if dimensions is None else dimensions
    by = [d for d in every if d != "shop"]
    return ask(connection, scan, _headline_sql(scan, marts, as_of, shops, by, by_kind), by)


def headline_sql(metric: Metric, marts: Marts, as_of: date, shops: Sequence[Shop]) -> str:
    """The text behind a headline."""
    return _headline_sql(alone(metric, units_sql(metric, marts, as_of)), marts, as_of, shops, ())


def months(
    connection: duckdb.DuckDBPyConnection, metric: Metric, marts: Marts, as_of: date, shops: Sequence[Shop]
) -> list[Slice]:
    """Tallies by anchor month (or by month point for a state metric), over all past time, for every scope."""
    if metric.on_the_day:
        return months_on_the_day(headline(connection, metric, marts, as_of, shops, ()), as_of)
    if metric.turns is not None:
        return months_by_turns(connection, metric, marts, as_of, shops)
    scan = alone(metric, series_sql(metric, marts, as_of))
    return months_of(connection, scan, as_of, shops)[metric.id]


def months_of(
    connection: duckdb.DuckDBPyConnection, scan: Scan, as_of: date, shops: Sequence[Shop]
) -> dict[str, list[Slice]]:
    """The months of all metrics of one scan, by metric id."""
    sets = [(*scope, "month") for scope in scopes(shops)]
    return ask(connection, scan, _tally_sql(scan, f"rows AS ({by_month(scan, as_of)})", ("month",), sets), ("month",))


def months_by_turns(
    connection: duckdb.DuckDBPyConnection, metric: Metric, marts: Marts, as_of: date, shops: Sequence[Shop]
) -> list[Slice]:
    """The points of a metric that says of its customers only on which days they come, and count."""
    scan = Scan("", (Asked(metric, None, "counted", None),), at_once=True, of_customers=True)
    parts = Parts()
    told = _added(0, scan.asked[0], parts, scan, "month")
    sums = {"count(*)": "CAST(sum(out_of) AS BIGINT)", "sum(counted)": "CAST(sum(counted) AS DOUBLE)"}
    taken = ", ".join(f"{sums[asked]} AS {name}" for asked, name in parts.named.items())
    points = ", ".join(f"(DATE '{months_before(as_of, k)}')" for k in range(POINTS))
    sql = (
        f"WITH turns AS ({turns_sql(metric, marts, as_of)}),\n"
        "days AS (SELECT shop_id, day, sum(counted) AS counted, sum(out_of) AS out_of FROM turns GROUP BY ALL),"
        f"\nfinest AS (SELECT shop_id, month, true AS mature, {taken}"
        f" FROM days JOIN (VALUES {points}) AS p(month) ON day <= month GROUP BY shop_id, month)\n"
    )
    sets = [(*scope, "month") for scope in scopes(shops)]
    return ask(connection, scan, sql + rolled_up(told, ("month",), sets), ("month",))[metric.id]


@lru_cache(maxsize=16)
def turns_sql(metric: Metric, marts: Marts, as_of: date) -> str:
    if metric.turns is None:
        raise LookupError(f"{metric.name} is not told by turns")
    return compiled(metric.turns(marts, as_of))


def by_month(scan: Scan, as_of: date) -> str:
    """A SELECT of `units` with maturity and month."""
    grain = "CAST(anchor AS DATE)" if _span(scan) == "state" else "CAST(date_trunc('month', anchor) AS DATE)"
    return f"SELECT *, matures_on <= DATE '{as_of}' AS mature, {grain} AS month FROM units"


def months_on_the_day(headline: Sequence[Slice], as_of: date) -> list[Slice]:
    """The months of a metric that stands on the day alone: its headline is its only point."""
    return [
        replace(s, dimension="month", member=as_of.isoformat(), year_back=None)
        for s in headline
        if s.dimension is None and s.year_back == 0
    ]


def weeks_of(
    connection: duckdb.DuckDBPyConnection, scan: Scan, as_of: date, shops: Sequence[Shop]
) -> dict[str, list[Slice]]:
    """The weeks that are told, of all metrics of one scan, by metric id; a slice's member is the Monday."""
    sets = [(*scope, "week") for scope in scopes(shops)]
    return ask(connection, scan, _tally_sql(scan, f"rows AS ({by_week(as_of)})", ("week",), sets), ("week",))


def by_week(as_of: date) -> str:
    """A SELECT of `units` with maturity and week, of the weeks that are told."""
    return (
        f"SELECT *, matures_on <= DATE '{as_of}' AS mature, CAST(date_trunc('week', {_DAY}) AS DATE) AS week FROM units"
        f" WHERE {within(weeks_told(as_of))}"
    )


def within(spans: Sequence[Period]) -> str:
    """SQL: whether an anchor lies in one of them."""
    return " OR ".join(f"{_DAY} BETWEEN DATE '{days.since}' AND DATE '{days.until}'" for days in spans)


def week_scans(heads: Sequence[Scan], metrics: Sequence[Metric], marts: Marts, as_of: date) -> list[Scan]:
    """What is dated by its anchor and adds up from few numbers: waiting times would bring a histogram a week.

    The scans of the headlines hold such units already, except of metrics whose units are a year's: those have `weeks`.
    """
    kept = [(scan, tuple(asked for asked in scan.asked if told_by_weeks(asked.metric))) for scan in heads]
    own = own_weeks(tuple(metrics), marts, as_of, weeks_told(as_of))
    return [*(replace(scan, asked=asked) for scan, asked in kept if asked), *own]


@lru_cache(maxsize=16)
def own_weeks(metrics: tuple[Metric, ...], marts: Marts, as_of: date, days: tuple[Period, ...]) -> list[Scan]:
    """Of the metrics that have `weeks`. days: spans of whole weeks."""
    rows = {m: m.weeks(marts, as_of, days) for m in metrics if m.weeks}
    return scans(rows, rows.__getitem__, lambda m: compiled(rows[m]))


def told_by_weeks(metric: Metric) -> bool:
    """Whether the units of its headline can be counted by weeks."""
    return metric.kind in WEEKLY and metric.span == "trailing" and metric.weeks is None and metric.series is None


@lru_cache(maxsize=16)
def headline_scans(metrics: tuple[Metric, ...], marts: Marts, as_of: date) -> list[Scan]:
    return scans(metrics, lambda m: _units(m, marts, as_of), lambda m: units_sql(m, marts, as_of))


@lru_cache(maxsize=16)
def month_scans(metrics: tuple[Metric, ...], marts: Marts, as_of: date) -> list[Scan]:
    def rows(metric: Metric) -> ibis.Table:
        return _units(metric, marts, as_of) if metric.series is None else metric.series(marts, as_of)

    return scans(metrics, rows, lambda m: series_sql(m, marts, as_of))


def _headline_sql(
    scan: Scan, marts: Marts, as_of: date, shops: Sequence[Shop], by: Sequence[str], by_kind: bool = False
) -> str:
    own = scan.asked[0].metric.own
    of_customer = tuple(d for d in by if d not in own)
    kinds = of_customer if by_kind else ()
    if kinds:
        beside = f"SELECT t.*, h.of_kind FROM told AS t LEFT JOIN {CUSTOMERS} AS h USING (customer_id)"
    elif by:
        known = {"phase": PHASE.format(as_of=f"DATE '{as_of}'")}
        columns = "".join(f", {known.get(d, f'h.{d}')} AS {d}" for d in of_customer)
        beside = f"SELECT t.*{columns} FROM told AS t LEFT JOIN ({history_sql(marts, as_of)}) AS h USING (customer_id)"
    else:
        beside = "SELECT * FROM told"
    sets = [(*scope, "year_back", *dimension) for scope in scopes(shops) for dimension in ((), *((d,) for d in by))]
    rows = f"told AS ({told(scan, as_of)}),\nrows AS ({beside})"
    return _tally_sql(scan, rows, ("year_back", *by), sets, kinds)


def told(scan: Scan, as_of: date) -> str:
    """A SELECT of `units` with maturity and rolling year, of those that a headline and the year before speak of."""
    mature = f"matures_on <= DATE '{as_of}'"
    # What is trailing is dated by its anchor, also while it is open.
    year_back = {
        "matured": f"CASE WHEN {mature} THEN {_years_before(as_of, 'matures_on')} END",
        "trailing": _year_back(as_of),
        "state": "0",
    }[_span(scan)]
    recent = f" WHERE {_DAY} > DATE '{months_before(as_of, 24)}'" if _span(scan) == "trailing" else ""
    return f"SELECT *, {mature} AS mature, {year_back} AS year_back FROM units{recent}"


_DAY = "CAST(anchor AS DATE)"


def _year_back(as_of: date) -> str:
    """SQL: the rolling year of an anchor of the last two years; by comparing, since there may be millions."""
    begins = months_before(as_of, 12)
    return (
        f"CASE WHEN {_DAY} > DATE '{as_of}' THEN {_years_before(as_of, _DAY)}"
        f" WHEN {_DAY} > DATE '{begins}' THEN 0 ELSE 1 END"
    )


def _years_before(as_of: date, day: str) -> str:
    return f"{as_of.year} - year({day}) - (month({day}) * 100 + day({day}) > {as_of.month * 100 + as_of.day})::INT"


def _span(scan: Scan) -> str:
    return scan.asked[0].metric.span


def _tally_sql(
    scan: Scan, rows: str, by: Sequence[str], sets: Sequence[tuple[str, ...]], kinds: Sequence[str] = ()
) -> str:
    """Units tallied once by everything they differ in, then these few tallies added up to each set.

    rows: common table expressions, the last one `rows`; by: its columns to group by, beside shop and maturity. kinds:
    those of them that are not there, but known of the row's `of_kind`.
    """
    flags = flags_of(scan)
    columns_told = (column for column in by if column not in kinds)
    keys = ("shop_id", *columns_told, *(("of_kind",) if kinds else ()), "mature", *flags)
    first = scan.asked[0].metric
    waits = ("wait_hours",) if first.kind in WAITS else ()
    parts = Parts()
    day = "month" if "month" in by and first.span == "state" else ""  # what its units are dated by
    told = ",\n".join(_added(place, asked, parts, scan, day) for place, asked in enumerate(scan.asked))
    hours = f"{_BINS[first.scale]} AS wait_hours, " if waits else ""
    finest = (
        f"SELECT {', '.join(keys)}, {hours}{', '.join(f'{sql} AS {name}' for sql, name in parts.named.items())}"
        f"\nFROM rows GROUP BY {', '.join((*keys, *waits))}"
    )
    return f"WITH units AS ({scan.sql}),\n{rows},\nfinest AS ({finest})\n" + rolled_up(told, by, sets, waits, kinds)


def rolled_up(
    told: str, by: Sequence[str], sets: Sequence[tuple[str, ...]], waits: Sequence[str] = (), kinds: Sequence[str] = ()
) -> str:
    """A SELECT that adds the few tallies of `finest` up to each set. told: the sums; by, kinds: as in `_tally_sql`."""
    columns = ("shop_id", "account", *by, *waits)
    present = {c for s in sets for c in s} | {*waits}
    nulls = ", ".join(c if c in present else f"NULL AS {c}" for c in columns)
    marks = ", ".join(f"GROUPING({c})" if c in present else "1" for c in columns)
    known = f" LEFT JOIN (SELECT of_kind, {', '.join(kinds)} FROM {KINDS}) AS k USING (of_kind)" if kinds else ""
    listed = ", ".join("(" + ", ".join((*s, *waits)) + ")" for s in sets)
    return (
        f"SELECT {nulls}, [{marks}] AS rolled_up,\n{told}\n"
        f"FROM finest JOIN (SELECT shop_id, account FROM shop) AS s USING (shop_id){known}"
        f"\nGROUP BY GROUPING SETS ({listed})"
    )


class Parts:
    """The sums taken over units, each once however many metrics ask for it."""

    def __init__(self) -> None:
        self.named: dict[str, str] = {}

    def __call__(self, aggregate: str) -> str:
        return self.named.setdefault(aggregate, f"part_{len(self.named)}")


@dataclass(frozen=True, slots=True)
class Added:
    """Names of the sums that a metric's tally is added up from, in the finest tallies."""

    n: str
    c: str
    cc: str
    d: str
    dd: str
    cd: str
    strangers: str


def sums_of(asked: Asked, part: Parts, scan: Scan) -> Added:
    """Of all rows of the scan, the metric's own or not: these are told apart when they are added up."""
    n = part("count(*)")
    c = part(f"sum({asked.counted})") if asked.counted else n
    is_flag = asked.metric.kind == "proportion" or not asked.counted
    cc = c if is_flag else part(f"sum({asked.counted} * {asked.counted})")
    d = part(f"sum({asked.out_of})") if asked.out_of else n
    dd = part(f"sum({asked.out_of} * {asked.out_of})") if asked.out_of else n
    cd = part(f"sum({asked.counted or 1} * {asked.out_of})") if asked.out_of else c
    strangers = "0" if scan.of_customers else part("sum((customer_id IS NULL)::INT)")
    return Added(n, c, cc, d, dd, cd, strangers)


def added(place: int, asked: Asked, sums: Added, first: str, last: str, closes: str) -> str:
    """One metric's tally from the finest tallies, as columns n_<place>, c_<place>, …

    The finest are of units that are the metric's own or not: choosing among them costs nothing, choosing among units
    would, for every sum. first, last, closes: SQL of the bounds of a finest tally's units.
    """
    own = f" AND {asked.kept}" if asked.kept else ""
    told = [
        f"coalesce(sum({getattr(sums, name)}) FILTER (WHERE mature{own}), 0) AS {name}_{place}"
        for name in ("n", "c", "cc", "d", "dd", "cd", "strangers")
    ]
    told += [
        f"coalesce(sum({sums.n}) FILTER (WHERE NOT mature{own}), 0) AS still_open_{place}",
        f"min({first}) FILTER (WHERE mature{own}) AS since_{place}",
        f"max({last}) FILTER (WHERE mature{own}) AS until_{place}",
        f"min({closes}) FILTER (WHERE NOT mature{own}) AS closes_{place}",
    ]
    return ", ".join(told)


def flags_of(scan: Scan) -> list[str]:
    """The columns that say of a row of a scan whose unit it is."""
    return sorted({asked.kept for asked in scan.asked if asked.kept})


def _added(place: int, asked: Asked, part: Parts, scan: Scan, day: str = "") -> str:
    """day: the column of the finest tallies that is their units' anchor, where there is one."""
    sums = sums_of(asked, part, scan)
    first, last = day or part("min(anchor)"), day or part("max(anchor)")
    closes = first if scan.at_once else part("min(matures_on)")
    told = added(place, asked, sums, first, last, closes)
    if asked.metric.kind == "stated":
        own = f" AND {asked.kept}" if asked.kept else ""
        told += f", max({part('max(source)')}) FILTER (WHERE mature{own}) AS said_{place}"
    return told


def scopes(shops: Sequence[Shop]) -> list[tuple[str, ...]]:
    """All together; each shop and each account only where there is more than one."""
    found: list[tuple[str, ...]] = [()]
    if len(shops) > 1:
        found.append(("shop_id",))
    if len({shop.account for shop in shops}) > 1:
        found.append(("account",))
    return found


def ask(
    connection: duckdb.DuckDBPyConnection, scan: Scan, sql: str, by: Sequence[str]
) -> dict[str, list[Slice]]:  # fmt: skip
    result = connection.execute(sql)
    names = [str(d[0]) for d in result.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return {
        asked.metric.id: [
            _slice(row, place, names, by) for row in rows if row[f"n_{place}"] or row[f"still_open_{place}"]
        ]
        for place, asked in enumerate(scan.asked)
    }


def _slice(row: dict[str, object], place: int, names: Sequence[str], by: Sequence[str]) -> Slice:
    rolled = cast(list[int], row["rolled_up"])
    kept = {c for c, up in zip(names, rolled, strict=False) if not up}
    dimension = next((d for d in by if d in kept), None)
    member = row[dimension] if dimension else None
    n, c, cc, d, dd, cd, still_open, strangers = (
        cast(float, row[f"{k}_{place}"]) for k in ("n", "c", "cc", "d", "dd", "cd", "still_open", "strangers")
    )
    return Slice(
        shop_id=cast(int, row["shop_id"]) if "shop_id" in kept else None,
        account=cast(str, row["account"]) if "account" in kept else None,
        dimension=dimension,
        member=None if member is None else str(member),
        year_back=cast("int | None", row.get("year_back")),
        tally=Tally(int(n), float(c), float(cc), float(d), float(dd), float(cd)),
        still_open=int(still_open),
        since=cast("date | None", row[f"since_{place}"]),
        until=cast("date | None", row[f"until_{place}"]),
        wait_hours=cast("float | None", row.get("wait_hours")),
        closes=cast("date | None", row[f"closes_{place}"]),
        said=cast("str | None", row.get(f"said_{place}")),
        strangers=int(strangers),
    )
