"""A buyer as one source knows them."""

from holdfast.warehouse.tables.declare import Column, Table

CUSTOMER = Table(
    name="customer",
    owner="customer",
    grain="one row per buyer profile of a shop's source",
    key=("customer_id",),
    columns=(
        Column("customer_id", "key", "surrogate key", required=True, names="customer"),
        Column("shop_id", "int", "the shop", required=True),
        Column("customer_number", "text", "the id the source itself gives the buyer; null where it has none"),
        Column("email_hash", "text", "salted SHA-256 of the lower-cased e-mail"),
        Column("country", "text", "country as the source writes it"),
        Column("account_created_at", "moment", "when the buyer opened an account, UTC; null when not known"),
        Column("is_guest", "flag", "bought without an account"),
        Column("is_test", "flag", "a test profile"),
        Column("is_staff", "flag", "the merchant's own people"),
        Column("imported", "flag", "brought over from an older shop: the creation moment is not the real one"),
        Column("email_consent", "text", "e-mail marketing consent as the source writes it"),
        Column("sms_consent", "text", "SMS marketing consent as the source writes it"),
        Column("tags", "text", "tags, comma separated"),
    ),
)

CUSTOMER_CONTACT = Table(
    name="customer_contact",
    grain="one row per buyer profile: the only table with names and addresses of people",
    key=("customer_id",),
    columns=(
        Column("customer_id", "key", "surrogate key", required=True, names="customer"),
        Column("shop_id", "int", "the shop", required=True),
        Column("email", "text", "e-mail as typed", pii=True),
        Column("phone", "text", "phone as typed", pii=True),
        Column("first_name", "text", "first name", pii=True),
        Column("last_name", "text", "last name", pii=True),
    ),
)
