"""Plans for a beginning: onboarding, and the hand-over from one of us to another."""

from holdfast.accounts.kinds.declare import TO_DO, WRITTEN, Kind, Machine, Move, Part, State, Who
from holdfast.accounts.kinds.fields import Field
from holdfast.accounts.kinds.needs import Every, Filled, Lines, Owned, Reached

ONBOARDING_PLAN = Kind(
    "A13", "Onboarding plan", "When did the customer first get what they came for?",
    fields=(
        Field("constraints", "What binds them", "Found in the first weeks: season, systems, people, rules", "texts"),
        Field("smallest_change", "Smallest safe change", "What can be changed first without risk", "prose"),
        Field("guardrail", "Guardrail", "The metric that must not get worse meanwhile", "metric"),
        Field("first_value_on", "First value", "The day the customer first had a result of their own", "day"),
        Field("acceptance", "Accepted when", "What the customer has to see to call it finished", "prose"),
    ),
    parts=(
        Part("milestone", "Value milestones", (
            Field("criterion", "Measured by", "The metric, from where to where, by when", "criterion"),
            Field("reached_on", "Reached on", "", "day"),
        ), TO_DO),
        Part("check", "Data checks", (Field("finding", "Found", "What it showed", "prose"),), TO_DO, theirs=True),
        Part("step", "Steps", (
            Field("stretch", "Weeks", "", "choice", ("weeks 1 to 2", "weeks 3 to 6", "weeks 7 to 12")),
        ), TO_DO, theirs=True),
    ),
    machine=Machine(
        (State("planned", "Planned"), State("running", "Running", decides=True), State("first_value", "First value"),
         State("verified", "Verified by the customer", decides=True),
         State("handed_over", "Handed over", done=True, final=True, locked=True)),
        (Move("planned", "running", needs=(Owned(), Filled(("acceptance", "guardrail")), Lines("milestone"))),
         Move("running", "first_value", needs=(Reached("first_value_on"), Lines("milestone", states=("done",)))),
         Move("first_value", "verified", Who.CUSTOMER),
         Move("first_value", "running", Who.CUSTOMER),
         Move("verified", "handed_over", needs=(Every("step", ("done",)), Every("check", ("done",)),
                                                Every("milestone", ("done",))))),
    ),
    owner="whoever brings the account in", mutual=True, criterion="milestone.criterion", review_days=14,
    useful="the first value has a day", theatre="all boxes are ticked and nobody uses it",
)  # fmt: skip

HAND_OVER = Kind(
    "A28", "Hand-over", "What does the next person have to know and to keep?",
    fields=(
        Field("giver", "Gives", "Who looked after the account", "person"),
        Field("receiver", "Receives", "Who looks after it from now on", "person"),
        Field("risks", "Risks", "What worries the giver", "texts", ours=True),
        Field("stakeholders", "People", "Who matters there, and how they like to be spoken to", "texts", ours=True),
        Field("tickets", "Open tickets", "What is open at the help desk", "texts"),
        Field("entry", "Ways in", "Which systems, who grants entry; no passwords", "texts", ours=True),
        Field("dates", "Dates", "What is coming: reviews, renewals, freezes", "texts"),
        Field("first_contact_on", "First contact", "The day the receiver first spoke with the customer", "day"),
    ),
    parts=(
        Part("promise", "Promises made", (Field("to", "To whom"),), TO_DO),
        Part("objective", "Open objectives", (), TO_DO),
        Part("question", "Questions of the receiver", (Field("answer", "Answer", "", "prose"),), WRITTEN, owned=False),
    ),
    machine=Machine(
        (State("proposed", "Proposed"), State("reviewed", "Reviewed"), State("accepted", "Accepted by both",
                                                                            decides=True),
         State("met", "Customer met", done=True, final=True)),
        (Move("proposed", "reviewed", needs=(Filled(("giver", "receiver", "risks", "dates")), Lines("promise"))),
         Move("reviewed", "proposed"),
         Move("reviewed", "accepted", Who.PAIR, (Every("question", filled=("answer",)),)),
         Move("accepted", "met", needs=(Reached("first_contact_on"),))),
    ),
    owner="the one who gives and the one who receives", review_days=14,
    useful="every promise that was made stands in it", theatre="a meeting and a folder",
)  # fmt: skip
