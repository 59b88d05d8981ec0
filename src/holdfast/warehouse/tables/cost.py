"""What it costs: advertising, people and tools, products; and figures that only the outside knows."""

from holdfast.warehouse.tables.declare import Column, Table

PURPOSES = ("acquisition", "retention", "support", "success", "automation", "other")

AD_SPEND = Table(
    name="ad_spend",
    grain="one row per day, platform and campaign; rows of a file that share them are added up",
    key=("spent_on", "platform", "campaign"),
    plain=True,
    rows="advertising spend",
    needs=(("spent_on",), ("amount",), ("platform",)),
    marks=("platform", "impressions", "spent_on"),
    dated="spent_on",
    steady=True,
    adds=("amount_minor", "impressions", "clicks"),
    columns=(
        Column("spent_on", "day", "the day", required=True),
        Column("platform", "word", "where", required=True),
        Column("campaign", "id", "which campaign", required=True, default="all"),
        Column("shop_id", "int", "the shop", required=True),
        Column("amount_minor", "money", "spent", required=True),
        Column("currency", "currency", "ISO 4217", required=True),
        Column("purpose", "word", "acquisition when empty", one_of=("acquisition", "retention")),
        Column("channel", "text", "the channel of orders it is held against"),
        Column("impressions", "int", "times shown", between=(0, 1e15)),
        Column("clicks", "int", "times clicked", between=(0, 1e15)),
    ),
)

COST_EVENT = Table(
    name="cost_event",
    owner="cost",
    grain="one row per cost that is not in an order",
    key=("cost_id",),
    plain=True,
    rows="costs",
    needs=(("spent_on",), ("amount",), ("purpose", "type")),
    marks=("purpose",),
    dated="spent_on",
    columns=(
        Column("cost_id", "key", "surrogate key", required=True, names="cost"),
        Column("shop_id", "int", "the shop", required=True),
        Column("spent_on", "day", "the day, or the first day of the period", required=True),
        Column("until", "day", "the last day of the period; the same day when empty"),
        Column("type", "word", "agency, tools, salaries, fulfilment, payment_fee, incentive, dispute_loss …"),
        Column("purpose", "word", "what for", one_of=PURPOSES),
        Column("amount_minor", "money", "spent", required=True),
        Column("currency", "currency", "ISO 4217", required=True),
        Column("order_id", "key", "the order it belongs to", names="order"),
        Column("customer_id", "key", "the customer it belongs to", names="customer"),
        Column("account_id", "key", "the account it belongs to", names="account"),
        Column("ticket_id", "key", "the ticket it belongs to", names="ticket"),
        Column("note", "text", "as written"),
    ),
)

PRODUCT_COST = Table(
    name="product_cost",
    grain="one row per product and day from which one piece of it costs so much",
    key=("product_id", "since"),
    plain=True,
    rows="product costs",
    needs=(("product_id", "sku"), ("unit_cost",), ("since",)),
    marks=("unit_cost", "since"),
    dated="since",
    columns=(
        Column("product_id", "key", "the product", required=True, names="product"),
        Column("since", "day", "from when", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("unit_cost_minor", "money", "cost of one piece", required=True),
        Column("currency", "currency", "ISO 4217", required=True),
    ),
)

OUTSIDE_FIGURE = Table(
    name="outside_figure",
    grain="one row per figure that only the outside knows (market share, brand), with its source",
    key=("figure", "stands_on"),
    plain=True,
    rows="figures from outside",
    needs=(("figure",), ("stands_on",), ("value",), ("source",)),
    marks=("figure", "stands_on"),
    dated="stands_on",
    columns=(
        Column("figure", "word", "which: market_share, branded_search …", required=True),
        Column("stands_on", "day", "the day it speaks of", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("value", "price", "the figure; a share as a fraction", required=True),
        Column("source", "text", "who says so", required=True),
    ),
)
