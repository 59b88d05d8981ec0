"""A store of one platform."""

from holdfast.warehouse.tables.declare import Column, Table

SHOP = Table(
    name="shop",
    grain="one row per store; written from the home's settings, not from files",
    key=("shop_id",),
    columns=(
        Column("shop_id", "int", "number in the settings", required=True),
        Column("name", "text", "short name used on the command line", required=True),
        Column("account", "text", "the account it belongs to", required=True),
        Column("iana_timezone", "text", "the shop's zone; days begin and end there", required=True),
        Column("currency", "text", "ISO 4217, the money it reports in", required=True),
        Column("simulated", "flag", "invented data, labelled wherever it shows", required=True),
    ),
)
