"""What pages may decide about targets. Beside `reading` the only place that writes to the layers below for them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from holdfast.web import reading

if TYPE_CHECKING:
    from holdfast.metrics.freeze import Freeze
    from holdfast.metrics.markets import Calendar, Market
    from holdfast.warehouse.home import Shop


def today() -> date:
    return datetime.now(UTC).date()


def keep_segment(account: str, segment: str) -> None:
    from holdfast.metrics import merchant

    merchant.keep_segment(reading.home().path, segment, account)


def keep_answer(criterion: str, option: str, by: str) -> None:
    from holdfast.metrics import merchant

    merchant.keep_answer(reading.home().path, criterion, option, by=by, on=today())


def keep_market(shop: str, market: str) -> None:
    from holdfast.metrics import merchant

    merchant.keep_market(reading.home().path, shop, market)


def calendar() -> Calendar:
    from holdfast.metrics.comparison import calendar_of

    return calendar_of(reading.home())


def market_of(shop: Shop) -> Market | None:
    """The market somebody chose for a shop, else the one of its time zone."""
    from holdfast.metrics.comparison import market_of as found
    from holdfast.metrics.merchant import read_merchant

    return found(calendar(), read_merchant(reading.home().path), shop)


def coming_peaks(market: Market, day: date) -> list[tuple[str, date, date]]:
    """Name, first and last day of each peak that ends within a year of a day, the next one first."""
    from holdfast.metrics.markets import occurrences

    both = [one for year in (day.year, day.year + 1) for one in occurrences(market, year)]
    names: dict[str, tuple[str, date, date]] = {}
    for peak, first, last in both:
        if last >= day:
            names.setdefault(peak.id, (peak.name, first, last))
    return sorted(names.values(), key=lambda one: one[1])


def freezes() -> tuple[Freeze, ...]:
    from holdfast.metrics import freeze

    return freeze.freezes(reading.home().path)


def freeze(since: date, until: date, why: str, by: str) -> None:
    """Raises FreezeProblem."""
    from holdfast.metrics import freeze

    versions = {metric.id: metric.version for metric in reading.metrics().values()}
    freeze.freeze(reading.home().path, since, until, why=why, by=by, on=today(), versions=versions)


def end_freeze(name: str) -> None:
    """Raises FreezeProblem."""
    from holdfast.metrics import freeze

    freeze.end(reading.home().path, name, today())
