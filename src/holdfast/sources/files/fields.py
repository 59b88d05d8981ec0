"""The canonical fields a column of a file can feed, by what one row of the file is."""

from __future__ import annotations

from holdfast.sources.files.field import Field
from holdfast.sources.files.tablefields import READ_AS, table_fields, table_needs

ORDER_LINES, ORDERS, CUSTOMERS = "order_lines", "orders", "customers"
REFUNDS, PRODUCTS, TRANSACTIONS = "refunds", "products", "transactions"

_PERSON = (
    Field("customer_id", "id", "the platform's own number of the buyer"),
    Field("email", "text", "e-mail of the buyer; hashed, the readable form goes to one table only"),
    Field("phone", "id", "phone of the buyer"),
    Field("first_name", "text", "first name"),
    Field("last_name", "text", "last name"),
    Field("country", "text", "country of the buyer"),
    Field("is_guest", "flag", "bought without an account"),
)

_ORDER = (
    Field("order_id", "id", "what lines of one order share"),
    Field("order_key", "id", "an id standing only on an order's first row; the order's key when it is there"),
    Field("order_number", "id", "the number people use, when it is not the order id"),
    Field("placed_at", "moment", "when the order was placed"),
    Field("created_at", "moment", "when the source wrote the order, when that differs"),
    Field("cancelled_at", "moment", "when the order was cancelled"),
    Field("financial_status", "word", "paid, pending, refunded, completed ..."),
    Field("fulfillment_status", "word", "fulfilled, partial ..."),
    Field("test", "flag", "a test order"),
    Field("channel", "text", "where it was sold"),
    Field("currency", "currency", "ISO 4217 code"),
    Field("subtotal", "number", "merchandise after discounts"),
    Field("discount", "number", "discounts on the whole order, not in its lines"),
    Field("discount_code", "text", "the code that was used"),
    Field("tax", "number", "tax of the whole order"),
    Field("shipping", "number", "shipping charged"),
    Field("tip", "number", "tip"),
    Field("total", "number", "what the buyer was asked to pay"),
    Field("refunded", "number", "given back on this order so far"),
    Field("taxes_included", "flag", "prices include tax"),
    Field("tags", "text", "tags of the order"),
    Field("account_id", "id", "the source's own number of the account it was bought for"),
    Field("integrated", "flag", "came through punch-out, EDI or a procurement API"),
    Field("po_number", "id", "the buyer's purchase order"),
    Field("is_exchange", "flag", "sent in exchange for something given back"),
)

_ITEM = (
    Field("sku", "id", "the merchant's code of the product"),
    Field("product_id", "id", "the platform's number of the product"),
    Field("title", "text", "name of the product"),
    Field("type", "text", "category of the product"),
    Field("vendor", "text", "maker of the product"),
)

_LINE = (
    Field("line_id", "id", "the source's own number of the line"),
    Field("kind", "word", "kind of line, when the file says it"),
    Field("quantity", "number", "pieces; 1 when no column says it"),
    Field("price", "number", "price of one piece before discount"),
    Field("line_total", "number", "quantity times price, when there is no price of one piece"),
    Field("line_discount", "number", "discount on this line"),
    Field("line_tax", "number", "tax on this line"),
    Field("unit_cost", "number", "cost of one piece"),
    Field("refunded_at", "moment", "when the pieces came back, on a row with pieces below zero"),
)

_ACCOUNT = (
    Field("account_created_at", "moment", "when the buyer opened an account"),
    Field("email_consent", "word", "may be sent e-mail"),
    Field("sms_consent", "word", "may be sent SMS"),
    Field("customer_tags", "text", "tags of the buyer"),
    Field("is_test", "flag", "a test profile"),
    Field("is_staff", "flag", "the merchant's own people"),
    Field("imported", "flag", "brought over from an older shop"),
    Field("email_verified", "flag", "the buyer proved that the e-mail is theirs"),
    Field("phone_verified", "flag", "the buyer proved that the phone is theirs"),
)

_REFUND = (
    Field("refund_id", "id", "number of the refund or credit note"),
    Field("order_id", "id", "the order it gives back"),
    Field("refunded_at", "moment", "when it was given back"),
    Field("amount", "number", "given back in all"),
    Field("currency", "currency", "ISO 4217 code"),
    Field("note", "text", "reason"),
    Field("quantity", "number", "pieces that came back"),
    Field("price", "number", "price of one piece"),
    Field("line_total", "number", "given back for this line"),
    Field("line_tax", "number", "tax given back for this line"),
)

_TRANSACTION = (
    Field("transaction_id", "id", "number of the payment"),
    Field("order_id", "id", "the order it pays"),
    Field("transaction_kind", "word", "sale, authorization, capture, void or refund"),
    Field("status", "word", "success, failure, pending or error"),
    Field("gateway", "text", "payment provider"),
    Field("network", "word", "card network: visa, mastercard ..."),
    Field("amount", "number", "amount"),
    Field("currency", "currency", "ISO 4217 code"),
    Field("processed_at", "moment", "when"),
    Field("test", "flag", "a test payment"),
)

_SALES: dict[str, dict[str, Field]] = {
    grain: {field.name: field for field in fields}
    for grain, fields in {
        ORDER_LINES: (*_ORDER, *_PERSON, *_ITEM, *_LINE),
        ORDERS: (*_ORDER, *_PERSON),
        CUSTOMERS: (*_PERSON, *_ACCOUNT),
        REFUNDS: (*_REFUND, *_PERSON[:2], *_ITEM),
        PRODUCTS: _ITEM,
        TRANSACTIONS: _TRANSACTION,
    }.items()
}
# A plain table's grain is called as the table is.
FIELDS: dict[str, dict[str, Field]] = _SALES | {
    name: {field.name: field for field in table_fields(table)} for name, table in READ_AS.items()
}

# What a file must offer to be read as this grain: of each group one column is enough.
NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    ORDER_LINES: (("order_id", "customer_id", "email"), ("price", "line_total")),
    ORDERS: (("order_id", "customer_id", "email"), ("placed_at",)),
    CUSTOMERS: (("customer_id", "email"),),
    REFUNDS: (("refund_id", "order_id"), ("amount", "price", "line_total")),
    PRODUCTS: (("sku", "product_id", "title"),),
    TRANSACTIONS: (("transaction_id", "order_id"), ("amount",)),
} | {name: table_needs(table) for name, table in READ_AS.items()}

KINDS = ("merchandise", "shipping", "fee", "discount", "gift_card", "sample", "manual", "stock")
