"""From paid to delivered, what is in stock, and payments that were disputed."""

from holdfast.warehouse.tables.declare import Column, Table

FULFILLMENT = Table(
    name="fulfillment",
    owner="fulfillment",
    grain="one row per parcel",
    key=("fulfillment_id",),
    plain=True,
    rows="fulfilments",
    needs=(("order_id",), ("delivered_at", "created_at")),
    marks=("delivered_at", "estimated_delivery_at", "in_transit_at"),
    dated="created_at",
    columns=(
        Column("fulfillment_id", "key", "surrogate key", required=True, names="fulfillment"),
        Column("shop_id", "int", "the shop", required=True),
        Column("order_id", "key", "the order", required=True, names="order"),
        Column("status", "word", "as the source writes it"),
        Column("created_at", "moment", "when it was packed, UTC"),
        Column("in_transit_at", "moment", "when the carrier had it, UTC"),
        Column("delivered_at", "moment", "when it arrived, UTC"),
        Column("estimated_delivery_at", "moment", "when it was promised, UTC"),
        Column("carrier", "word", "who carried it"),
    ),
)

INVENTORY_LEVEL = Table(
    name="inventory_level",
    grain="one row per product, place and moment at which the stock was counted",
    key=("product_id", "location", "counted_at"),
    plain=True,
    rows="stock levels",
    needs=(("product_id", "sku"), ("available",), ("counted_at",)),
    marks=("available", "counted_at"),
    dated="counted_at",
    columns=(
        Column("product_id", "key", "the product", required=True, names="product"),
        Column("location", "id", "where", required=True, default="all"),
        Column("counted_at", "moment", "when, UTC", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("available", "quantity", "pieces that can be sold", required=True),
    ),
)

DISPUTE = Table(
    name="dispute",
    owner="dispute",
    grain="one row per payment that a card holder disputed, or that was reported as fraud",
    key=("dispute_id",),
    plain=True,
    rows="disputes",
    needs=(("dispute_id",), ("opened_at",)),
    marks=("dispute_id", "evidence_due_at", "network"),
    dated="opened_at",
    columns=(
        Column("dispute_id", "key", "surrogate key", required=True, names="dispute"),
        Column("shop_id", "int", "the shop", required=True),
        Column("order_id", "key", "the order", names="order"),
        Column("customer_id", "key", "the buyer", names="customer"),
        Column("transaction_id", "key", "the payment it disputes", names="transaction"),
        Column("charge", "id", "the payment's number at the provider"),
        Column("opened_at", "moment", "when it was received, UTC", required=True),
        Column("charge_at", "moment", "when the payment was made, UTC"),
        Column("reason", "word", "as the network says"),
        Column("status", "word", "open, won, lost …"),
        Column("amount_minor", "money", "disputed"),
        Column("currency", "currency", "ISO 4217", required=True),
        Column("network", "word", "visa, mastercard …"),
        Column("evidence_due_at", "moment", "when evidence is due, UTC"),
        Column("evidence_submitted_at", "moment", "when evidence was handed in, UTC"),
        Column("is_fraud_report", "flag", "an early warning of fraud, no dispute"),
    ),
)
