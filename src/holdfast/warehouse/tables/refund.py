"""Money and goods that went back, and corrections that belong to no order."""

from holdfast.warehouse.tables.declare import Column, Table

REFUND = Table(
    name="refund",
    owner="refund",
    grain="one row per refund or credit note",
    key=("refund_id",),
    columns=(
        Column("refund_id", "key", "surrogate key", required=True, names="refund"),
        Column("shop_id", "int", "the shop", required=True),
        Column("order_id", "key", "the order it gives back, when the source says so", names="order"),
        Column("customer_id", "key", "the buyer; null when unknown", names="customer"),
        Column("refund_number", "text", "the number people use"),
        Column("processed_at", "moment", "when it was refunded, UTC; null when the source does not say"),
        Column("currency", "text", "ISO 4217", required=True),
        Column("amount_minor", "money", "given back in all, ≥ 0; null when only lines say it"),
        Column("note", "text", "reason as written"),
    ),
)

REFUND_LINE = Table(
    name="refund_line",
    grain="one row per line of a refund; true duplicate lines stay apart by their place",
    key=("refund_id", "product_id", "place"),
    columns=(
        Column("refund_id", "key", "the refund", required=True, names="refund"),
        Column("product_id", "key", "what came back", required=True, names="product"),
        Column(
            "place", "int", "1, 2, … among the lines of one product in one refund, sorted by content", required=True
        ),
        Column("shop_id", "int", "the shop", required=True),
        Column("kind", "text", "as order_line.kind", required=True),
        Column("quantity", "quantity", "pieces given back, ≥ 0", required=True),
        Column("price", "price", "price of one piece, major units", required=True),
        Column("subtotal_minor", "money", "given back for this line, ≥ 0 (below 0 is a charge)", required=True),
        Column("tax_minor", "money", "tax given back"),
    ),
)

ORDER_ADJUSTMENT = Table(
    name="order_adjustment",
    owner="adjustment",
    grain="one row per correction of the books that is neither sale nor refund (bad debt, rounding)",
    key=("adjustment_id",),
    columns=(
        Column("adjustment_id", "key", "surrogate key", required=True, names="adjustment"),
        Column("shop_id", "int", "the shop", required=True),
        Column("order_id", "key", "the order, where there is one", names="order"),
        Column("kind", "text", "what it is", required=True),
        Column("processed_at", "moment", "when, UTC"),
        Column("currency", "text", "ISO 4217", required=True),
        Column("amount_minor", "money", "signed", required=True),
        Column("note", "text", "as written"),
    ),
)
