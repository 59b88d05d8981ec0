"""How people read numbers, money and days: the signs and the order. Which spaces they are set with, each place says."""

from __future__ import annotations

import re
from datetime import date

from holdfast.commerce.currency import UnknownCurrency, minor_digits

MINUS = "−"
HARD = "\u00a0"
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PENCE_UNTIL = 10_000  # from here up nobody reads them
WHOLE_FROM = 100  # in a sentence


def number(value: float, decimals: int, between: str) -> str:
    """−12345.678, 1, "," → −12,345.7; what rounds to nothing has no sign."""
    text = f"{abs(value):,.{decimals}f}".replace(",", between)
    return (MINUS if value < 0 and any(digit in "123456789" for digit in text) else "") + text


def money(value: float, currency: str | None, decimals: int | None, between: str) -> str:
    """Major units. Pence and cents are left out from PENCE_UNTIL up, where nobody says how many decimals."""
    if decimals is None:
        decimals = 0 if abs(value) >= PENCE_UNTIL else digits_of(currency)
    digits = number(abs(value), decimals, between)
    sign, symbol = MINUS if value < 0 else "", SYMBOLS.get(currency or "")
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{digits}{HARD}{currency or ''}".strip()


def digits_of(currency: str | None) -> int:
    """Digits below the point; two where the currency is not said or not known."""
    try:
        return minor_digits(currency or "")
    except UnknownCurrency:
        return 2


def day(value: date) -> str:
    """3 May 2026"""
    return f"{value.day} {month(value)}"


def month(value: date) -> str:
    """May 2026"""
    return f"{MONTHS[value.month - 1]} {value.year}"


def dated(sentence: str, between: str) -> str:
    """A rule's sentence as people read it: 2026-03-02 as 2 Mar 2026, EUR 36000.00 or EUR 36,000 as €36 000."""
    written = re.sub(r"\b\d{4}-\d{2}-\d{2}\b", lambda found: day(date.fromisoformat(found[0])), sentence)
    amount = r"\b([A-Z]{3}) ([-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\b"
    return re.sub(amount, lambda found: _amount(found, between), written)


def _amount(found: re.Match[str], between: str) -> str:
    try:
        minor_digits(found[1])
    except UnknownCurrency:
        return found[0]
    value = float(found[2].replace(MINUS, "-").replace(",", ""))
    pence = "." in found[2] and abs(value) < WHOLE_FROM
    return money(value, found[1], None if pence else 0, between)
