"""How values are written in the sentence of a reason, and what the states of health are called."""

from __future__ import annotations

from holdfast.health.catalogue import Scale

STATUSES = {"good": "good", "watch": "to be watched", "risk": "at risk", "not scored": "not scored"}


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
