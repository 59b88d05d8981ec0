"""A thing that is sold."""

from holdfast.warehouse.tables.declare import Column, Table

PRODUCT = Table(
    name="product",
    owner="product",
    grain="one row per sellable item (SKU) of a shop",
    key=("product_id",),
    columns=(
        Column("product_id", "key", "surrogate key", required=True, names="product"),
        Column("shop_id", "int", "the shop", required=True),
        Column("sku", "text", "the merchant's code"),
        Column("title", "text", "name as sold"),
        Column("type", "text", "category as the merchant writes it"),
        Column("vendor", "text", "maker"),
    ),
)
