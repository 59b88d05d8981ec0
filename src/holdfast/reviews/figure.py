"""A number as a review shows it, and the footnote by which anybody finds it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import isinf
from urllib.parse import quote

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Metric
from holdfast.metrics.values import Scope, Value
from holdfast.reviews import written


@dataclass(frozen=True, slots=True)
class Footnote:
    """Where a figure comes from. interval: in words; "a full count" or why it is not known, where there is none."""

    number: int
    metric: str  # its id
    name: str
    version: int
    scope: str  # whose numbers
    since: date | None
    until: date | None
    as_of: date
    n: int
    unit: str
    still_open: int
    interval: str
    snapshot: str
    address: str  # that opens it again
    money: bool = False  # its interval is an amount

    @property
    def short(self) -> str:
        """What differs from figure to figure; the rest is told once a page."""
        still = f", {written.count(self.still_open)} still open" if self.still_open else ""
        n = f"n {written.count(self.n)} {self.unit}{still}"
        return f"{self.name} ({self.metric} v{self.version}): {self.window}; {n}; {self.interval}"

    @property
    def window(self) -> str:
        return written.days_between(self.since, self.until)

    @property
    def whole(self) -> str:
        told = (self.short, f"{self.scope}, as of {written.day(self.as_of)}", f"snapshot {self.snapshot}", self.address)
        return "; ".join(part for part in told if part)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. point, low, high as the metric's value has them (None: not known, or no interval)."""

    text: str
    note: int  # the number of its footnote
    scale: str = "count"
    point: float | None = None
    low: float | None = None
    high: float | None = None
    currency: str | None = None

    @property
    def money(self) -> bool:
        return self.scale == "money"


@dataclass
class Notes:
    """Footnotes in the order in which figures are told; the same value has one."""

    scope: Scope
    base: str = ""  # of addresses: "https://cs.example.com"; empty: as this installation knows them

    def __post_init__(self) -> None:
        self.taken: list[Footnote] = []
        self._known: dict[tuple[object, ...], int] = {}

    def figure(self, metric: Metric, value: Value) -> Figure:
        """The headline of a value, or of a month of it."""
        note = self._note(metric, value)
        if isinstance(value.reading, Unknown):
            return Figure("not known", note, metric.scale)
        return Figure(
            written.measured(value.reading.point, metric.scale, value.currency), note, metric.scale,
            value.reading.point, _end(value.reading.low), _end(value.reading.high), value.currency,
        )  # fmt: skip

    def _note(self, metric: Metric, value: Value) -> int:
        return self.add(
            metric.id, metric.name, value.version, value.as_of, value.since, value.until, value.n, metric.unit,
            value.still_open, written.interval(value, metric.scale), value.snapshot, f"/metrics/{metric.id}/",
            money=metric.scale == "money",
        )  # fmt: skip

    def add(
        self, metric: str, name: str, version: int, as_of: date, since: date | None, until: date | None, n: int,
        unit: str, still_open: int, interval: str, snapshot: str, path: str, *, money: bool = False, whose: str = "",
    ) -> int:  # fmt: skip
        """The number of a footnote that says all this; one that does already, where there is one. whose: other than the
        story's own numbers."""
        key = (metric, version, since, until, n, still_open, interval)
        if key not in self._known:
            self._known[key] = len(self.taken) + 1
            self.taken.append(
                Footnote(
                    len(self.taken) + 1,
                    metric,
                    name,
                    version,
                    whose or self.scope.label,
                    since,
                    until,
                    as_of,
                    n,
                    unit,
                    still_open,
                    interval,
                    snapshot,
                    self.base + path + ("" if whose else self._query()),
                    money,
                )
            )
        return self._known[key]

    def _query(self) -> str:
        return "" if self.scope.kind == "all" else f"?scope={self.scope.kind}:{quote(self.scope.name)}"


def _end(value: float | None) -> float | None:
    """Of an interval that may reach for ever, which JSON cannot hold."""
    return None if value is None or isinf(value) else value
