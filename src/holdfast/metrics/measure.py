"""From unit rows to tallies, once for every metric: headline, past periods and breakdowns in two passes.

The SQL around a metric's own expression is written here by hand because grouping sets have no Ibis
form; it is plain SQL that other engines know as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import cast

import duckdb

from holdfast.estimates.tally import Tally
from holdfast.metrics.declare import Metric
from holdfast.warehouse.engine import compiled
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Shop

DIMENSIONS = ("country", "channel", "cohort", "phase", "shop")
PHASE = (
    "CASE WHEN h.first_on IS NULL THEN NULL WHEN {as_of} - h.first_on < 7 THEN 'acquisition'"
    " WHEN {as_of} - h.first_on < 30 THEN 'activation' WHEN {as_of} - h.first_on < 365 THEN 'retention'"
    " ELSE 'established' END"
)
HOURS_A_DAY = 24.0


def dimensions_of(metric: Metric) -> tuple[str, ...]:
    """What a metric's units can be broken down by: its own columns first, then what is known of the customer."""
    return (*metric.own, *(d for d in DIMENSIONS if d not in metric.own))


_SUMS = (
    "count(*) FILTER (mature) AS n, count(*) FILTER (NOT mature) AS still_open,"
    " coalesce(sum(counted) FILTER (mature), 0) AS c, coalesce(sum(counted * counted) FILTER (mature), 0) AS cc,"
    " coalesce(sum(out_of) FILTER (mature), 0) AS d, coalesce(sum(out_of * out_of) FILTER (mature), 0) AS dd,"
    " coalesce(sum(counted * out_of) FILTER (mature), 0) AS cd,"
    " min(anchor) FILTER (mature) AS since, max(anchor) FILTER (mature) AS until"
)
# A waiting time is tallied as a histogram by the hour, which adds up as sums do.
_WAITS = (
    f"count(*) FILTER (mature) AS n, 0 AS still_open, sum(counted) AS c, round(out_of * {HOURS_A_DAY}) AS cc,"
    " sum(out_of) AS d, 0 AS dd, 0 AS cd, min(anchor) AS since, max(anchor) AS until"
)


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
    said: str | None = None  # for figures from outside: who states it, and for which day


@lru_cache(maxsize=256)
def units_sql(metric: Metric, marts: Marts, as_of: date) -> str:
    """The metric's own SQL: one row per unit. Kept, since working it out costs more than most readers' queries."""
    return compiled(metric.units(marts, as_of))


@lru_cache(maxsize=16)
def _history_sql(marts: Marts, as_of: date) -> str:
    return compiled(marts.history(as_of))


def headline(
    connection: duckdb.DuckDBPyConnection, metric: Metric, marts: Marts, as_of: date, shops: Sequence[Shop],
    dimensions: Sequence[str] | None = None,
) -> list[Slice]:  # fmt: skip
    """Tallies of all units and of each member of each dimension (all it has), by rolling year, for every scope."""
    by = [d for d in (dimensions_of(metric) if dimensions is None else dimensions) if d != "shop"]
    return _ask(connection, headline_sql(metric, marts, as_of, shops, by), by)


def headline_sql(metric: Metric, marts: Marts, as_of: date, shops: Sequence[Shop], by: Sequence[str] = ()) -> str:
    """The text behind a headline and its breakdowns."""
    day = f"DATE '{as_of}'"
    history = _history_sql(marts, as_of)
    known = {"country": "h.country", "channel": "h.channel", "cohort": "h.cohort", "phase": PHASE.format(as_of=day)}
    of_customer = "".join(f", {sql} AS {name}" for name, sql in known.items() if name not in metric.own)
    sliced = (
        f"SELECT t.*{of_customer} FROM told AS t LEFT JOIN ({history}) AS h USING (customer_id)"
        if by
        else "SELECT * FROM told"
    )
    scopes = _scopes(shops)
    sets = [(*scope, "year_back", *dimension) for scope in scopes for dimension in ((), *((d,) for d in by))]
    return _tally_sql(
        f"units AS ({units_sql(metric, marts, as_of)}),\ntold AS ({_told(metric, as_of)}),\n"
        f"sliced AS ({sliced})",
        metric, sets, ("shop_id", "account", "year_back", *by),
    )  # fmt: skip


def months(
    connection: duckdb.DuckDBPyConnection, metric: Metric, marts: Marts, as_of: date, shops: Sequence[Shop]
) -> list[Slice]:
    """Tallies by anchor month (or by month point for a state metric), over all past time, for every scope."""
    expression = (metric.series or metric.units)(marts, as_of)
    grain = "CAST(anchor AS DATE)" if metric.span == "state" else "CAST(date_trunc('month', anchor) AS DATE)"
    month = (
        f"SELECT u.*, s.account, matures_on <= DATE '{as_of}' AS mature, {grain} AS month"
        " FROM units AS u JOIN shop AS s USING (shop_id)"
    )
    body = f"units AS ({compiled(expression)}),\ntold AS ({month}),\nsliced AS (SELECT * FROM told)"
    sets = [(*scope, "month") for scope in _scopes(shops)]
    return _ask(connection, _tally_sql(body, metric, sets, ("shop_id", "account", "month")), ("month",))


def _told(metric: Metric, as_of: date) -> str:
    dated = {"matured": "matures_on", "trailing": "anchor", "state": None}[metric.span]
    year = (
        f"{as_of.year} - year({dated}) - (month({dated}) * 100 + day({dated}) > {as_of.month * 100 + as_of.day})::INT"
    )
    mature = f"matures_on <= DATE '{as_of}'"
    # A rolling year also holds the units whose window is still open, so that they are shown as such.
    within = mature if metric.span == "matured" else f"anchor <= DATE '{as_of}'"
    year_back = f"CASE WHEN {within} THEN {year} END" if dated else "0"
    recent = " WHERE year_back <= 1" if metric.span == "trailing" else ""
    return (
        f"SELECT * FROM (SELECT u.*, s.account, {mature} AS mature, {year_back} AS year_back"
        f" FROM units AS u JOIN shop AS s USING (shop_id)){recent}"
    )


def _tally_sql(body: str, metric: Metric, sets: Sequence[tuple[str, ...]], columns: Sequence[str]) -> str:
    waits = metric.kind == "median"
    extra = (f"round(out_of * {HOURS_A_DAY})", "counted") if waits else ()
    listed = ", ".join("(" + ", ".join((*s, *extra)) + ")" for s in sets)
    present = {c for s in sets for c in s}
    nulls = ", ".join(c if c in present else f"NULL AS {c}" for c in columns)
    marks = ", ".join(f"GROUPING({c})" if c in present else "1" for c in columns)
    sums = _WAITS if waits else _SUMS
    if metric.kind == "stated":
        sums += ", max(source) AS said"
    return (
        f"WITH {body}\nSELECT {nulls}, [{marks}] AS rolled_up,\n{sums}\nFROM sliced\nGROUP BY GROUPING SETS ({listed})"
    )


def _scopes(shops: Sequence[Shop]) -> list[tuple[str, ...]]:
    """All together; each shop and each account only where there is more than one."""
    scopes: list[tuple[str, ...]] = [()]
    if len(shops) > 1:
        scopes.append(("shop_id",))
    if len({shop.account for shop in shops}) > 1:
        scopes.append(("account",))
    return scopes


def _ask(connection: duckdb.DuckDBPyConnection, sql: str, by: Sequence[str]) -> list[Slice]:
    result = connection.execute(sql)
    names = [str(d[0]) for d in result.description or ()]
    return [_slice(dict(zip(names, row, strict=True)), by) for row in result.fetchall()]


def _slice(row: dict[str, object], by: Sequence[str]) -> Slice:
    rolled = cast(list[int], row["rolled_up"])
    sums = ("rolled_up", "n", "still_open", "c", "cc", "d", "dd", "cd", "since", "until", "said")
    columns = [c for c in row if c not in sums]
    kept = {c for c, up in zip(columns, rolled, strict=True) if not up}
    dimension = next((d for d in by if d in kept), None)
    member = row[dimension] if dimension else None
    n, c, cc, d, dd, cd = (row[k] for k in ("n", "c", "cc", "d", "dd", "cd"))
    return Slice(
        shop_id=row["shop_id"] if "shop_id" in kept else None,  # type: ignore[arg-type]
        account=row["account"] if "account" in kept else None,  # type: ignore[arg-type]
        dimension=dimension,
        member=None if member is None else str(member),
        year_back=row.get("year_back"),  # type: ignore[arg-type]
        tally=Tally(int(n), float(c or 0), float(cc or 0), float(d), float(dd), float(cd)),  # type: ignore[call-overload,arg-type]
        still_open=int(row["still_open"]),  # type: ignore[call-overload]
        since=row["since"],  # type: ignore[arg-type]
        until=row["until"],  # type: ignore[arg-type]
        wait_hours=None if row["cc"] is None else float(row["cc"]),  # type: ignore[arg-type]
        said=row.get("said"),  # type: ignore[arg-type]
    )
