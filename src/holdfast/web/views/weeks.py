"""Weeks against the aligned week of the year before, as pages and files show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Metric
from holdfast.metrics.values import Change, Scope, Value
from holdfast.web import formatting, reading
from holdfast.web.tables import Table

if TYPE_CHECKING:
    from holdfast.metrics.published import Published
    from holdfast.metrics.weeks import WeekChange

COLUMNS = (
    "metric", "week", "from", "to", "value", "low", "high", "counted", "unit", "week_before", "from_before",
    "to_before", "weeks_back", "value_before", "change", "change_low", "change_high", "peaks", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One week of one metric."""

    metric: Metric
    told: WeekChange
    newest: bool

    @property
    def name(self) -> str:
        return self.told.week.name

    @property
    def days(self) -> str:
        return formatting.days_between(self.told.week.monday, self.told.week.sunday)

    @property
    def against(self) -> str:
        """The name of the week it is held against; empty where none is like it."""
        return "" if isinstance(self.told.aligned, Unknown) else self.told.aligned.before.name

    @property
    def against_days(self) -> str:
        if isinstance(self.told.aligned, Unknown):
            return ""
        before = self.told.aligned.before
        return formatting.days_between(before.monday, before.sunday)

    @property
    def before(self) -> Value | None:
        return self.told.change.before if isinstance(self.told.change, Change) else None

    @property
    def change(self) -> Change | None:
        return self.told.change if isinstance(self.told.change, Change) else None

    @property
    def direction(self) -> str:
        """Better, worse or flat: coloured only when the interval excludes zero and the metric has a better side."""
        if self.change is None or not self.change.surely or self.metric.better == "neither":
            return "fl"
        return "up" if (self.change.point > 0) == (self.metric.better == "up") else "dn"

    @property
    def note(self) -> str:
        """Why there is no change, or what is to be known of the two weeks."""
        if isinstance(self.told.change, Unknown):
            return self.told.change.why
        found = self.told.aligned
        if isinstance(found, Unknown):
            return found.why
        both = f"both hold {' and '.join(found.peaks)}" if found.peaks else ""
        return "; ".join(filter(None, [both, found.why]))


def week_rows(source: Published, scope: Scope, metrics: Sequence[Metric] | None = None) -> list[WeekRow]:
    """Of each metric that is told by weeks, the newest first."""
    found = []
    for metric in reading.metrics().values() if metrics is None else metrics:
        for place, told in enumerate(reading.weeks(source, metric.id, scope)):
            found.append(WeekRow(metric, told, place == 0))
    return found


def weeks_file(rows: Sequence[WeekRow]) -> Table:
    return Table("weeks", COLUMNS, [_cells(row) for row in rows])


def _cells(row: WeekRow) -> tuple[object, ...]:
    now, then = _of(row.told.now), _of(row.before)
    found = None if isinstance(row.told.aligned, Unknown) else row.told.aligned
    change = row.change
    return (
        row.metric.id, row.name, row.told.week.monday, row.told.week.sunday, *now,
        row.told.now.n if row.told.now else None,
        row.told.now.currency if row.told.now and row.told.now.currency else row.metric.scale,
        row.against or None, found.before.monday if found else None, found.before.sunday if found else None,
        found.weeks_back if found else None, then[0], change.point if change else None,
        change.low if change else None, change.high if change else None,
        ", ".join(found.peaks) if found else None, row.note or None,
    )  # fmt: skip


def _of(value: Value | None) -> tuple[float | None, float | None, float | None]:
    if value is None or isinstance(value.reading, Unknown):
        return None, None, None
    return value.reading.point, value.reading.low, value.reading.high
