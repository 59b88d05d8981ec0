"""A buyer as one source knows them."""

from holdfast.warehouse.tables.declare import Column, Table

CUSTOMER = Table(
    name="customer",
    owner="customer",
    grain="one row per buyer profile of a shop's source; a snapshot shows one per person (decision 0036)",
    key=("customer_id",),
    columns=(
        Column("customer_id", "key", "surrogate key", required=True, names="customer"),
        Column("shop_id", "int", "the shop", required=True),
        Column("customer_number", "text", "the id the source itself gives the buyer; null where it has none"),
        Column("email_hash", "text", "salted SHA-256 of the lower-cased e-mail"),
        Column("phone_hash", "text", "salted SHA-256 of the telephone number in E.164; null where it is no number"),
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

CUSTOMER_IDENTIFIER = Table(
    name="customer_identifier",
    rows="buyers' e-mails or phones",
    grain="one row per buyer profile, identifier the person gave with it, and kind of file in which both stood",
    key=("customer_id", "type", "identifier_hash", "seen_in"),
    columns=(
        Column("customer_id", "key", "the profile", required=True, names="customer"),
        Column("type", "word", "what it is", required=True, one_of=("email", "phone")),
        Column("identifier_hash", "text", "salted SHA-256 of the e-mail, or of the number in E.164", required=True),
        Column("seen_in", "word", "customer, order, or the table whose file it stood in", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("first_seen", "moment", "when a row first gave it, UTC; null where no row was dated", keep="least"),
        Column("last_seen", "moment", "when a row last gave it", keep="greatest"),
        Column("verified", "flag", "the source says that the person proved it to be theirs", keep="greatest"),
        Column("paid", "flag", "it stood on an order that was paid", keep="greatest"),
        Column("local_hash", "text", "salted hash, 16 digits, of what stands before an e-mail's @: for the block list"),
        Column("domain_hash", "text", "the same of what stands behind it"),
    ),
)
