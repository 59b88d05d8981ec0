"""People and money: who matters there, the renewal, the pipeline, and the business review."""

from holdfast.accounts.kinds.declare import TO_DO, WRITTEN, Kind, Machine, Move, Part, State, Who
from holdfast.accounts.kinds.fields import Field
from holdfast.accounts.kinds.needs import Evidence, Filled, Lately, Lines, NextDecision, Owned, Reached

MAP_LASTS = 90  # days that what we know of people holds

STAKEHOLDER_MAP = Kind(
    "A06", "Stakeholder map", "Who decides there, who stands with us, and how do we know?",
    fields=(
        Field("wanted", "Whom we need to know", "Parts that somebody has to hold", "rows", columns=(
            Field("part", "Part", "", "choice", ("buyer", "champion", "approver", "evaluator", "user", "procurement",
                                                 "security", "finance")),)),
        Field("looked_on", "Last gone through", "", "day"),
        Field("remarks", "Remarks", "Only facts of work", "prose"),
    ),
    parts=(Part("gap", "Gaps", (), TO_DO),),
    machine=Machine(
        (State("current", "Current", done=True), State("stale", "Stale"),
         State("ended", "Ended", final=True, locked=True)),
        (Move("current", "stale"), Move("stale", "current", needs=(Lately("looked_on", MAP_LASTS),)),
         Move("current", "ended"), Move("stale", "ended")),
    ),
    owner="whoever looks after the account", review_days=MAP_LASTS,
    useful="a stance has a dated quote, and a gap becomes somebody's step", theatre="a grid in colours",
)  # fmt: skip

STAGES = ("internal", "asked", "commercial", "committed")
RENEWAL_PLAN = Kind(
    "A07", "Renewal plan", "Will they renew, how do we know, and what do we do about it?",
    fields=(
        Field("contract", "Contract"),
        Field("due_on", "Due on", "The day the term ends", "day"),
        Field("value", "Worth", "A year of it", "money"),
        Field("notice_on", "Notice by", "The last day to give notice", "day"),
        Field("budget", "Their budget", "When it is made, and by whom", "prose"),
        Field("discounts", "Who approves discounts", "Up to what, and why", "prose", ours=True),
        Field("usage", "How they use it", "", "prose"),
        Field("walk_away", "Where we stop", "", "prose", ours=True),
        Field("options", "Ways on", "", "rows", columns=(
            Field("way", "Way", "", "choice", ("renew", "shrink", "grow", "exit")),
            Field("means", "What it means", "For both sides"))),
        Field("probability", "Probability", "Of a renewal; it is scored afterwards", "share", ours=True),
        Field("answer", "What they answered", "To the soft question, with the day", "prose"),
        Field("reason", "Reason", "Why it was won or lost", "prose"),
        Field("lesson", "Lesson", "", "prose", ours=True),
    ),
    parts=(Part("risk", "Risks", (), TO_DO),),
    machine=Machine(
        (State("internal", "Internal review"), State("asked", "Soft question asked"),
         State("commercial", "Commercial contact"), State("committed", "Committed", decides=True),
         State("signed", "Signed", decides=True), State("lost", "Lost", decides=True),
         State("looked_back", "Looked back on", done=True, final=True, locked=True)),
        (Move("internal", "asked", needs=(Owned(), Filled(("due_on", "value", "notice_on", "options", "probability")))),
         Move("asked", "commercial", needs=(Filled(("answer",)), NextDecision())),
         Move("commercial", "committed", needs=(Evidence(),)),
         Move("committed", "commercial"),
         *(Move(start, "signed", needs=(Evidence(),)) for start in ("commercial", "committed")),
         *(Move(start, "lost", needs=(Filled(("reason",)),)) for start in STAGES),
         *(Move(start, "looked_back", needs=(Filled(("reason", "lesson")),)) for start in ("signed", "lost"))),
    ),
    owner="one person named for the renewal", review_days=14,
    useful="the probability is scored afterwards", theatre="green, and nobody has spoken with them",
)  # fmt: skip

PIPELINE_REVIEW = Kind(
    "A18", "Pipeline review", "What slipped since last week?",
    fields=(
        Field("week", "Week", "Its Monday", "day"),
        Field("rows", "Renewals", "As they stood", "rows", columns=(
            Field("what", "Renewal"), Field("stage", "Stage"), Field("entered_on", "In it since", "", "day"),
            Field("value", "Worth", "", "money"), Field("risk", "Risk"), Field("next_step", "Next step"),
            Field("due_on", "Due on", "", "day"), Field("slips", "Slips", "How often its day moved back", "whole"))),
        Field("changes", "Changed since", "Against the snapshot before", "texts"),
    ),
    machine=Machine(
        (State("taken", "Taken"), State("frozen", "Frozen", done=True, final=True, locked=True, decides=True)),
        (Move("taken", "frozen", needs=(Owned(), Filled(("week", "rows")))),),
    ),
    owner="the manager", scope="book", review_days=7,
    useful="slips are counted", theatre="each week a new story",
)  # fmt: skip

BUSINESS_REVIEW = Kind(
    "A12", "Business review", "What did the customer get, what did we miss, what is to be decided?",
    fields=(
        Field("purpose", "Purpose", "One line"),
        Field("held_for", "Planned for", "", "day"),
        Field("held_on", "Held on", "", "day"),
        Field("their_goals", "Their goals and changes", "The customer speaks first", "texts"),
        Field("misses", "What we missed", "And why", "texts"),
        Field("followed_up_on", "Followed up on", "", "day"),
    ),
    parts=(
        Part("decision", "Decisions", (Field("choice", "Decided", "", "prose"), Field("decider", "By")), Machine(
            (State("asked", "Asked"), State("taken", "Taken", done=True, final=True),
             State("dropped", "Dropped", final=True)),
            (Move("asked", "taken", Who.EITHER, (Filled(("choice", "decider")),)), Move("asked", "dropped")))),
        Part("objective", "Next objectives", (
            Field("criterion", "Measured by", "The metric, from where to where, by when", "criterion"),
        ), WRITTEN, owned=False, theirs=True),
        Part("action", "Actions", (), TO_DO, theirs=True),
    ),
    machine=Machine(
        (State("planning", "Being prepared"), State("with_customer", "With the customer"), State("held", "Held"),
         State("followed_up", "Followed up", decides=True),
         State("plan_updated", "Plan updated", done=True, final=True, locked=True),
         State("called_off", "Called off", final=True)),
        (Move("planning", "with_customer", needs=(Owned(), Filled(("purpose", "held_for")), Lines("decision"))),
         Move("with_customer", "planning"),
         Move("with_customer", "held", needs=(Reached("held_on"), Filled(("their_goals", "misses")))),
         Move("held", "followed_up", needs=(Reached("followed_up_on"), Lines("decision", states=("taken",)),
                                            Lines("action"))),
         Move("followed_up", "plan_updated", needs=(Evidence(),)),
         Move("planning", "called_off"), Move("with_customer", "called_off")),
    ),
    owner="whoever looks after the account", mutual=True, review_days=90,
    useful="it ends with a decision", theatre="slides are shown, or something is sold",
)  # fmt: skip
