"""Orders, their lines, their discounts and their payments."""

from holdfast.warehouse.tables.declare import Column, Table

ORDER = Table(
    name="order",
    owner="order",
    grain="one row per order placed in a shop",
    key=("order_id",),
    columns=(
        Column("order_id", "key", "surrogate key", required=True, names="order"),
        Column("shop_id", "int", "the shop", required=True),
        Column("customer_id", "key", "the buyer; null for an unknown guest", names="customer"),
        Column("account_id", "key", "the account it was bought for, in B2B", names="account"),
        Column("order_number", "text", "the number people use", required=True),
        Column("created_at", "moment", "when the source wrote the order, UTC"),
        Column("processed_at", "moment", "when the order was placed, UTC", required=True),
        Column("cancelled_at", "moment", "when the order was cancelled, UTC"),
        Column("financial_status", "text", "as the source writes it, lower case"),
        Column("fulfillment_status", "text", "as the source writes it, lower case"),
        Column("test", "flag", "a test order"),
        Column("channel", "text", "where it was sold"),
        Column("country", "text", "country of the buyer on this order"),
        Column("currency", "text", "ISO 4217, shop money", required=True),
        Column("subtotal_minor", "money", "merchandise after discounts, as the source says"),
        Column("discount_minor", "money", "discounts on the whole order, not yet on its lines"),
        Column("tax_minor", "money", "tax"),
        Column("shipping_minor", "money", "shipping charged"),
        Column("tip_minor", "money", "tip"),
        Column("total_minor", "money", "what the buyer was asked to pay, as the source says"),
        Column("taxes_included", "flag", "line prices include tax"),
        Column("free_counts", "flag", "a zero-value order counts as a purchase (set by the mapping)"),
        Column("tags", "text", "tags, comma separated"),
        Column("integrated", "flag", "came through punch-out, EDI or a procurement API"),
        Column("po_number", "id", "the buyer's purchase order"),
        Column("is_exchange", "flag", "sent in exchange for something given back: no purchase"),
    ),
)

ORDER_LINE = Table(
    name="order_line",
    grain="one row per line of an order; true duplicate lines stay apart by their place",
    key=("order_id", "product_id", "place"),
    columns=(
        Column("order_id", "key", "the order", required=True, names="order"),
        Column("product_id", "key", "what was sold", required=True, names="product"),
        Column("place", "int", "1, 2, … among the lines of one product in one order, sorted by content", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("line_number", "text", "the source's own id of the line, where it has one"),
        Column(
            "kind", "text", "merchandise, shipping, fee, discount, gift_card, sample, manual or stock", required=True
        ),
        Column("quantity", "quantity", "pieces; negative only on stock corrections", required=True),
        Column("price", "price", "price of one piece, major units, before discount", required=True),
        Column("gross_minor", "money", "quantity × price, rounded half away from zero to minor units", required=True),
        Column("discount_minor", "money", "discount on this line, ≥ 0"),
        Column("tax_minor", "money", "tax on this line"),
        Column("unit_cost_minor", "money", "cost of one piece"),
    ),
)

DISCOUNT = Table(
    name="discount",
    grain="one row per discount code used on an order",
    key=("order_id", "code"),
    columns=(
        Column("order_id", "key", "the order", required=True, names="order"),
        Column("code", "text", "the code or rule", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("source", "text", "code, automatic or manual"),
        Column("amount_minor", "money", "what it took off, ≥ 0"),
    ),
)

TRANSACTION = Table(
    name="transaction",
    owner="transaction",
    grain="one row per movement of money for an order",
    key=("transaction_id",),
    columns=(
        Column("transaction_id", "key", "surrogate key", required=True, names="transaction"),
        Column("order_id", "key", "the order", names="order"),
        Column("shop_id", "int", "the shop", required=True),
        Column("kind", "text", "sale, authorization, capture, void or refund"),
        Column("status", "text", "success, failure, pending or error"),
        Column("gateway", "text", "payment provider"),
        Column("network", "text", "card network, lower case: visa, mastercard …"),
        Column("amount_minor", "money", "amount, ≥ 0", required=True),
        Column("currency", "text", "ISO 4217", required=True),
        Column("processed_at", "moment", "when, UTC"),
        Column("test", "flag", "a test payment"),
    ),
)
