"""Reading the published movements of recurring revenue: a month's waterfall, and the bridge of a year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from holdfast.commerce.calendar import last_closed_month
from holdfast.commerce.money import minor_digits
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.closedmonths import month_number
from holdfast.metrics.ledger import BRIDGE, WATERFALL, YEAR
from holdfast.metrics.published import Published
from holdfast.metrics.values import Scope
from holdfast.warehouse.marts.movements import COLUMNS, MOVES

# What a person calls a movement, in the order in which a waterfall shows them.
NAMES = {
    "new": "New", "reactivation": "Reactivation", "resume": "Resumed", "expansion": "Expansion", "price": "Price",
    "fx": "Exchange rate", "contraction": "Contraction", "pause": "Paused", "churn_voluntary": "Churn, voluntary",
    "churn_involuntary": "Churn, involuntary",
}  # fmt: skip
NO_SUBSCRIPTIONS = Unknown(
    "no movements of subscriptions", "import files of subscriptions and their items or movements, then build"
)


@dataclass(frozen=True, slots=True)
class Movement:
    """One kind of movement: signed major units, and how many paying customers it moved (None in a bridge)."""

    kind: str  # a key of NAMES
    amount: float
    payers: int | None


@dataclass(frozen=True, slots=True)
class LedgerMonth:
    """A month of the ledger: opening + movements = closing, in major units of the currency."""

    month: date  # its first day
    complete: bool  # the month is over
    opening: float
    movements: tuple[Movement, ...]
    closing: float
    currency: str

    @property
    def net(self) -> float:
        return self.closing - self.opening


@dataclass(frozen=True, slots=True)
class Bridge:
    """The payers of twelve months before a month's end: what they paid then, what moved since, what they pay now."""

    month: date
    payers: int
    then: float
    movements: tuple[Movement, ...]
    now: float
    kept: float  # the smaller of then and now, payer by payer
    currency: str

    @property
    def net_retention(self) -> float:
        return self.now / self.then

    @property
    def gross_retention(self) -> float:
        return self.kept / self.then


def waterfall(source: Published, scope: Scope = Scope()) -> tuple[LedgerMonth, ...] | Unknown:  # noqa: B008 (frozen)
    """Every month since the first movement, oldest first, also those in which nothing moved."""
    rows = _rows_of(source, scope, WATERFALL)
    if isinstance(rows, Unknown):
        return rows
    sums = _summed(rows, (*COLUMNS, *(f"{move}_payers" for move in MOVES)))
    currency, unit = _money(source, scope)
    newest, over = month_number(source.as_of), month_number(last_closed_month(source.as_of))
    months, opening = [], 0
    for number in range(min(sums), newest + 1):
        moved = sums.get(number, defaultdict(int))
        closing = opening + sum(moved[c] for c in COLUMNS)
        movements = tuple(Movement(m, moved[f"{m}_minor"] / unit, moved[f"{m}_payers"]) for m in NAMES)
        months.append(LedgerMonth(_day(number), number <= over, opening / unit, movements, closing / unit, currency))
        opening = closing
    return tuple(months)


def bridges(source: Published, scope: Scope = Scope()) -> tuple[Bridge, ...] | Unknown:  # noqa: B008 (frozen)
    """One for each closed month whose customers of a year before are known, oldest first."""
    rows = _rows_of(source, scope, BRIDGE)
    if isinstance(rows, Unknown):
        return rows
    sums = _summed(rows, (*COLUMNS, "payers", "then_minor", "now_minor", "kept_minor"))
    currency, unit = _money(source, scope)
    return tuple(
        Bridge(
            _day(number), s["payers"], s["then_minor"] / unit,
            tuple(Movement(m, s[f"{m}_minor"] / unit, None) for m in NAMES),
            s["now_minor"] / unit, s["kept_minor"] / unit, currency,
        )
        for number, s in sorted(sums.items())
    )  # fmt: skip


def ledger_table(months: Iterable[LedgerMonth]) -> list[tuple[date, str, float, int | None, str, bool]]:
    """Rows to take away: month, movement (or opening, closing), amount, payers, currency, whether it is over."""
    rows: list[tuple[date, str, float, int | None, str, bool]] = []
    for m in months:
        rows.append((m.month, "opening", m.opening, None, m.currency, m.complete))
        rows += [(m.month, x.kind, x.amount, x.payers, m.currency, m.complete) for x in m.movements]
        rows.append((m.month, "closing", m.closing, None, m.currency, m.complete))
    return rows


def bridge_table(found: Iterable[Bridge]) -> list[tuple[date, int, str, float, str]]:
    """Rows to take away: month, payers of a year before, part (then, a movement, now, kept), amount, currency."""
    rows: list[tuple[date, int, str, float, str]] = []
    for b in found:
        parts = [("then", b.then), *((m.kind, m.amount) for m in b.movements), ("now", b.now), ("kept", b.kept)]
        rows += [(b.month, b.payers, part, amount, b.currency) for part, amount in parts]
    return rows


def _rows_of(source: Published, scope: Scope, name: str) -> list[dict[str, Any]] | Unknown:
    path = source.manifest.path / name
    if not path.is_file():
        return NO_SUBSCRIPTIONS
    shops = source.shops_of(scope)
    currencies = sorted({shop.currency for shop in shops})
    wanted = {shop.shop_id for shop in shops}
    rows = [row for row in _read(path) if row["shop_id"] in wanted]
    if not rows:
        return NO_SUBSCRIPTIONS if name == WATERFALL else Unknown("no customer has paid for twelve months yet")
    if len(currencies) > 1:
        return Unknown(f"these shops report in {' and '.join(currencies)}, which cannot be added", "choose one shop")
    return rows


def _money(source: Published, scope: Scope) -> tuple[str, int]:
    currency = str(source.shops_of(scope)[0].currency)
    return currency, 10 ** minor_digits(currency)


def _summed(rows: Iterable[dict[str, Any]], names: tuple[str, ...]) -> dict[int, dict[str, int]]:
    """Over the shops, by month."""
    sums: dict[int, dict[str, int]] = {}
    for row in rows:
        month = sums.setdefault(row["month"], defaultdict(int))
        for name in names:
            month[name] += row[name]
    return sums


def _day(number: int) -> date:
    return date(number // YEAR, number % YEAR + 1, 1)


@lru_cache(maxsize=16)
def _read(path: Path) -> tuple[dict[str, Any], ...]:
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        names = [str(d[0]) for d in found.description or ()]
        return tuple(dict(zip(names, row, strict=True)) for row in found.fetchall())
