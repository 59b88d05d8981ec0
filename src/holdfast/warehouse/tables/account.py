"""Companies that buy, who speaks for them, and the work that was done with them."""

from holdfast.warehouse.tables.declare import Column, Table

ACCOUNT = Table(
    name="account",
    owner="account",
    grain="one row per company that buys from a shop (a source may call it company or organization)",
    key=("account_id",),
    plain=True,
    rows="accounts",
    needs=(("account_id",), ("name", "segment", "customer_since_at")),
    marks=("customer_since_at", "archetype", "segment"),
    columns=(
        Column("account_id", "key", "surrogate key", required=True, names="account"),
        Column("shop_id", "int", "the shop", required=True),
        Column("account_number", "id", "the number people use"),
        Column("name", "text", "name of the company"),
        Column("segment", "word", "a segment of the framework, or the merchant's own"),
        Column("archetype", "word", "adopt, adopt + retain, commercial, technical or scale"),
        Column("customer_since_at", "moment", "since when, UTC"),
        Column("merged_into", "id", "the account it became part of: the survivor keeps the earlier start"),
        Column("country", "text", "country as the source writes it"),
        Column("is_test", "flag", "a test account"),
    ),
)

ACCOUNT_CONTACT = Table(
    name="account_contact",
    grain="one row per person and company while the person spoke for it",
    key=("account_id", "customer_id"),
    plain=True,
    rows="contacts of accounts",
    needs=(("account_id",), ("customer_id", "email")),
    marks=("role", "valid_from", "influence"),
    columns=(
        Column("account_id", "key", "the company", required=True, names="account"),
        Column("customer_id", "key", "the person", required=True, names="customer"),
        Column("shop_id", "int", "the shop", required=True),
        Column("role", "word", "economic buyer, champion, approver, user …"),
        Column("title", "text", "as the person writes it"),
        Column("influence", "int", "0 none … 5 decides", between=(0, 5)),
        Column("stance", "word", "support, neutral or against", one_of=("support", "neutral", "against")),
        Column("valid_from", "day", "since when"),
        Column("valid_until", "day", "until when; null while it lasts"),
    ),
)

ONBOARDING_STEP = Table(
    name="onboarding_step",
    grain="one row per step of one customer's or account's onboarding",
    key=("step", "account_id", "customer_id"),
    plain=True,
    rows="onboarding steps",
    needs=(("step",), ("started_at",), ("customer_id", "email", "account_id")),
    marks=("step", "done_at", "skipped"),
    columns=(
        Column("step", "word", "which step", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("account_id", "key", "the account", names="account"),
        Column("customer_id", "key", "the customer", names="customer"),
        Column("required", "flag", "must be done; true when empty"),
        Column("started_at", "moment", "when the onboarding began, UTC", required=True),
        Column("due_at", "moment", "when the step is due, UTC"),
        Column("done_at", "moment", "when it was done, UTC"),
        Column("skipped", "flag", "left out: that is not done"),
    ),
)

TOUCHPOINT = Table(
    name="touchpoint",
    owner="touchpoint",
    grain="one row per contact with an account that was due or held",
    key=("touchpoint_id",),
    plain=True,
    rows="touchpoints",
    needs=(("account_id",), ("due_on", "held_at")),
    marks=("due_on", "held_at", "next_step"),
    columns=(
        Column("touchpoint_id", "key", "surrogate key", required=True, names="touchpoint"),
        Column("shop_id", "int", "the shop", required=True),
        Column("account_id", "key", "the account", required=True, names="account"),
        Column("kind", "word", "call, review, visit, letter …"),
        Column("due_on", "day", "the last day allowed by the tier's rule"),
        Column("held_at", "moment", "when it was held, UTC"),
        Column("next_step", "text", "what was agreed"),
        Column("next_step_owner", "id", "who does it"),
        Column("next_step_due_on", "day", "by when"),
    ),
)

OBJECTIVE = Table(
    name="objective",
    owner="objective",
    grain="one row per objective of an account",
    key=("objective_id",),
    plain=True,
    rows="objectives",
    needs=(("account_id",), ("due_on",)),
    marks=("verified_on", "accepted_on", "delivered_on"),
    columns=(
        Column("objective_id", "key", "surrogate key", required=True, names="objective"),
        Column("shop_id", "int", "the shop", required=True),
        Column("account_id", "key", "the account", required=True, names="account"),
        Column("goal", "text", "in the customer's words"),
        Column("metric", "id", "the metric that decides"),
        Column("due_on", "day", "by when", required=True),
        Column("accepted_on", "day", "the customer agreed to goal, baseline, criterion and date"),
        Column("delivered_on", "day", "our work was done"),
        Column("verified_on", "day", "the customer confirmed, with evidence"),
        Column("evidence", "text", "what the customer pointed to"),
    ),
)

ESCALATION = Table(
    name="escalation",
    owner="escalation",
    grain="one row per escalation",
    key=("escalation_id",),
    plain=True,
    rows="escalations",
    needs=(("account_id", "customer_id", "email"), ("opened_at",), ("severity",)),
    marks=("owned_at", "exit_met_at", "updates_due"),
    columns=(
        Column("escalation_id", "key", "surrogate key", required=True, names="escalation"),
        Column("shop_id", "int", "the shop", required=True),
        Column("account_id", "key", "the account", names="account"),
        Column("customer_id", "key", "the customer", names="customer"),
        Column("severity", "word", "how bad", required=True, one_of=("critical", "high", "medium", "low")),
        Column("cause", "word", "why"),
        Column("opened_at", "moment", "when, UTC", required=True),
        Column("owned_at", "moment", "when one person took it, UTC"),
        Column("exit_met_at", "moment", "when the agreed exit criteria were met, UTC"),
        Column("closed_at", "moment", "closed by both sides, UTC"),
        Column("updates_due", "int", "updates promised", between=(0, 100_000)),
        Column("updates_on_time", "int", "updates that came in time", between=(0, 100_000)),
    ),
)

STAGE_ENTRY = Table(
    name="stage_entry",
    grain="one row per stage that a lead, deal, onboarding or account entered",
    key=("pipeline", "thing", "stage", "entered_at"),
    plain=True,
    rows="stage entries",
    needs=(("pipeline",), ("thing",), ("stage",), ("entered_at",), ("position",)),
    marks=("pipeline", "stage", "entered_at"),
    columns=(
        Column("pipeline", "word", "which pipeline", required=True),
        Column("thing", "id", "what moves through it", required=True),
        Column("stage", "word", "the stage", required=True),
        Column("entered_at", "moment", "when, UTC", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("position", "int", "1 for the first stage, 2 …", required=True, between=(1, 1000)),
        Column("account_id", "key", "the account, where there is one", names="account"),
        Column("customer_id", "key", "the customer, where there is one", names="customer"),
    ),
)
