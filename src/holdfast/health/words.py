"""How values and days are written in the sentence of a reason."""

from __future__ import annotations

from datetime import date

from holdfast.health.catalogue import Scale

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(when: date) -> str:
    """3 May 2026"""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def value(number: float, scale: Scale, currency: str | None = None) -> str:
    match scale:
        case "share":
            return f"{number:.1%}".replace("%", " %")
        case "relative_change":
            return f"{number:+.0%}".replace("%", " %").replace("-", "−")
        case "money":
            return f"{currency or ''} {number:,.2f}".strip().replace("-", "−")
        case "yes":
            return "yes" if number else "no"
        case "count":
            return f"{number:,.0f}"
    return f"{number:.1f}".replace("-", "−")
