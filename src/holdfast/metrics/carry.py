"""Values of the snapshot before, carried to a day of new data: cells of before, less those of the units that the day
can have changed as they were, and those of these units as they are.

That is right where a unit's rows rest on what is known of this unit alone, and on the day only by the days that `sides`
follows. Which metrics do is declared here; their SQL is looked at all the same: a table or a day that is not among
those followed makes them measured anew. So does anything uncertain, and the build says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from holdfast.commerce.calendar import months_before
from holdfast.commerce.peak import Period
from holdfast.commerce.retail_week import weeks_told, weeks_told_again
from holdfast.metrics import measure
from holdfast.metrics.cells import Cells
from holdfast.metrics.cohorts import cohort_months
from holdfast.metrics.held import held
from holdfast.metrics.kept import (
    CELLS,
    COHORTS,
    KNOWN_KINDS,
    Kept,
    Told,
    Uncarried,
    What,
    read_kept,
    write_kept,
)  # fmt: skip
from holdfast.metrics.kinds import WHAT, know_kinds, number_kinds
from holdfast.metrics.newest import KEPT_BEFORE, NewestUnits
from holdfast.metrics.paritysums import FILE as SUMS
from holdfast.metrics.paritysums import unit_sums_sql
from holdfast.metrics.phases import NAME as PHASES
from holdfast.metrics.phases import SUMS as PHASE_SUMS
from holdfast.metrics.phases import phase_rows
from holdfast.metrics.shared import SHARED, BuildMarts, SharedRows, read_through
from holdfast.metrics.sides import HELD, IS, WAS, YEARS, Sides, tables_in
from holdfast.metrics.targets import Phase
from holdfast.metrics.together import Scan
from holdfast.warehouse.engine import compiled, parquet_rows, quoted
from holdfast.warehouse.home import Home
from holdfast.warehouse.making import Making
from holdfast.warehouse.snapshot import Snapshot
from holdfast.warehouse.tables import TABLES

_OF_YEARS = (
    "average_order_value", "average_order_value_net", "net_revenue", "revenue_per_customer", "returning_revenue_share",
    "refund_share", "net_revenue_by_refund_day", "referral_order_share", "revenue_growth",
)  # fmt: skip
# Whose units read lines of merchandise, and only of orders of the year.
OF_LINES = ("growth_from_price", "growth_from_volume", "cost_coverage")
# Whose units rest on the rows of one customer, or of one unknown buyer's order, and count whole numbers.
CARRIED: dict[What, frozenset[str]] = {
    "headline": frozenset(
        (
            *_OF_YEARS, "average_order_value_shopify", "average_order_value_total_sales",
            "average_order_value_dbt_daily", "average_order_value_woocommerce", "returning_customer_rate",
            "annual_retention", "active_customers", "growth_from_new", "growth_from_returning",
            "growth_from_reactivated", "growth_lost", "growth_from_unknown", "growth_share_returning",
            "second_purchase_within_30_days", "repeat_purchase_rate", "bought_twice_in_the_year", "lapsed_share",
            "lifetime_value_365", "lifetime_value_180", "lifetime_value_90", "value_to_date", "identity_match_rate",
            *OF_LINES,
        )
    ),
    "months": frozenset((*_OF_YEARS, "value_to_date")),
    "weeks": frozenset(_OF_YEARS),
}  # fmt: skip
UNDECLARED = "it rests on more than one buyer's rows, or on other tables than those of sales"
# Read whole: carried while they are as they were.
SMALL = ("shop", "usual_gap", "cost_told", "product_year", "product_cost")
# Whose months are calendar months, though they stand on a day; the newest is held against the same days of another.
_BY_MONTH = frozenset(("revenue_growth",))
_DAY = re.compile(r"MAKE_DATE\((\d+), (\d+), (\d+)\)")


@dataclass
class Carry:
    """The cells of a build. making: what is known of its marts; None: nothing is, and all is measured anew."""

    connection: duckdb.DuckDBPyConnection
    snapshot: Snapshot
    marts: BuildMarts
    making: Making | None = None
    home: Home | None = None
    phases: Sequence[Phase] = ()
    why: str = ""  # why nothing is carried
    how: list[dict[str, str]] = field(default_factory=list)  # for the manifest: what was carried, and what was not
    tables: dict[str, str] = field(default_factory=dict)  # cohorts, sums and phases that were carried: where they are
    anew: set[str] = field(default_factory=set)  # metrics whose newest units are to be asked of all units
    _mended: dict[tuple[What, tuple[str, ...]], Cells] = field(default_factory=dict)
    _cells: list[tuple[Told, Cells]] = field(default_factory=list)
    _kept: Kept = field(default_factory=Kept)

    def __post_init__(self) -> None:
        try:
            self._kept = self._read()
        except Uncarried as because:
            self.why = str(because)
        know_kinds(
            self.connection,
            "" if self.why else f"SELECT of_kind, {', '.join(WHAT)} FROM ({self._before(KNOWN_KINDS)})",
        )

    # --- what was kept ---

    def _read(self) -> Kept:
        if isinstance(self._making.earlier, str):
            raise Uncarried(self._making.earlier)
        kept = read_kept(self._making.upon.snapshot.path)
        if unfit := self._sides.unfit():
            raise Uncarried(unfit)
        return kept

    def _as_it_was(self, mart: str) -> bool:
        making = self._making
        if mart in TABLES:
            return self._sides.says_nothing_new_of(mart)
        if not making.holds_before(mart):
            return False
        old, new = making.old(mart), f"SELECT * FROM {quoted(mart)}"
        differs = f"SELECT 1 FROM (({old} EXCEPT ALL {new}) UNION ALL ({new} EXCEPT ALL {old})) LIMIT 1"
        return making.says(mart) == "reused" or self.connection.execute(differs).fetchone() is None

    @property
    def _making(self) -> Making:
        if self.making is None:
            raise Uncarried("nothing is known of the marts")
        return self.making

    @property
    def _sides(self) -> Sides:
        if self.home is None:
            raise Uncarried("nothing is known of the imports")
        ages = {day for phase in self.phases for day in (phase.from_day, phase.until_day) if day is not None}
        return Sides(self.connection, self._making, self.home, self.snapshot.as_of, tuple(ages))

    def _before(self, name: str) -> str:
        return parquet_rows([self._making.upon.snapshot.path / name])

    # --- carrying ---

    def mend(self, scans: Iterable[tuple[What, Scan]], newest: NewestUnits) -> None:
        """The cells of those scans that can be carried, the newest units of their headlines, cohorts, and sums."""
        if self.why:
            return
        asked = []
        for what, scan in scans:
            told = Told.of(what, scan)
            if declared(what, scan):
                try:
                    asked.append((told, scan, *self._as_kept(told)))
                except Uncarried as because:
                    self._say(told.name, "measured", str(because))
        sides = self._sides
        if why := sides.find(lines=any("order_line" in self._read_by(told.sql) for told, *_ in asked)):
            self.why = why
            return
        for schema, day in ((WAS, sides.then), (IS, self.snapshot.as_of)):
            with sides.of(schema):
                self._one_side(schema, day, [(t, s if schema == IS else replace(s, sql=k.sql)) for t, s, _, k in asked],
                               newest)  # fmt: skip
        heads = []
        for place, (told, scan, number, _) in enumerate(asked):
            try:
                self._add_up(place, told, scan, number)
            except Uncarried as because:
                self._say(told.name, "measured", str(because))
                continue
            if told.what == "headline":
                heads += [asked.metric for asked in scan.asked]
        self.anew |= newest.mend(self._before(KEPT_BEFORE), heads)
        self._carry_tables()

    def _as_kept(self, told: Told) -> tuple[int, Told]:
        found = next(((number, kept) for number, kept in self._kept.scans if told.like(kept)), None)
        if found is None:
            raise Uncarried("it was not asked so before")
        read = self._read_by(told.sql)
        of_lines = {"order_line"} if {*told.metrics} <= {*OF_LINES} else set()
        if beyond := read - HELD - of_lines - {*SMALL, "month_point"}:
            raise Uncarried(f"it reads {', '.join(sorted(beyond))}")
        if changed := [name for name in SMALL if name in read and not self._as_it_was(name)]:
            raise Uncarried(f"{', '.join(changed)} changed")
        then, now = self._sides.then, self.snapshot.as_of
        if told.what == "months" and _BY_MONTH & {*told.metrics} and (then.year, then.month) != (now.year, now.month):
            raise Uncarried("another month has begun")
        followed = _days_followed(now)
        if told.what == "weeks":
            again, _ = weeks_told_again(then, now)
            if not again:
                raise Uncarried("no week that is told was told before")
            followed |= {day for span in weeks_told(now) for day in (span.since, span.until)}
            # `upto_minor`, of which no week tells, ends with the month.
            followed.add(months_before(now.replace(day=1), 11) - timedelta(days=1))
        if unknown := self._days_in(told.sql) - followed:
            raise Uncarried(f"it asks for {', '.join(map(str, sorted(unknown)))}")
        return found

    def _read_by(self, sql: str) -> set[str]:
        """The tables that a SELECT reads, also through shared rows."""
        read = set[str]().union(*map(tables_in, read_through(sql, self.marts)))
        return {name for name in read if not name.startswith(SHARED)}

    def _days_in(self, sql: str) -> set[date]:
        return {date(*map(int, found)) for one in read_through(sql, self.marts) for found in _DAY.findall(one)}

    def _one_side(self, schema: str, day: date, scans: Sequence[tuple[Told, Scan]], newest: NewestUnits) -> None:
        marts = BuildMarts(day)
        shared, sums = SharedRows(self.connection, marts), unit_sums_sql(marts, day)
        shared.announce([*(scan.sql for _, scan in scans), sums])
        number_kinds(self.connection, measure.history_sql(marts, day), day)
        for place, (told, scan) in enumerate(scans):
            cells = _cells(told, scan, "")
            listed = schema == IS and told.what == "headline"  # rows that are read twice
            rest = held(self.connection, scan.sql) if listed else nullcontext(scan.sql)
            with shared.read_by(scan.sql), rest as rows:
                self._table(f"cells_{schema}_{place}", cells.select(rows, day))
                if listed:
                    newest.add(replace(scan, sql=rows))
        with shared.read_by(sums):
            self._table(f"sums_{schema}", sums)
        self._table(f"cohorts_{schema}", compiled(cohort_months(marts, day)))
        if len(self.phases) > 1:
            self._table(f"phases_{schema}", compiled(phase_rows(marts, day, self.phases)))

    def _add_up(self, place: int, told: Told, scan: Scan, number: int) -> None:
        cells = _cells(told, scan, f"cells_{place}")
        columns = ", ".join((*cells.keys, "units", *cells.sums.values()))
        kept = f"(SELECT {columns} FROM ({self._before(CELLS)}) WHERE scan = {number})"
        was, now = f"cells_{WAS}_{place}", f"cells_{IS}_{place}"
        select = cells.added_up(((kept, 1), (was, -1), (now, 1)))
        if told.what == "weeks":
            again, new = weeks_told_again(self._sides.then, self.snapshot.as_of)
            select = f"SELECT * FROM ({select}) WHERE {measure.within(again)}"
            if new:
                select += f" UNION ALL BY NAME ({self._of_weeks(told, cells, new)})"
        self._table(cells.table, select)
        if said := cells.inexact(self.connection):
            raise Uncarried(said)
        then = self._sides.then
        if scan.asked[0].metric.span == "matured" and not cells.ripened_in(
            self.connection, now, then, self.snapshot.as_of
        ):
            self.anew |= set(told.metrics)
        self._mended[told.what, told.metrics] = cells
        self._cells.append((told, cells))
        self._say(told.name, "carried")

    def _of_weeks(self, told: Told, cells: Cells, weeks: tuple[Period, ...]) -> str:
        """A SELECT of the cells of all units in some weeks."""
        metrics = tuple(asked.metric for asked in cells.scan.asked)
        (scan,) = measure.own_weeks(metrics, self.marts, self.snapshot.as_of, weeks)
        if not told.like(Told.of("weeks", scan)):
            raise Uncarried("weeks that come in are asked for otherwise")
        return cells.select(scan.sql, self.snapshot.as_of)

    def _carry_tables(self) -> None:
        """Cohorts and the sums of other tools add and subtract as they are."""
        self._add_rows("cohorts", self._before(COHORTS), ("active",), "active = 0")
        self._add_rows(
            "sums", f"{self._before(SUMS)} WHERE kind <> 'payment'", ("value",),
            "(shop_id, kind) IN (SELECT (shop_id, kind) FROM sums WHERE part = 'rows' AND value = 0)",
        )  # fmt: skip
        if len(self.phases) > 1 and self._kept.phases == repr(self.phases) and self._as_it_was("usual_gap"):
            self._add_rows("phases", self._before(PHASES), ("entered", *PHASE_SUMS), "entered = 0")

    def _add_rows(self, name: str, kept: str, sums: Sequence[str], gone: str) -> None:
        """Rows of before, less those of the units touched as they were, and those of these units as they are."""
        minus = ", ".join(f"-{one} AS {one}" for one in sums)
        rows = (
            f"({kept}) UNION ALL BY NAME SELECT * REPLACE ({minus}) FROM {name}_{WAS}"
            f" UNION ALL BY NAME FROM {name}_{IS}"
        )
        added = ", ".join(f"CAST(sum({one}) AS BIGINT) AS {one}" for one in sums)
        self._table(name, f"SELECT * EXCLUDE ({', '.join(sums)}), {added} FROM ({rows}) GROUP BY ALL")
        self.connection.execute(f"DELETE FROM {name} WHERE {gone}")
        self.tables[name] = name
        self._say(name, "carried")

    # --- cells for the build ---

    def mended(self, what: What, scan: Scan) -> Cells | None:
        return self._mended.get((what, tuple(asked.metric.id for asked in scan.asked)))

    def made(self, what: What, scan: Scan, rows: str) -> Cells:
        """The cells of a scan that is declared, from all of its units. rows: SQL of them."""
        told = Told.of(what, scan)
        cells = _cells(told, scan, f"cells_made_{len(self._cells)}")
        self._table(cells.table, cells.select(rows, self.snapshot.as_of))
        self._cells.append((told, cells))
        if self.why:
            self._say(told.name, "measured", self.why)
        return cells

    def measured(self, what: What, scan: Scan) -> None:
        """For the manifest: a scan that is not declared."""
        self._say(Told.of(what, scan).name, "measured", UNDECLARED)

    def told(self) -> tuple[dict[str, str], ...]:
        """For the manifest: how each value came to be, and why it was not carried."""
        beside = ["cohorts", "sums", *(["phases"] if len(self.phases) > 1 else [])]
        for name in beside:
            if name not in self.tables:
                self._say(name, "measured", self.why or "the framework's phases or the usual gap changed")
        return tuple({one["value"]: one for one in self.how}.values())

    def _say(self, name: str, how: str, why: str = "") -> None:
        self.how.append({"value": name, "how": how, "why": why})

    def _table(self, name: str, select: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}")

    def write(self, folder: Path) -> None:
        """For the next day, after everything else that is kept."""
        if self.home is not None:
            write_kept(self.connection, folder, self._cells, repr(self.phases))


def _cells(told: Told, scan: Scan, table: str) -> Cells:
    by_month = told.what == "months" and {*told.metrics} <= _BY_MONTH
    return Cells(scan, table, told.what == "headline", scan.asked[0].metric.span == "state" and not by_month)


def declared(what: What, scan: Scan) -> bool:
    return all(asked.metric.id in CARRIED[what] and not asked.metric.own for asked in scan.asked)


def _days_followed(day: date) -> set[date]:
    return {*(months_before(day, n) for n in YEARS), day.replace(day=1)}
