"""Tallies by the day: what a scan's units add up to for each day they are dated by, whatever day it is today.

A headline, its months and its weeks are sums over cells. Cells of disjoint units add and subtract, so that a day of
new data changes those of the units it touches and no others (`carry`). Units of a metric that stands on a day have no
day of their own: their cells are told by how many months before today they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from holdfast.metrics import measure
from holdfast.metrics.kinds import CUSTOMERS
from holdfast.metrics.measure import Added, Parts, Slice
from holdfast.metrics.together import Scan
from holdfast.warehouse.home import Shop

EXACT = 2**53  # whole numbers below are told exactly as floating numbers
KEYS = ("shop_id", "of_kind", "shard", "back", "anchor", "matures_on")  # and whose unit a row is: `flags_of`
SHARDS = 256  # of units that neither a kind nor a day tells apart: so sums of squares of millions of them stay exact


@dataclass(frozen=True, slots=True)
class Cells:
    """A table of cells: their keys, `units` (how many rows) and a column for each sum.

    by_kind: of_kind is told. standing: the units stand on the day, or whole months before it.
    """

    scan: Scan
    table: str
    by_kind: bool
    standing: bool

    @property
    def keys(self) -> tuple[str, ...]:
        return (*KEYS, *measure.flags_of(self.scan))

    @property
    def sums(self) -> dict[str, str]:
        """SQL over unit rows → the column that holds it."""
        return self._told()[0].named

    def _told(self) -> tuple[Parts, list[Added]]:
        parts = Parts()
        return parts, [measure.sums_of(asked, parts, self.scan) for asked in self.scan.asked]

    def select(self, units: str, as_of: date) -> str:
        """The cells of the units of a SELECT."""
        kind = "h.of_kind" if self.by_kind else "NULL::INTEGER"
        beside = f" LEFT JOIN {CUSTOMERS} AS h USING (customer_id)" if self.by_kind else ""
        shard = f"abs(unit_id) % {SHARDS}" if self.standing and not self.by_kind else "NULL"
        places = range(1, len(self.keys) + 1)
        at = f"{kind} AS of_kind, CAST({shard} AS INTEGER) AS shard, " + self._at(as_of)
        sums = "".join(f", coalesce(CAST({sql} AS DOUBLE), 0) AS {name}" for sql, name in self.sums.items())
        flags = "".join(f", coalesce({flag}, false) AS {flag}" for flag in measure.flags_of(self.scan))
        return (
            f"WITH told AS (SELECT t.*, {at} FROM ({units}) AS t{beside})"
            f" SELECT shop_id, of_kind, shard, back, on_day AS anchor, closes_on AS matures_on{flags},"
            f" count(*) AS units{sums} FROM (SELECT * FROM told) GROUP BY {', '.join(map(str, places))}"
        )

    def _at(self, as_of: date) -> str:
        if self.standing:
            months = f"{as_of.year * 12 + as_of.month} - year(anchor) * 12 - month(anchor)"
            return f"CAST({months} AS INTEGER) AS back, NULL::DATE AS on_day, NULL::DATE AS closes_on"
        closes = "NULL::DATE" if self.scan.at_once else "CAST(matures_on AS DATE)"
        return f"NULL::INTEGER AS back, CAST(anchor AS DATE) AS on_day, {closes} AS closes_on"

    def added_up(self, signed: Sequence[tuple[str, int]]) -> str:
        """A SELECT of cells from tables of them, each with 1 or −1; cells that hold no unit any more are left out."""
        keys, sums = ", ".join(self.keys), self.sums.values()
        rows = " UNION ALL ".join(
            f"SELECT {keys}, {', '.join(f'{sign} * {c} AS {c}' for c in ('units', *sums))} FROM {table}"
            for table, sign in signed
        )
        added = ", ".join(f"sum({c}) AS {c}" for c in sums)
        return (
            f"SELECT {keys}, CAST(sum(units) AS BIGINT) AS units, {added} FROM ({rows})"
            " GROUP BY ALL HAVING sum(units) <> 0"
        )

    def inexact(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Why its sums are not told exactly, so that nothing must be subtracted from them; empty: they are."""
        odd = " OR ".join(f"NOT (abs({c}) < {EXACT} AND {c} = trunc({c}))" for c in self.sums.values())
        asked = f"SELECT bool_or(units < 0), bool_or({odd}) FROM {self.table}"
        negative, rounded = connection.execute(asked).fetchone() or (False, False)
        return "its cells do not add up" if negative else "its sums are too large to be exact" if rounded else ""

    def ripened_in(self, connection: duckdb.DuckDBPyConnection, some: str, then: date, now: date) -> bool:
        """Whether all units that matured after a day are among those of `some`, a table of cells."""
        ripe = f"WHERE matures_on > DATE '{then}' AND matures_on <= DATE '{now}'"
        asked = f"SELECT (SELECT sum(units) FROM {{}} {ripe})"
        every, touched = (connection.execute(asked.format(table)).fetchone() for table in (self.table, some))
        return every == touched

    # --- what they add up to ---

    def headline(self, connection: duckdb.DuckDBPyConnection, as_of: date, shops: Sequence[Shop]) -> _Found:
        by = [d for d in measure.dimensions_of(self.scan.asked[0].metric) if d != "shop"]
        sets = [
            (*scope, "year_back", *dimension)
            for scope in measure.scopes(shops)
            for dimension in ((), *((d,) for d in by))
        ]
        return self._ask(connection, as_of, measure.told(self.scan, as_of), ("year_back",), by, sets)

    def months(self, connection: duckdb.DuckDBPyConnection, as_of: date, shops: Sequence[Shop]) -> _Found:
        sets = [(*scope, "month") for scope in measure.scopes(shops)]
        return self._ask(connection, as_of, measure.by_month(self.scan, as_of), ("month",), (), sets)

    def weeks(self, connection: duckdb.DuckDBPyConnection, as_of: date, shops: Sequence[Shop]) -> _Found:
        """Of those metrics of the scan that are told by weeks."""
        sets = [(*scope, "week") for scope in measure.scopes(shops)]
        return self._ask(connection, as_of, measure.by_week(as_of), ("week",), (), sets)

    def _ask(
        self, connection: duckdb.DuckDBPyConnection, as_of: date, rows: str, by: Sequence[str], kinds: Sequence[str],
        sets: Sequence[tuple[str, ...]],
    ) -> _Found:  # fmt: skip
        """First by what cells differ in beside the day, of which little is left, then added up to each set."""
        parts, sums = self._told()
        bounds = Parts()
        told = []
        for place, (asked, one) in enumerate(zip(self.scan.asked, sums, strict=True)):
            first, last = (f"bound_{bounds(f'{end}(anchor)')}" for end in ("min", "max"))
            told.append(measure.added(place, asked, one, first, last, f"bound_{bounds('min(matures_on)')}"))
        flags = measure.flags_of(self.scan)
        keys = ", ".join(("shop_id", *by, *(("of_kind",) if kinds else ()), "mature", *flags))
        taken = [f"sum({name}) AS {name}" for name in parts.named.values()]
        taken += [f"{sql} AS bound_{name}" for sql, name in bounds.named.items()]
        sql = (
            f"WITH units AS ({self._dated(as_of)}), rows AS ({rows}),\n"
            f"finest AS (SELECT {keys}, {', '.join(taken)} FROM rows GROUP BY ALL)\n"
            + measure.rolled_up(",\n".join(told), (*by, *kinds), sets, (), kinds)
        )
        return measure.ask(connection, self.scan, sql, kinds or by)

    def _dated(self, as_of: date) -> str:
        """The cells with the days they stand on as of a day."""
        anchor, closes = "anchor", "anchor" if self.scan.at_once else "matures_on"
        if self.standing:
            anchor = closes = f"CAST(DATE '{as_of}' - to_months(back) AS DATE)"
        return f"SELECT * REPLACE ({anchor} AS anchor, {closes} AS matures_on) FROM {self.table}"


_Found = dict[str, list[Slice]]
