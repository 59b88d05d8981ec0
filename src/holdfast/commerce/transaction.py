"""A movement of money for an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from holdfast.commerce.money import Money

TRANSACTION_KINDS = frozenset({"sale", "authorization", "capture", "void", "refund"})
TRANSACTION_STATUSES = frozenset({"success", "failure", "pending", "error"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    transaction_id: str
    order_id: str | None = None
    kind: str | None = None  # one of TRANSACTION_KINDS
    status: str | None = None  # one of TRANSACTION_STATUSES
    gateway: str | None = None  # payment provider
    network: str | None = None  # card network, lower case: visa, mastercard …
    amount: Money  # ≥ 0; kind says which way it went
    currency: str  # ISO 4217
    processed_at: datetime | None = None  # UTC
    test: bool | None = None
