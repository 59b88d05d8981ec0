"""What customers say: surveys, whom they were sent to, what came back, and reviews."""

from holdfast.warehouse.tables.declare import Column, Table

ABOUT = ("relationship", "purchase", "onboarding", "support", "product", "retained", "business")

SURVEY = Table(
    name="survey",
    owner="survey",
    grain="one row per survey and wording",
    key=("survey_id",),
    plain=True,
    rows="surveys",
    needs=(("survey_id",), ("type",), ("scale_min",), ("scale_max",)),
    marks=("scale_min", "scale_max"),
    columns=(
        Column("survey_id", "key", "surrogate key", required=True, names="survey"),
        Column("shop_id", "int", "the shop", required=True),
        Column("survey_number", "id", "the name people use"),
        Column("type", "word", "what is asked", required=True, one_of=("nps", "csat", "ces", "custom")),
        Column("scale_min", "quantity", "lowest answer", required=True),
        Column("scale_max", "quantity", "highest answer", required=True),
        Column("wording_version", "id", "which wording; other wordings are other surveys"),
        Column("about", "word", "what it is about", one_of=ABOUT),
        Column("low_is_good", "flag", "the lowest answer is the best one, as with school marks"),
        Column("rescale", "flag", "the merchant declares that its answers may be moved to 1 to 5, worst to best"),
        Column("trigger", "word", "what sends it"),
        Column("channel", "word", "how it is sent"),
    ),
)  # fmt: skip

SURVEY_INVITATION = Table(
    name="survey_invitation",
    owner="survey_invitation",
    grain="one row per person asked",
    key=("survey_invitation_id",),
    plain=True,
    rows="survey invitations",
    needs=(("survey_id",), ("sent_at",), ("customer_id", "email", "account_id", "survey_invitation_id")),
    marks=("survey_invitation_id", "survey_id"),
    dated="sent_at",
    steady=True,
    waves=True,
    columns=(
        Column("survey_invitation_id", "key", "surrogate key", required=True, names="survey_invitation"),
        Column("shop_id", "int", "the shop", required=True),
        Column("survey_id", "key", "the survey", required=True, names="survey"),
        Column("customer_id", "key", "who was asked", names="customer"),
        Column("account_id", "key", "the account they were asked for", names="account"),
        Column("order_id", "key", "the order it is about", names="order"),
        Column("ticket_id", "key", "the ticket it is about", names="ticket"),
        Column("sent_at", "moment", "when, UTC", required=True),
        Column("channel", "word", "how"),
        Column("bounced", "flag", "did not arrive"),
    ),
)

SURVEY_RESPONSE = Table(
    name="survey_response",
    owner="survey_response",
    grain="one row per answer",
    key=("survey_response_id",),
    plain=True,
    rows="survey answers",
    needs=(("survey_id",), ("score",), ("responded_at",)),
    marks=("score", "responded_at"),
    may_lack=("score",),
    dated="responded_at",
    steady=True,
    waves=True,
    columns=(
        Column("survey_response_id", "key", "surrogate key", required=True, names="survey_response"),
        Column("shop_id", "int", "the shop", required=True),
        Column("survey_id", "key", "the survey", required=True, names="survey"),
        Column("survey_invitation_id", "key", "the invitation it answers", names="survey_invitation"),
        Column("customer_id", "key", "who answered", names="customer"),
        Column("account_id", "key", "the account they answered for", names="account"),
        Column("order_id", "key", "the order it is about", names="order"),
        Column("ticket_id", "key", "the ticket it is about", names="ticket"),
        Column("responded_at", "moment", "when, UTC", required=True),
        Column("score", "quantity", "the answer on the survey's scale; null: handed in without one"),
        Column("type", "word", "what was asked, where no file of surveys says it",
               one_of=("nps", "csat", "ces", "custom")),
        Column("scale_min", "quantity", "lowest answer, where no file of surveys says it"),
        Column("scale_max", "quantity", "highest answer, where no file of surveys says it"),
        Column("about", "word", "what it is about, where no file of surveys says it", one_of=ABOUT),
        Column("comment", "text", "as written; may name people", pii=True),
        Column("role", "word", "buyer or user, in B2B"),
    ),
)  # fmt: skip

REVIEW = Table(
    name="review",
    owner="review",
    grain="one row per public review of a product or the shop",
    key=("review_id",),
    plain=True,
    rows="reviews",
    needs=(("review_id",), ("rating",), ("written_at",)),
    marks=("rating", "written_at"),
    dated="written_at",
    columns=(
        Column("review_id", "key", "surrogate key", required=True, names="review"),
        Column("shop_id", "int", "the shop", required=True),
        Column("customer_id", "key", "who wrote it", names="customer"),
        Column("product_id", "key", "what it is about", names="product"),
        Column("order_id", "key", "the order behind it", names="order"),
        Column("written_at", "moment", "when, UTC", required=True),
        Column("rating", "quantity", "1 to 5", required=True, between=(1, 5)),
        Column("verified", "flag", "the writer bought it"),
    ),
)

DECLARED_ACT = Table(
    name="declared_act",
    grain="one row per event that the merchant declares to stand for an act of a customer",
    key=("event",),
    plain=True,
    rows="declared acts",
    needs=(("event",), ("means",)),
    marks=("means",),
    columns=(
        Column("event", "text", "its name, as the source of events writes it", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("means", "word", "what the customer did; a reference is one they agreed to give, value what an account"
               " came for", required=True,
               one_of=("review", "registration", "how-to view", "reorder click", "reference", "value")),
    ),
)  # fmt: skip
