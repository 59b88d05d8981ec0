"""How a review writes numbers, money and days: as the pages do, with spaces that every font of a slide has."""

from __future__ import annotations

from datetime import date
from math import inf

from holdfast.commerce import writing
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.metrics.targets import Criterion
from holdfast.metrics.values import Value

HARD = writing.HARD  # a narrow space is missing from fonts that slides fall back to
day, month = writing.day, writing.month


def number(value: float, decimals: int = 0) -> str:
    return writing.number(value, decimals, HARD)


def count(value: float) -> str:
    return number(value)


def share(value: float) -> str:
    return f"{number(value * 100, 1)}{HARD}%"


def money(value: float, currency: str | None) -> str:
    """Major units; cents are left out from 10 000 up."""
    return writing.money(value, currency, None, HARD)


def measured(value: float, scale: str, currency: str | None = None, *, bare: bool = False) -> str:
    """A number of a metric's scale; bare: without its unit, where that stands beside it."""
    whole = float(value).is_integer()
    units = {"days": "day" if value == 1 else "days", "hours": "h", "minutes": "min"}
    if scale == "share":
        return number(value * 100, 1) if bare else share(value)
    if scale == "money":
        return money(value, currency)
    if scale in units:
        return number(value, 0 if whole else 1) + ("" if bare else f"{HARD}{units[scale]}")
    if scale == "mean_1_5":
        return number(value, 2) + ("" if bare else f"{HARD}of{HARD}5")
    if scale == "count":
        return number(value, 0 if whole or abs(value) >= 1000 else 2)
    return number(value, 1)


def interval(value: Value, scale: str) -> str:
    """ "95 %: 44.9 to 46.7 %", "a full count", "not known: no tickets connected"."""
    found = value.reading
    if isinstance(found, Unknown):
        return f"not known: {found.why}"
    if found.low is None or found.high is None:
        return "a full count"
    low = measured(found.low, scale, value.currency, bare=found.high != inf)
    high = "or more" if found.high == inf else f"to {measured(found.high, scale, value.currency)}"
    return f"95{HARD}%: {low} {high}"


def change(relative: float) -> str:
    """ "+22.8 %": of the level of those it is held against."""
    return ("+" if relative > 0 else "") + share(relative)


def between(relative: Estimate) -> str:
    """ "95 %: +15.0 % to +30.6 %" of a relative effect."""
    if relative.low is None or relative.high is None:
        return "no interval"
    return f"95{HARD}%: {change(relative.low)} to {change(relative.high)}"


def target(criterion: Criterion) -> str:
    """ "at least 60 %", "60 to 80 %", "at most 4 h"."""
    scale = "share" if criterion.scale == "relative_change" else criterion.scale
    if criterion.stretch is not None:
        low, high = sorted(criterion.range)
        return f"{_bound(low, scale, bare=True)} to {_bound(high, scale)}"
    words = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than"}[criterion.operator]
    return f"{words} {_bound(criterion.acceptable, scale)}"


def _bound(value: float, scale: str, *, bare: bool = False) -> str:
    """A target without needless places."""
    told = measured(value, scale, bare=bare)
    plain, space, unit = told.partition(HARD)
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) + space + unit


def gap(point: float, criterion: Criterion, scale: str) -> str:
    """How far a value is from the acceptable end, without a sign: the verdict says which way."""
    apart = abs(point - criterion.acceptable)
    return f"{number(apart * 100, 1)} points" if scale == "share" else measured(apart, scale)


def days_between(since: date | None, until: date | None) -> str:
    if since is None or until is None:
        known = since or until
        return "as it stands" if known is None else f"{'from' if since else 'to'} {day(known)}"
    return f"on {day(since)}" if since == until else f"{day(since)} to {day(until)}"


def plural(amount: int, one: str, many: str = "") -> str:
    return f"{count(amount)} {one if amount == 1 else many or one + 's'}"
