"""The tallies of a build: headlines, months and weeks of every metric, carried from the snapshot before where that can
be, else measured in as few passes as the metrics allow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import duckdb

from holdfast.metrics import measure
from holdfast.metrics.carry import Carry, declared
from holdfast.metrics.cells import Cells
from holdfast.metrics.declare import Metric
from holdfast.metrics.held import held
from holdfast.metrics.kept import What
from holdfast.metrics.kinds import number_kinds
from holdfast.metrics.measure import Slice
from holdfast.metrics.newest import NewestUnits
from holdfast.metrics.paritysums import payment_sums_sql, sums_sql
from holdfast.metrics.registry import METRICS
from holdfast.metrics.shared import BuildMarts, SharedRows
from holdfast.metrics.together import Scan, alone
from holdfast.metrics.valuation import Ground
from holdfast.warehouse.landing import Steps

Slices = dict[str, list[Slice]]


@dataclass
class Tallies:
    """By metric id; none of what no shop has the data for."""

    connection: duckdb.DuckDBPyConnection
    marts: BuildMarts
    ground: Ground
    newest: NewestUnits
    shared: SharedRows
    carry: Carry
    steps: Steps
    sums: str = ""  # SQL of the sums of other tools, announced to the shared rows
    headlines: Slices = field(default_factory=dict)
    months: Slices = field(default_factory=dict)
    weeks: Slices = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)  # metrics whose months come from the cells of their headline

    def found(self) -> tuple[Slices, Slices, Slices]:
        metrics, as_of = tuple(m for m in METRICS.values() if self.ground.measurable(m)), self.ground.as_of
        heads = measure.headline_scans(metrics, self.marts, as_of)
        dated = tuple(m for m in metrics if not m.on_the_day and m.turns is None)
        pasts = measure.month_scans(dated, self.marts, as_of)
        own_weeks = measure.week_scans([], metrics, self.marts, as_of)
        self.headlines = {metric_id: [] for metric_id in METRICS}
        self.months = dict(self.headlines)
        of_heads = {scan.sql for scan in heads if declared("headline", scan)}
        asked: list[tuple[What, Scan]] = [("headline", scan) for scan in heads]
        asked += [("months", scan) for scan in pasts if scan.sql not in of_heads]
        asked += [("weeks", scan) for scan in own_weeks]
        self.carry.mend(asked, self.newest)
        if not self.carry.why:
            self.steps.done("carry over", 0.62)
        self._announce(heads, pasts, own_weeks)
        number_kinds(self.connection, measure.history_sql(self.marts, as_of), as_of)
        self._by_headline(_by_text(heads), _by_text(pasts))
        self._by_turns(metrics)
        for scan in own_weeks:
            self._alone("weeks", scan)
        self.steps.done("weeks", 0.96)
        self.months |= {m.id: measure.months_on_the_day(self.headlines[m.id], as_of) for m in metrics if m.on_the_day}
        return self.headlines, self.months, self.weeks

    def _announce(self, heads: list[Scan], pasts: list[Scan], weeks: list[Scan]) -> None:
        """Every statement that will read shared rows."""
        self.sums = sums_sql(self.marts, self.ground.as_of)
        if carried := self.carry.tables.get("sums"):
            paid = payment_sums_sql(self.marts, self.ground.as_of)
            self.sums = f"SELECT shop_id, kind, part, value FROM {carried} UNION ALL {paid}"
        of_heads = {scan.sql: None for scan in heads if self._to_read("headline", scan)}
        rest = {scan.sql: None for scan in pasts if scan.sql not in {scan.sql for scan in heads}
                and self.carry.mended("months", scan) is None}  # fmt: skip
        own = [scan.sql for scan in weeks if self.carry.mended("weeks", scan) is None]
        self.shared.announce([*of_heads, *rest, *own, self.sums])

    def _to_read(self, what: What, scan: Scan) -> bool:
        """Whether all units have to be asked."""
        ids = {asked.metric.id for asked in scan.asked}
        return self.carry.mended(what, scan) is None or bool(self.carry.anew & ids)

    def _by_headline(self, heads: dict[str, list[Scan]], pasts: dict[str, list[Scan]]) -> None:
        for done, (sql, same) in enumerate(heads.items(), start=1):
            past = pasts.pop(sql, [])
            to_read = [scan for scan in same if self._to_read("headline", scan)]
            for scan in same:
                if (cells := self.carry.mended("headline", scan)) is not None:
                    self._from(cells, past)
            if to_read:
                with self.shared.read_by(sql), held(self.connection, sql) as rows:
                    for scan in to_read:
                        self._headline(scan, rows, past)
                    for one in past:
                        self._past(replace(one, sql=rows))
            else:
                for one in past:
                    self._past(one)
            self.steps.done(f"measure {', '.join(map(_named, same))}", 0.62 + 0.18 * done / len(heads))
        for done, (_, same) in enumerate(pasts.items(), start=1):
            for scan in same:
                self._alone("months", scan)
            self.steps.done(f"months of {', '.join(map(_named, same))}", 0.8 + 0.15 * done / len(pasts))

    def _by_turns(self, metrics: Iterable[Metric]) -> None:
        """Months that cost too little to be kept."""
        as_of, shops = self.ground.as_of, self.ground.shops
        for metric in metrics:
            if metric.turns is not None:
                self.months[metric.id] = measure.months_by_turns(self.connection, metric, self.marts, as_of, shops)
                self.carry.measured("months", alone(metric, measure.turns_sql(metric, self.marts, as_of)))
                self.steps.done(f"months of {metric.id}", 0.95)

    def _headline(self, scan: Scan, rows: str, past: list[Scan]) -> None:
        """From all units. rows: SQL of them."""
        self.newest.add(replace(scan, sql=rows))
        if self.carry.mended("headline", scan) is not None:
            return
        if declared("headline", scan):
            self._from(self.carry.made("headline", scan, rows), past)
            return
        self.carry.measured("headline", scan)
        scan, as_of, shops = replace(scan, sql=rows), self.ground.as_of, self.ground.shops
        self.headlines |= measure.headline_of(self.connection, scan, self.marts, as_of, shops, by_kind=True)
        for weekly in measure.week_scans([scan], (), self.marts, as_of):
            self.weeks |= measure.weeks_of(self.connection, weekly, as_of, shops)

    def _past(self, scan: Scan) -> None:
        """The months of the units of a headline, where its cells have not told them."""
        if any(asked.metric.id not in self._told for asked in scan.asked):
            found = measure.months_of(self.connection, scan, self.ground.as_of, self.ground.shops)
            self.months |= {metric: slices for metric, slices in found.items() if metric not in self._told}

    def _from(self, cells: Cells, past: list[Scan]) -> None:
        """What the cells of a headline tell: also the months and weeks of the same units."""
        as_of, shops = self.ground.as_of, self.ground.shops
        self.headlines |= cells.headline(self.connection, as_of, shops)
        ids = {asked.metric.id for scan in past for asked in scan.asked}
        if ids & {asked.metric.id for asked in cells.scan.asked}:
            found = cells.months(self.connection, as_of, shops)
            self.months |= {metric: slices for metric, slices in found.items() if metric in ids}
            self._told |= ids & found.keys()
        weekly = {asked.metric.id for asked in cells.scan.asked if measure.told_by_weeks(asked.metric)}
        if weekly:
            told = cells.weeks(self.connection, as_of, shops)
            self.weeks |= {metric: slices for metric, slices in told.items() if metric in weekly}

    def _alone(self, what: What, scan: Scan) -> None:
        """Months or weeks of units that are not those of a headline."""
        as_of, shops = self.ground.as_of, self.ground.shops
        into = self.months if what == "months" else self.weeks
        cells = self.carry.mended(what, scan)
        if cells is None:
            with self.shared.read_by(scan.sql):
                if not declared(what, scan):
                    self.carry.measured(what, scan)
                    of = measure.months_of if what == "months" else measure.weeks_of
                    into |= of(self.connection, scan, as_of, shops)
                    return
                cells = self.carry.made(what, scan, scan.sql)
        into |= (cells.months if what == "months" else cells.weeks)(self.connection, as_of, shops)


def _by_text(scans: Iterable[Scan]) -> dict[str, list[Scan]]:
    """Of one text there may be several: a median and a p90 wait for the same."""
    found: dict[str, list[Scan]] = {}
    for scan in scans:
        found.setdefault(scan.sql, []).append(scan)
    return found


def _named(scan: Scan) -> str:
    return ", ".join(asked.metric.id for asked in scan.asked)
