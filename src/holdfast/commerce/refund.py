"""Money and goods that went back, and corrections that belong to no sale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from holdfast.commerce.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A refund or credit note. Its day is the day it was given, not the day of the order."""

    refund_id: str  # the source's own id
    order_id: str | None = None  # the order it gives back, when the source says so
    customer_id: str | None = None
    refund_number: str | None = None  # the number people use
    processed_at: datetime | None = None  # UTC
    currency: str  # ISO 4217
    amount: Money | None = None  # ≥ 0, given back in all; None when only lines say it
    note: str | None = None  # reason as written


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    refund_id: str
    product_id: str
    kind: str  # one of order.LINE_KINDS
    quantity: Decimal  # pieces given back, ≥ 0
    price: Decimal  # of one piece, major units
    subtotal: Money  # given back for this line, ≥ 0; below 0 is a charge
    tax: Money | None = None  # tax given back


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAdjustment:
    """A correction of the books that is neither sale nor refund: bad debt, rounding."""

    adjustment_id: str
    order_id: str | None = None
    kind: str
    processed_at: datetime | None = None  # UTC
    currency: str  # ISO 4217
    amount: Money  # signed
    note: str | None = None
