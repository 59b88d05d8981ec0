"""What can go wrong: escalations, proof of security, fraud and chargebacks, and the peak season."""

from holdfast.accounts.kinds.declare import TO_DO, Kind, Machine, Move, Part, State, Who
from holdfast.accounts.kinds.fields import Field
from holdfast.accounts.kinds.needs import (
    DaysBefore,
    Every,
    Expired,
    Filled,
    Good,
    Holds,
    Is,
    Lines,
    Months,
    Owned,
    Reached,
    Told,
)

SEVERITIES = ("critical", "high", "medium", "low")
WATCH_AT = 0.6  # of the threshold
FREEZE_DAYS = 14  # before the peak begins

ESCALATION = Kind(
    "A14", "Escalation", "What has to be true for both sides to call it over?",
    fields=(
        Field("severity", "Severity", "Decides how often they hear from us", "choice", SEVERITIES),
        Field("trigger", "Trigger", "What set it off", "prose"),
        Field("impact", "What it costs them", "In their numbers", "prose"),
        Field("cause", "Root cause", "", "prose"),
        Field("outcome", "Closing: what came of it", "", "prose"),
        Field("criteria_met", "Closing: was every criterion met", "", "yes_no"),
        Field("helped", "Closing: what helped", "", "prose"),
        Field("lesson", "What we change", "", "prose"),
    ),
    parts=(
        Part("exit", "Over when", (), Machine(
            (State("written", "Written"), State("agreed", "Agreed by the customer", locked=True),
             State("met", "Met", done=True), State("dropped", "Dropped", final=True)),
            (Move("written", "agreed", Who.CUSTOMER), Move("agreed", "written", Who.EITHER),
             Move("agreed", "met", Who.EITHER), Move("written", "met", Who.CUSTOMER), Move("met", "agreed", Who.EITHER),
             Move("written", "dropped", Who.EITHER))), owned=False, theirs=True),
        Part("ask", "Asked of teams", (Field("team", "Team"),), TO_DO),
    ),
    machine=Machine(
        (State("open", "Open"), State("acknowledged", "Acknowledged"), State("managed", "Managed", decides=True),
         State("monitoring", "Monitored"), State("closed", "Closed by both sides"),
         State("reviewed", "Reviewed", done=True, final=True, locked=True, decides=True)),
        (Move("open", "acknowledged", needs=(Owned(), Filled(("severity", "trigger", "impact")))),
         Move("acknowledged", "managed", needs=(Lines("exit"),)),
         Move("managed", "monitoring", needs=(Every("exit", ("agreed", "met")),)),
         Move("monitoring", "managed", Who.EITHER),
         Move("monitoring", "closed", Who.BOTH, (Every("exit", ("met",)),
                                                 Filled(("outcome", "criteria_met", "helped")))),
         Move("closed", "managed", Who.EITHER),
         Move("closed", "reviewed", needs=(Filled(("cause", "lesson")),))),
    ),
    owner="the one person who answers for it", mutual=False, review_days=7, need="note",
    useful="what would end it was written first", theatre="a long thread of messages",
)  # fmt: skip

EVIDENCE_PACK = Kind(
    "A23", "Evidence pack", "Which requirement of theirs does which document meet, and who has seen it?",
    fields=(
        Field("approver", "For whom", "Who has to tick the requirements", "contact"),
        Field("mandatory", "What is mandatory", "And in which form", "texts"),
    ),
    parts=(
        Part("item", "Items", (
            Field("control", "Control", "The requirement it meets"), Field("document", "Document", "Its address"),
            Field("dated", "Dated", "", "day"), Field("expires_on", "Good until", "", "day"),
            Field("may_see", "Who may see it", "", ours=True), Field("shows_not", "What it does not show"),
        ), Machine(
            (State("requested", "Requested"), State("available", "Available"), State("shared", "Shared", done=True),
             State("expired", "Expired"), State("dropped", "Not needed", final=True)),
            (Move("requested", "available", needs=(Filled(("control", "document", "dated", "expires_on", "may_see")),
                                                   Good("expires_on"))),
             Move("available", "shared", needs=(Good("expires_on"),
                                                Told("shared", "share it first: the log says with whom"))),
             Move("available", "expired"), Move("shared", "expired"),
             Move("expired", "available", needs=(Filled(("document", "dated", "expires_on")), Good("expires_on"))),
             Move("requested", "dropped", Who.EITHER)))),
        Part("objection", "Objections", (
            Field("clarified", "What they mean", "After asking back"), Field("evidence", "Evidence"),
            Field("shows_not", "What it does not show"),
        ), TO_DO),
    ),
    machine=Machine(
        (State("requested", "Requested"), State("available", "Available"),
         State("shared", "Shared", done=True, decides=True), State("expired", "Expired"),
         State("withdrawn", "Withdrawn", final=True)),
        (Move("requested", "available", needs=(Owned(), Lines("item"), Every("item", ("available", "shared")))),
         Move("available", "shared", needs=(Holds(), Every("item", ("available", "shared")),
                                            Told("shared", "share it first: the log says with whom"))),
         *(Move(start, "expired", needs=(Expired(),)) for start in ("available", "shared")),
         Move("expired", "available", needs=(Holds(), Every("item", ("available", "shared")))),
         *(Move(start, "withdrawn") for start in ("requested", "available", "shared", "expired"))),
    ),
    owner="whoever leads security; others only share it", review_days=90, expires_with="item.expires_on",
    useful="an approver can tick a requirement of their own", theatre="a folder",
)  # fmt: skip

_MONTHS = (
    Field("month", "Month", "Such as 2026-02", "month"),
    Field("ratio", "Share", "Disputes of payments", "share"),
)
FRAUD_PACK = Kind(
    "A24", "Fraud and chargebacks pack", "How near are we to a card network's limit, and what do we do about it?",
    fields=(
        Field("network", "Network"),
        Field("threshold", "Limit", "The share from which the network steps in", "share"),
        Field("months", "Months", "", "rows", columns=_MONTHS),
        Field("guardrail", "Guardrail", "Good orders turned away, and conversion", "prose"),
    ),
    parts=(Part("step", "Steps", (Field("rule", "What is changed"),), TO_DO),),
    machine=Machine(
        (State("normal", "Normal", done=True), State("watch", "Watched"), State("plan", "With a plan", decides=True),
         State("exit", "On the way out"), State("ended", "Ended", final=True, locked=True)),
        (Move("normal", "watch", needs=(Months("months", "ratio", "threshold", WATCH_AT),)),
         Move("watch", "normal", needs=(Months("months", "ratio", "threshold", WATCH_AT, below=True),)),
         *(Move(start, "plan", needs=(Owned(), Lines("step"), Filled(("guardrail",)))) for start in ("watch", "exit")),
         Move("plan", "exit", needs=(Months("months", "ratio", "threshold", 1, months=2, below=True),)),
         Move("exit", "normal", needs=(Months("months", "ratio", "threshold", WATCH_AT, below=True),)),
         Move("normal", "ended")),
    ),
    owner="whoever leads payments", review_days=7,
    useful="somebody acts at six tenths of the limit", theatre="the network's letter is the first anybody hears",
)  # fmt: skip

PEAK_PLAN = Kind(
    "A25", "Peak season plan", "What must not happen while they sell most, and who stops it?",
    fields=(
        Field("peaks", "Peaks", "A market and its days, one a line", "texts"),
        Field("peak_starts", "Peak begins", "", "day"),
        Field("peak_ends", "Peak ends", "", "day"),
        Field("low", "Orders at least", "The small end of the forecast", "whole"),
        Field("high", "Orders at most", "The large end", "whole"),
        Field("capacity", "Capacity", "Orders an hour, people, carriers", "texts"),
        Field("staffing", "Who answers", "People for contacts, by day", "prose"),
        Field("stock", "Stock at risk", "", "texts"),
        Field("promotions", "Promotions", "With their days", "texts"),
        Field("fraud_rules", "Fraud rules", "What is different then", "prose"),
        Field("freeze_on", "Frozen from", "Their storefront and integrations, and our releases and scores", "day"),
        Field("thaw_on", "Frozen until", "", "day"),
        Field("rollback", "Who takes back", "The one person who may undo a change"),
        Field("on_call", "On call", "", "texts"),
        Field("telling", "Who is told", "What, when, by whom", "prose"),
        Field("decide_on", "Go or no-go on", "", "day"),
        Field("choice", "Decision", "", "choice", ("go", "no-go")),
        Field("load_tested_on", "Load tested on", "", "day"),
        Field("look_back_on", "Look back on", "", "day"),
        Field("learned", "Learned", "", "prose"),
    ),
    parts=(Part("step", "Steps", (), TO_DO, theirs=True),),
    machine=Machine(
        (State("planned", "Planned"), State("deciding", "Go or no-go"), State("frozen", "Frozen", agreed=True,
                                                                             decides=True),
         State("peak", "Peak", agreed=True), State("thaw", "Thawing", agreed=True),
         State("reviewed", "Looked back on", done=True, final=True, locked=True, decides=True),
         State("called_off", "Called off", final=True)),
        (Move("planned", "deciding", needs=(Owned(), Filled(("peaks", "low", "high", "capacity", "rollback", "on_call",
                                                             "telling", "decide_on")))),
         Move("deciding", "planned"),
         Move("deciding", "frozen", Who.BOTH, (Is("choice", ("go",), "the decision is not go"),
                                               Reached("load_tested_on"),
                                               DaysBefore("freeze_on", "peak_starts", FREEZE_DAYS))),
         Move("frozen", "peak", needs=(Reached("peak_starts"),)),
         Move("peak", "thaw", needs=(Reached("peak_ends"),)),
         Move("thaw", "reviewed", needs=(Reached("look_back_on"), Filled(("learned",)))),
         Move("planned", "called_off", Who.EITHER), Move("deciding", "called_off", Who.EITHER)),
    ),
    owner="whoever leads operations", mutual=True, review_days=14,
    useful="somebody says no-go in time", theatre="the plan is read for the first time in the peak",
)  # fmt: skip
