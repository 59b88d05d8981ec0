"""Stories of what happened: saved accounts, before and after, lost decisions, and those that may be told outside."""

from holdfast.accounts.kinds.declare import WRITTEN, Kind, Machine, Move, Part, State, Who
from holdfast.accounts.kinds.fields import Field
from holdfast.accounts.kinds.needs import Evidence, Expired, Filled, Holds, Owned

GRADES = ("E0", "E1", "E2", "E3", "E4", "E5")
LASTS = 365  # days that an approval to speak of a customer holds

SAVE_STORY = Kind(
    "A08", "Save story", "Why did they stay, and would they have stayed anyway?",
    fields=(
        Field("situation", "Situation", "", "prose"),
        Field("signal", "Signal", "What was seen first", "prose"),
        Field("seen_on", "Seen on", "", "day"),
        Field("options", "Options", "What could have been done", "texts"),
        Field("action", "What was done", "", "prose"),
        Field("known_by", "Told from", "How one knows what would have happened anyway", "choice",
              ("kept-aside group", "unknown")),
        Field("anyway", "What would have happened anyway", "Compared with whom; or that nobody knows", "prose"),
        Field("result", "Result", "", "prose"),
        Field("again", "What we would do again", "", "prose"),
    ),
    machine=Machine(
        (State("draft", "Draft"), State("checked", "Checked", decides=True),
         State("published", "Published", done=True), State("withdrawn", "Withdrawn", final=True)),
        (Move("draft", "checked", Who.ANOTHER,
              (Evidence(), Filled(("situation", "signal", "seen_on", "action", "known_by", "anyway", "result")))),
         Move("checked", "draft"),
         Move("checked", "published", needs=(Filled(("again",)),)),
         *(Move(start, "withdrawn") for start in ("draft", "checked", "published"))),
    ),
    owner="the author, and a checker who had no part in it", review_days=180,
    useful="it says what would have happened anyway", theatre="a tale of heroes",
)  # fmt: skip

BEFORE_AFTER = Kind(
    "A11", "Before and after", "What moved, how surely, and what else could have moved it?",
    fields=(
        Field("metric", "Metric", "", "metric"),
        Field("version", "Version", "Of the metric's definition", "whole"),
        Field("baseline", "Before", "The value, its period and how many it counts", "prose"),
        Field("change", "What was changed", "", "prose"),
        Field("changed_on", "Changed on", "", "day"),
        Field("who_got_it", "Who got it", "And who did not", "prose"),
        Field("outcome", "After", "The estimate with its interval", "prose"),
        Field("grade", "Grade", "How sure the design can make us", "choice", GRADES),
        Field("guardrail", "Guardrail", "What must not get worse, and whether it did", "prose"),
        Field("otherwise", "Other explanations", "What else could have done it", "texts"),
        Field("check_on", "Look again on", "", "day"),
    ),
    machine=Machine(
        (State("draft", "Draft"), State("graded", "Graded"), State("published", "Published", done=True, decides=True),
         State("withdrawn", "Withdrawn", final=True)),
        (Move("draft", "graded", needs=(Owned(), Evidence(2), Filled(("metric", "version", "baseline", "change",
                                                                     "changed_on", "outcome", "grade")))),
         Move("graded", "draft"),
         Move("graded", "published", needs=(Filled(("guardrail", "otherwise", "check_on")),)),
         Move("published", "draft"), Move("published", "withdrawn")),
    ),
    owner="whoever looks after the account, with an analyst",
    useful="grade and guardrail are printed", theatre="one arrow that points up",
)  # fmt: skip

DEBRIEF = Kind(
    "A19", "Debrief of a lost decision", "What stalled, and what do we stop doing?",
    fields=(
        Field("ended_on", "Ended on", "The day it was lost; ten days are left to write", "day"),
        Field("stalled", "What stalled", "", "prose"),
        Field("tried", "What we changed", "", "prose"),
        Field("moved_it", "What moved it", "", "prose"),
        Field("lesson", "Lesson", "About how we work, not about them", "prose"),
        Field("stop", "What we stop", "", "prose"),
        Field("checklist", "Checklist changed", "Which checklist is different now, and how"),
    ),
    machine=Machine(
        (State("draft", "Draft"), State("read", "Read by somebody neutral"),
         State("closed", "Closed", done=True, final=True, decides=True)),
        (Move("draft", "read", Who.ANOTHER, (Owned(), Filled(("ended_on", "stalled", "tried", "lesson", "stop")))),
         Move("read", "draft"),
         Move("read", "closed", needs=(Filled(("checklist",)),))),
    ),
    owner="its owner, and a reader who had no part in it", review_days=10,
    useful="a checklist is different afterwards", theatre="somebody is blamed, nothing changes",
)  # fmt: skip

APPROVAL = (
    Field("claim", "Claim", "What is said of them, word for word", "prose"),
    Field("grade", "Grade", "How sure the design can make us", "choice", GRADES),
    Field("metric", "Metric", "", "metric"),
    Field("period", "Period", "Which days it speaks of"),
    Field("limits", "Limits", "Where it may be told, and where not", "prose"),
)
_APPROVED = Machine(
    (State("draft", "Draft"), State("approved", "Approved by the customer", sealed=True, decides=True),
     State("published", "Published", done=True, sealed=True), State("expired", "Expired", final=True, locked=True),
     State("withdrawn", "Withdrawn", final=True, locked=True)),
    (Move("draft", "approved", Who.CUSTOMER, (Owned(), Filled(("claim", "grade", "metric", "period", "limits")))),
     Move("approved", "draft", Who.EITHER),
     Move("approved", "published", needs=(Holds(), Evidence())),
     *(Move(start, "expired", needs=(Expired(),)) for start in ("approved", "published")),
     *(Move(start, "withdrawn", Who.EITHER) for start in ("draft", "approved", "published"))),
)  # fmt: skip

CASE_STUDY = Kind(
    "A26", "Case study", "What may we tell of this customer, and until when?",
    fields=APPROVAL, machine=_APPROVED, owner="marketing, with whoever looks after the account", review_days=365,
    expires_days=LASTS, expires_in="approved",
    useful="the grade is printed with the claim", theatre="an old number that nobody can find again",
)  # fmt: skip

REFERENCE = Kind(
    "A27", "Reference programme", "May we ask this customer to speak for us, and how often did we?",
    fields=APPROVAL,
    parts=(
        Part("ask", "Asked", (
            Field("asked_on", "Asked on", "", "day"), Field("for_whom", "For whom", "", ours=True),
            Field("answer", "Answer", "", "choice", ("yes", "no", "later")),
        ), WRITTEN, owned=False),
    ),
    machine=_APPROVED, owner="marketing, with whoever looks after the account", review_days=182, expires_days=LASTS,
    expires_in="approved",
    useful="a customer is asked twice in half a year at most", theatre="the friendliest customer is asked every week",
)  # fmt: skip
