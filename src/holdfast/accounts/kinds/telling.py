"""What is told to the customer: the deal recap, bad news, and what a word of theirs changed."""

from holdfast.accounts.kinds.declare import TO_DO, Kind, Machine, Move, Part, State, Who
from holdfast.accounts.kinds.fields import Field
from holdfast.accounts.kinds.needs import Evidence, Filled, NextDecision, NothingOwed, Owned, Promise, Reached, Short

RECAP = Kind(
    "A04", "Deal recap memo", "What did we hear, and what is decided next?",
    fields=(
        Field("met_on", "Met on", "The day of the talk", "day"),
        Field("pain", "What hurts", "In the customer's own words, quoted", "prose"),
        Field("metric", "Metric", "The number that would move", "metric"),
        Field("size", "Worth", "From where to where, and over what time", "prose"),
        Field("proof", "How it is shown", "Which comparison, and how sure it can make us", "prose"),
        Field("risks", "Risks", "What can stop it", "texts"),
        Field("changed", "What changed", "Since the last memo", "prose"),
    ),
    machine=Machine(
        (State("draft", "Draft"), State("sent", "Sent"), State("corrected", "Corrected by the customer", decides=True),
         State("superseded", "Superseded", done=True, final=True, locked=True)),
        (Move("draft", "sent", needs=(Owned(), Reached("met_on"), Filled(("pain", "metric", "size", "proof")),
                                      NextDecision(), Short())),
         Move("sent", "corrected", Who.CUSTOMER),
         Move("corrected", "sent"),
         Move("sent", "superseded"), Move("corrected", "superseded")),
    ),
    owner="whoever led the meeting", review_days=30,
    useful="the customer corrects it", theatre="minutes that stay with us",
)  # fmt: skip

BAD_NEWS = Kind(
    "A22", "Bad-news update", "What went wrong, and when do they hear from us again?",
    fields=(
        Field("happened", "What happened", "", "prose"),
        Field("impact", "What it means for them", "In their numbers", "prose"),
        Field("known", "What we know", "", "texts"),
        Field("unknown", "What we do not know", "Say it", "texts"),
        Field("doing", "What we do", "", "texts"),
        Field("next_update", "Next update", "When they hear from us again, to the hour", "moment"),
    ),
    parts=(Part("step", "Steps", (), TO_DO),),
    machine=Machine(
        (State("draft", "Draft"), State("sent", "Sent"), State("kept", "Next update came in time"),
         State("missed", "Next update came late"),
         State("closed", "Last update given", done=True, final=True, locked=True)),
        (Move("draft", "sent", needs=(Owned(), Filled(("happened", "impact", "known", "unknown", "doing",
                                                       "next_update")))),
         *(Move(start, end, needs=(Promise(end, says),))
           for start in ("sent", "kept", "missed")
           for end, says in (("kept", "no update came by the moment that was promised"),
                             ("missed", "the promised update is not late")) if start != end),
         *(Move(start, "closed", needs=(NothingOwed(),))
           for start in ("kept", "missed"))),
    ),
    owner="the one person who answers for it", review_days=7, need="note",
    useful="the next update comes when it was promised, and that is measured", theatre="regret without a time",
)  # fmt: skip

FEEDBACK = Kind(
    "A20", "What changed after feedback", "What did we change because of what they said?",
    fields=(
        Field("feedback", "They said", "In their words, with the day", "prose"),
        Field("from_whom", "Who said it", "", "contact"),
        Field("revision", "We changed", "", "prose"),
        Field("stayed", "We left", "What stayed as it was, and why", "prose"),
    ),
    machine=Machine(
        (State("draft", "Draft"), State("shown", "Shown to them"),
         State("agreed", "They agree", done=True, final=True, decides=True), State("disagreed", "They do not agree")),
        (Move("draft", "shown", needs=(Evidence(), Filled(("feedback", "from_whom", "revision", "stayed")))),
         Move("shown", "agreed", Who.CUSTOMER), Move("shown", "disagreed", Who.CUSTOMER),
         Move("disagreed", "draft")),
    ),
    owner="whoever wrote it", review_days=30,
    useful="the person who said it agrees", theatre="we praise ourselves",
)  # fmt: skip
