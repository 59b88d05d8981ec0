"""An invented shop standing in for the layers below: the same calls, the same shapes, no build needed."""

from __future__ import annotations

import importlib
import math
import pkgutil
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Metric
from holdfast.metrics.promises import Promise
from holdfast.metrics.recurringmonths import Bridge, LedgerMonth, Movement
from holdfast.metrics.responses import EDGES
from holdfast.metrics.scorecard import Line
from holdfast.metrics.targets import Criterion, Flag, Measure
from holdfast.metrics.unit import Unit
from holdfast.metrics.values import (
    Change,
    CohortCell,
    PhaseCell,
    Reading,
    ResponseCell,
    Scope,
    Spread,
    Value,
    Verdict,
)
from holdfast.sources.files.guess import ColumnGuess, Guess, Missing
from holdfast.sources.files.mapping import Constants, Format, Mapping
from holdfast.warehouse.home import Home, Shop

AS_OF = date(1998, 6, 30)
SNAPSHOT = "1998-06-30-a1"
ALL = Scope()
PASSWORD = "kelp-holds-on-to-rock"


@dataclass(frozen=True)
class Page:
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    total: int


def criterion(
    id: str, label: str, number: str, metric: str | None, acceptable: float, stretch: float | None = None,
    direction: str = "up", scale: str = "share", connect: str = "", needs_holdout: bool = False, note: str = "",
) -> Criterion:  # fmt: skip
    """A target in the shape of the framework's."""
    measure = Measure(number, label, connect, metric, needs_holdout)
    sign = ">=" if direction == "up" else "<="
    return Criterion(id, label, measure, scale, direction, sign, acceptable, stretch, "framework 1",
                     flags=(Flag("no_base", note),) if note else ())  # type: ignore[arg-type]  # fmt: skip


@dataclass(frozen=True)
class Group:
    title: str
    subtitle: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Scorecard:
    segment: str | None
    groups: tuple[Group, ...]
    chosen: str = "kept"
    clashes: tuple[Any, ...] = ()
    questions: tuple[Any, ...] = ()
    open_questions: tuple[Any, ...] = ()
    freeze: Any = None
    waiting: tuple[str, ...] = ()


def _metric(id: str, number: str, name: str, question: str, counted: str, out_of: str, **more: Any) -> Metric:
    facts: dict[str, Any] = {
        "unit": "customers", "window": "365 days from the first purchase", "kind": "proportion", "scale": "share",
        "span": "matured", "version": 1, "decision": "0007", "needs": ("order",), "source": "metrics 2.3",
        "left_out": ("staff", "test profiles"),
    }  # fmt: skip
    return Metric(
        id=id, number=number, name=name, question=question, counted=counted, out_of=out_of,
        units=lambda facts, as_of: None, **{**facts, **more},
    )  # type: ignore[arg-type, return-value]  # fmt: skip


METRICS = {
    m.id: m
    for m in (
        _metric("second_order_30", "M10", "Second order within 30 days", "How many first-time buyers order again soon?",
                "bought again within 30 days", "first-time buyers with 30 days behind them", window="30 days from the first purchase"),
        _metric("repeat_purchase", "M18", "Repeat purchase within a year", "How many first-time buyers come back within a year?",
                "bought again within 365 days", "first-time buyers with 365 days behind them",
                differs="Shopify's returning customer rate counts buyers of the period, not of the cohort"),
        _metric("annual_retention", "M19", "Annual retention", "Of last year's buyers, how many bought this year?",
                "bought in the twelve months after", "customers who bought in the year before", window="two years of twelve months"),
        _metric("days_to_second", "M11", "Median days to the second order", "How long until people come back?",
                "days to the second order", "customers with a second order", kind="median", scale="days", better="down"),
        _metric("order_value", "M31", "Average order value", "What is an order worth?", "net merchandise revenue", "valid orders",
                unit="orders", kind="ratio", scale="money", span="trailing", basis="net merchandise revenue", window="twelve months"),
        _metric("revenue", "M30", "Net revenue", "What did customers pay for goods in twelve months?", "net merchandise revenue",
                "one for each order", unit="orders", kind="total", scale="money", span="trailing", basis="net merchandise revenue"),
        _metric("refund_rate", "M33", "Orders refunded", "How many orders are given back, wholly or in part?", "had a refund within 30 days",
                "orders with 30 days behind them", unit="orders", better="down"),
        _metric("time_to_first", "M04", "First purchase within 72 hours", "How many new accounts buy at once?",
                "bought within 72 hours of opening an account", "accounts with 72 hours behind them", needs=("customer.account_created_at",)),
        _metric("active_customers", "M20", "Active customers", "How many customers bought in twelve months?", "bought in twelve months",
                "one for each customer", kind="total", scale="count", span="state"),
    )
}  # fmt: skip

#          point, low, high, n, open, method, currency
NOW: dict[str, tuple[float, float | None, float | None, int, int, str, str | None]] = {
    "second_order_30": (0.1713, 0.1666, 0.1762, 23_502, 0, "Wilson", None),
    "repeat_purchase": (0.4580, 0.4517, 0.4644, 23_502, 68, "Wilson", None),
    "annual_retention": (0.8421, 0.8312, 0.8524, 4_512, 0, "Wilson", None),
    "days_to_second": (57, 55, 59, 10_796, 0, "order statistics", None),
    "order_value": (36.91, 36.32, 37.50, 31_877, 0, "delta method", "USD"),
    "revenue": (1_176_580.44, None, None, 31_877, 0, "full count", "USD"),
    "refund_rate": (0.0312, 0.0292, 0.0333, 31_102, 775, "Wilson", None),
    "active_customers": (10_412, None, None, 10_412, 0, "full count", None),
}
UNKNOWN = Unknown("no customer has an account creation date", "Import a customer file with an account creation column")


def value_of(metric_id: str, scope: Scope = ALL, **more: Any) -> Value:
    metric = METRICS[metric_id]
    facts: dict[str, Any] = {
        "metric": metric_id, "version": metric.version, "scope": scope, "as_of": AS_OF, "since": date(1997, 1, 1),
        "until": date(1997, 6, 30), "n": 0, "still_open": 0, "counted": 0.0, "out_of": 0.0, "reading": UNKNOWN,
        "snapshot": SNAPSHOT,
    }  # fmt: skip
    if metric_id in NOW:
        point, low, high, n, still_open, method, currency = NOW[metric_id]
        facts |= {
            "n": n, "still_open": still_open, "counted": round(point * n), "out_of": float(n),
            "reading": Reading(point, low, high, method), "currency": currency,
            "left_out": "12 orders in EUR" if currency else "",
        }  # fmt: skip
    return Value(**{**facts, **more})


def _months() -> list[tuple[date, date]]:
    starts = [date(1997 + (m // 12), m % 12 + 1, 1) for m in range(18)]
    return [(start, (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)) for start in starts]


@dataclass
class Published:
    shops: tuple[Any, ...] = ()
    snapshot: str = SNAPSHOT
    as_of: date = AS_OF
    built_at: datetime = datetime(1998, 7, 1, 4, 0, tzinfo=UTC)
    simulated: bool = False
    warnings: int = 0
    manifest: Any = None
    asked: list[Scope] = field(default_factory=list)
    part: bool = False

    def only(self, accounts: frozenset[str]) -> Any:
        """As the real one: `tests/metrics/test_published_parts.py` holds that to what it promises."""
        mine = tuple(shop for shop in self.shops_of(ALL) if shop.account in accounts)
        if len(mine) == len(self.shops_of(ALL)):
            return self
        return replace(self, shops=mine, part=True) if mine else None

    def shops_of(self, scope: Scope) -> tuple[Any, ...]:
        shops = self.shops or (Shop(1, "acme", "acme", "Europe/London", "USD", self.simulated),)
        return tuple(s for s in shops if scope.name in ("", s.name if scope.kind == "shop" else s.account))

    def value(self, metric_id: str, scope: Scope = ALL) -> Value:
        self.asked.append(scope)
        return value_of(metric_id, scope)

    def series(self, metric_id: str, scope: Scope = ALL) -> tuple[Value, ...]:
        if metric_id not in NOW:
            return tuple(value_of(metric_id, scope, since=a, until=b) for a, b in _months()[-3:])
        point, low, high, n, _, method, currency = NOW[metric_id]
        found = []
        for index, (since, until) in enumerate(_months()):
            factor = 1 + 0.12 * math.sin(index / 2.2) + 0.006 * (index - 9)
            width = 3.2 * ((high - low) / 2 if high is not None and low is not None else 0)
            centre = point * factor
            reading: Reading | Unknown = Reading(
                centre, centre - width if low is not None else None, centre + width if low is not None else None, method
            )
            late = index >= 15 and METRICS[metric_id].span == "matured"
            if index == 17 and METRICS[metric_id].span == "matured":
                reading = Unknown("too early: the window of this month has not closed")
            found.append(value_of(metric_id, scope, since=since, until=until, n=n // 18 + 40 * index, reading=reading,
                                  still_open=(index - 14) * 310 if late else 0, currency=currency))  # fmt: skip
        return tuple(found)

    def dimensions(self, metric_id: str) -> tuple[str, ...]:
        return ("country", "channel") if metric_id in NOW else ()

    def breakdown(self, metric_id: str, by: str, scope: Scope = ALL) -> tuple[Value, ...]:
        point, low, high, n, _, method, currency = NOW[metric_id]
        members = {
            "country": ("United Kingdom", "Germany", "France", "Ireland"),
            "channel": ("web", "app", "shop floor"),
        }[by]
        half = (high - low) / 2 if high is not None and low is not None else None
        found = []
        for index, member in enumerate(members):
            centre = point * (1.06 - 0.07 * index)
            wide = None if half is None else half * (1.6 + index)
            reading: Reading | Unknown = Reading(
                centre, None if wide is None else centre - wide, None if wide is None else centre + wide, method
            )
            if member in ("Ireland",):
                reading = Unknown("fewer than 10 customers")
            found.append(value_of(metric_id, scope, member=member, n=9 if isinstance(reading, Unknown) else n // (index + 2),
                                  reading=reading, currency=currency))  # fmt: skip
        return tuple(found)

    def previous(self, metric_id: str, scope: Scope = ALL) -> Change | Unknown:
        changes = {
            "second_order_30": (0.0042, -0.0021, 0.0105), "repeat_purchase": (-0.019, -0.031, -0.007),
            "annual_retention": (0.006, -0.003, 0.015), "days_to_second": (1.0, -1.0, 3.0),
            "order_value": (0.62, 0.11, 1.13), "refund_rate": (0.004, 0.001, 0.007),
        }  # fmt: skip
        if metric_id not in changes:
            return Unknown("there is no comparable period before")
        return Change(*changes[metric_id], before=value_of(metric_id, scope))

    def weeks(self, metric_id: str, scope: Scope = ALL) -> tuple[Value, ...]:
        return ()

    def phases(self, scope: Scope = ALL) -> tuple[PhaseCell, ...]:
        cells = []
        for name, begins, ends in (("Activation", 7, 30), ("Retention", 30, 365), ("Established", 365, None)):
            for index, (start, _) in enumerate(_months()):
                age = 30 * (17 - index)
                if age < begins:
                    continue
                over = 7800 - 420 * index if ends is None or age >= ends else 0
                reached = round(over * {7: 0.14, 30: 0.41, 365: 0.22}[begins])
                cells.append(PhaseCell(name, begins, ends, start, 7800 - 420 * index, over, reached, reached // 9))
        return tuple(sorted(cells, key=lambda c: (c.from_day, c.cohort)))

    def responses(self, measure: str, scope: Scope = ALL) -> tuple[ResponseCell, ...]:
        counts = (120, 180, 240, 190, 90, 40, 20, 12, 4)
        ends = (*EDGES[1:], None)
        told = [
            ResponseCell(measure, a, b, n, n + 9 - 2 * i)
            for i, (a, b, n) in enumerate(zip(EDGES, ends, counts, strict=True))
        ]
        return (*told, ResponseCell(measure, None, None, 17, 17))

    def spread(self, measure: str, clock: str, scope: Scope = ALL) -> Spread:
        slow = 1.0 if clock == "business" else 3.5
        return Spread(measure, clock, 896, 17, Reading(2.1 * slow, 1.9 * slow, 2.3 * slow, "Kaplan–Meier"),
                      Reading(9.0 * slow, 8.0 * slow, math.inf, "Kaplan–Meier"))  # fmt: skip

    def cohorts(self, scope: Scope = ALL) -> tuple[CohortCell, ...]:
        cells = []
        for index, (start, _) in enumerate(_months()[:12]):
            size = 7800 - 420 * index
            for month in range(min(13, 18 - index)):
                share = 1.0 if month == 0 else 0.155 * math.exp(-month / 9) * (1 + 0.08 * math.sin(index + month))
                cells.append(CohortCell(start, month, size, round(size * share), index + month < 17))
        return tuple(cells)

    def reported(self, metric_id: str, scope: Scope = ALL) -> tuple[Value, ...]:
        if metric_id not in NOW:
            return ()
        first = value_of(metric_id, scope, as_of=date(1998, 3, 31), snapshot="1998-03-31-a1")
        return (first, value_of(metric_id, scope))


NOTE = "The target does not say from which day a year is counted."
_LINES: tuple[tuple[str, str, tuple[tuple[Criterion, Verdict, str], ...]], ...] = (
    (
        "Acquisition",
        "the first seven days",
        (
            (
                criterion(
                    "account_complete", "Account complete within 7 days", "M05", None, 0.9,
                    connect="Import customer profiles with their preferences",
                ),
                "unknown",
                "no profile completeness connected",
            ),
            (criterion("first_72h", "First purchase within 72 hours", "M04", "time_to_first", 0.7), "unknown", ""),
            (
                criterion("welcome", "Welcome e-mail engagement", "M07", None, 0.8, connect="Connect an e-mail tool"),
                "unknown",
                "no e-mail engagement connected",
            ),
        ),
    ),
    (
        "Activation",
        "days 7 to 30",
        (
            (
                criterion("second_order", "Two purchases within 30 days", "M10", "second_order_30", 0.6),
                "missed",
                "Missed: 16.7 to 17.6 %; the target is 60 %.",
            ),
            (
                criterion(
                    "aov_lift", "Order value lifted by personalization", "M12", "order_value", 0.25,
                    scale="relative_change", needs_holdout=True, connect="run a playbook with a holdout",
                ),
                "unknown",
                "Unknown: needs a holdout.",
            ),
            (
                criterion("reply", "First reply to a ticket", "M13", None, 4, None, "down", "hours", "Connect a help desk"),
                "unknown",
                "no tickets connected",
            ),
        ),
    ),
    (
        "Retention",
        "days 30 to 365",
        (
            (
                criterion("repeat", "Repeat purchase within 12 months", "M18", "repeat_purchase", 0.6, 0.8, note=NOTE),
                "missed",
                "Missed: 45.2 to 46.4 %; the target is 60 %.",
            ),
            (
                criterion("annual", "Annual retention", "M19", "annual_retention", 0.85),
                "undecided",
                "Undecided: 83.1 to 85.2 %, which reaches over the target of 85 %.",
            ),
            (
                criterion("refunds", "Orders refunded", "M33", "refund_rate", 0.05, 0.03, "down"),
                "met",
                "Met: 2.9 to 3.3 %; the target is 5 %.",
            ),
        ),
    ),
)  # fmt: skip
_BUSINESS = ("order_value", "revenue", "active_customers", "days_to_second")


def scorecard(published: Published, scope: Scope, segment: str | None) -> Scorecard:
    def line(target: Criterion | None, verdict: Verdict, sentence: str, metric: Metric | None) -> Line:
        if metric is None:
            return Line(target, None, None, verdict, sentence, Unknown(sentence), ())
        value, change = published.value(metric.id, scope), published.previous(metric.id, scope)
        return Line(target, metric, value, verdict, sentence, change, published.series(metric.id, scope))

    groups = [
        Group(title, told, tuple(line(c, v, s, METRICS.get(c.metric or "")) for c, v, s in items))
        for title, told, items in _LINES
    ]
    rest = tuple(line(None, "no target", "No target is set.", METRICS[name]) for name in _BUSINESS)
    return Scorecard(segment, (*groups, Group("The business", "measured beside the targets", rest)))


UNITS = ("unit_id", "shop", "customer", "anchor", "matures_on", "counted", "out_of", "status")


def units(
    home: Home, metric_id: str, scope: Scope, *, limit: int, offset: int, status: str = "counted",
    month: str | None = None, member: tuple[str, str] | None = None,
) -> Page:  # fmt: skip
    """A month has 120 of them and a member 80."""
    total = {"counted": 23_502, "open": 68, "all": 23_570}[status]
    total = 120 if month else 80 if member else total
    rows = [
        (
            number,
            "music",
            number,
            date(1997, 1, 1) + timedelta(days=number % 180),
            date(1998, 1, 1),
            number % 2,
            1,
            "counted",
        )
        for number in range(offset + 1, min(total, offset + limit) + 1)
    ]
    return Page(UNITS, rows, total)


def find_unit(home: Home, metric_id: str, unit_id: int, scope: Scope = ALL) -> Unit:
    """Customers up to the number there are; only revenue knows unknown buyers' orders."""
    if unit_id > 23_570 or (unit_id <= 0 and METRICS[metric_id].basis is None):
        raise LookupError(f"no unit {unit_id}")
    return Unit(unit_id, f"C-{unit_id}" if unit_id != 18 else "e" * 64)


def find_buyer(home: Home, customer_id: int, scope: Scope = ALL) -> Unit:
    return find_unit(home, "repeat_purchase", customer_id)


def source_rows(home: Home, metric_id: str, unit_id: int) -> dict[str, Page]:
    return rows_behind(home, unit_id)


def rows_behind(home: Home, unit_id: int) -> dict[str, Page]:
    columns = ("order_number", "placed_on", "currency", "placed_minor", "returned_minor", "valid", "load_id")
    orders: list[tuple[Any, ...]] = [
        (f"C{unit_id}-1", date(1997, 1, 4), "USD", 5933, 0, True, 1),
        (f"C{unit_id}-2", date(1997, 1, 18), "USD", 2933, 0, True, 2),
    ]
    return {"orders": Page(columns, orders, 2), "refunds": Page(("refund_number", "load_id"), [], 0)}


BROKEN = Promise(
    "unmatched_credits", "Every credit line finds the order it gives back.", 12,
    Page(("refund_number", "sku", "subtotal_minor"), [("R-9", "mug", "1250")], 12),  # type: ignore[arg-type]
)  # fmt: skip
HELD = Promise("one_value_per_order", "An order is valued once.", 0, None)


def promises(home: Home, snapshot: Any) -> tuple[Promise, ...]:
    return (BROKEN, HELD)


def export_offending(home: Home, name: str, path: Path, format: str) -> int:
    if name != BROKEN.name:
        raise LookupError(name)
    path.write_text("refund_number,sku\nR-9,mug\n")
    return 1


def export_units(
    home: Home, metric_id: str, scope: Scope, path: Path, format: str, *, status: str, month: str | None = None,
    member: tuple[str, str] | None = None,
) -> int:  # fmt: skip
    which = month or "=".join(member or ())
    path.write_text(f"unit_id,status,which\n1,{status},{which}\n" if which else f"unit_id,status\n1,{status}\n")
    return 1


def cohort_units(
    home: Home, scope: Scope, cohort: date, month: int, *, limit: int, offset: int, bought: bool = True
) -> Page:
    cell = next(c for c in Published().cohorts() if (c.cohort, c.month) == (cohort, month))
    total = cell.active if bought else cell.customers
    rows = [
        (number, "music", number, cohort, date(1998, 1, 1) if bought else None, int(bought))
        for number in range(offset + 1, min(total, offset + limit) + 1)
    ]
    return Page(("unit_id", "shop", "customer", "first_bought_on", "bought_on", "days_bought"), rows, total)


def export_cohort(
    home: Home, scope: Scope, cohort: date, month: int, path: Path, format: str, *, bought: bool = True
) -> int:
    path.write_text(f"unit_id,bought\n1,{bought}\n")
    return 1


def sql(home: Home, metric_id: str, as_of: date | None = None) -> str:
    return f"SELECT sum(counted) / sum(out_of)\nFROM   units_{metric_id}\nWHERE  matures_on <= DATE '{as_of}'"


@dataclass(frozen=True)
class Landed:
    new: int
    changed: int
    unchanged: int


@dataclass(frozen=True)
class Receipt:
    load_id: int
    shop: str
    mapping: str
    files: tuple[str, ...]
    recorded_at: datetime
    rows_read: int
    rows_rejected: int
    tables: dict[str, Landed]
    totals: dict[str, dict[str, int]]
    told_twice: int = 0
    shop_id: int = 1


def receipts(home: Home) -> list[Receipt]:
    first = Receipt(
        1, "music", "cdnow", ("cdnow.csv",), datetime(1998, 7, 1, 3, 58, tzinfo=UTC), 69_659, 2,
        {"customer": Landed(23_570, 0, 0), "order": Landed(69_657, 0, 0)}, {"USD": {"orders": 250_031_590, "refunds": 0}},
    )  # fmt: skip
    second = Receipt(
        2, "music", "cdnow", ("june.csv", "lines.csv"), datetime(1998, 7, 1, 4, 0, tzinfo=UTC), 812, 0,
        {"order": Landed(802, 4, 6)}, {"USD": {"orders": 2_903_112, "refunds": 12_000}, "EUR": {"orders": 50_000, "refunds": 0}},
    )  # fmt: skip
    return [first, second]


REJECTS = [
    (1, "cdnow.csv", 18, "dollars", "12,xx", "this is not an amount of money", '{"id": "00004"}'),
    (1, "cdnow.csv", 904, "date", "=1+1", "this is not a date: write 1997-01-31", '{"id": "00231"}'),
]


def rejects(home: Home, *, limit: int = 100, offset: int = 0, load_id: int | None = None) -> Page:
    columns = ("load_id", "file", "line", "column", "value", "reason", "raw")
    found = [row for row in REJECTS if load_id in (None, row[0])]
    return Page(columns, found[offset : offset + limit], len(found))


@dataclass(frozen=True)
class Preview:
    counts: dict[str, int]
    columns: dict[str, tuple[str, ...]]
    first: dict[str, tuple[tuple[object, ...], ...]]
    shop: Shop
    rejects: tuple[tuple[object, ...], ...] = ()


class ProblemWithFiles(Exception):
    """Stands for the exceptions of the layers below."""


ProblemWithFiles.__module__ = "holdfast.sources.files"


UNNAMED = Shop(0, "a new shop", "a new shop", "America/New_York", "USD")
COLUMNS = {"customer_id": ("id",), "placed_at": ("date",), "subtotal": ("dollars",)}
MAPPING = Mapping(
    "music", format=Format(zone="America/New_York"), constants=Constants(currency="USD"), columns={"orders": COLUMNS}
)


def guess(paths: list[Path]) -> Guess:
    if any("broken" in path.name for path in paths):
        raise ProblemWithFiles("no column looks like an order number: name it in a mapping file")
    columns = (
        ColumnGuess("orders.csv", "id", "orders.customer_id", "00004"),
        ColumnGuess("orders.csv", "date", "orders.placed_at", "1997-01-01"),
        ColumnGuess("orders.csv", "dollars", "orders.subtotal", "29.33"),
        ColumnGuess("orders.csv", "cds", None, "2"),
    )
    asked = ("some dates have the day first and others the month",) if any("unsure" in p.name for p in paths) else ()
    missing = (Missing("a refund file", "revenue is before returns until you add one", False),)
    return Guess(MAPPING, "likely", {"orders.csv": "orders"}, columns, missing, asked)


def choose(home: Home, paths: tuple[Path, ...], given: Path | None) -> tuple[Mapping, Guess]:
    return MAPPING, guess(list(paths))


def preview(home: Home, paths: list[Path], *, shop: str, mapping: Path | None, currency: str, zone: str) -> Preview:
    columns = ("order_number", "processed_at", "subtotal_minor", "channel")
    return Preview(
        {"order": 1}, {"order": columns}, {"order": (("00004-1", datetime(1997, 1, 1), 2933, None),)}, UNNAMED
    )


def load(
    home: Home, paths: list[Path], *, shop: str, account: str | None, mapping: Path | None, currency: str, zone: str,
    progress: Any,
) -> Receipt:  # fmt: skip
    """Declares the shop, as the real one does once the files were read."""
    if shop not in {known.name for known in home.shops()}:
        home.add_shop(shop, account=account or shop, zone=zone, currency=currency)
    progress("reading orders.csv", 0.5)
    return receipts(home)[0]


def build(home: Home, *, today: date, progress: Any) -> None:
    progress("marts", 0.4)


@dataclass(frozen=True)
class Segment:
    id: str
    name: str


@dataclass(frozen=True)
class Framework:
    segments: tuple[Segment, ...] = (
        Segment("b2c_marketplace", "B2C marketplace"),
        Segment("subscription", "Subscription"),
    )


_MOVES = {
    "new": 900.0, "reactivation": 120.0, "resume": 60.0, "expansion": 310.0, "price": 40.0, "fx": -15.5,
    "contraction": -140.0, "pause": -95.0, "churn_voluntary": -420.0, "churn_involuntary": -130.0,
}  # fmt: skip


def waterfall(source: Published, scope: Scope = ALL) -> tuple[LedgerMonth, ...]:
    """Eighteen months, each opening where the one before closed; the last is not over."""
    months, opening = [], 12_000.0
    for index, (start, _) in enumerate(_months()):
        swing = 1 + 0.3 * math.sin(index)
        moved = tuple(Movement(k, round(a * swing, 2), 3 + index) for k, a in _MOVES.items())
        closing = round(opening + sum(m.amount for m in moved), 2)
        months.append(LedgerMonth(start, index < 17, opening, moved, closing, "USD"))
        opening = closing
    return tuple(months)


def bridges(source: Published, scope: Scope = ALL) -> tuple[Bridge, ...]:
    parts = {k: 0.0 if k == "new" else a * 6 for k, a in _MOVES.items()}
    moved = tuple(Movement(k, a, None) for k, a in parts.items())
    now = 12_000.0 + sum(parts.values())
    return (Bridge(date(1998, 5, 1), 214, 12_000.0, moved, now, 9_800.0, "USD"),)


# Module → what stands in for its members. Only what pages call is replaced; the rest of each module stays real.
MODULES: dict[str, dict[str, Any]] = {
    "holdfast.metrics.published": {"open_published": lambda home: Published()},
    "holdfast.metrics.drill": {
        "source_rows": source_rows,
        "units": units,
        "export_units": export_units,
        "sql": sql,
        "cohort_units": cohort_units,
        "export_cohort": export_cohort,
    },
    "holdfast.metrics.unit": {"find_unit": find_unit, "find_buyer": find_buyer},
    "holdfast.metrics.sourcerows": {"rows_behind": rows_behind},
    "holdfast.metrics.promises": {"promises": promises, "export_offending": export_offending},
    "holdfast.metrics.registry": {"METRICS": METRICS},
    "holdfast.metrics.scorecard": {"scorecard": scorecard},
    "holdfast.metrics.framework": {"load_for": lambda path: Framework()},
    "holdfast.metrics.publish": {"build": build},
    "holdfast.metrics.recurringmonths": {"waterfall": waterfall, "bridges": bridges},
    "holdfast.warehouse.receipts": {"receipts": receipts, "rejects": rejects},
    "holdfast.sources.files.guess": {"guess": guess},
    "holdfast.sources.files.load": {"choose": choose, "preview": preview, "load": load},
}


LAYERS = (
    "commerce", "warehouse", "estimates", "metrics", "sources", "predictions", "health", "evidence", "reviews",
)  # fmt: skip


def _import_the_layers() -> None:
    """Every module of them, while they are whole.

    One imported for the first time while a stand-in is in place would bind it by name (`from … import METRICS`),
    and keep it after the test.
    """
    for layer in LAYERS:
        package = importlib.import_module(f"holdfast.{layer}")
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)


def install(monkeypatch: Any) -> None:
    """Put the stand-ins where pages find the layers below; the fixture's monkeypatch takes them away again."""
    _import_the_layers()
    for name, members in MODULES.items():
        module = importlib.import_module(name)
        for member, stand_in in members.items():
            monkeypatch.setattr(module, member, stand_in)
