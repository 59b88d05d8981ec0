"""How numbers, money, days and dates are written. The only place that decides.

Shares 45.8 %, money £1 234.50, intervals "44.9 % to 46.7 %", dates 30 Jun 1998. Groups of three are set off
by a narrow no-break space, which no country reads as a decimal mark. What is not known is an em dash.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING, Any

from holdfast.commerce import writing
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.counted import STRANGERS
from holdfast.metrics.values import Change, Reading, Value

if TYPE_CHECKING:
    from holdfast.commerce.peak import Period
    from holdfast.metrics.declare import Metric
    from holdfast.metrics.targets import Criterion

DASH = "—"
THIN = "\u202f"
HARD, MINUS = writing.HARD, writing.MINUS
digits_of = writing.digits_of


def number(value: float, decimals: int = 0) -> str:
    """−12345.678, 1 → −12 345.7"""
    return writing.number(value, decimals, THIN)


def plain_number(value: float) -> str:
    """A number of no known unit, with the decimals it was written with, four at most."""
    return number(value, 0 if float(value).is_integer() else min(4, len(f"{value:.6g}".partition(".")[2])))


def as_sentence(text: str) -> str:
    """Begins with a capital and ends with a stop; the name of a file or of a folder keeps its letters."""
    text = text.strip()
    if not re.search(r"[./\\_]\w|:$", text.partition(" ")[0]):
        text = text[:1].upper() + text[1:]
    return text if not text or text[-1] in ".!?…" else text + "."


def spaced(text: str) -> str:
    """Thousands as this door writes them, in words that were written below it: 6,355 becomes 6 355."""
    return re.sub(r"(?<=\d),(?=\d{3}\b)", number(1000)[1], text)


def count(value: float | None) -> str:
    return DASH if value is None else number(value)


def share(value: float, decimals: int = 1) -> str:
    return f"{number(value * 100, decimals)}{HARD}%"


def money(value: float, currency: str | None, decimals: int | None = None) -> str:
    """Major units. Pence and cents are left out from 10 000 up, where nobody reads them."""
    return writing.money(value, currency, decimals, THIN)


def measured(value: float, scale: str, currency: str | None = None, *, bare: bool = False) -> str:
    """A number of a metric's scale; `bare` leaves out words like "days" where the column says them."""
    match scale:
        case "share":
            return share(value)
        case "money":
            return money(value, currency)
        case "days":
            digits = number(value, 0 if float(value).is_integer() else 1)
            return digits if bare else f"{digits}{HARD}{'day' if value == 1 else 'days'}"
        case "hours":
            return f"{number(value, 0 if float(value).is_integer() else 1)}{HARD}h"
        case "minutes":
            return f"{number(value, 0 if float(value).is_integer() else 1)}{HARD}min"
        case "mean_1_5":
            return number(value, 2) if bare else f"{number(value, 2)}{HARD}of{HARD}5"
        case "points":
            return number(value, 1)
        case "count":
            return number(value, 0 if float(value).is_integer() or abs(value) >= 1000 else 2)
        case _:
            return number(value, 1)


def reading(value: Value | None, scale: str) -> str:
    """The headline of a value; an em dash when it is not known."""
    if value is None or isinstance(value.reading, Unknown):
        return DASH
    return measured(value.reading.point, scale, value.currency)


def interval(found: Reading | Unknown | None, scale: str, currency: str | None = None) -> str:
    """ "44.9 to 46.7 %", "8 h or more"; empty for a full count or an unknown."""
    if not isinstance(found, Reading) or found.low is None or found.high is None:
        return ""
    low, high = found.low, found.high
    if high == inf:
        return f"{measured(low, scale, currency)} or more"
    if scale == "share":
        return f"{number(low * 100, 1)} to {share(high)}"
    return f"{measured(low, scale, currency, bare=True)} to {measured(high, scale, currency)}"


def begun(text: str) -> str:
    """With a capital, and without a full stop: for choices and short labels."""
    return text[:1].upper() + text[1:]


def signed(value: float, scale: str, currency: str | None = None, *, unit: bool = True) -> str:
    """+1.9 pp, −£3.10, +2 days: a difference always says which way."""
    if scale == "share":
        text = number(abs(value) * 100, 1) + (f"{HARD}pp" if unit else "")
    else:
        text = measured(abs(value), scale, currency, bare=not unit)
    zero = not any(digit in "123456789" for digit in text)
    return text if zero else ("+" if value > 0 else MINUS) + text


def change_interval(change: Change, scale: str) -> str:
    """ "−3.1 to −0.7"; empty where both values are full counts."""
    if change.low is None or change.high is None:
        return ""
    low = signed(change.low, scale, change.before.currency, unit=False)
    high = signed(change.high, scale, change.before.currency, unit=False)
    return f"{low} to {high}"


def target(criterion: Criterion | None) -> str:
    """The criterion's range in words: "60 to 80 %", "≥ 85 %", "< 4 h", "5 to 3 %" where less is better."""
    if criterion is None:
        return ""
    sign = {">=": "≥", "<=": "≤"}.get(criterion.operator, criterion.operator)
    if criterion.stretch is None:
        return f"{sign}{HARD}{_bound(criterion.acceptable, criterion.scale)}"
    low, high = sorted((criterion.acceptable, criterion.stretch))
    ends = [_bound(end, criterion.scale) for end in (low, high)]
    shortened = ends[0].partition(HARD)[0] if HARD in ends[0] else ends[0]
    return f"{shortened} to {ends[1]}"


def _bound(value: float, scale: str) -> str:
    """A target's number with no more decimals than it was written with."""
    match scale:
        case "share" | "relative_change":
            percent = round(value * 100, 6)
            plus = "+" if scale == "relative_change" and value > 0 else ""
            return f"{plus}{share(value, 0 if percent.is_integer() else 1)}"
        case "hours":
            return measured(value, "hours")
        case _:
            return number(value, 0 if float(value).is_integer() else 1)


def lower_is_better(criterion: Criterion | None, metric: Metric | None = None) -> bool:
    if criterion is not None:
        return criterion.direction == "down"
    return metric is not None and metric.better == "down"


def day(value: date | None) -> str:
    return DASH if value is None else writing.day(value)


def dated(sentence: str) -> str:
    """A rule's sentence as a page writes it: 2026-03-02 as 2 Mar 2026, EUR 36000.00 as €36 000, 1,266 as 1 266."""
    return spaced(writing.dated(sentence, THIN))


def whole_day(told: str) -> str:
    """2026-03-02 as 2 Mar 2026, where it is all that is told; else as it is."""
    return dated(told) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", told) else told


def month(value: date | None) -> str:
    return DASH if value is None else writing.month(value)


def month_of(value: Value) -> str:
    """The month a value of a series stands for: its member is a day of it."""
    return month(date.fromisoformat(value.member)) if value.member else month(value.since or value.until)


def moment(value: datetime | None) -> str:
    """In UTC: people of several zones read the same installation."""
    if value is None:
        return DASH
    if value.tzinfo is not None:
        value = value.astimezone(UTC)
    return f"{day(value.date())} {value:%H:%M} UTC"


def days_between(since: date | None, until: date | None) -> str:
    if since is None and until is None:
        return DASH
    if since is None:
        return f"to {day(until)}"
    if until is None:
        return f"from {day(since)}"
    if since == until:
        return f"on {day(since)}"
    return f"{day(since)} to {day(until)}"


def weeks_of(period: Period) -> str:
    """ "1 Jul 2025 to 30 Jun 2026 (2025-W27 to 2026-W27)": the days of a period and the weeks they fall in."""
    from holdfast.metrics.comparison import weeks_in_words

    return f"{days_between(period.since, period.until)} ({weeks_in_words(period)})"


def plural(amount: float, word: str) -> str:
    """1, "customers" → "1 customer": units are declared in the plural."""
    irregular = {"people": "person", "pieces": "piece"}
    if amount == 1:
        word = irregular.get(word) or (word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s"))
    return f"{count(amount)}{HARD}{word}"


def units(value: Value, word: str) -> str:
    """Who was counted: "4,250 customers and 1,326 orders of unknown buyers", who are no customers."""
    if not value.strangers:
        return plural(value.n, word)
    unknown = plural(value.strangers, "orders") + (
        " of an unknown buyer" if value.strangers == 1 else f" {STRANGERS.removeprefix('orders ')}"
    )
    return unknown if value.n == value.strangers else f"{plural(value.n - value.strangers, word)} and {unknown}"


def cell(value: Any) -> str:
    """Any cell of a table of rows."""
    match value:
        case None:
            return DASH
        case bool():
            return "yes" if value else "no"
        case datetime():
            return moment(value)
        case date():
            return day(value)
        case Decimal():
            return f"{value.normalize():f}"
        case int():
            return str(value)
        case float():
            return number(value, 0 if value.is_integer() else 2)
        case _:
            return str(value)
