"""Decisions: the log of them, what was given up, what is in dispute, and what is believed before it is tried."""

from holdfast.accounts.kinds.declare import TO_DO, WRITTEN, Kind, Machine, Move, Part, State, Who
from holdfast.accounts.kinds.fields import Field
from holdfast.accounts.kinds.needs import Criterion, Every, Evidence, Filled, Lines, Owned, Reached

DECISION = Kind(
    "A05", "Decision", "What was decided, by whom, and did it hold?",
    fields=(
        Field("question", "Question", "What had to be decided", "prose"),
        Field("constraint", "Constraint", "What could not be changed", "prose"),
        Field("options", "Options", "What could have been chosen, one a line", "texts"),
        Field("choice", "Choice", "What was chosen", "prose"),
        Field("decider", "Decided by", "Who had the say"),
        Field("decided_on", "Decided on", "The day it was decided, not the day it was written down", "day"),
        Field("reason", "Reason", "Why this and not another", "prose"),
        Field("criterion", "Expected effect", "The metric that should move, from where to where, by when", "criterion"),
        Field("review_on", "Look again on", "The day to see whether it held", "day"),
        Field("result", "What came of it", "Seen at the review", "prose"),
        Field("superseded_by", "Superseded by", "The decision that took its place"),
    ),
    machine=Machine(
        (State("proposed", "Proposed"), State("accepted", "Accepted", decides=True),
         State("rejected", "Rejected", final=True, decides=True),
         State("held", "Reviewed: held", done=True), State("reversed", "Reviewed: reversed", done=True, final=True,
                                                           decides=True),
         State("superseded", "Reviewed: superseded", done=True, final=True, locked=True, decides=True)),
        (Move("proposed", "accepted",
              needs=(Filled(("choice", "decider", "reason", "review_on")), Reached("decided_on"), Criterion())),
         Move("proposed", "rejected", needs=(Filled(("reason",)),)),
         *(Move(start, end, needs=(Filled(("result", *more)),))
           for start in ("accepted", "held")
           for end, more in (("held", ()), ("reversed", ()), ("superseded", ("superseded_by",))) if start != end)),
    ),
    owner="whoever decides", criterion="criterion",
    useful="one sees which decisions were taken back", theatre="it is filled in long after",
)  # fmt: skip

TRADE_OFF = Kind(
    "A15", "Trade-off table", "What do we give up, and who loses?",
    fields=(
        Field("question", "Question", "What is to be chosen", "prose"),
        Field("choice", "Choice", "The option that was chosen, and by whom", "prose"),
        Field("decider", "Decided by", "Who had the say"),
        Field("decided_on", "Decided on", "", "day"),
        Field("reason", "Reason", "Why this one", "prose"),
        Field("seen_since", "Seen since", "What came of it", "prose"),
    ),
    parts=(
        Part("option", "Options", (
            Field("gains", "Made better"), Field("gives_up", "Given up"), Field("cost", "Cost"), Field("risk", "Risk"),
            Field("way_back", "Way back", "How it can be undone, and until when"),
            Field("loser", "Who loses", "Somebody always does: name them"),
        ), WRITTEN, owned=False),
    ),
    machine=Machine(
        (State("open", "Open"), State("decided", "Decided", decides=True),
         State("revisited", "Revisited", done=True, final=True)),
        (Move("open", "decided", needs=(Lines("option", 2, 3), Filled(("question", "choice", "decider", "reason")),
                                        Every("option", filled=("gives_up", "way_back", "loser")),
                                        Reached("decided_on"))),
         Move("decided", "revisited", needs=(Filled(("seen_since",)),)),
         Move("decided", "open")),
    ),
    owner="whoever decides", useful="the one who loses is named", theatre="every option has only good sides",
)  # fmt: skip

CONFLICT = Kind(
    "A16", "Conflict note", "On which facts do we agree, and who settles the rest?",
    fields=(
        Field("parties", "Parties", "", "rows", columns=(
            Field("who", "Who"), Field("position", "Wants", "What they ask for"),
            Field("interest", "Because", "What they need it for"),
            Field("data", "Reads", "The metric their view rests on", "metric"))),
        Field("facts", "Facts", "What both sides sign as true, one a line", "texts"),
        Field("resolution", "Settled", "How it was settled", "prose"),
        Field("escalated_to", "Escalated to", "Who decides instead"),
    ),
    parts=(Part("step", "Steps", (), TO_DO, theirs=True),),
    machine=Machine(
        (State("open", "Open"), State("facts_agreed", "Facts agreed", agreed=True),
         State("resolved", "Resolved", done=True, final=True, decides=True),
         State("escalated", "Escalated", final=True, decides=True)),
        (Move("open", "facts_agreed", Who.BOTH, (Filled(("parties", "facts")),)),
         Move("facts_agreed", "open", Who.EITHER),
         Move("facts_agreed", "resolved", Who.BOTH, (Filled(("resolution",)),)),
         Move("facts_agreed", "escalated", needs=(Filled(("escalated_to",)),)),
         Move("open", "escalated", needs=(Filled(("escalated_to",)),))),
    ),
    owner="whoever looks after the account", review_days=14,
    useful="both parties sign the facts", theatre="each keeps a version of their own",
)  # fmt: skip

VALUE_HYPOTHESIS = Kind(
    "A21", "Value-hypothesis memo", "What do we believe will happen, and what would prove us wrong?",
    fields=(
        Field("hypothesis", "We believe", "One sentence that can turn out wrong", "prose"),
        Field("mechanism", "Because", "Why it should work", "prose"),
        Field("criterion", "Measured by", "The metric, from where to where, by when", "criterion"),
        Field("low", "At least", "The small end of what we expect", "number"),
        Field("high", "At most", "The large end", "number"),
        Field("design", "How it is shown", "Who gets it, who is kept aside, what is compared", "prose"),
        Field("cost", "Cost", "What it takes, money and time", "prose"),
        Field("stop_when", "Stop when", "What would make us give it up", "prose"),
        Field("finding", "Found", "What the trial showed", "prose"),
    ),
    machine=Machine(
        (State("draft", "Draft"), State("accepted", "Accepted", agreed=True, decides=True), State("tested", "Tested"),
         State("held", "Held", done=True, final=True, decides=True),
         State("refuted", "Refuted", done=True, final=True, decides=True)),
        (Move("draft", "accepted", Who.EITHER,
              (Owned(), Criterion(), Filled(("hypothesis", "mechanism", "low", "high", "design", "stop_when")))),
         Move("accepted", "draft", Who.EITHER),
         Move("accepted", "tested", needs=(Evidence(), Filled(("finding",)))),
         Move("tested", "held"), Move("tested", "refuted")),
    ),
    owner="whoever looks after the account", criterion="criterion",
    useful="it can be refuted", theatre="whatever happens, it was right",
)  # fmt: skip
