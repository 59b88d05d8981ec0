"""What a form held: days, moments, keys and amounts as people type them. Nothing said is None where that may be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError

from holdfast.commerce.money import Money

Sent = Mapping[str, str]


def day_of(sent: Sent, name: str) -> date:
    """Raises ValidationError."""
    try:
        return date.fromisoformat(sent.get(name, ""))
    except ValueError as problem:
        raise ValidationError("say the day") from problem


def day_if_said(sent: Sent, name: str) -> date | None:
    """Raises ValidationError for what is no day."""
    return day_of(sent, name) if sent.get(name) else None


def moment_of(sent: Sent, name: str) -> datetime:
    """A day and an hour, in UTC. Raises ValidationError."""
    try:
        return datetime.fromisoformat(sent.get(name, "")).replace(tzinfo=UTC)
    except ValueError as problem:
        raise ValidationError("say the day and the hour") from problem


def key_of(sent: Sent, name: str) -> int | None:
    """Raises ValueError for what is no key."""
    return int(sent[name]) if sent.get(name) else None


def percent_of(sent: Sent, name: str) -> Decimal | None:
    """ "−12.5 %" → -12.5; None for what is no number."""
    said = sent.get(name, "").replace("%", "").replace("\N{MINUS SIGN}", "-").strip()
    try:
        number = Decimal(said)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def minor_of(said: str, currency: str) -> int | None:
    """ "1 200.50" → 120050; None where nothing was said. Raises ValidationError."""
    plain = said.replace(" ", "").replace("\u00a0", "").replace(",", "").strip()
    if not plain:
        return None
    try:
        return Money.from_decimal(Decimal(plain), currency).minor
    except (InvalidOperation, ValueError) as problem:
        raise ValidationError(f"“{said}” is not an amount: write it like 12000.00") from problem


def typed(minor: int | None, currency: str) -> str:
    """120050 → "1200.50": an amount as a form offers it again; empty for none."""
    return "" if minor is None else str(Money(minor, currency).to_decimal())
