"""Plans with the customer: the mutual action plan, the success plan, the account plan."""

from holdfast.accounts.kinds.declare import TO_DO, Kind, Machine, Move, Part, State, Who
from holdfast.accounts.kinds.fields import Field
from holdfast.accounts.kinds.needs import (
    Below,
    Criterion,
    CustomerLine,
    Every,
    Filled,
    Is,
    Lines,
    NextDecision,
    Owned,
)

RISKS = ("low", "medium", "high")
UNDER_WAY = ("on_track", "at_risk", "blocked")

MUTUAL_ACTION_PLAN = Kind(
    "A01", "Mutual action plan", "What do both sides do, by when, to reach one result?",
    fields=(
        Field("goal", "Goal", "The result both sides want, in one sentence with its day", "prose"),
        Field("value_by", "Value by", "The day it has to work; every step is planned back from it", "day"),
        Field("deciding", "How it is decided", "The steps of the customer's decision, and in what order", "prose"),
        Field("approvers", "Who approves", "Everybody whose yes is needed, one a line", "texts"),
        Field("otherwise", "If it stalls", "What happens when money or time blocks it", "prose"),
        Field("choice", "Decision", "What was decided in the end", "choice", ("go", "no-go", "re-plan")),
        Field("outcome", "Outcome", "What came of it", "prose"),
    ),
    parts=(
        Part("step", "Steps", (
            Field("exit", "Finished when", "How both sides see that the step is finished", theirs=True),
            Field("lead_days", "Takes days", "Days from beginning to end", "whole", theirs=True),
            Field("risk", "Risk", "How likely it is to slip", "choice", RISKS, theirs=True),
        ), TO_DO, theirs=True),
    ),
    machine=Machine(
        (State("draft", "Draft"), State("shared", "Shared"),
         State("accepted", "Accepted by the customer", agreed=True, decides=True),
         State("on_track", "On track", agreed=True), State("at_risk", "At risk", agreed=True),
         State("blocked", "Blocked", agreed=True), State("decided", "Decided", agreed=True, decides=True),
         State("closed", "Closed", done=True, final=True, locked=True)),
        (Move("draft", "shared", needs=(Owned(), Filled(("goal", "value_by", "deciding")), Lines("step"))),
         Move("shared", "draft"),
         Move("shared", "accepted", Who.CUSTOMER, (CustomerLine(),)),
         *(Move("accepted", state, Who.EITHER) for state in UNDER_WAY),
         *(Move(a, b, Who.EITHER) for a in UNDER_WAY for b in UNDER_WAY if a != b),
         *(Move(state, "decided", Who.BOTH, (Filled(("choice",)),)) for state in UNDER_WAY),
         Move("decided", "shared", needs=(Is("choice", ("re-plan",), "only a plan to be made anew goes back"),)),
         Move("decided", "closed", needs=(Is("choice", ("go", "no-go"), "the decision is to plan anew: share it again"),
                                          Filled(("outcome",)), Every("step", ("done",))))),
    ),
    owner="whoever looks after the account; each step has one person", mutual=True, review_days=14,
    useful="both sides own steps and the customer changes the plan too",
    theatre="only our own steps stand in it, or days move and nobody is told",
)  # fmt: skip

TERMS = (
    Field("criterion", "Measured by", "The metric, where it stands, where it has to get to, and by when", "criterion"),
)
SUCCESS_PLAN = Kind(
    "A02", "Success plan", "Which results did we promise, and which has the customer confirmed?",
    fields=(
        Field("strategy", "Their strategy", "What the customer wants to become, in the customer's words", "prose"),
        Field("highlights", "Their highlights", "What went well for them of late", "texts"),
        Field("replaced_by", "Ended because", "Why the plan ended, and what follows it", "prose"),
    ),
    parts=(
        Part("objective", "Objectives", (
            Field("stakeholders", "Who cares", "People on their side for whom it matters", "texts"),
            Field("why", "Why", "What makes it matter now", "prose"),
        ), Machine(
            (State("not_started", "Not started"), State("on_track", "On track"), State("watchpoint", "Watchpoint"),
             State("concern", "Concern"), State("closed", "Closed with success", done=True, final=True),
             State("dropped", "Dropped", final=True)),
            (*(Move("not_started", s) for s in ("on_track", "watchpoint", "concern")),
             *(Move(a, b) for a in ("on_track", "watchpoint", "concern") for b in ("on_track", "watchpoint", "concern")
               if a != b),
             *(Move(s, "closed", needs=(Below("outcome", ("verified",)),))
               for s in ("on_track", "watchpoint", "concern")),
             *(Move(s, "dropped", needs=(Filled(("why",)),))
               for s in ("not_started", "on_track", "watchpoint", "concern"))),
        )),
        Part("outcome", "Outcomes", TERMS, Machine(
            (State("proposed", "Proposed"), State("accepted", "Accepted by the customer", locked=True),
             State("delivered", "Delivered", locked=True), State("verified", "Verified by the customer", done=True,
                                                                final=True, locked=True),
             State("dropped", "Dropped", final=True)),
            (Move("proposed", "accepted", Who.CUSTOMER, (Criterion(),)),
             Move("proposed", "dropped"),
             Move("accepted", "proposed"),
             Move("accepted", "delivered"),
             Move("delivered", "accepted", Who.CUSTOMER),
             Move("delivered", "verified", Who.CUSTOMER)),
        ), under="objective"),
        Part("initiative", "Initiatives", (), TO_DO, under="objective", theirs=True),
    ),
    machine=Machine(
        (State("draft", "Draft"), State("running", "Running", decides=True),
         State("verified", "Verified", done=True, final=True, locked=True),
         State("ended", "Ended", final=True, locked=True)),
        (Move("draft", "running", needs=(Owned(), Filled(("strategy",)), Lines("objective"), Lines("outcome"))),
         Move("running", "verified", Who.CUSTOMER, (Lines("outcome", states=("verified",)),
                                                    Every("outcome", ("verified",)))),
         Move("running", "ended", needs=(Filled(("replaced_by",)),)),
         Move("draft", "ended", needs=(Filled(("replaced_by",)),))),
    ),
    owner="pre-sales drafts it; whoever looks after the account owns it until the customer has verified it",
    mutual=True, criterion="outcome.criterion",
    useful="baseline and criterion stand there before the work begins, and verified outcomes are counted",
    theatre="the plan lives on a slide",
)  # fmt: skip

ACCOUNT_PLAN = Kind(
    "A09", "Account plan", "What do we do for this account next, and what not?",
    fields=(
        Field("goals", "Their goals", "What the account wants to reach", "texts"),
        Field("constraints", "What binds them", "Season, margin, systems, rules", "texts"),
        Field("room", "Where there is room", "What they could use and do not", "texts", ours=True),
        Field("not_doing", "Not doing", "What we leave on purpose, and why", "prose"),
        Field("risks", "Risks", "What can go wrong", "texts"),
        Field("metrics", "Metrics", "How we will see it", "rows", columns=(Field("metric", "Metric", type="metric"),)),
        Field("refusal", "Refused because", "Why the plan was turned down", "prose"),
    ),
    parts=(Part("move", "Moves", (), TO_DO),),
    machine=Machine(
        (State("draft", "Draft"), State("running", "Running", decides=True),
         State("refused", "Refused", final=True, decides=True),
         State("past", "Past", done=True, final=True, locked=True)),
        (Move("draft", "running", needs=(Owned(), Filled(("goals", "not_doing")), Lines("move", 1, 3), NextDecision())),
         Move("draft", "refused", Who.EITHER, (Filled(("refusal",)),)),
         Move("running", "past", needs=(Every("move", ("done",)),))),
    ),
    owner="the account's owner", review_days=92,
    useful="somebody can turn it down", theatre="a list of wishes",
)  # fmt: skip
