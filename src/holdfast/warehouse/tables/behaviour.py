"""What people do in the shop: visits, events, key capabilities, profile fields, leads and loyalty."""

from holdfast.warehouse.tables.declare import Column, Table

SESSION = Table(
    name="session",
    owner="session",
    grain="one row per visit",
    key=("session_id",),
    plain=True,
    rows="sessions",
    needs=(("session_id",), ("started_at",)),
    marks=("landing_page", "is_bot", "anonymous"),
    dated="started_at",
    steady=True,
    columns=(
        Column("session_id", "key", "surrogate key", required=True, names="session"),
        Column("shop_id", "int", "the shop", required=True),
        Column("customer_id", "key", "who, where known", names="customer"),
        Column("anonymous", "id", "the device"),
        Column("started_at", "moment", "when it began, UTC", required=True),
        Column("ended_at", "moment", "when it ended, UTC"),
        Column("channel", "text", "what brought it"),
        Column("device", "word", "desktop, mobile …"),
        Column("landing_page", "text", "first page"),
        Column("is_bot", "flag", "a robot"),
        Column("is_portal", "flag", "a signed-in B2B portal, counted apart"),
        Column("orders", "int", "completed checkouts in it, where the source counts them", between=(0, 100_000)),
    ),
)

EVENT = Table(
    name="event",
    owner="event",
    grain="one row per thing somebody did",
    key=("event_id",),
    plain=True,
    rows="events",
    needs=(("event",), ("happened_at",)),
    marks=("event", "anonymous", "received_at"),
    dated="happened_at",
    steady=True,
    columns=(
        Column("event_id", "key", "surrogate key", required=True, names="event"),
        Column("shop_id", "int", "the shop", required=True),
        Column("event", "text", "its name, as the source writes it", required=True),
        Column("customer_id", "key", "who, where known", names="customer"),
        Column("account_id", "key", "the account, in B2B", names="account"),
        Column("session_id", "key", "the visit", names="session"),
        Column("order_id", "key", "the order, where there is one", names="order"),
        Column("anonymous", "id", "the device"),
        Column("happened_at", "moment", "when, UTC", required=True),
        Column("received_at", "moment", "when the source received it, UTC"),
        Column("object", "id", "what it was done to: article, product, page"),
    ),
)

CAPABILITY = Table(
    name="capability",
    owner="capability",
    grain="one row per key capability that customers should come to use",
    key=("capability_id",),
    plain=True,
    rows="key capabilities",
    needs=(("capability_id",), ("uses_needed", "name")),
    marks=("uses_needed",),
    columns=(
        Column("capability_id", "key", "surrogate key", required=True, names="capability"),
        Column("shop_id", "int", "the shop", required=True),
        Column("capability_number", "id", "the name people use"),
        Column("name", "text", "what it is"),
        Column("segment", "word", "the segment it is declared for; all when empty"),
        Column("uses_needed", "int", "how often makes a user; 1 when empty", between=(1, 100_000)),
    ),
)

CAPABILITY_ACCESS = Table(
    name="capability_access",
    grain="one row per customer or account that could use a capability",
    key=("capability_id", "account_id", "customer_id"),
    plain=True,
    rows="access to capabilities",
    needs=(("capability_id",), ("customer_id", "email", "account_id"), ("since",)),
    marks=("since",),
    dated="since",
    columns=(
        Column("capability_id", "key", "the capability", required=True, names="capability"),
        Column("shop_id", "int", "the shop", required=True),
        Column("account_id", "key", "the account", names="account"),
        Column("customer_id", "key", "the customer", names="customer"),
        Column("since", "moment", "from when, UTC", required=True),
    ),
)

CAPABILITY_USE = Table(
    name="capability_use",
    grain="one row per use of a capability",
    key=("capability_id", "used_at", "account_id", "customer_id"),
    plain=True,
    rows="uses of capabilities",
    needs=(("capability_id",), ("customer_id", "email", "account_id"), ("used_at",)),
    marks=("used_at",),
    dated="used_at",
    steady=True,
    columns=(
        Column("capability_id", "key", "the capability", required=True, names="capability"),
        Column("used_at", "moment", "when, UTC", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("account_id", "key", "the account", names="account"),
        Column("customer_id", "key", "the customer", names="customer"),
        Column("uses", "int", "how often; 1 when empty", between=(1, 1e9)),
    ),
)

PROFILE_FIELD_EVENT = Table(
    name="profile_field_event",
    grain="one row per field that a customer filled in or took out",
    key=("customer_id", "field", "changed_at"),
    plain=True,
    rows="changes of profile fields",
    needs=(("customer_id", "email"), ("field",), ("changed_at",)),
    marks=("field",),
    dated="changed_at",
    columns=(
        Column("customer_id", "key", "the customer", required=True, names="customer"),
        Column("field", "word", "which field", required=True),
        Column("changed_at", "moment", "when, UTC", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("is_set", "flag", "filled in, or taken out; true when empty"),
    ),
)

LEAD = Table(
    name="lead",
    owner="lead",
    grain="one row per person who became known before they bought",
    key=("lead_id",),
    plain=True,
    rows="leads",
    needs=(("customer_id", "email", "lead_id"), ("created_at",)),
    marks=("lead_id", "origin"),
    dated="created_at",
    columns=(
        Column("lead_id", "key", "surrogate key", required=True, names="lead"),
        Column("shop_id", "int", "the shop", required=True),
        Column("customer_id", "key", "the person", names="customer"),
        Column("created_at", "moment", "when they became known, UTC", required=True),
        Column("origin", "text", "what brought them"),
        Column("is_bot", "flag", "a robot"),
    ),
)

LOYALTY_EVENT = Table(
    name="loyalty_event",
    owner="loyalty_event",
    grain="one row per movement of a loyalty programme",
    key=("loyalty_event_id",),
    plain=True,
    rows="loyalty events",
    needs=(("customer_id", "email"), ("type",), ("happened_at",)),
    marks=("points", "auto_enrolled"),
    dated="happened_at",
    steady=True,
    columns=(
        Column("loyalty_event_id", "key", "surrogate key", required=True, names="loyalty_event"),
        Column("shop_id", "int", "the shop", required=True),
        Column("customer_id", "key", "who", required=True, names="customer"),
        Column("type", "word", "what moved", required=True, one_of=("enrol", "earn", "redeem", "expire", "tier"),
               also={"enroll": "enrol", "enrolled": "enrol", "earned": "earn", "redeemed": "redeem", "spent": "redeem",
                     "expired": "expire"}),
        Column("happened_at", "moment", "when, UTC", required=True),
        Column("points", "quantity", "points, signed"),
        Column("tier", "text", "the tier reached"),
        Column("auto_enrolled", "flag", "enrolled without asking"),
        Column("order_id", "key", "the order behind it", names="order"),
        Column("member", "id", "the number on the card: whoever shows it twice is one person"),
    ),
)  # fmt: skip
