"""An order, its lines and its discounts, as a source hands them over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from holdfast.commerce.money import Money

# Statuses by which an order is no purchase, by platform, as `plain_status` writes them.
SHOPIFY_VOID = frozenset({"voided", "expired"})
WOOCOMMERCE_VOID = frozenset(
    {"pending", "pending_payment", "failed", "cancelled", "trash", "draft", "auto_draft", "checkout_draft"}
)
MAGENTO_VOID = frozenset({"canceled", "pending_payment", "fraud"})
# Where the platform is not known. "pending" is left out: it is unpaid in WooCommerce,
# but in Shopify an order that is placed and will be paid, and Shopify counts it.
_VOID = (SHOPIFY_VOID | WOOCOMMERCE_VOID | MAGENTO_VOID) - {"pending"}
# WooCommerce's own tables write "wc-" before each status, and "wc-pending" can be nobody else's.
VOID_ANYWHERE = _VOID | {f"wc_{status}" for status in WOOCOMMERCE_VOID}

# Statuses by which money came in for an order, whatever became of it later.
_PAID = frozenset(
    {"paid", "partially_paid", "partially_refunded", "refunded", "processing", "completed", "complete", "closed"}
)
PAID_ANYWHERE = _PAID | {f"wc_{status}" for status in _PAID}

LINE_KINDS = frozenset({"merchandise", "shipping", "fee", "discount", "gift_card", "sample", "manual", "stock"})
DISCOUNT_SOURCES = frozenset({"code", "automatic", "manual"})


def plain_status(status: str | None) -> str:
    """A status as the sets above write it: "Pending payment" and "pending-payment" are one."""
    return (status or "").strip().lower().replace(" ", "_").replace("-", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order placed in a shop. Moments are UTC; money is shop money; None is "the source does not say"."""

    order_id: str  # the source's own id
    customer_id: str | None = None  # None for an unknown guest
    account_id: str | None = None  # the account it was bought for, in B2B
    order_number: str  # the number people use
    created_at: datetime | None = None  # when the source wrote it; after an import that is not the sale
    processed_at: datetime  # when it was placed: the moment that counts
    cancelled_at: datetime | None = None
    financial_status: str | None = None  # as the source writes it, lower case
    fulfillment_status: str | None = None  # as the source writes it, lower case
    test: bool | None = None
    channel: str | None = None  # where it was sold
    country: str | None = None  # of the buyer on this order
    currency: str  # ISO 4217, of all money below
    subtotal: Money | None = None  # merchandise after discounts, as the source says
    discount: Money | None = None  # ≥ 0, on the whole order, not yet on its lines
    tax: Money | None = None
    shipping: Money | None = None
    tip: Money | None = None
    total: Money | None = None  # what the buyer was asked to pay, as the source says
    taxes_included: bool | None = None  # line prices include tax
    free_counts: bool | None = None  # a zero-value order counts as a purchase
    tags: str | None = None  # comma separated
    integrated: bool | None = None  # came through punch-out, EDI or a procurement API
    po_number: str | None = None  # the buyer's purchase order
    is_exchange: bool | None = None  # sent in exchange for something given back: no purchase

    def is_valid(self, void: frozenset[str] = VOID_ANYWHERE) -> bool:
        """Whether it may count at all: no test, not cancelled, and its status is none of `void`."""
        return not self.test and self.cancelled_at is None and plain_status(self.financial_status) not in void


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A line of an order. Landing numbers lines that are alike; a source does not."""

    order_id: str
    product_id: str
    line_number: str | None = None  # the source's own id of the line
    kind: str  # one of LINE_KINDS
    quantity: Decimal  # pieces; negative only on stock corrections
    price: Decimal  # of one piece, major units, before discount
    gross: Money  # quantity × price, rounded half away from zero
    discount: Money | None = None  # ≥ 0, on this line
    tax: Money | None = None
    unit_cost: Money | None = None  # of one piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A discount code or rule used on an order."""

    order_id: str
    code: str
    source: str | None = None  # one of DISCOUNT_SOURCES
    amount: Money | None = None  # ≥ 0, what it took off
