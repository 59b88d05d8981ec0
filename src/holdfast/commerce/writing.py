"""How people read numbers, money and days: the signs and the order. Which spaces they are set with, each place says."""

from __future__ import annotations

from datetime import date

from holdfast.commerce.currency import UnknownCurrency, minor_digits

MINUS = "−"
HARD = "\u00a0"
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PENCE_UNTIL = 10_000  # from here up nobody reads them


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
