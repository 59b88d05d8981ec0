"""How numbers, money and days are written in a terminal: 45.8 %, GBP 1,234.50, 30 Jun 1998, +1.9 pp."""

from __future__ import annotations

from datetime import UTC, date, datetime
from math import inf
from typing import TYPE_CHECKING

from holdfast.commerce import writing
from holdfast.commerce.counting import noun as noun_of
from holdfast.commerce.money import minor_digits
from holdfast.commerce.unknown import Unknown

if TYPE_CHECKING:
    from holdfast.metrics.targets import Criterion
    from holdfast.metrics.values import Change, Value

DASH, MINUS = "–", writing.MINUS


def number(value: float, places: int = 0) -> str:
    return writing.number(value, places, ",")


def money(value: float, currency: str | None) -> str:
    """Major units."""
    places = 0 if abs(value) >= writing.PENCE_UNTIL or not currency else minor_digits(currency)
    digits, sign = number(abs(value), places), MINUS if value < 0 else ""
    symbol = writing.SYMBOLS.get(currency or "")
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{currency or ''} {digits}".strip()


def minor(amount: int, currency: str) -> str:
    """An exact amount given in minor units: EUR 1,234.56."""
    digits = minor_digits(currency)
    return f"{currency} {number(amount / 10**digits, digits)}"


def measured(value: float, scale: str, currency: str | None = None, *, bare: bool = False) -> str:
    """A number of a metric's or a target's scale; `bare` leaves out its unit."""
    if value in (inf, -inf):
        return "∞"
    match scale:
        case "share" | "relative_change":
            return number(value * 100, 1) + ("" if bare else " %")
        case "money":
            return money(value, currency)
        case "days":
            return number(value, 0 if float(value).is_integer() else 1) + ("" if bare else " days")
        case "hours":
            return number(value, 0 if float(value).is_integer() else 1) + ("" if bare else " h")
        case "minutes":
            return number(value, 0 if float(value).is_integer() else 1) + ("" if bare else " min")
        case "mean_1_5":
            return number(value, 2) + ("" if bare else " of 5")
        case "points":
            return number(value, 1)
    return number(value, 0 if float(value).is_integer() or abs(value) >= 1000 else 2)


def point(value: Value | None, scale: str) -> str:
    if value is None or isinstance(value.reading, Unknown):
        return DASH
    return measured(value.reading.point, scale, value.currency)


def interval(value: Value | None, scale: str, *, bare: bool = False) -> str:
    """ "45.2 to 46.4 %"; empty for a full count and for what is not known."""
    if value is None or isinstance(value.reading, Unknown) or value.reading.low is None or value.reading.high is None:
        return ""
    low, high = value.reading.low, value.reading.high
    if high == inf:
        return f"{measured(low, scale, value.currency)} or more"
    first = measured(low, scale, value.currency, bare=True)
    return f"{first} to {measured(high, scale, value.currency, bare=bare)}"


def signed(value: float, scale: str, currency: str | None = None, *, bare: bool = False) -> str:
    """A difference always says which way: +1.9 pp, −£3.10."""
    written = measured(abs(value), scale, currency, bare=scale == "share" or bare)
    if scale == "share" and not bare:
        written += " pp"
    if not any(digit in "123456789" for digit in written):
        return written
    return ("+" if value > 0 else MINUS) + written


def change_interval(change: Change, scale: str) -> str:
    if change.low is None or change.high is None:
        return ""
    currency = change.before.currency
    return f"{signed(change.low, scale, currency, bare=True)} to {signed(change.high, scale, currency, bare=True)}"


def target(criterion: Criterion | None) -> str:
    """ "60 to 80 %", "at least 85 %", "at most 4 h"."""
    if criterion is None:
        return ""
    low, high = sorted(criterion.range)
    if low != high:
        return f"{_short(low, criterion.scale, bare=True)} to {_short(high, criterion.scale)}"
    return f"{'at least' if criterion.direction == 'up' else 'at most'} {_short(low, criterion.scale)}"


def _short(value: float, scale: str, *, bare: bool = False) -> str:
    """Targets without needless places."""
    digits, space, unit = measured(value, scale, bare=bare).partition(" ")
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) + space + unit


def day(value: date | str | None) -> str:
    if value is None:
        return DASH
    when = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return writing.day(when)


def month(value: str | None) -> str:
    return writing.month(date.fromisoformat(str(value)[:10]))


def moment(value: datetime) -> str:
    when = value.astimezone(UTC) if value.tzinfo else value
    return f"{day(when.date())} {when:%H:%M} UTC"


def span(since: date | None, until: date | None) -> str:
    if since is None or until is None:
        return DASH
    return f"{day(since)} to {day(until)}"


def plural(amount: int, noun: str) -> str:
    """1, "rows" → "1 row"; nouns are given in the plural."""
    return f"{number(amount)} {noun_of(amount, noun)}"
