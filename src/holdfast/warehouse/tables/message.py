"""What was sent to people, and what came of each message."""

from holdfast.warehouse.tables.declare import Column, Table

MESSAGE = Table(
    name="message",
    owner="message",
    grain="one row per message sent to one person",
    key=("message_id",),
    plain=True,
    rows="messages",
    needs=(("message_id",), ("sent_at",), ("customer_id", "email")),
    marks=("flow", "campaign", "series"),
    dated="sent_at",
    steady=True,
    columns=(
        Column("message_id", "key", "surrogate key", required=True, names="message"),
        Column("shop_id", "int", "the shop", required=True),
        Column("customer_id", "key", "to whom", names="customer"),
        Column("channel", "word", "e-mail, sms, push …"),
        Column("series", "word", "welcome, win-back, replenishment … as the merchant declares it"),
        Column("campaign", "id", "the campaign"),
        Column("flow", "id", "the automated flow; a message of a flow is automated"),
        Column("sent_at", "moment", "when, UTC", required=True),
        Column("suppressed", "flag", "held back: not sent"),
        Column("personalized", "flag", "its content was chosen for the person"),
    ),
)

MESSAGE_EVENT = Table(
    name="message_event",
    grain="one row per thing that happened to a message",
    key=("message_id", "type", "happened_at"),
    plain=True,
    rows="message events",
    needs=(("message_id",), ("type",), ("happened_at",)),
    marks=("is_machine_open", "is_bot_click", "message_id"),
    dated="happened_at",
    steady=True,
    columns=(
        Column("message_id", "key", "the message", required=True, names="message"),
        Column("type", "word", "what happened", required=True,
               one_of=("delivered", "open", "click", "bounce", "unsubscribe", "complaint"),
               also={"opened": "open", "clicked": "click", "bounced": "bounce", "unsubscribed": "unsubscribe",
                     "spam": "complaint", "marked as spam": "complaint", "received": "delivered",
                     "delivery": "delivered"}),
        Column("happened_at", "moment", "when, UTC", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("is_machine_open", "flag", "opened by a mail service (Apple Mail Privacy Protection), not a person"),
        Column("is_bot_click", "flag", "clicked by a scanner, not a person"),
        Column("about", "word", "what was clicked: reorder, review, survey …"),
    ),
)  # fmt: skip

EXPOSURE = Table(
    name="exposure",
    owner="exposure",
    grain="one row per time a person was shown a slot of the shop",
    key=("exposure_id",),
    plain=True,
    rows="exposures",
    needs=(("slot",), ("shown_at",), ("personalized",), ("customer_id", "email", "anonymous")),
    marks=("slot", "shown_at"),
    dated="shown_at",
    steady=True,
    columns=(
        Column("exposure_id", "key", "surrogate key", required=True, names="exposure"),
        Column("shop_id", "int", "the shop", required=True),
        Column("customer_id", "key", "who; null when not signed in", names="customer"),
        Column("anonymous", "id", "the device, when nobody is signed in"),
        Column("slot", "word", "where", required=True),
        Column("personalized", "flag", "chosen for the person, or the same for all", required=True),
        Column("shown_at", "moment", "when, UTC", required=True),
        Column("clicked_at", "moment", "when it was clicked, UTC; null when it was not"),
    ),
)
