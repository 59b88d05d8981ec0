"""Which days a change or a verdict speaks of, and whether peak season lets it be given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from holdfast.commerce.calendar import last_closed_month, months_before
from holdfast.commerce.peak import Peak, Period, Unlike, not_once, unlike
from holdfast.commerce.retail_week import said, week_of
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Metric
from holdfast.metrics.markets import OWN_PEAKS, Calendar, Market, peaks_for
from holdfast.metrics.merchant import FILE, Merchant, read_merchant
from holdfast.metrics.values import Change, Value
from holdfast.warehouse.home import Home, Shop

YEAR = 12
INSTEAD = "compare aligned weeks, or ask for a day outside the peak"


def periods(metric: Metric, as_of: date, before: Value) -> tuple[Period, Period] | None:
    """The days of the units behind a change: this year's and those of the year before. None: they are not known."""
    if metric.span == "trailing":
        return _year_to(as_of), _year_to(months_before(as_of, YEAR))
    if metric.span == "matured":  # the newest unit of the year before is where the one year ends and the other begins
        if before.until is None:
            return None
        then = _year_to(before.until)
        return Period(before.until + timedelta(days=1), months_before(before.until, -YEAR)), then
    if metric.monthly:
        month = last_closed_month(as_of)
        return _months_from(month, metric.reach_months), _months_from(months_before(month, YEAR), metric.reach_months)
    return _back_from(as_of, metric.reach_months), _back_from(months_before(as_of, YEAR), metric.reach_months)


def _year_to(until: date) -> Period:
    return Period(months_before(until, YEAR) + timedelta(days=1), until)


def _back_from(day: date, months: int) -> Period:
    return Period(months_before(day, months) + timedelta(days=1) if months else day, day)


def _months_from(first: date, reach: int) -> Period:
    """The month that begins on a day, with those before it that it reaches back."""
    return Period(months_before(first, max(0, reach - 1)), months_before(first, -1) - timedelta(days=1))


def fairly(home: Home, shops: Iterable[Shop], metric: Metric, as_of: date, change: Change) -> Change | Unknown:
    """The change with the days it compares, or Unknown where they hold unlike days of a peak of the shops' markets."""
    compared = periods(metric, as_of, change.before)
    if compared is None:
        return change
    now, before = compared
    amiss = unlike(now, before, peaks_of(home, shops))
    if amiss:
        why = f"not comparable: {said(amiss)} in the year before"
        return Unknown(why, INSTEAD)
    return replace(change, periods=compared)


def mixed(home: Home, shops: Iterable[Shop], metric: Metric, as_of: date) -> tuple[Unlike, ...]:
    """Peaks that the twelve months of a metric hold twice or not at all, so that no target of a year can judge them."""
    return not_once(_year_to(as_of), peaks_of(home, shops)) if metric.span == "trailing" else ()


def peaks_of(home: Home, shops: Iterable[Shop]) -> tuple[Peak, ...]:
    """Every peak of every market in which a shop sells, each once."""
    calendar, merchant = calendar_of(home), _merchant(home.path, _stamp(home.path / FILE))
    found: dict[str, Peak] = {}
    for shop in shops:
        market = market_of(calendar, merchant, shop)
        found |= {peak.id: peak for peak in (market.peaks if market else ())}
    return tuple(found.values())


def market_of(calendar: Calendar, merchant: Merchant, shop: Shop) -> Market | None:
    """The market somebody chose for a shop, else the one of its time zone, else none."""
    chosen = merchant.markets.get(shop.name, "")
    return calendar.market(chosen) if chosen else calendar.market_of_zone(shop.zone)


def calendar_of(home: Home) -> Calendar:
    """Read once for each state of the file: every line of a scorecard asks."""
    return _calendar(home.path, _stamp(home.path / OWN_PEAKS))


@lru_cache(maxsize=8)
def _calendar(home: Path, stamp: int) -> Calendar:
    return peaks_for(home)


@lru_cache(maxsize=8)
def _merchant(home: Path, stamp: int) -> Merchant:
    return read_merchant(home)


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def weeks_in_words(period: Period) -> str:
    """The weeks in which a period begins and ends: "2024-W27 to 2025-W26"."""
    return f"{week_of(period.since).name} to {week_of(period.until).name}"


def refusal(amiss: Sequence[Unlike]) -> str:
    """A verdict's sentence where a peak is in its twelve months twice or not at all."""
    return (
        f"Unknown: not comparable with a target of a year. Its twelve months hold unlike days of a peak: {said(amiss)}."
    )
